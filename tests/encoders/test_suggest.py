"""Suggested labels: greedy choice against an enumeration, and what the command says."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from crossaisle.cli import main
from crossaisle.commands.suggest import suggested
from crossaisle.encoders import suggest as module
from crossaisle.encoders.suggest import suggest
from crossaisle.graph import Graph, open_store


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def coverage(vectors: np.ndarray, events: np.ndarray, given: list[int], of: list[int]) -> float:
    """Follow the docstring's formula, product by product."""
    total = 0.0
    for j in of:
        best = max((max(0.0, float(vectors[i] @ vectors[j])) for i in given), default=0.0)
        total += (events[j] + 1) ** 0.5 * best
    return total


def test_each_choice_adds_most_and_all_reach_the_known_bound() -> None:
    rng = np.random.default_rng(3)
    vectors, events = unit(rng.normal(size=(14, 3))), rng.integers(0, 30, 14)
    labelled = np.zeros(14, bool)
    labelled[[2, 5]] = True
    open_ = [j for j in range(14) if not labelled[j]]
    rows, adds = suggest(vectors, events, labelled, 3)
    given = [2, 5]
    weight = sum((events[j] + 1) ** 0.5 for j in open_)
    start = coverage(vectors, events, given, open_)
    for row, added in zip(rows, adds, strict=True):
        before = coverage(vectors, events, given, open_)
        options = {j: coverage(vectors, events, [*given, j], open_) for j in open_}
        assert options[int(row)] == pytest.approx(max(options.values()), rel=1e-5)
        assert added == pytest.approx((options[int(row)] - before) / weight, rel=1e-4)
        given.append(int(row))
    best = max(coverage(vectors, events, [2, 5, *some], open_) for some in combinations(open_, 3))
    assert coverage(vectors, events, given, open_) - start >= (1 - 1 / np.e) * (best - start)


def test_labelled_and_wordless_products_are_not_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 2)
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(20, 4)))
    vectors[7] = 0
    labelled = np.arange(20) < 5
    rows, adds = suggest(vectors, np.ones(20), labelled, 99)
    assert sorted(rows.tolist()) == [5, 6, *range(8, 20)]
    assert (np.diff(adds) <= 1e-6).all()
    assert suggest(vectors, np.ones(20), np.ones(20, bool), 3)[0].size == 0


def test_the_command_lists_products_without_labels(
    catalogue: Graph, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = catalogue.replace(
        in_category=catalogue.in_category.filter(catalogue.in_category["head"] >= 60)
    )
    found = suggested(bare, 5)
    assert found["product_id"].n_unique() == 5
    assert (found["product_id"] < "p060").all()
    assert found["events"].to_list() == [
        bare.bought.filter(bare.bought["tail"] == int(name[1:])).height
        for name in found["product_id"]
    ]
    with open_store(str(tmp_path / "s.lbdb"), create=True) as store:
        store.write(bare)
    assert (
        main(
            [
                "graph",
                "suggest-labels",
                "--store",
                str(tmp_path / "s.lbdb"),
                "--count",
                "5",
                "--json",
            ]
        )
        == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert [row["product_id"] for row in said] == found["product_id"].to_list()
