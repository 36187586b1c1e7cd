"""What the log teaches: right pairs, no event of a held-out product."""

import numpy as np
import pytest
from scipy import sparse

from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.encoders.lessons import Quiz, draw_lessons, every_text, people_vectors
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.holdout import hold_out
from crossaisle.fusion.train import _lore
from crossaisle.graph import Graph, lowest

CONFIG = FinetuneConfig(people_rank=16)


def test_pairs_are_co_bought_and_hard_negatives_are_not(catalogue: Graph) -> None:
    lessons = draw_lessons(catalogue, CONFIG, 4000, seed=0)
    together = (catalogue.purchases.T @ catalogue.purchases).toarray()
    first, second, hard = lessons.pairs.T
    assert len(lessons.pairs) == 4000
    assert (first != second).all()
    assert (together[first, second] > 0).all()
    category = catalogue.in_category.sort("head")["tail"].to_numpy()
    given = hard >= 0
    assert given.mean() > 0.9
    assert (together[first[given], hard[given]] == 0).all()
    assert (category[hard[given]] == category[second[given]]).all()
    crossing = (catalogue.aisle_of[first] != catalogue.aisle_of[second]).mean()
    assert crossing == pytest.approx(0.5, abs=0.01)
    candidates = np.concatenate([second, hard[given]])
    share = np.bincount(candidates, minlength=120) / len(candidates)
    assert lessons.sampled == pytest.approx(share)
    assert (lessons.sampled[candidates] > 0).all()  # its logarithm corrects the softmax
    plain = draw_lessons(catalogue, CONFIG.model_copy(update={"hard_negatives": False}), 4000, 0)
    assert plain.sampled == pytest.approx(np.bincount(second, minlength=120) / 4000)


def test_nothing_of_a_held_out_product_is_learned(catalogue: Graph) -> None:
    lessons = draw_lessons(catalogue, CONFIG, 4000, seed=0)
    assert lessons.quiz is not None
    held = lessons.quiz.held
    assert np.array_equal(held, np.flatnonzero(lowest(catalogue.lots, CONFIG.held_out)[:108]))
    assert 4 < len(held) < 20  # about a tenth of 108 that are sold
    assert not np.isin(lessons.pairs, held).any()
    assert not np.isin(lessons.quiz.known, held).any()
    assert (lessons.people[held] == 0).all()
    assert (lessons.bought[held] == 0).all()
    # Those whom nobody bought at all are not held out: they would ask nothing.
    assert (held < 108).all()


def test_the_recommender_asks_about_products_that_the_encoder_has_not_seen(
    catalogue: Graph,
) -> None:
    lore = _lore(catalogue, None)
    lessons = draw_lessons(catalogue, FinetuneConfig(), 4000, seed=0)
    for seed in range(3):
        held = hold_out(lore, TrainConfig(), np.random.default_rng(seed))
        assert held.is_new.any()
        assert not held.is_new[lessons.pairs].any()
        assert (lessons.people[held.is_new] == 0).all()


def test_every_text_comes_as_often_as_the_others() -> None:
    known = np.array([2, 3, 5, 7, 11])
    pairs = every_text(known, 17, seed=0)
    assert pairs.shape == (17, 3)
    assert (pairs[:, 2] == -1).all()
    found, count = np.unique(pairs[:, :2], return_counts=True)
    assert np.array_equal(found, known)
    assert count.max() - count.min() <= 1


def test_people_vectors_are_those_of_a_dense_svd() -> None:
    rng = np.random.default_rng(0)
    dense = (rng.random((60, 20)) < rng.uniform(0.05, 0.6, 20)).astype(np.float32)
    dense[:, 7], dense[:, 0] = 0, 1
    log = sparse.csr_array(dense)
    n, m = dense.sum(axis=1), np.maximum(dense.sum(axis=0), 1)
    _, _, right = np.linalg.svd(dense / np.sqrt(n)[:, None] / np.sqrt(m))
    found = people_vectors(log, 12, seed=0)
    wanted = right[1:13].T / np.maximum(np.linalg.norm(right[1:13].T, axis=1, keepdims=True), 1e-12)
    wanted[dense.sum(axis=0) == 0] = 0
    # Cosines do not depend on the signs and turns of singular vectors of one value.
    assert found @ found.T == pytest.approx(wanted @ wanted.T, abs=1e-3)


def test_the_quiz_is_ndcg() -> None:
    """One person with one product whose text is that of the second held product."""
    quiz = Quiz(
        np.array([0, 1]),
        np.array([2, 3, 4]),
        sparse.csr_array(np.array([[1.0, 0.0]], np.float32)),
        sparse.csr_array(np.array([[1.0, 0.0, 1.0]], np.float32)),
    )
    known = np.array([[1.0, 0, 0], [-1.0, 0, 0]], np.float32)
    held = np.array([[0.5, 1, 0], [1.0, 0, 0], [1.0, 0.5, 0]], np.float32)
    # Order: the second (wrong), the third (right), the first (right).
    wanted = (1 / np.log2(3) + 1 / np.log2(4)) / (1 + 1 / np.log2(3))
    assert quiz.ask(known, held) == pytest.approx(wanted)


def test_same_seed_same_lessons(catalogue: Graph) -> None:
    one, again, other = (draw_lessons(catalogue, CONFIG, 500, seed) for seed in (1, 1, 2))
    assert (one.pairs == again.pairs).all()
    assert (one.people == again.people).all()
    assert (one.pairs != other.pairs).any()


def test_a_log_of_single_purchases_says_so(catalogue: Graph) -> None:
    first = catalogue.bought.unique("head", keep="first", maintain_order=True)
    with pytest.raises(ValueError, match="nobody in the log has bought two products"):
        draw_lessons(catalogue.replace(bought=first), CONFIG, 100, seed=0)
