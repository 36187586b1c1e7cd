"""The public contract: lists without gaps, one's own products left out, aisles kept."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.fusion import Recommender, TrainConfig, TrainingError, UnknownId
from crossaisle.fusion.parts import Parts, fit_parts
from crossaisle.graph import Graph

PRODUCTS = 126
quiet = settings(max_examples=40, deadline=None)
rows = st.lists(st.integers(0, PRODUCTS - 1), max_size=8)


@given(
    histories=st.lists(rows, max_size=4),
    aisle=st.sampled_from([None, "aisle0", "aisle2"]),
    k=st.integers(1, 60),
    allowed=st.none() | rows,
)
@quiet
def test_lists(
    recommender: Recommender,
    histories: list[list[int]],
    aisle: str | None,
    k: int,
    allowed: list[int] | None,
) -> None:
    ids = recommender.model.graph.products["id"].to_list()
    aisles = dict(zip(ids, recommender.model.graph.products["aisle"], strict=True))
    asked = {f"user {n}": [ids[i] for i in h] for n, h in enumerate(histories)}
    candidates = None if allowed is None else [ids[i] for i in allowed]
    lists = recommender.recommend(asked, aisle=aisle, k=k, candidates=candidates)
    assert lists.columns == ["user_id", "aisle", "rank", "product_id", "score"]
    for user, history in asked.items():
        mine = lists.filter(pl.col("user_id") == user)
        pool = set(ids if candidates is None else candidates) - set(history)
        pool = {p for p in pool if aisle is None or aisles[p] == aisle}
        assert mine["rank"].to_list() == list(range(1, min(k, len(pool)) + 1))
        assert set(mine["product_id"]) <= pool
        assert mine["product_id"].n_unique() == mine.height
        assert [aisles[p] for p in mine["product_id"]] == mine["aisle"].to_list()
        scored = recommender.score([(user, p) for p in pool], asked)
        best = scored.sort(["score", "product_id"], descending=[True, False])["score"].head(k)
        np.testing.assert_allclose(mine["score"], best, rtol=1e-5, atol=1e-5)


@given(history=rows, aisle=st.sampled_from([None, "aisle0"]), k=st.integers(1, 60), data=st.data())
@quiet
def test_last_places_go_to_new_products(
    recommender: Recommender, history: list[int], aisle: str | None, k: int, data: st.DataObject
) -> None:
    ids = recommender.model.graph.products["id"].to_list()
    is_new = dict(zip(ids, recommender.model.is_new.tolist(), strict=True))
    asked = {"a": [ids[i] for i in history]}
    everything = recommender.recommend(asked, aisle=aisle, k=PRODUCTS)["product_id"].to_list()
    known = [product for product in everything if not is_new[product]]
    fresh = [product for product in everything if is_new[product]]
    assert fresh
    places = data.draw(st.integers(0, k))
    lists = recommender.recommend(asked, aisle=aisle, k=k, new_places=places)
    found = lists["product_id"].to_list()
    last = sum(is_new[product] for product in found)
    assert lists["rank"].to_list() == list(range(1, min(k, len(everything)) + 1))
    assert found == known[: len(found) - last] + fresh[:last]
    # As many as asked for, unless there are not so many, or too few others.
    assert last == max(min(places, len(fresh)), len(found) - len(known))


def test_places_for_new_products_fit_the_list(recommender: Recommender) -> None:
    for places in (-1, 4):
        with pytest.raises(ValueError, match=f"{places} places for new products in lists of 3"):
            recommender.recommend({"a": []}, k=3, new_places=places)


def test_equal_scores_are_ordered_by_id(recommender: Recommender) -> None:
    from dataclasses import replace

    model = recommender.model
    level = Recommender(replace(model, weights=model.weights * 0, bias=model.bias * 0))
    ids = level.recommend({"a": ["p0_000"]}, k=7)["product_id"].to_list()
    assert ids == sorted(ids)
    assert ids == sorted(model.graph.products["id"])[1:8]


def test_unknown_ids_are_said_or_reported(recommender: Recommender) -> None:
    with pytest.raises(UnknownId, match="customer 'nobody'"):
        recommender.recommend(["nobody"])
    with pytest.raises(UnknownId, match="aisle 'attic'"):
        recommender.recommend({"a": []}, aisle="attic")
    with pytest.raises(UnknownId, match="product 'x'"):
        recommender.explain("u0001", "x")
    with pytest.raises(UnknownId, match="product 'x'"):
        recommender.recommend({"a": []}, candidates=["x"])
    with pytest.raises(UnknownId, match="user 'b'"):
        recommender.score([("b", "p0_000")], {"a": []})
    lists = recommender.recommend({"a": ["gone", "p0_001", "gone too"]}, k=3)
    assert lists.height == 3
    assert recommender.skipped == ("gone", "gone too")


def test_histories_in_three_forms_are_one(recommender: Recommender) -> None:
    graph = recommender.model.graph
    log = graph.edges_by_id("bought").filter(head="u0001")
    frame = log.select(user_id="head", product_id="tail", timestamp="position")
    known = recommender.recommend(["u0001"], k=5)
    assert known.equals(recommender.recommend(frame, k=5))
    bare, listed = frame.drop("timestamp"), {"u0001": frame["product_id"].to_list()}
    assert recommender.recommend(bare, k=5).equals(recommender.recommend(listed, k=5))
    # A history without times is one visit: the same list where no purchase fades.
    lasting = Recommender(replace(recommender.model, half_life=math.inf))
    known = lasting.recommend(["u0001"], k=5)
    for history in (frame, bare, listed):
        assert known.equals(lasting.recommend(history, k=5))


def test_an_aisle_for_each_user(recommender: Recommender) -> None:
    lists = recommender.recommend(
        {"a": ["p0_001"], "b": ["p1_001"]}, aisle={"a": "aisle1", "b": "aisle2"}, k=2
    )
    assert lists["user_id"].to_list() == ["a", "a", "b", "b"]
    assert lists["aisle"].to_list() == ["aisle1", "aisle1", "aisle2", "aisle2"]


def test_the_planted_bridge_is_found(shop: Callable[..., Graph], small: TrainConfig) -> None:
    """Whoever bought one theme in two aisles gets that theme in the third, which is hidden."""
    graph = shop(people=300, seed=7)
    kept = graph.bought.filter((pl.col("head") >= 60) | (pl.col("tail") < 84))
    taught = Recommender.train(graph.replace(bought=kept), small)
    themes = np.arange(graph.products.height) % 42 % 8
    hits, popular, asked = 0.0, 0.0, 0
    common = np.argsort(-taught.model.bias[0][84:])[:5] + 84
    for user in range(60):
        history = taught.model.graph.purchases[[user]].indices
        if not len(history):
            continue
        asked += 1
        name = taught.model.graph.customers["id"][user]
        found = taught.recommend([name], aisle="aisle2", k=5)["product_id"]
        places = [taught.product_row(p) for p in found]
        hits += np.mean(themes[places] == themes[history[0]])
        popular += np.mean(themes[common] == themes[history[0]])
    assert asked > 40
    assert hits / asked > 0.95
    assert hits > 3 * popular


@pytest.mark.parametrize("quick", [False, True])
def test_a_new_product_is_found_by_what_it_is(
    shop: Callable[..., Graph], small: TrainConfig, *, quick: bool
) -> None:
    """Nobody bought products 40 and 41 of an aisle; whoever likes their theme sees them first."""
    taught = Recommender.train(shop(new=8), small.model_copy(update={"quick": quick}))
    new = [p for p in taught.model.graph.products["id"] if p.startswith("p2") and int(p[3:]) >= 40]
    for theme in range(8):
        history = [f"p0_{theme:03d}", f"p1_{theme + 8:03d}"]
        first = taught.recommend({"a": history}, aisle="aisle2", candidates=new, k=1)
        assert int(first["product_id"][0][3:]) % 8 == theme


def test_a_quick_training_has_closed_forms_only(
    graph: Graph, small: TrainConfig, text: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Parts] = []

    def seen(*given: object) -> Parts:
        made.append(fit_parts(*given))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr("crossaisle.fusion.train.fit_parts", seen)
    left_out = {"network", "latent", "crossing regression"}
    for quick in (False, True):
        model = Recommender.train(graph, small.model_copy(update={"quick": quick}), text).model
        assert model.config.network is not quick
        for parts in made[-2:]:  # with people held out, and whole
            assert left_out & set(parts.channels) == (set() if quick else left_out)
            assert {"people", "walks", "content", "likeness", "regression"} <= set(parts.channels)


def test_quick_leaves_what_was_given() -> None:
    assert TrainConfig(crossing_users=50).in_effect() == TrainConfig(crossing_users=50)
    found = TrainConfig(quick=True, crossing_users=50, network=True).in_effect()
    assert (found.crossing_users, found.network, found.held_out_tasks) == (50, True, 1000)
    assert found.in_effect() == found


def test_search(recommender: Recommender, text: np.ndarray) -> None:
    assert recommender.search_vector(text[5], k=3)["product_id"][0] == "p0_005"
    from dataclasses import replace

    with pytest.raises(UnknownId, match="without text"):
        Recommender(replace(recommender.model, text=None)).search_vector(text[5])


@pytest.mark.parametrize("what", ["bought", "products"])
def test_nothing_to_learn_from_is_said(graph: Graph, what: str) -> None:
    silent = graph.replace(bought=graph.bought.clear())
    empty = silent if what == "bought" else Graph.from_ids({})
    with pytest.raises(TrainingError, match=f"no {'purchases' if what == 'bought' else what}"):
        Recommender.train(empty)


@pytest.mark.parametrize("wrong", [np.zeros((3, 2), np.float32), np.full((126, 2), np.nan)])
def test_text_that_does_not_fit_is_said(graph: Graph, wrong: np.ndarray) -> None:
    with pytest.raises(TrainingError, match="text vectors"):
        Recommender.train(graph, text=wrong)
