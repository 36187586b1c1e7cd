"""Products that are one and the same under two ids: what a case hides must not show in its twin."""

from dataclasses import replace

import numpy as np
import polars as pl

from crossaisle.evaluation.hiding import Held, Pair
from crossaisle.graph import Graph

TWIN = "twin of"
"""The attribute kind that loaders give to products of one title, brand or GTIN."""


def twin_pairs(graph: Graph) -> pl.DataFrame:
    """Return both directions of each pair of twins: ``product``, ``twin``, uint32 rows."""
    kinds = graph.attributes.with_row_index("tail").filter(kind=TWIN).select("tail")
    held = graph.has_attribute.select("head", "tail").join(
        kinds.cast({"tail": pl.UInt32}), on="tail"
    )
    pairs = held.join(held, on="tail").filter(pl.col("head") != pl.col("head_right"))
    return pairs.select(product="head", twin="head_right").unique().sort("product", "twin")


def twin_events(graph: Graph, held: Held) -> np.ndarray:
    """Events that show what the cases hide: (user, twin of a hidden product); bool (events,).

    Under product-cold, every event of a twin of a cold product.
    """
    pairs = twin_pairs(graph)
    log = graph.bought.select(user="head", product="tail")
    shown = held.cases.join(pairs, on="product").select("user", product="twin").unique()
    marked = log.join(shown.with_columns(hit=True), on=["user", "product"], how="left")
    mask = marked["hit"].fill_null(value=False).to_numpy().copy()
    if held.cold is not None:
        mask |= np.isin(graph.bought["tail"].to_numpy(), _twins_of(pairs, held.cold))
    return mask


def hide_twins(graph: Graph, pair: Pair) -> Pair:
    """Take what :func:`twin_events` names out of both folds' graphs, and out of given histories.

    Validation's graph loses what the test's cases would show too. A case whose history is empty
    then is no case.
    """
    if not twin_pairs(graph).height:
        return pair
    seen = [twin_events(graph, held) for held in pair]
    masks = (pair[0].bought | seen[0] | seen[1], pair[1].bought | seen[1])
    validation, test = (_without(graph, held, mask) for held, mask in zip(pair, masks, strict=True))
    return validation, test


def _without(graph: Graph, held: Held, bought: np.ndarray) -> Held:
    pairs = twin_pairs(graph)
    contains, given = held.contains, held.given
    if held.cold is not None:
        contains = contains | np.isin(
            graph.contains["tail"].to_numpy(), _twins_of(pairs, held.cold)
        )
    if given is None:
        known = graph.bought.filter(~pl.Series(bought, dtype=pl.Boolean))["head"].unique()
    else:
        shown = held.cases.join(pairs, on="product").select("user", product="twin").unique()
        given = given.join(shown, on=["user", "product"], how="anti", maintain_order="left")
        known = given["user"].unique()
    cases = held.cases.filter(pl.col("user").is_in(known.implode()))
    return replace(held, bought=bought, contains=contains, given=given, cases=cases)


def _twins_of(pairs: pl.DataFrame, products: np.ndarray) -> np.ndarray:
    """Rows of the twins of these products, themselves not among them."""
    chosen = pairs.filter(pl.col("product").is_in(pl.Series(products).cast(pl.UInt32).implode()))
    return np.setdiff1d(chosen["twin"].to_numpy(), products)
