"""Nothing hidden may show, and what is hidden is what the task says."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crossaisle.evaluation import (
    TASKS,
    Fold,
    LeakError,
    Split,
    SplitError,
    Task,
    check_leaks,
    twins,
)
from crossaisle.graph import Graph, bought_with

Spec = tuple[Task, int, int, int, int, bool]
SPLITS = st.tuples(
    st.sampled_from(TASKS),
    st.integers(0, 2**31),
    st.integers(8, 60),
    st.integers(12, 40),
    st.integers(60, 500),
    st.booleans(),
)


def drawn(log: Callable[..., Graph], spec: Spec) -> tuple[Graph, Split]:
    task, seed, users, products, events, clock = spec
    graph = log(seed, users=users, products=products, events=events, clock=clock, baskets=5)
    try:
        return graph, Split.make(graph, task, seed=seed)
    except SplitError:
        assume(False)
        raise


def pairs(graph: Graph) -> set[tuple[int, int]]:
    return set(zip(graph.bought["head"].to_list(), graph.bought["tail"].to_list(), strict=True))


def hidden_pairs(fold: Fold) -> set[tuple[int, int]]:
    case, product = fold.hidden.nonzero()
    return set(zip(fold.users[case].tolist(), product.tolist(), strict=True))


@settings(max_examples=8, deadline=None)
@given(spec=SPLITS)
def test_no_hidden_pair_can_be_learned_from(log: Callable[..., Graph], spec: Spec) -> None:
    graph, split = drawn(log, spec)
    check_leaks(split)
    for fold in (split.validation, split.test):
        assert hidden_pairs(fold) <= pairs(graph)
        assert not hidden_pairs(fold) & pairs(fold.graph)
        assert pairs(fold.graph) <= pairs(graph)
    assert not hidden_pairs(split.test) & pairs(split.validation.graph)
    assert pairs(split.validation.graph) <= pairs(split.test.graph)


@settings(max_examples=8, deadline=None)
@given(spec=SPLITS)
def test_bought_with_is_counted_from_what_is_left(log: Callable[..., Graph], spec: Spec) -> None:
    _, split = drawn(log, spec)
    fold = split.test
    together: dict[tuple[int, int], int] = {}
    for frame in (fold.graph.bought, fold.graph.contains):
        for _, group in frame.unique(["head", "tail"]).group_by("head"):
            for pair in combinations(sorted(group["tail"].to_list()), 2):
                together[pair] = together.get(pair, 0) + 1
    found = fold.graph.bought_with
    for head, tail, count in found.select("head", "tail", "count").iter_rows():
        assert together[head, tail] == count
    # Fewer than 20 products an aisle: nothing falls to the limit of an aisle.
    if max(np.bincount(fold.graph.aisle_of + 1)) <= 20:
        assert found.height == sum(count >= 2 for count in together.values())


@settings(max_examples=8, deadline=None)
@given(spec=SPLITS)
def test_a_case_ranks_its_aisle_and_knows_its_history(
    log: Callable[..., Graph], spec: Spec
) -> None:
    graph, split = drawn(log, spec)
    for fold in (split.validation, split.test):
        for case, (user, aisle) in enumerate(zip(fold.users, fold.aisles, strict=True)):
            hidden = set(fold.hidden[[case]].indices.tolist())
            history = set(fold.history[[case]].indices.tolist())
            assert (aisle < 0) == (split.task == "any-aisle")
            assert hidden
            assert history
            assert hidden <= set(fold.candidates(aisle).tolist())
            assert not hidden & history
            assert hidden <= {p for u, p in pairs(graph) if u == user}
            if fold.held.given is None:
                assert history == {p for u, p in pairs(fold.graph) if u == user}
            else:
                assert history <= {p for u, p in pairs(graph) if u == user}
                assert user not in {u for u, _ in pairs(fold.graph)}
            if aisle >= 0:
                assert (graph.aisle_of[sorted(hidden)] == aisle).all()


@settings(max_examples=8, deadline=None)
@given(spec=SPLITS)
def test_aisle_cold_hides_one_whole_aisle_of_few_users(
    log: Callable[..., Graph], spec: Spec
) -> None:
    graph, split = drawn(log, ("aisle-cold", *spec[1:]))
    everything = pairs(graph)
    aisles = {}
    for user, product in everything:
        if graph.aisle_of[product] >= 0:
            aisles.setdefault(user, set()).add(int(graph.aisle_of[product]))
    eligible = [user for user, seen in aisles.items() if len(seen) >= 2]
    test, validation = set(split.test.users.tolist()), set(split.validation.users.tolist())
    assert not test & validation
    assert test | validation <= set(eligible)
    assert len(test | validation) <= len(eligible) / 3
    for fold in (split.validation, split.test):
        assert len(set(fold.users.tolist())) == len(fold.users)
        for case, (user, aisle) in enumerate(zip(fold.users, fold.aisles, strict=True)):
            mine = {p for u, p in everything if u == user and graph.aisle_of[p] == aisle}
            assert set(fold.hidden[[case]].indices.tolist()) == mine
    assert pairs(graph) - pairs(split.test.graph) == hidden_pairs(split.test)
    gone = hidden_pairs(split.test) | hidden_pairs(split.validation)
    assert pairs(graph) - pairs(split.validation.graph) == gone


@settings(max_examples=8, deadline=None)
@given(spec=SPLITS)
def test_aisle_warm_hides_the_last_new_product_of_each_aisle(
    log: Callable[..., Graph], spec: Spec
) -> None:
    graph, split = drawn(log, ("aisle-warm", *spec[1:5], False))
    fold = split.test
    assert not set(split.test.users.tolist()) & set(split.validation.users.tolist())
    first: dict[tuple[int, int], float] = {}
    for user, product, place in graph.bought.select("head", "tail", "position").iter_rows():
        first[user, product] = min(place, first.get((user, product), np.inf))
    for user in set(fold.users.tolist()):
        by_aisle: dict[int, list[int]] = {}
        for u, product in first:
            if u == user and graph.aisle_of[product] >= 0:
                by_aisle.setdefault(int(graph.aisle_of[product]), []).append(product)
        cases = np.flatnonzero(fold.users == user)
        wanted = {aisle for aisle, products in by_aisle.items() if len(products) >= 2}
        assert set(fold.aisles[cases].tolist()) == wanted
        for case in cases:
            (product,) = fold.hidden[[case]].indices
            others = by_aisle[int(fold.aisles[case])]
            assert first[user, product] == max(first[user, other] for other in others)


@settings(max_examples=8, deadline=None)
@given(spec=SPLITS)
def test_a_dated_log_is_cut_in_time(log: Callable[..., Graph], spec: Spec) -> None:
    graph, split = drawn(log, ("aisle-warm", *spec[1:5], True))
    first = graph.bought.group_by("head", "tail").agg(pl.col("time").min())
    first = {(u, p): time for u, p, time in first.iter_rows()}
    begins = []
    for fold in (split.validation, split.test):
        cut = graph.bought.filter(pl.Series(fold.held.bought))["time"].min()
        begins.append(cut)
        assert fold.graph.bought["time"].max() < cut
        assert fold.graph.bought.height == (graph.bought["time"] < cut).sum()
        assert fold.graph.contains.height == (graph.contains["time"] < cut).sum()
        assert all(first[pair] >= cut for pair in hidden_pairs(fold))
    assert begins[0] < begins[1]
    assert all(first[pair] < begins[1] for pair in hidden_pairs(split.validation))
    known = {
        user for user, time in graph.bought.select("head", "time").iter_rows() if time < begins[1]
    }
    wanted = {
        (u, p)
        for (u, p), time in first.items()
        if time >= begins[1] and graph.aisle_of[p] >= 0 and u in known
    }
    assert hidden_pairs(split.test) == wanted


@settings(max_examples=8, deadline=None)
@given(spec=SPLITS)
def test_product_cold_takes_all_events_of_a_tenth(log: Callable[..., Graph], spec: Spec) -> None:
    graph, split = drawn(log, ("product-cold", *spec[1:]))
    sold = {p for _, p in pairs(graph)}
    for aisle in range(len(graph.aisles)):
        count = sum(graph.aisle_of[p] == aisle for p in sold)
        expected = max(1, count // 10) if count >= 3 else 0
        assert len(split.test.candidates(aisle)) == expected
        assert len(split.validation.candidates(aisle)) == expected
        assert not set(split.test.candidates(aisle)) & set(split.validation.candidates(aisle))
    for fold in (split.validation, split.test):
        for frame in (fold.graph.bought, fold.graph.contains):
            assert not set(frame["tail"].to_list()) & set(fold.held.cold.tolist())
    assert not set(split.test.users.tolist()) & set(split.validation.users.tolist())


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("clock", [False, True])
def test_a_saved_split_is_the_same_split(
    log: Callable[..., Graph], tmp_path: Path, task: Task, clock: bool
) -> None:
    graph = log(3, clock=clock, baskets=6)
    split = Split.make(graph, task, seed=5)
    split.save(tmp_path / "split")
    again = Split.load(tmp_path / "split", log(3, clock=clock, baskets=6))
    assert (again.task, again.seed, again.fingerprint) == (task, 5, split.fingerprint)
    for one, other in ((split.validation, again.validation), (split.test, again.test)):
        assert one.graph.equals(other.graph)
        assert one.held.cases.equals(other.held.cases)
        assert (one.users == other.users).all()
        assert (one.aisles == other.aisles).all()
        assert (one.sizes == other.sizes).all()
        assert (one.history != other.history).nnz == 0
        assert (one.hidden != other.hidden).nnz == 0
        assert one.candidates(0).tolist() == other.candidates(0).tolist()


@pytest.mark.parametrize("task", TASKS)
def test_the_seed_decides(log: Callable[..., Graph], task: Task) -> None:
    graph = log(1)
    same, other = Split.make(graph, task, seed=1), Split.make(graph, task, seed=2)
    assert Split.make(graph, task, seed=1).test.held.cases.equals(same.test.held.cases)
    assert not other.test.held.cases.equals(same.test.held.cases)


def test_sizes_are_upper_bounds(log: Callable[..., Graph]) -> None:
    split = Split.make(log(users=120, events=900), "aisle-cold", test_users=7, validation_users=3)
    assert (len(split.test.users), len(split.validation.users)) == (7, 3)


def test_a_split_of_another_graph_is_refused(log: Callable[..., Graph], tmp_path: Path) -> None:
    Split.make(log(1), "aisle-cold").save(tmp_path)
    with pytest.raises(SplitError, match="another graph"):
        Split.load(tmp_path, log(2))


def test_what_cannot_be_read_is_named(log: Callable[..., Graph], tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="no readable split"):
        Split.load(tmp_path / "nothing", log(1))
    Split.make(log(1), "aisle-cold").save(tmp_path)
    (tmp_path / "cases.parquet").write_bytes(b"PAR1 not a table")
    with pytest.raises(SplitError, match="no readable split"):
        Split.load(tmp_path, log(1))
    (tmp_path / "split.json").write_text(json.dumps([1]))
    with pytest.raises(SplitError, match="no readable split"):
        Split.load(tmp_path, log(1))


@pytest.mark.parametrize("task", TASKS)
def test_a_log_too_small_says_so(log: Callable[..., Graph], task: Task) -> None:
    with pytest.raises(SplitError):
        Split.make(log(users=2, events=3), task)
    with pytest.raises(SplitError):
        Split.make(log(events=0), task)


def test_an_unknown_task_says_which_there_are(log: Callable[..., Graph]) -> None:
    with pytest.raises(SplitError, match="aisle-warm"):
        Split.make(log(), "warm")


def test_the_leak_check_finds_a_pair_that_stayed(log: Callable[..., Graph]) -> None:
    graph = log(2)
    split = Split.make(graph, "aisle-cold")
    whole = graph.replace(bought_with=bought_with(graph))
    with pytest.raises(LeakError, match="test: the hidden purchase"):
        check_leaks(replace(split, test=replace(split.test, graph=whole)))


def test_the_leak_check_finds_weights_that_saw_too_much(log: Callable[..., Graph]) -> None:
    graph = log(2)
    split = Split.make(graph, "aisle-cold")
    stale = split.test.graph.replace(bought_with=bought_with(graph))
    with pytest.raises(LeakError, match="BOUGHT_WITH"):
        check_leaks(replace(split, test=replace(split.test, graph=stale)))


def test_twins_are_products_with_the_same_buyers(log: Callable[..., Graph]) -> None:
    graph = log(0, users=40, products=10, events=150)
    buyers = {p: {u for u, q in pairs(graph) if q == p} for p in range(10)}
    wanted = {}
    for a, b in combinations(range(10), 2):
        if min(len(buyers[a]), len(buyers[b])) >= 3:
            share = len(buyers[a] & buyers[b]) / len(buyers[a] | buyers[b])
            if share >= 0.3:
                wanted[f"p{a:03d}", f"p{b:03d}"] = share
    found = twins(graph, min_jaccard=0.3)
    assert wanted
    assert {(a, b): share for a, b, _, share in found.iter_rows()} == pytest.approx(wanted)


def test_the_bridge_is_full_of_twins(bridge: Graph) -> None:
    found = twins(bridge)
    assert found.height == 12 * 6  # four products a group, all bought by the same people
    assert (found["jaccard"] == 1).all()
