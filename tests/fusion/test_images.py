"""The image channel: its table by loops, pictures that alone know what follows, old models."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from crossaisle.fusion import ModelError, Recommender, TrainConfig, TrainingError, images
from crossaisle.fusion.checkpoint import fingerprint
from crossaisle.fusion.images import extended_image_table, image_table
from crossaisle.fusion.model import CHANNELS
from crossaisle.fusion.saved import load_model, save_model
from crossaisle.graph import Graph


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a small shop meets: seven entries a product, three rows in a slice."""
    monkeypatch.setattr(images, "PER_PRODUCT", 7)
    monkeypatch.setattr(images, "CELLS", 100)


def drawn(count: int = 33) -> tuple[np.ndarray, np.ndarray]:
    """Vectors, some products without, and aisles, some in none."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((count, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::6] = 0
    return vectors.astype(np.float32), rng.integers(-1, 3, count).astype(np.int32)


def by_loops(vectors: np.ndarray, aisle_of: np.ndarray, each: int, whole: int) -> np.ndarray:
    count = len(vectors)
    dense = np.zeros((count, count))
    for i in range(count):
        kept = []
        for aisle in set(aisle_of.tolist()):
            value = {
                j: max(0.0, float(vectors[i].astype(float) @ vectors[j])) ** 2
                for j in range(count)
                if aisle_of[j] == aisle and j != i
            }
            kept += sorted(((v, j) for j, v in value.items() if v > 0), reverse=True)[:each]
        for value_, j in sorted(kept, reverse=True)[:whole]:
            dense[i, j] = value_
    return dense


@pytest.mark.usefixtures("few")
def test_table_by_loops() -> None:
    vectors, aisle_of = drawn()
    found = image_table(vectors, aisle_of, per_aisle=2)
    expected = by_loops(vectors, aisle_of, 2, 7)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-5, atol=1e-9)
    sizes = np.diff(found.indptr)
    assert sizes.max() == 7
    assert not sizes[::6].any()
    assert found.has_sorted_indices


@pytest.mark.usefixtures("few")
def test_added_products_find_their_place_and_nothing_known_moves() -> None:
    vectors, aisle_of = drawn()
    added = np.array([0, 3, 4, 17, 32])
    known = np.setdiff1d(np.arange(len(vectors)), added)
    small = image_table(vectors[known], aisle_of[known], per_aisle=2).toarray()
    before = np.zeros((len(vectors),) * 2, np.float32)
    before[np.ix_(known, known)] = small
    table = sparse.csr_array(before)
    found = extended_image_table(table, vectors, aisle_of, added, per_aisle=2).toarray()
    whole = image_table(vectors, aisle_of, per_aisle=2).toarray()
    assert np.array_equal(found[np.ix_(known, known)], small)
    np.testing.assert_allclose(found[added], whole[added], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(found[:, added], whole[:, added], rtol=1e-5, atol=1e-9)
    assert whole[np.ix_(known, added)].any()
    assert (small > 0).sum() > (whole[np.ix_(known, known)] > 0).sum()  # some would be pushed out
    none = np.zeros(0, np.int64)
    same = extended_image_table(sparse.csr_array(whole), vectors, aisle_of, none, per_aisle=2)
    assert np.array_equal(same.toarray(), whole)


def looks_of(graph: Graph, themes: int = 8) -> np.ndarray:
    """Pictures show a product's theme, which nothing else of it tells."""
    theme = np.array([int(ident[-3:]) % themes for ident in graph.products["id"]])
    noise = np.random.default_rng(4).standard_normal((len(theme), themes))
    vectors = np.eye(themes)[theme] + 0.1 * noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def first_among_new(recommender: Recommender, graph: Graph, themes: int = 8) -> float:
    """How often the first of the products that nobody bought is of the customer's theme."""
    log = graph.purchases
    new = graph.products["id"].to_numpy()[np.asarray(log.sum(axis=0)).ravel() == 0].tolist()
    firsts = dict(zip(graph.customers["id"], log.indptr, strict=False))
    buyers = graph.customers["id"].to_numpy()[np.diff(log.indptr) > 0].tolist()
    lists = recommender.recommend(buyers, aisle="aisle1", k=1, candidates=new)
    hits = []
    for user, product in lists.select("user_id", "product_id").iter_rows():
        bought = log.indices[firsts[user]]
        theme = int(graph.products["id"][int(bought)][-3:]) % themes
        hits.append(int(product[-3:]) % themes == theme)
    return float(np.mean(hits))


