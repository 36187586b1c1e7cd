"""A twin of what is hidden must not stay in the history; pairs checked against plain loops."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from crossaisle.evaluation import TASKS, LeakError, Split, Task, check_leaks
from crossaisle.evaluation.splits import HIDE, Fold
from crossaisle.evaluation.twin_products import TWIN, twin_pairs
from crossaisle.graph import Graph


def with_twins(graph: Graph, couples: list[tuple[int, int]]) -> Graph:
    """Give each couple of products a node of their own."""
    first = graph.attributes.height
    ids = [f"{TWIN}: {n}" for n in range(len(couples))]
    nodes = pl.DataFrame(
        {"id": ids, "kind": [TWIN] * len(ids), "value": [str(n) for n in range(len(ids))]},
        schema=graph.attributes.schema,
    )
    ends = [(product, first + n) for n, couple in enumerate(couples) for product in couple]
    edges = pl.DataFrame(
        [(head, tail, "inferred", 1.0) for head, tail in ends],
        schema=graph.has_attribute.schema,
        orient="row",
    )
    return graph.replace(
        attributes=pl.concat([graph.attributes, nodes]),
        has_attribute=pl.concat([graph.has_attribute, edges]),
    )


def test_pairs_are_all_pairs_of_a_group(log: Callable[..., Graph]) -> None:
    graph = with_twins(log(1, users=10, products=12, events=60), [(0, 5), (2, 3)])
    assert set(twin_pairs(graph).iter_rows()) == {(0, 5), (5, 0), (2, 3), (3, 2)}


@pytest.mark.parametrize("task", TASKS)
def test_no_twin_of_a_hidden_product_is_left(log: Callable[..., Graph], task: Task) -> None:
    events = 150 if task == "aisles-apart" else 900  # there somebody must have one aisle only
    plain = log(4, users=60, products=24, events=events, clock=False, baskets=5)
    couples = [(n, n + 1) for n in range(0, 24, 2)]
    twin = dict([*couples, *((b, a) for a, b in couples)])
    graph = with_twins(plain, couples)
    split = Split.make(graph, task, seed=3)
    check_leaks(split)
    hidden_twins = 0
    for fold in (split.validation, split.test):
        known = set(zip(fold.graph.bought["head"], fold.graph.bought["tail"], strict=True))
        for user, _, product in fold.held.cases.iter_rows():
            hidden_twins += 1
            assert (user, twin[product]) not in known
    assert hidden_twins


def test_the_check_sees_a_twin_that_stayed(log: Callable[..., Graph]) -> None:
    graph = log(4, users=60, products=24, events=900, clock=False, baskets=5)
    graph = with_twins(graph, [(n, n + 12) for n in range(12)])
    held = HIDE["aisle-cold"](graph, np.random.default_rng(0), (10, 20))
    left = [Fold.make(graph, one) for one in held]
    careful = Split.make(graph, "aisle-cold", seed=0)
    with pytest.raises(LeakError, match="twin"):
        check_leaks(replace(careful, validation=left[0], test=left[1]))
