"""Does anything hidden still show, and are there products that stand for the same thing twice?"""

from itertools import pairwise

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.evaluation.splits import Fold, Split
from crossaisle.evaluation.twin_products import twin_events
from crossaisle.graph import Graph, bought_with

SLICE = 4096  # product rows multiplied at a time


class LeakError(ValueError):
    """A hidden purchase shows in what a model may learn from: which fold, which pair."""


def check_leaks(split: Split) -> None:
    """Look for hidden (user, product) pairs in what each fold's fit sees.

    Checked for both folds: no hidden pair is in the graph's log; BOUGHT_WITH is what counting the
    graph's own log gives, weight for weight; no twin of a hidden product is in its user's history
    (:mod:`crossaisle.evaluation.twin_products`); a cold product has no event and no BOUGHT_WITH; a
    person whose history is given has no event; under aisles-apart no customer and no basket has
    both aisles that are asked across. And the graph of validation holds no hidden pair of the
    test, and none of its people with given histories.

    Raises:
        LeakError: the first leak found.
    """
    for name, fold in (("validation", split.validation), ("test", split.test)):
        _check_pairs(name, fold.graph, fold)
        if not fold.graph.bought_with.equals(bought_with(fold.graph)):
            raise LeakError(f"{name}: BOUGHT_WITH was not counted from the fold's own log")
        if twin_events(fold.graph, fold.held).any():
            raise LeakError(f"{name}: a twin of a hidden product is in its user's history")
        if fold.held.cold is not None:
            for table in ("bought", "contains", "bought_with"):
                frame = getattr(fold.graph, table)
                ends = frame.select("head", "tail") if table == "bought_with" else frame["tail"]
                if np.isin(ends.to_numpy(), fold.held.cold).any():
                    raise LeakError(f"{name}: a cold product is still in {table}")
        _check_people(name, fold.graph, fold)
        if split.task == "aisles-apart":
            _check_apart(name, fold)
    _check_people("the test, seen by validation", split.validation.graph, split.test)
    _check_pairs("the test, seen by validation", split.validation.graph, split.test)


def _check_pairs(name: str, graph: Graph, fold: Fold) -> None:
    pairs = fold.held.cases.select(head="user", tail="product")
    shown = graph.bought.join(pairs, on=["head", "tail"], how="semi")
    if shown.height:
        user = graph.customers["id"][shown["head"][0]]
        product = graph.products["id"][shown["tail"][0]]
        raise LeakError(f"{name}: the hidden purchase of {product!r} by {user!r} is in the log")


def _check_people(name: str, graph: Graph, fold: Fold) -> None:
    if fold.held.given is None:
        return
    shown = graph.bought.filter(pl.col("head").is_in(fold.held.given["user"].implode()))
    if shown.height:
        user = graph.customers["id"][shown["head"][0]]
        raise LeakError(f"{name}: {user!r}, whose history is given, is in the log")


def _check_apart(name: str, fold: Fold) -> None:
    pair = np.unique(fold.aisles)
    if fold.held.given is not None:
        given = fold.graph.aisle_of[fold.held.given["product"].to_numpy()]
        pair = np.unique(np.concatenate([pair, given]))
    tables = ((fold.graph.purchases, "customer"), (fold.graph.anonymous_baskets, "basket"))
    for table, what in tables:
        seen = [
            np.asarray(table[:, fold.graph.aisle_of == aisle].sum(axis=1)).ravel() > 0
            for aisle in pair
        ]
        if np.logical_and.reduce(seen).any():
            raise LeakError(f"{name}: a {what} of the graph has both aisles that are to be apart")


def twin_customers(graph: Graph) -> np.ndarray:
    """Customers with the very same products as another: bool (customers,); none is no twin.

    One person under two ids, perhaps: then the other one shows what was hidden of the first.
    """
    bought = graph.purchases
    baskets: dict[bytes, list[int]] = {}
    for user, (start, end) in enumerate(pairwise(bought.indptr)):
        if end > start:
            baskets.setdefault(np.sort(bought.indices[start:end]).tobytes(), []).append(user)
    twin = np.zeros(bought.shape[0], dtype=bool)
    for users in baskets.values():
        twin[users] = len(users) > 1
    return twin


def twins(graph: Graph, *, min_buyers: int = 3, min_jaccard: float = 0.9) -> pl.DataFrame:
    """Pairs of products with (nearly) the same buyers: one thing under two ids, perhaps.

    Jaccard of the buyers' sets, |A and B| / |A or B|; both products need ``min_buyers``.

    Returns:
        first, second (product ids, rows ascending), buyers (of both), jaccard; strongest first.
    """
    bought = graph.purchases
    counts = np.asarray(bought.sum(axis=0)).ravel()
    transposed = sparse.csr_array(bought.T)
    found = []
    for start in range(0, transposed.shape[0], SLICE):
        block = sparse.coo_array(transposed[start : start + SLICE] @ bought)
        head, tail, both = block.coords[0] + start, block.coords[1], block.data
        jaccard = both / (counts[head] + counts[tail] - both)
        keep = (head < tail) & (np.minimum(counts[head], counts[tail]) >= min_buyers)
        keep &= jaccard >= min_jaccard
        found.append(
            pl.DataFrame(
                {
                    "first": graph.products["id"].gather(head[keep]),
                    "second": graph.products["id"].gather(tail[keep]),
                    "buyers": both[keep].astype(np.uint32),
                    "jaccard": jaccard[keep].astype(np.float64),
                }
            )
        )
    schema = {"first": pl.String, "second": pl.String, "buyers": pl.UInt32, "jaccard": pl.Float64}
    pairs = pl.concat(found) if found else pl.DataFrame(schema=schema)
    return pairs.sort("jaccard", "buyers", "first", "second", descending=[True, True, False, False])
