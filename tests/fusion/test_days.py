"""Logs with dates: what came later is asked, never learned, and fashions are followed."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from crossaisle.fusion import TrainConfig
from crossaisle.fusion.holdout import COLD, UNTIL, VISITED, hold_out
from crossaisle.fusion.lore import Lore
from crossaisle.fusion.train import _lore, train
from crossaisle.graph import Graph

START = datetime(2024, 1, 1)
PRODUCTS, WEEKS, PEOPLE = 60, 30, 240


def fashion_shop() -> Graph:
    """Product p of an aisle sells in the six weeks from week p on; baskets do the same."""
    rng = np.random.default_rng(0)
    events, lines = [], []
    for person in range(PEOPLE):
        for week in rng.choice(WEEKS, 6, replace=False).tolist():
            product = f"p{rng.integers(2)}_{max(week - rng.integers(6), 0):02d}"
            when = START + timedelta(days=7 * week + float(rng.random()) * 7)
            events.append((f"u{person}", product, when))
            lines.append((f"b{person}_{week}", product, when))
    ids = [f"p{a}_{p:02d}" for a in range(2) for p in range(WEEKS)]
    columns = {"head": pl.String, "tail": pl.String, "time": pl.Datetime("us")}
    return Graph.from_ids(
        {
            "products": pl.DataFrame({"id": ids, "title": ids, "aisle": [i[:2] for i in ids]}),
            "customers": pl.DataFrame({"id": sorted({e[0] for e in events})}),
            "baskets": pl.DataFrame({"id": sorted({line[0] for line in lines})}),
            "bought": pl.DataFrame(events, schema=columns, orient="row"),
            "contains": pl.DataFrame(lines, schema=columns, orient="row"),
        }
    )


@pytest.fixture(scope="module")
def dated() -> Graph:
    return fashion_shop()


@pytest.fixture(scope="module")
def lore(dated: Graph) -> Lore:
    return _lore(dated, None)


def days_of(graph: Graph) -> dict[tuple[int, int], float]:
    """First purchase of each pair, in days from the first event, by a loop."""
    start = graph.bought["time"].min()
    found: dict[tuple[int, int], float] = {}
    for head, tail, time in graph.bought.select("head", "tail", "time").iter_rows():
        day = (time - start).total_seconds() / 86400 + 1
        found[head, tail] = min(day, found.get((head, tail), day))
    return found


def test_days_and_trend_by_loops(dated: Graph, lore: Lore) -> None:
    assert lore.moments.now is not None
    slow = days_of(dated)
    first = lore.moments.first
    assert first.nnz == len(slow)
    for (person, product), day in slow.items():
        assert first[person, product] == pytest.approx(day, abs=1e-3)
    assert lore.moments.now == pytest.approx(max(slow.values()), abs=1e-3)
    expected = np.zeros(PRODUCTS)
    for (_, product), day in slow.items():
        expected[product] += 0.5 ** ((max(slow.values()) - day) / 10)
    np.testing.assert_allclose(lore.moments.trend(10.0), expected, rtol=1e-3)


def test_without_dates_there_are_no_days(graph: Graph) -> None:
    assert _lore(graph, None).moments.now is None


def test_the_first_training_ends_before_what_is_asked(dated: Graph, lore: Lore) -> None:
    assert lore.moments.now is not None
    first = lore.moments.first.toarray()
    rng = np.random.default_rng(0)
    held = hold_out(lore, TrainConfig(), rng)
    assert held.before == pytest.approx(np.quantile(first[first > 0], UNTIL))
    taught = lore.without(held.kept, held.is_new, held.before)
    assert taught.moments.now is not None
    learned = first[held.kept] * (first[held.kept] < held.before) * ~held.is_new
    np.testing.assert_array_equal(taught.purchases.toarray(), learned > 0)
    np.testing.assert_array_equal(taught.moments.first.toarray(), learned)
    assert taught.moments.now == held.before
    early = np.flatnonzero(lore.moments.baskets < held.before)
    assert 0 < len(early) < len(lore.moments.baskets)
    expected = lore.baskets[early].toarray() * ~held.is_new
    np.testing.assert_array_equal(taught.baskets.toarray(), expected)
    tasks = held.known
    later = np.flatnonzero(tasks.situation == VISITED)
    assert len(later) > 50
    seen: list[bool] = []
    answers = {tuple(row) for row in (first >= held.before).tolist()}
    for row in later.tolist():
        history = tasks.histories[[row]].toarray()[0] > 0
        target = tasks.targets[[row]].toarray()[0] > 0
        seen.append((lore.aisle_of[history] == tasks.aisle[row]).any())
        assert (lore.aisle_of[target] == tasks.aisle[row]).all()
        assert any(not (target & ~np.array(a)).any() for a in answers)
    assert np.mean(seen) > 0.8  # the others saw only products that were made new
    cold = np.flatnonzero(tasks.situation == COLD)
    assert len(cold) > 50  # aisles first bought in later
    for row in cold.tolist():
        history = tasks.histories[[row]].toarray()[0] > 0
        assert not (lore.aisle_of[history] == tasks.aisle[row]).any()


def test_without_a_forecast_nothing_is_cut_in_time(lore: Lore) -> None:
    held = hold_out(lore, TrainConfig(forecast=False), np.random.default_rng(0))
    assert held.before is None
    people = lore.moments.first[np.flatnonzero(~held.kept)].toarray() > 0
    for row in range(len(held.known)):
        target = held.known.targets[[row]].toarray()[0] > 0
        assert (people & target == target).all(axis=1).any()


def test_what_is_in_fashion_is_ranked_first(dated: Graph) -> None:
    """The first week's leftovers sell best in all; only the date tells what sells now."""
    model = train(dated, TrainConfig(network=False))
    chosen = model.report["visited"]
    assert isinstance(chosen, dict)
    assert chosen["ndcg"] > 1.3 * chosen["ndcg of popularity"]
    aisle = np.flatnonzero(model.aisle_of == 0)
    mean = model.scores(dated.purchases[:100], aisle).mean(axis=0)
    assert np.argsort(-mean)[:4].min() >= WEEKS - 7
