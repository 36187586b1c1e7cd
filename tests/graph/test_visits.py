"""How many visits ago something was bought, against loops."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from crossaisle.graph import Graph

PRODUCTS, PEOPLE = 12, 30


def log(*, dates: bool, order: bool = True) -> Graph:
    rng = np.random.default_rng(4)
    ids = [f"p{number:02d}" for number in range(PRODUCTS)]
    aisles = [("a", "b", None)[number % 3] for number in range(PRODUCTS)]
    rows = [
        (f"u{rng.integers(PEOPLE):02d}", ids[rng.integers(PRODUCTS)], float(rng.integers(5)))
        for _ in range(300)
    ]
    bought = pl.DataFrame(rows, schema=["head", "tail", "position"], orient="row")
    if dates:
        days = [datetime(2024, 1, 1) + timedelta(days=day) for day in bought["position"]]
        bought = bought.with_columns(time=pl.Series(days), position=None)
    elif not order:
        bought = bought.drop("position")
    people = pl.DataFrame({"id": [f"u{number:02d}" for number in range(PEOPLE)]})
    products = pl.DataFrame({"id": ids, "aisle": aisles})
    return Graph.from_ids({"products": products, "customers": people, "bought": bought})


@pytest.mark.parametrize("dates", [True, False])
def test_visits_since_by_a_loop(dates: bool) -> None:
    graph = log(dates=dates)
    column = "time" if dates else "position"
    first: dict[tuple[int, int], object] = {}
    for head, tail, moment in graph.bought.select("head", "tail", column).iter_rows():
        first[head, tail] = min(moment, first.get((head, tail), moment))
    found = graph.visits_since
    assert found.nnz == len(first)
    assert found.dtype == np.float32
    for (person, product), moment in first.items():
        visits = {
            other
            for (someone, thing), other in first.items()
            if someone == person and (dates or graph.aisle_of[thing] == graph.aisle_of[product])
        }
        assert found[person, product] == 1 + sum(other > moment for other in visits)
    assert found.data.max() > 2


def test_without_any_order_all_is_the_last_visit() -> None:
    graph = log(dates=False, order=False)
    assert (graph.visits_since.data == 1).all()
    assert (graph.visits_since.indices == graph.purchases.indices).all()


def test_nobody_and_nothing() -> None:
    graph = Graph.from_ids({"products": pl.DataFrame({"id": ["p"]})})
    assert graph.visits_since.nnz == 0
