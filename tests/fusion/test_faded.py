"""In visited aisles earlier purchases count less: the formula, the choice, and who is given how."""

import math

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from crossaisle.fusion import Recommender, TrainConfig, UnknownId
from crossaisle.fusion.model import CHANNELS, faded
from crossaisle.fusion.train import train
from crossaisle.graph import Graph


def test_faded_by_a_loop() -> None:
    rng = np.random.default_rng(0)
    table = sparse.random_array((9, 20), density=0.3, rng=rng, format="csr")
    table.data = rng.integers(1, 6, table.nnz).astype(np.float32)
    for half_life in (math.inf, 1.0, 2.5):
        found = faded(table, half_life, np.float64).toarray()
        for row, history in enumerate(table.toarray()):
            weight = [0 if x == 0 else 2 ** -((x - 1) / half_life) for x in history]
            expected = np.array(weight) / sum(weight) ** 0.25 if sum(weight) else weight
            np.testing.assert_allclose(found[row], expected, atol=1e-12)
    assert faded(table, math.inf).dtype == np.float32


def test_a_stored_zero_is_no_purchase() -> None:
    table = sparse.csr_array(([0.0, 1.0], ([0, 0], [1, 2])), shape=(1, 3), dtype=np.float32)
    np.testing.assert_array_equal(faded(table, 2.0).toarray(), [[0, 0, 1]])


def test_scores_fade_for_known_products_of_visited_aisles_only(every_channel: Recommender) -> None:
    model = every_channel.model
    graph = model.graph
    products = np.arange(graph.products.height)
    user = int(np.argmax(np.diff(graph.purchases.indptr)))
    history = graph.visits_since[[user]]
    assert history.data.max() > 1
    scores = model.scores(history, products, np.float64)[0]
    held = set(graph.aisle_of[history.indices].tolist())
    for product in products.tolist():
        situation = int(graph.aisle_of[product] in held)
        new = int(model.is_new[product])
        half_life = model.half_life if situation and not new else math.inf
        weight = 2 ** -((history.data.astype(float) - 1) / half_life)
        total = float(model.bias[situation, product])
        for place, name in enumerate(CHANNELS):
            pairs = model.channels[name].pairs(history.indices, np.array([product]))[:, 0]
            share = weight @ pairs / weight.sum() ** 0.25
            total += float(model.weights[situation, new, place]) * share
        assert scores[product] == pytest.approx(total, rel=1e-5, abs=1e-6)


def test_the_same_history_however_it_is_given(every_channel: Recommender) -> None:
    """A customer the model knows, and the same purchases as a table with times, shuffled."""
    graph = every_channel.model.graph
    user = graph.customers["id"][int(np.argmax(np.diff(graph.purchases.indptr)))]
    bought = graph.edges_by_id("bought").filter(pl.col("head") == user)
    table = bought.sample(fraction=1, shuffle=True, seed=1).select(
        pl.lit("somebody").alias("user_id"), product_id="tail", timestamp="position"
    )
    known = every_channel.recommend([user], k=20)
    given = every_channel.recommend(table, k=20)
    assert given["product_id"].to_list() == known["product_id"].to_list()
    np.testing.assert_allclose(given["score"], known["score"], rtol=1e-6)
    plain = every_channel.recommend({user: table["product_id"].to_list()}, k=20)
    untimed = every_channel.recommend(table.drop("timestamp"), k=20)
    np.testing.assert_allclose(plain["score"], untimed["score"], rtol=1e-6)
    assert not np.allclose(plain["score"], known["score"], rtol=1e-6)


def test_dates_order_and_what_has_none_is_of_the_last_visit(every_channel: Recommender) -> None:
    frame = pl.DataFrame(
        {
            "user_id": ["a"] * 3,
            "product_id": ["p0_000", "p0_001", "p0_002"],
            "timestamp": ["2024-05-01", "2024-06-01", None],
        }
    ).with_columns(pl.col("timestamp").str.to_datetime())
    _, table = every_channel._histories(frame)
    assert table.toarray()[0, :3].tolist() == [2, 1, 1]


def test_a_row_without_product_is_a_user_of_no_history(every_channel: Recommender) -> None:
    frame = pl.DataFrame(
        {"user_id": ["a"], "product_id": [None]}, schema_overrides={"product_id": pl.String}
    )
    assert every_channel.recommend(frame, k=3).height == 3
    assert every_channel.recommend({"a": []}, k=3).height == 3
    assert every_channel.skipped == ()
    with pytest.raises(UnknownId):
        every_channel.recommend(["nobody"])


def moody_shop(*, orderly: bool) -> Graph:
    """Who bought p goes on to p + 1, p + 2 ...; disorderly: the same purchases in any order."""
    rng = np.random.default_rng(0)
    ids = [f"p{number:02d}" for number in range(60)]
    events = []
    for person in range(400):
        # Two moods of three steps each: only the second says what comes next.
        steps = [(start + step) % 60 for start in rng.integers(60, size=2) for step in range(3)]
        order = range(6) if orderly else rng.permutation(6)
        events += [(f"u{person:03d}", ids[p], float(o)) for o, p in zip(order, steps, strict=True)]
    people = sorted({e[0] for e in events})
    return Graph.from_ids(
        {
            "products": pl.DataFrame({"id": ids, "title": ids, "aisle": ["a"] * 60}),
            "customers": pl.DataFrame({"id": people}),
            "bought": pl.DataFrame(events, schema=["head", "tail", "position"], orient="row"),
        }
    )


@pytest.mark.parametrize("orderly", [True, False])
def test_the_half_life_is_found_where_order_tells(orderly: bool) -> None:
    model = train(moody_shop(orderly=orderly), TrainConfig(network=False))
    assert (model.half_life < 4) == orderly
