"""The latent channel against a slower statement of its formula."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from crossaisle.fusion import latent
from crossaisle.fusion.content import farness, features
from crossaisle.fusion.latent import LIKES, latent_table
from crossaisle.fusion.newcomers import learn_weights
from crossaisle.graph import Graph


@pytest.fixture(scope="module")
def graph() -> Graph:
    """40 products of four colours in two aisles; customers keep to a colour; five sell nothing."""
    rng = np.random.default_rng(1)
    ids = [f"p{n:02}" for n in range(40)]
    colours = ["red", "blue", "green", "white"]
    pairs = {
        (f"u{user:02}", ids[int(product)])
        for user in range(80)
        for product in rng.choice(np.arange(35)[np.arange(35) % 4 == user % 4], 4)
    }
    return Graph.from_ids(
        {
            "products": pl.DataFrame(
                {
                    "id": ids,
                    "title": [f"{colours[n % 4]} thing" for n in range(40)],
                    "aisle": ["a" if n < 20 else "b" for n in range(40)],
                }
            ),
            "customers": pl.DataFrame({"id": [f"u{n:02}" for n in range(80)]}),
            "attributes": pl.DataFrame(
                {"id": [f"colour={c}" for c in colours], "kind": "colour", "value": colours}
            ),
            "has_attribute": pl.DataFrame(
                {
                    "head": ids,
                    "tail": [f"colour={colours[n % 4]}" for n in range(40)],
                    "source": "feed",
                    "confidence": 1.0,
                }
            ),
            "bought": pl.DataFrame(sorted(pairs), schema=["head", "tail"], orient="row"),
        }
    )


@pytest.fixture(scope="module")
def bought(graph: Graph) -> np.ndarray:
    return np.asarray(graph.purchases.sum(axis=0), np.float64).ravel()


@pytest.fixture(scope="module")
def factors() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(40, 9)).astype(np.float32)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def slow(graph: Graph, factors: np.ndarray, bought: np.ndarray, per_aisle: int) -> np.ndarray:
    made = features(graph)
    known = bought > 0
    own = unit(factors * known[:, None])
    said = learn_weights(own.astype(np.float32), np.sqrt(bought), made.matrix, None)
    guess = unit(said.said(made.matrix, None))
    vectors = unit(
        np.array(
            [(n * o + LIKES * g) / (n + LIKES) for n, o, g in zip(bought, own, guess, strict=True)]
        )
    )
    table = np.zeros((40, 40))
    for i in np.flatnonzero(known):
        for aisle in (0, 1):
            inside = np.flatnonzero(known & (graph.aisle_of == aisle) & (np.arange(40) != i))
            cosine = np.maximum(vectors[inside] @ vectors[i], 0)
            best = np.argsort(-cosine)[:per_aisle]
            table[i, inside[best]] = cosine[best] ** 3 * bought[i] ** -0.25
    mass = bought @ table
    far = np.zeros(40)
    far[known] = farness(mass[known], float(mass[known].mean()))
    return table * far


@pytest.mark.parametrize("per_aisle", [3, 100])
def test_entries_are_cubed_cosines_of_blended_vectors(
    graph: Graph,
    factors: np.ndarray,
    bought: np.ndarray,
    per_aisle: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(latent, "SLICE", 7)
    channel = latent_table(
        factors, features(graph), None, bought, graph.aisle_of, per_aisle=per_aisle
    )
    everything = np.arange(40)
    found = channel.pairs(everything, everything)
    np.testing.assert_allclose(found, slow(graph, factors, bought, per_aisle), atol=2e-5)
    assert (bought == 0).sum() == 5
    assert not found[:, bought == 0].any()
    assert not found[bought == 0].any()
    assert not found.diagonal().any()


def test_only_the_most_bought_take_part_where_there_are_too_many(
    graph: Graph, factors: np.ndarray, bought: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latent, "MOST", 10)
    channel = latent_table(factors, features(graph), None, bought, graph.aisle_of, per_aisle=50)
    inside = np.unique(np.concatenate([sparse.coo_array(channel.table).coords[n] for n in (0, 1)]))
    assert len(inside) <= 10
    assert bought[inside].min() >= np.sort(bought)[-10]


def test_a_product_with_few_buyers_stands_with_its_likes(graph: Graph, factors: np.ndarray) -> None:
    """Red products share one direction of the log; the newest red one has a factor of its own."""
    placed = np.array(factors)
    placed[:] = np.random.default_rng(3).normal(size=(4, 9))[np.arange(40) % 4]
    placed[4] = np.random.default_rng(4).normal(size=9)
    cosines = {}
    for buyers in (1.0, 1000.0):
        count = np.full(40, 50.0)
        count[4] = buyers
        channel = latent_table(
            placed.astype(np.float32), features(graph), None, count, graph.aisle_of, per_aisle=50
        )
        red, four = np.array([8, 12, 16]), np.array([4])
        near = count[red] ** -0.25 * channel.scale[4]
        cosines[buyers] = (channel.pairs(red, four)[:, 0] / near) ** (1 / 3)
    assert cosines[1.0].min() > 0.6
    assert cosines[1000.0].max() < cosines[1.0].min()


def test_a_shop_in_which_nothing_sold_has_no_entries(graph: Graph, factors: np.ndarray) -> None:
    made = features(graph)
    channel = latent_table(factors, made, None, np.zeros(40), graph.aisle_of, per_aisle=5)
    assert channel.table.nnz == 0
