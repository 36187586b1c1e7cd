"""Which events each task hides: pure choice of rows, drawn by a generator."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from crossaisle.graph import Graph

COLD_SHARE = 10  # product-cold: one product in this many is hidden, for the test and for validation
TEST_FROM, VALIDATION_FROM = 0.9, 0.8  # quantiles of event time where a dated log is cut
ANY = -1  # in place of an aisle's code: the products of all aisles are ranked together


class SplitError(ValueError):
    """A log that cannot be split as asked, or a saved split that does not fit."""


@dataclass(frozen=True)
class Held:
    """What one fold hides, as rows of the graph it was drawn from."""

    cases: pl.DataFrame  # user, aisle (or ANY), product: uint32, int32, uint32; unique, sorted
    bought: np.ndarray  # bool (events,): True = not in the fold's graph
    contains: np.ndarray  # bool (basket lines,): the same
    cold: np.ndarray | None = None  # int64, sorted product rows: they lost all events
    mixed: bool = False  # cold products are ranked with all others, not among themselves
    given: pl.DataFrame | None = None
    """Histories of people who are not in the graph at all: user, size, product (uint32, int32,
    uint32), sorted; a user has a case for each size. None: the graph holds the histories."""


Pair = tuple[Held, Held]
"""Validation and test."""


def aisle_cold(graph: Graph, rng: np.random.Generator, sizes: tuple[int, int]) -> Pair:
    """Hide one whole aisle of each drawn user; the other aisles stay as the history.

    Eligible: who bought in two aisles or more. Drawn: ``sizes`` (validation, test) users, but
    never more than a third of the eligible together.
    """
    pairs = _pairs(graph)
    visits = pairs.select("user", "aisle").unique().sort("user", "aisle")
    visits = visits.filter(pl.len().over("user") >= 2)
    # The lowest of independent uniform draws is a uniform choice among a user's aisles.
    drawn = visits.with_columns(luck=pl.Series(rng.random(visits.height), dtype=pl.Float64))
    targets = drawn.sort("user", "luck").unique("user", keep="first", maintain_order=True)
    cases = pairs.join(targets.select("user", "aisle"), on=["user", "aisle"], how="semi")
    return _hide_pairs(graph, cases, draw(targets["user"], rng, sizes))


def aisle_warm(graph: Graph, rng: np.random.Generator, sizes: tuple[int, int]) -> Pair:
    """Hide the last new product of every aisle where a drawn user has two or more.

    "Last" is by first purchase: a product bought again is not new. Without dates the order is
    ``position``; what the order leaves open is drawn. Where every event has a date the log is cut
    at two moments instead, T1 < T2, the .8 and .9 quantiles of event time: validation's graph ends
    before T1 and its cases are products bought for the first time in [T1, T2); the test's graph
    ends before T2 and its cases come after. Anonymous baskets are cut at the same moments (one
    without a date goes). A case needs at least one purchase in the graph before the cut.
    """
    if graph.has_clock:
        return _cut_in_time(graph, rng, sizes)
    first = _pairs(graph).group_by("user", "aisle", "product").agg(pl.col("position").min())
    first = first.sort("user", "aisle", "product").filter(pl.len().over("user", "aisle") >= 2)
    first = first.with_columns(luck=pl.Series(rng.random(first.height), dtype=pl.Float64))
    last = first.sort("user", "aisle", "position", "luck").unique(
        ["user", "aisle"], keep="last", maintain_order=True
    )
    users = last["user"].unique().sort()
    return _hide_pairs(graph, last, draw(users, rng, sizes))


def product_cold(graph: Graph, rng: np.random.Generator, sizes: tuple[int, int]) -> Pair:
    """Take all events from a tenth of the sold products of each aisle (at least one, of three).

    Another tenth is cold for validation; tuning sees the events of neither. Users are dealt to
    test and validation two to one, then limited to ``sizes``; a case needs a purchase that is left.
    """
    pairs = _pairs(graph)
    sold = pairs.select("aisle", "product").unique().sort("aisle", "product")
    place = sold.with_columns(
        place=pl.Series(_rank_within(sold["aisle"].to_numpy(), rng.random(sold.height))),
        share=(pl.len().over("aisle") // COLD_SHARE).clip(1),
        sold=pl.len().over("aisle"),
    ).filter(pl.col("sold") >= 3)
    test = place.filter(pl.col("place") < pl.col("share"))["product"]
    both = place.filter(pl.col("place") < 2 * pl.col("share"))["product"]
    validation = both.filter(~both.is_in(test.implode()))
    users = rng.permutation(graph.customers.height).astype(np.uint32)
    cut = len(users) // 3
    held = []
    for gone, cold, people, size in (
        (both, validation, users[:cut], sizes[0]),
        (test, test, users[cut:], sizes[1]),
    ):
        bought = graph.bought["tail"].is_in(gone.implode()).to_numpy()
        contains = graph.contains["tail"].is_in(gone.implode()).to_numpy()
        known = graph.bought.filter(~pl.Series(bought, dtype=pl.Boolean))["head"].unique()
        found = pairs.filter(
            pl.col("product").is_in(cold.implode()) & pl.col("user").is_in(known.implode())
        )
        eligible = people[np.isin(people, found["user"].to_numpy())][:size]
        cases = of_users(found, eligible)
        held.append(Held(cases, bought, contains, np.sort(cold.to_numpy()).astype(np.int64)))
    return held[0], held[1]


def product_mixed(graph: Graph, rng: np.random.Generator, sizes: tuple[int, int]) -> Pair:
    """Product-cold, with warm answers too: cold and warm products are ranked together.

    Of each case whose user has two or more products left in the aisle, one of them, drawn, is
    hidden as well.
    """
    validation, test = product_cold(graph, rng, sizes)
    pairs = events(graph).filter(~pl.Series(validation.bought, dtype=pl.Boolean))
    pairs = pairs.filter(pl.col("aisle") >= 0).select("user", "aisle", "product").unique()
    warm = pairs.sort("user", "aisle", "product").filter(pl.len().over("user", "aisle") >= 2)
    warm = warm.with_columns(luck=pl.Series(rng.random(warm.height), dtype=pl.Float64))
    warm = warm.sort("user", "aisle", "luck").unique(["user", "aisle"], maintain_order=True)
    picks = [
        warm.join(held.cases, on=["user", "aisle"], how="semi").select("user", "aisle", "product")
        for held in (validation, test)
    ]
    of_test = _mask(graph, picks[1])
    masks = (validation.bought | _mask(graph, picks[0]) | of_test, test.bought | of_test)
    mixed = [
        replace(
            held,
            cases=pl.concat([held.cases, pick]).sort("user", "aisle", "product"),
            bought=mask,
            mixed=True,
        )
        for held, pick, mask in zip((validation, test), picks, masks, strict=True)
    ]
    return mixed[0], mixed[1]


def any_aisle(graph: Graph, rng: np.random.Generator, sizes: tuple[int, int]) -> Pair:
    """Hide as aisle-warm does, and ask each user for all aisles in one list."""
    first, second = (
        replace(
            held,
            cases=held.cases.with_columns(aisle=pl.lit(ANY, dtype=pl.Int32)).sort(
                "user", "product"
            ),
        )
        for held in aisle_warm(graph, rng, sizes)
    )
    return first, second


def events(graph: Graph) -> pl.DataFrame:
    """Return the log with aisles, -1 for none: user, aisle, product, time, position."""
    tail = graph.bought["tail"]
    return graph.bought.select(
        pl.col("head").alias("user"),
        pl.Series("aisle", graph.aisle_of[tail.to_numpy()], dtype=pl.Int32),
        pl.col("tail").alias("product"),
        "time",
        "position",
    )


def _pairs(graph: Graph) -> pl.DataFrame:
    """Return the events on products that have an aisle."""
    return events(graph).filter(pl.col("aisle") >= 0)


def draw(
    eligible: pl.Series, rng: np.random.Generator, sizes: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw disjoint validation and test users, at most a third of the eligible (1 : 2).

    Raises:
        SplitError: fewer than six are eligible.
    """
    third = len(eligible) // 3
    if third < 2 or min(sizes) < 1:
        raise SplitError(
            f"only {len(eligible)} customers have enough purchases for this task (two aisles;"
            " aisle-warm, any-aisle: two products in one): at least 6 are needed"
        )
    validation = min(sizes[0], max(1, third // 3))
    test = min(sizes[1], third - validation)
    order = rng.permutation(eligible.to_numpy())
    return order[:validation], order[validation : validation + test]


def _hide_pairs(graph: Graph, cases: pl.DataFrame, users: tuple[np.ndarray, np.ndarray]) -> Pair:
    """Hide every event of the cases' pairs: the test's from both graphs, validation's from one."""
    validation, test = (of_users(cases, chosen) for chosen in users)
    masks = [_mask(graph, part) for part in (validation, test)]
    baskets = np.zeros(graph.contains.height, dtype=bool)
    return Held(validation, masks[0] | masks[1], baskets), Held(test, masks[1], baskets)


def _mask(graph: Graph, pairs: pl.DataFrame) -> np.ndarray:
    """Events of these (user, product) pairs: bool (events,)."""
    width = graph.products.height
    users = (graph.bought["head"], pairs["user"])
    products = (graph.bought["tail"], pairs["product"])
    log, wanted = (
        user.to_numpy().astype(np.int64) * width + product.to_numpy()
        for user, product in zip(users, products, strict=True)
    )
    return np.isin(log, wanted)


def _cut_in_time(graph: Graph, rng: np.random.Generator, sizes: tuple[int, int]) -> Pair:
    time = graph.bought["time"]
    cuts = [time.quantile(share, "nearest") for share in (VALIDATION_FROM, TEST_FROM)]
    first = _pairs(graph).group_by("user", "aisle", "product").agg(pl.col("time").min())
    held = []
    for cut, end, size in ((cuts[0], cuts[1], sizes[0]), (cuts[1], None, sizes[1])):
        known = graph.bought.filter(pl.col("time") < cut)["head"].unique()
        new = first.filter(pl.col("time") >= cut, pl.col("user").is_in(known.implode()))
        if end is not None:
            new = new.filter(pl.col("time") < end)
        users = rng.permutation(new["user"].unique().sort().to_numpy())[:size]
        baskets = (graph.contains["time"] >= cut).fill_null(value=True)
        held.append(Held(of_users(new, users), (time >= cut).to_numpy(), baskets.to_numpy()))
    return held[0], held[1]


def of_users(pairs: pl.DataFrame, users: np.ndarray) -> pl.DataFrame:
    """Return these users' cases: user, aisle, product; unique, sorted."""
    chosen = pl.Series(users, dtype=pl.UInt32)
    found = pairs.filter(pl.col("user").is_in(chosen.implode()))
    return found.select("user", "aisle", "product").unique().sort("user", "aisle", "product")


def _rank_within(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Rank of each value inside its group, from 0: int64, as long as ``value``."""
    order = np.lexsort((value, group))
    starts = np.searchsorted(group[order], group[order])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - starts
    return rank
