"""Baselines that read the catalogue: affinity, content-kNN and text-kNN, each with loops."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from crossaisle.evaluation.baselines import BaselineError, chosen
from crossaisle.evaluation.content import ContentKnn, TextKnn
from crossaisle.evaluation.popularity import Affinity
from crossaisle.graph import Graph

WORDS = ("red", "blue", "shoe", "ball", "net", "cup")


@pytest.fixture(scope="module")
def shop() -> Graph:
    """Products with brands, colours, a tree of categories, and titles; some have none of them."""
    rng = np.random.default_rng(4)
    names = [f"p{number:02d}" for number in range(20)]
    tree = {"c0": None, "c1": "c0", "c2": "c0", "c3": "c1", "d0": None}
    held = [
        (name, f"{kind}{rng.integers(3)}")
        for name, kind in product(names, ("brand", "colour"))
        if rng.random() < 0.8
    ]
    placed = [(name, list(tree)[rng.integers(5)]) for name in names if rng.random() < 0.9]
    attributes = sorted({attribute for _, attribute in held})
    bought = [(f"u{rng.integers(12):02d}", names[rng.integers(20)]) for _ in range(60)]
    return Graph.from_ids(
        {
            "products": pl.DataFrame(
                {
                    "id": names,
                    "title": [" ".join(rng.choice(WORDS, 2)) for _ in names[:-1]] + [None],
                    "aisle": ["left" if number % 2 else "right" for number in range(20)],
                }
            ),
            "attributes": pl.DataFrame(
                {"id": attributes, "kind": [a[:-1] for a in attributes], "value": attributes}
            ),
            "categories": pl.DataFrame({"id": list(tree), "name": list(tree)}),
            "part_of": pl.DataFrame(
                [(child, parent) for child, parent in tree.items() if parent],
                schema=["head", "tail"],
                orient="row",
            ),
            "has_attribute": pl.DataFrame(held, schema=["head", "tail"], orient="row").with_columns(
                source=pl.lit("feed"), confidence=1.0
            ),
            "in_category": pl.DataFrame(placed, schema=["head", "tail"], orient="row").with_columns(
                source=pl.lit("feed"), confidence=0.9
            ),
            "customers": pl.DataFrame({"id": [f"u{number:02d}" for number in range(12)]}),
            "bought": pl.DataFrame(bought, schema=["head", "tail"], orient="row"),
        }
    )


@pytest.fixture(scope="module")
def histories() -> sparse.csr_array:
    matrix = (np.random.default_rng(5).random((6, 20)) < 0.2).astype(np.float32)
    matrix[0] = 0
    return sparse.csr_array(matrix)


SOME = np.array([3, 1, 19, 7, 8, 9])


def test_affinity_counts_brands_and_categories(shop: Graph, histories: sparse.csr_array) -> None:
    brand: list[set[str]] = [set() for _ in range(20)]
    category: list[set[str]] = [set() for _ in range(20)]
    parents = dict(shop.edges_by_id("part_of").select("head", "tail").iter_rows())
    ids = shop.products["id"].to_list()
    for name, attribute in shop.edges_by_id("has_attribute").select("head", "tail").iter_rows():
        if attribute.startswith("brand"):
            brand[ids.index(name)].add(attribute)
    for name, leaf in shop.edges_by_id("in_category").select("head", "tail").iter_rows():
        while leaf:
            category[ids.index(name)].add(leaf)
            leaf = parents.get(leaf)
    buyers = [len(set(shop.bought.filter(pl.col("tail") == j)["head"])) for j in range(20)]
    found = Affinity(shop, brand=3.0, category=2.0).scores(histories, SOME)
    for user, row in enumerate(histories.toarray()):
        history = np.flatnonzero(row)
        for place, j in enumerate(SOME):
            expected = np.log1p(buyers[j])
            for weight, kinds in ((3.0, brand), (2.0, category)):
                shares = [len(kinds[i] & kinds[j]) / max(len(kinds[j]), 1) for i in history]
                expected += weight * float(np.mean(shares)) if shares else 0
            assert found[user, place] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("attributes", "categories"), [(1.0, 0.5), (0.0, 0.25), (2.0, 1.0)])
def test_content_knn_sums_cosines(
    shop: Graph, histories: sparse.csr_array, attributes: float, categories: float
) -> None:
    """TF-IDF by hand: each block log(n / df), brought to length 1, weighed, and brought to 1."""

    def block(table: np.ndarray) -> np.ndarray:
        table = np.array(table, float)
        for column in range(table.shape[1]):
            table[:, column] *= np.log(20 / max((table[:, column] > 0).sum(), 1))
        return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)

    titles = [set((title or "").split()) for title in shop.products["title"]]
    words = np.array([[word in title for word in WORDS] for title in titles])
    above = np.minimum((shop.product_categories @ shop.category_ancestors).toarray(), 1)
    blocks = [
        attributes * block(shop.product_attributes.toarray()),
        categories * block(above),
        block(words[:, words.sum(axis=0) > 1]),
    ]
    rows = np.hstack(blocks)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    expected = histories.toarray() @ (rows @ rows.T)
    found = ContentKnn(shop, attributes=attributes, categories=categories)
    assert found.scores(histories, SOME) == pytest.approx(expected[:, SOME], abs=1e-5)


@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("power", [1.0, 4.0])
def test_text_knn_sums_cosines(
    shop: Graph,
    histories: sparse.csr_array,
    centre: bool,
    power: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = np.random.default_rng(0).normal(0.3, 1, (20, 7)).astype(np.float16)
    text[4] = 0
    moved = text.astype(float) - (text.astype(float).mean(axis=0) if centre else 0)
    expected = np.zeros((6, 20))
    for user, row in enumerate(histories.toarray()):
        for i, j in product(np.flatnonzero(row), range(20)):
            length = np.linalg.norm(moved[i]) * np.linalg.norm(moved[j])
            cosine = moved[i] @ moved[j] / length if length else 0
            expected[user, j] += max(cosine, 0) ** power
    monkeypatch.setattr("crossaisle.evaluation.content.SLICE", 4)
    found = TextKnn(shop, text=text, centre=centre, power=power).scores(histories, SOME)
    assert found == pytest.approx(expected[:, SOME], abs=1e-3)


def test_text_knn_is_there_where_text_is(shop: Graph, histories: sparse.csr_array) -> None:
    text = np.eye(20, dtype=np.float32)
    (baseline,) = chosen("text-knn", text)
    scorer = baseline.fit(shop, **baseline.settings[0])
    assert np.array_equal(scorer.scores(histories, np.arange(20)), histories.toarray())
    assert "text-knn" in [baseline.name for baseline in chosen("all", text)]
    assert "text-knn" not in [baseline.name for baseline in chosen("all")]
    with pytest.raises(BaselineError, match="text encoder"):
        chosen("popularity,text-knn")
