"""Tasks about people the graph knows nothing of: their histories are given with the question."""

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.evaluation.hiding import Held, Pair, SplitError, draw, events, of_users
from crossaisle.graph import Graph

SIZES = (1, 2, 3, 5)  # new-user: how many purchases are known


def new_user(graph: Graph, rng: np.random.Generator, sizes: tuple[int, int]) -> Pair:
    """Aisle-cold for people of 1, 2, 3 and 5 purchases who are not in the graph.

    Eligible and drawn as for aisle-cold. All events of the drawn are taken out. One aisle is
    hidden; of the products outside it, put in a random order, the first 1, 2, 3 and 5 are the
    histories of as many cases. Who has fewer has no case of that size.
    """
    log = events(graph).select("user", "aisle", "product").unique()
    pairs = log.filter(pl.col("aisle") >= 0)
    visits = pairs.select("user", "aisle").unique().sort("user", "aisle")
    visits = visits.filter(pl.len().over("user") >= 2)
    drawn = visits.with_columns(luck=pl.Series(rng.random(visits.height), dtype=pl.Float64))
    targets = drawn.sort("user", "luck").unique("user", keep="first", maintain_order=True)
    cases = pairs.join(targets.select("user", "aisle"), on=["user", "aisle"], how="semi")
    users = draw(targets["user"], rng, sizes)
    rest = log.join(targets.select("user", target="aisle"), on="user")
    rest = rest.filter(pl.col("aisle") != pl.col("target")).sort("user", "product")
    rest = rest.with_columns(luck=pl.Series(rng.random(rest.height), dtype=pl.Float64))
    rest = rest.sort("user", "luck").select(
        "user", "product", place=pl.int_range(pl.len()).over("user"), count=pl.len().over("user")
    )
    known = pl.concat(
        rest.filter(pl.col("place") < size, pl.col("count") >= size).with_columns(size=pl.lit(size))
        for size in SIZES
    )
    gone = np.concatenate(users)
    return (
        _hide_people(graph, cases, known, users[0], gone),
        _hide_people(graph, cases, known, users[1], users[1]),
    )


def aisles_apart(graph: Graph, rng: np.random.Generator, sizes: tuple[int, int]) -> Pair:
    """Ask across two aisles that no customer and no basket of the graph has in common.

    The pair is the one with the most shared customers. All events of all of them are taken out,
    and every anonymous basket with both aisles. The cases are the shared customers (a third
    validation, the rest test): one of the two aisles, drawn, is hidden, what they have in the
    other one is the history. A third aisle may still join the two.

    Raises:
        SplitError: no pair has six shared customers, or nobody is left in one of the two.
    """
    log = events(graph).select("user", "aisle", "product").unique()
    pairs = log.filter(pl.col("aisle") >= 0).sort("user", "aisle", "product")
    first, second = _closest(graph, pairs)
    inside = pairs.filter(pl.col("aisle").is_in([first, second]))
    shared = inside.filter(pl.col("aisle").n_unique().over("user") == 2)
    users = shared["user"].unique().sort().to_numpy()
    left = pairs.filter(~pl.col("user").is_in(shared["user"].implode()))
    if not {first, second} <= set(left["aisle"].to_list()):
        raise SplitError(
            f"aisles-apart: whoever bought in {graph.aisles[first]!r} also bought in"
            f" {graph.aisles[second]!r}, or the other way round: nobody is left to learn from"
        )
    order = rng.permutation(users)
    third = len(order) // 3
    target = np.where(rng.random(len(users)) < 0.5, first, second).astype(np.int32)
    asked = pl.DataFrame({"user": users, "target": target}).cast({"user": pl.UInt32})
    shared = shared.join(asked, on="user")
    cases = shared.filter(pl.col("aisle") == pl.col("target"))
    known = shared.filter(pl.col("aisle") != pl.col("target"))
    known = known.with_columns(size=pl.len().over("user"))
    baskets = np.asarray(graph.anonymous_baskets[:, graph.aisle_of == first].sum(axis=1)).ravel()
    others = np.asarray(graph.anonymous_baskets[:, graph.aisle_of == second].sum(axis=1)).ravel()
    both = np.flatnonzero((baskets > 0) & (others > 0))
    contains = np.isin(graph.contains["head"].to_numpy(), both)
    validation, test = order[:third][: sizes[0]], order[third:][: sizes[1]]
    return (
        _hide_people(graph, cases, known, validation, users, contains),
        _hide_people(graph, cases, known, test, users, contains),
    )


def _closest(graph: Graph, pairs: pl.DataFrame) -> tuple[int, int]:
    """Return the two aisles with the most shared customers, the smaller code first."""
    visits = pairs.select("user", "aisle").unique()
    ends = (visits["user"].to_numpy(), visits["aisle"].to_numpy())
    shape = (graph.customers.height, len(graph.aisles))
    table = sparse.csr_array((np.ones(visits.height), ends), shape=shape)
    together = np.triu((table.T @ table).toarray(), 1)
    if not together.size or together.max() < 6:
        raise SplitError("aisles-apart: no two aisles have 6 customers in common")
    first, second = np.unravel_index(np.argmax(together), together.shape)
    return int(first), int(second)


def _hide_people(
    graph: Graph,
    cases: pl.DataFrame,
    known: pl.DataFrame,
    users: np.ndarray,
    gone: np.ndarray,
    contains: np.ndarray | None = None,
) -> Held:
    """Make cases of ``users``, with all events of ``gone`` hidden."""
    given = known.filter(pl.col("user").is_in(pl.Series(users, dtype=pl.UInt32).implode()))
    given = given.select("user", pl.col("size").cast(pl.Int32), "product")
    return Held(
        of_users(cases, users),
        np.isin(graph.bought["head"].to_numpy(), gone),
        np.zeros(graph.contains.height, dtype=bool) if contains is None else contains,
        given=given.sort("user", "size", "product"),
    )
