"""The further tasks: mixed, new user, any aisle, aisles apart; and customers that are the same."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crossaisle.evaluation import LeakError, Split, SplitError, Task, check_leaks, twin_customers
from crossaisle.evaluation.hiding import ANY
from crossaisle.graph import Graph, bought_with

LOGS = st.tuples(st.integers(0, 2**31), st.integers(20, 60), st.integers(12, 40))


def drawn(
    log: Callable[..., Graph], spec: tuple[int, int, int], task: Task, **more: int
) -> tuple[Graph, Split]:
    seed, users, products = spec
    graph = log(seed, users=users, products=products, events=4 * users, baskets=5)
    try:
        return graph, Split.make(graph, task, seed=seed, **more)
    except SplitError:
        assume(False)
        raise


def basket(graph: Graph, user: int) -> set[int]:
    return set(graph.bought.filter(pl.col("head") == user)["tail"].to_list())


@settings(max_examples=8, deadline=None)
@given(spec=LOGS)
def test_mixed_hides_one_warm_answer_of_a_case(
    log: Callable[..., Graph], spec: tuple[int, int, int]
) -> None:
    graph, split = drawn(log, spec, "product-mixed")
    check_leaks(split)
    ever_cold = {*split.validation.held.cold.tolist(), *split.test.held.cold.tolist()}
    for fold in (split.validation, split.test):
        cold = set(fold.held.cold.tolist())
        for aisle in range(len(graph.aisles)):
            inside = np.flatnonzero(graph.aisle_of == aisle)
            assert fold.candidates(aisle).tolist() == inside.tolist()
        for case, (user, aisle) in enumerate(zip(fold.users, fold.aisles, strict=True)):
            hidden = set(fold.hidden[[case]].indices.tolist())
            mine = {p for p in basket(graph, user) if graph.aisle_of[p] == aisle}
            assert hidden & cold == mine & cold
            warm = mine - ever_cold
            assert len(hidden - cold) == (1 if len(warm) >= 2 else 0)
            assert hidden - cold <= warm


@settings(max_examples=8, deadline=None)
@given(spec=LOGS)
def test_a_new_user_has_growing_histories_and_no_events(
    log: Callable[..., Graph], spec: tuple[int, int, int]
) -> None:
    graph, split = drawn(log, spec, "new-user")
    check_leaks(split)
    people = [set(fold.users.tolist()) for fold in (split.validation, split.test)]
    assert not people[0] & people[1]
    for fold, others in ((split.validation, people[0] | people[1]), (split.test, people[1])):
        left = graph.bought.filter(~pl.col("head").is_in(list(others)))
        assert fold.graph.bought.sort("head", "tail", "position").equals(
            left.sort("head", "tail", "position")
        )
        for user in set(fold.users.tolist()):
            cases = np.flatnonzero(fold.users == user)
            (aisle,) = set(fold.aisles[cases].tolist())
            mine = {p for p in basket(graph, user) if graph.aisle_of[p] == aisle}
            rest = basket(graph, user) - mine
            assert fold.sizes[cases].tolist() == [n for n in (1, 2, 3, 5) if n <= len(rest)]
            before: set[int] = set()
            for case in cases:
                history = set(fold.history[[case]].indices.tolist())
                assert len(history) == fold.sizes[case]
                assert before < history <= rest
                assert set(fold.hidden[[case]].indices.tolist()) == mine
                before = history


def test_histories_of_new_users_are_drawn_evenly(log: Callable[..., Graph]) -> None:
    """Of a person with several products, each has its turn to be the only one known."""
    graph = log(3, users=12, products=30, events=150)
    first = Counter()
    for seed in range(60):
        fold = Split.make(graph, "new-user", seed=seed).test
        first.update(fold.history[np.flatnonzero(fold.sizes == 1)].indices.tolist())
    assert len(first) > 20


@settings(max_examples=8, deadline=None)
@given(spec=LOGS)
def test_any_aisle_hides_as_aisle_warm_does_and_ranks_all(
    log: Callable[..., Graph], spec: tuple[int, int, int]
) -> None:
    graph, split = drawn(log, spec, "any-aisle")
    check_leaks(split)
    fold = split.test
    assert (fold.aisles == ANY).all()
    assert fold.candidates(ANY).tolist() == np.flatnonzero(graph.aisle_of >= 0).tolist()
    assert len(set(fold.users.tolist())) == len(fold.users)
    for case, user in enumerate(fold.users):
        hidden = set(fold.hidden[[case]].indices.tolist())
        assert hidden
        assert basket(fold.graph, user) == basket(graph, user) - hidden
        if not graph.has_clock:  # one product of each aisle, and the aisle stays known
            aisles = graph.aisle_of[sorted(hidden)].tolist()
            assert len(set(aisles)) == len(aisles)
            left = set(graph.aisle_of[sorted(basket(fold.graph, user))].tolist())
            assert set(aisles) <= left


def apart_log() -> Graph:
    """Aisles a, b, c; 30 people in a and b, 20 in a and c, 20 in b and c, 10 in one only."""
    rows = []
    for number, aisles in enumerate(["ab"] * 30 + ["ac"] * 20 + ["bc"] * 20 + ["a", "b"] * 5):
        rows += [(f"u{number:02d}", f"{aisle}{number % 5}") for aisle in aisles]
    names = [f"{aisle}{place}" for aisle in "abc" for place in range(5)]
    return Graph.from_ids(
        {
            "products": pl.DataFrame({"id": names, "aisle": [name[0] for name in names]}),
            "customers": pl.DataFrame({"id": sorted({user for user, _ in rows})}),
            "baskets": pl.DataFrame({"id": ["x", "y"]}),
            "bought": pl.DataFrame(rows, schema=["head", "tail"], orient="row"),
            "contains": pl.DataFrame(
                {"head": ["x", "x", "y", "y"], "tail": ["a0", "b1", "a2", "c2"]}
            ),
        }
    )


def test_aisles_apart_share_nobody() -> None:
    graph = apart_log()
    split = Split.make(graph, "aisles-apart", seed=1)
    check_leaks(split)
    shared = set(range(30))
    seen = [set(fold.users.tolist()) for fold in (split.validation, split.test)]
    assert seen[0] | seen[1] == shared
    assert not seen[0] & seen[1]
    for fold in (split.validation, split.test):
        assert set(fold.graph.bought["head"].to_list()) == set(range(30, 80))
        assert fold.graph.contains.height == 2  # the basket with a and c
        assert set(fold.aisles.tolist()) == {0, 1}
        for case in range(len(fold.users)):
            number = fold.users[case] % 5
            target, other = (0, 5) if fold.aisles[case] == 0 else (5, 0)
            assert fold.hidden[[case]].indices.tolist() == [target + number]
            assert fold.history[[case]].indices.tolist() == [other + number]


def test_a_third_aisle_joins_what_is_apart() -> None:
    """People of a and c, and of b and c, bought the same number: only two steps lead across."""
    fold = Split.make(apart_log(), "aisles-apart", seed=1).test
    together = fold.graph.purchases.T @ fold.graph.purchases
    for aisle in (0, 1):
        cases, inside = np.flatnonzero(fold.aisles == aisle), fold.candidates(aisle)
        one = (fold.history[cases] @ together)[:, inside].toarray()
        two = (fold.history[cases] @ together @ together)[:, inside].toarray()
        assert not one.any()
        assert ((two > 0) == (fold.hidden[cases][:, inside].toarray() > 0)).all()


def test_aisles_that_nobody_shares_are_refused(log: Callable[..., Graph], bridge: Graph) -> None:
    with pytest.raises(SplitError, match="nobody is left"):
        Split.make(bridge, "aisles-apart")
    with pytest.raises(SplitError, match="in common"):
        Split.make(log(1, users=4, events=20), "aisles-apart")


def test_the_leak_check_finds_people_and_pairs_that_stayed() -> None:
    graph = apart_log()
    new = Split.make(graph, "new-user")
    known = set(new.test.users.tolist())
    hidden = new.test.held.cases.select(head="user", tail="product")
    stayed = graph.replace(bought=graph.bought.join(hidden, on=["head", "tail"], how="anti"))
    assert known & set(stayed.bought["head"].to_list())
    with pytest.raises(LeakError, match="BOUGHT_WITH|whose history is given"):
        check_leaks(replace(new, test=replace(new.test, graph=stayed)))
    apart = Split.make(graph, "aisles-apart")
    one = graph.bought.filter(pl.col("head") == 30).with_columns(
        tail=pl.Series([0, 5], dtype=pl.UInt32)
    )
    log = pl.concat([apart.test.graph.bought.filter(pl.col("head") != 30), one])
    joined = apart.test.graph.replace(bought=log)
    joined = joined.replace(bought_with=bought_with(joined))
    with pytest.raises(LeakError, match="to be apart"):
        check_leaks(replace(apart, test=replace(apart.test, graph=joined)))


def test_twin_customers_have_the_same_products() -> None:
    bought = {"a": [0, 1], "b": [1, 0, 0], "c": [0], "d": [], "e": [], "f": [0, 1, 2]}
    graph = Graph.from_ids(
        {
            "products": pl.DataFrame({"id": ["p0", "p1", "p2"], "aisle": ["x"] * 3}),
            "customers": pl.DataFrame({"id": list(bought)}),
            "bought": pl.DataFrame(
                [(u, f"p{p}", float(n)) for u, ps in bought.items() for n, p in enumerate(ps)],
                schema=["head", "tail", "position"],
                orient="row",
            ),
        }
    )
    assert twin_customers(graph).tolist() == [True, True, False, False, False, False]