def test_pictures_alone_know_which_new_product_follows(
    shop: Callable[..., Graph], small: TrainConfig, tmp_path: Path
) -> None:
    graph = shop(attributes=False, products=80, new=8)
    config = small.model_copy(update={"network": False})
    vectors = looks_of(graph)
    without = Recommender.train(graph, config, seed=1)
    beside = Recommender.train(graph, config, seed=1, images=vectors)
    assert "image" not in without.model.channels
    assert without.model.images is None
    assert beside.model.weights[:, 1, CHANNELS.index("image")].all()
    assert first_among_new(beside, graph) > 0.9
    assert first_among_new(without, graph) < 0.3
    beside.save(tmp_path / "model")
    loaded = Recommender.from_pretrained(tmp_path / "model")
    log, every = graph.visits_since, np.arange(graph.products.height)
    assert np.array_equal(loaded.model.scores(log, every), beside.model.scores(log, every))
    buyer = graph.customers["id"][int(np.argmax(np.diff(graph.purchases.indptr)))]
    asked = [product for product in graph.products["id"] if product[-3:] >= "080"]
    (first,) = loaded.recommend([buyer], aisle="aisle1", k=1, candidates=asked)["product_id"]
    told = loaded.explain(buyer, first, top=3)
    assert told.terms[0].kind == "image"
    assert told.terms[0].path[1] == "SIMILAR_IMAGE"
    assert told.sum == pytest.approx(told.score, rel=1e-6)


def test_a_model_of_before_the_channel_scores_as_it_did(
    every_channel: Recommender, tmp_path: Path
) -> None:
    model = every_channel.model
    place = CHANNELS.index("image")  # it, and what came after it
    channels = {name: model.channels[name] for name in CHANNELS[:place]}
    old = replace(model, channels=channels, images=None)
    save_model(replace(old, weights=model.weights[:, :, :place]), tmp_path / "old")
    loaded = load_model(tmp_path / "old")
    assert loaded.weights.shape == model.weights.shape
    assert not loaded.weights[:, :, place:].any()
    every = np.arange(model.graph.products.height)
    for dtype in (np.float32, np.float64):
        scores = [one.scores(model.graph.visits_since, every, dtype) for one in (old, loaded)]
        assert np.array_equal(*scores)
    wide = np.pad(model.weights, ((0, 0), (0, 0), (0, 1)))
    save_model(replace(model, weights=wide), tmp_path / "newer")
    with pytest.raises(ModelError, match="use a newer one"):
        load_model(tmp_path / "newer")


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        (np.zeros((3, 4)), "image vectors have the shape"),
        (np.full((126, 4), np.nan), "encode the images again"),
    ],
)
def test_vectors_that_do_not_fit_are_a_sentence(
    graph: Graph, small: TrainConfig, vectors: np.ndarray, said: str
) -> None:
    with pytest.raises(TrainingError, match=said):
        Recommender.train(graph, small, images=vectors)


def test_a_checkpoint_is_of_the_same_pictures(graph: Graph, small: TrainConfig) -> None:
    vectors = looks_of(graph)
    keys = {
        fingerprint(graph, small, None, 0),
        fingerprint(graph, small, vectors, 0),
        fingerprint(graph, small, None, 0, vectors),
        fingerprint(graph, small, None, 0, vectors + 1),
    }
    assert len(keys) == 4
