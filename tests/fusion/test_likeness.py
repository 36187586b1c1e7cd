"""The likeness channel against loops, and its edges: all products new, none new."""

import numpy as np
import pytest
from scipy import sparse

from crossaisle.fusion.content import features
from crossaisle.fusion.likeness import (
    CONTENT_WEIGHT,
    LIKES,
    TEXT_WEIGHT,
    LikenessTable,
    likeness_table,
)
from crossaisle.fusion.newcomers import learn_weights
from crossaisle.graph import Graph


@pytest.fixture(scope="module")
def bought(graph: Graph) -> np.ndarray:
    return np.asarray(graph.purchases.sum(axis=0), np.float64).ravel()


@pytest.fixture(scope="module")
def factors(graph: Graph) -> np.ndarray:
    return np.random.default_rng(2).standard_normal((graph.products.height, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def table(graph: Graph, text: np.ndarray, bought: np.ndarray, factors: np.ndarray) -> LikenessTable:
    return likeness_table(factors, features(graph), text, bought)


def test_new_vectors_by_loops(
    graph: Graph, text: np.ndarray, bought: np.ndarray, factors: np.ndarray, table: LikenessTable
) -> None:
    made = features(graph)
    dense, new = made.matrix.toarray().astype(float), bought == 0
    assert 0 < new.sum() < len(new)
    unit = factors / np.linalg.norm(factors, axis=1, keepdims=True)
    unit[new] = 0
    weight = np.where(new, 0, np.sqrt(bought)).astype(np.float32)
    learned = learn_weights(unit.astype(np.float32), weight, made.matrix, text)
    assert learned.text is not None
    guess = dense @ learned.features + text @ learned.text
    for product in range(len(new)):
        if not new[product]:
            np.testing.assert_allclose(table.vectors[product], unit[product], atol=1e-6)
            assert table.share[product] == table.far[product] == 0
            continue
        alike = {
            k: CONTENT_WEIGHT * (dense[product] @ dense[k])
            + TEXT_WEIGHT * max(0.0, float(text[product] @ text[k])) ** 2
            for k in np.flatnonzero(~new).tolist()
        }
        nearest = sorted(alike, key=lambda k: -alike[k])[:LIKES]
        total = sum(alike[k] ** 3 for k in nearest)
        vector = guess[product] + sum(alike[k] ** 3 / total * (unit[k] - guess[k]) for k in nearest)
        length = np.linalg.norm(vector)
        # float16 text moves the shares a little
        np.testing.assert_allclose(table.vectors[product], vector / length, atol=5e-3)
        assert table.share[product] == pytest.approx(1 / length, rel=2e-2)


def test_pairs_and_scores_by_loops(graph: Graph, bought: np.ndarray, table: LikenessTable) -> None:
    dense, text = table.matrix.toarray().astype(float), table.text
    assert text is not None
    everything = np.arange(len(bought))
    expected = np.zeros((len(bought), len(bought)))
    vectors, said = table.vectors.astype(float), text.astype(float)
    for j in np.flatnonzero(bought == 0):
        for i in everything:
            c = vectors[i] @ vectors[j] + CONTENT_WEIGHT * dense[i] @ dense[j]
            c += TEXT_WEIGHT * max(0.0, said[i] @ said[j]) ** 2
            expected[i, j] = max(bought[i], 1) ** -0.25 * max(c, 0) ** 3 * table.far[j]
    pairs = table.pairs(everything, everything)
    np.testing.assert_allclose(pairs, expected, rtol=1e-6, atol=1e-12)
    found = table.scores(sparse.csr_array(graph.purchases[:30]), everything)
    np.testing.assert_allclose(found, graph.purchases[:30] @ expected, rtol=1e-3, atol=1e-5)
    new = np.flatnonzero(bought == 0)
    mass = bought @ (expected[:, new] / table.far[new])
    far = np.maximum(mass / mass.mean(), 0.02) ** -0.4
    np.testing.assert_allclose(table.far[new], far, rtol=1e-3)


def test_all_new_and_none_new(graph: Graph, factors: np.ndarray) -> None:
    made, everything = features(graph), np.arange(graph.products.height)
    nobody = likeness_table(factors, made, None, np.zeros(len(everything)))
    assert np.isfinite(nobody.pairs(everything, everything)).all()
    everybody = likeness_table(factors, made, None, np.ones(len(everything)))
    assert not everybody.pairs(everything, everything).any()
    assert not everybody.scores(graph.purchases, everything).any()
