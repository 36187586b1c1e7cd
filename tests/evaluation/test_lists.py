"""What lists are like, and probabilities: each measure against a loop or scikit-learn."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import mean_absolute_error as sklearn_mae
from sklearn.metrics import root_mean_squared_error as sklearn_rmse

from crossaisle.evaluation import Split
from crossaisle.evaluation.lists import (
    Shelf,
    cold_candidates,
    cold_share,
    diversity,
    novelty,
    serendipity,
)
from crossaisle.evaluation.metrics import gini
from crossaisle.evaluation.popularity import Popularity
from crossaisle.evaluation.probability import (
    calibrate,
    expected_calibration_error,
    log_loss,
    log_softmax,
    mean_absolute_error,
    root_mean_squared_error,
)
from crossaisle.evaluation.ranking import Ranking, rank_fold
from crossaisle.evaluation.splits import Fold
from crossaisle.graph import Graph


class Draw:
    """Random scores in few levels: ties."""

    def __init__(self, levels: int) -> None:
        self.levels = levels

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(histories.shape[0])
        return rng.integers(0, self.levels, (histories.shape[0], len(candidates))) / np.float32(2)


Shown = tuple[Fold, Ranking, Shelf]


@pytest.fixture(scope="module")
def shown(log: Callable[..., Graph]) -> Shown:
    """Product-mixed over aisles smaller and larger than a list."""
    graph = log(5, users=120, products=36, events=1300)
    fold = Split.make(graph, "product-mixed", seed=2).test
    rng = np.random.default_rng(1)
    content = sparse.random_array((36, 9), density=0.4, rng=rng, format="csr").toarray()
    content /= np.maximum(np.linalg.norm(content, axis=1, keepdims=True), 1e-12)
    content[7] = 0
    matrix = sparse.csr_array(content.astype(np.float32))
    return fold, rank_fold(Draw(4), fold), Shelf.make(fold, matrix, seed=0)


def test_gini_is_the_mean_difference() -> None:
    """G = mean |x_i - x_j| over all pairs / (2 mean x), those never recommended among them."""
    rng = np.random.default_rng(0)
    for candidates in (12, 40):
        top = rng.choice(12, (30, 5), p=rng.dirichlet(np.ones(12)))
        top[3:6, 2:] = -1
        count = np.array([(top == product).sum() for product in range(candidates)], float)
        difference = np.abs(count[:, None] - count[None, :]).mean()
        assert gini(top, candidates) == pytest.approx(difference / (2 * count.mean()))
    assert gini(np.arange(10).reshape(2, 5), 10) == pytest.approx(0)
    assert gini(np.zeros((4, 1), int), 100) == pytest.approx(0.99)
    assert gini(np.full((2, 3), -1), 5) == 0


def test_novelty_is_the_information_of_the_list(shown: Shown) -> None:
    fold, ranking, shelf = shown
    log = fold.graph.bought
    people = len(set(log["head"]))
    buyers = [len(set(log.filter(pl.col("tail") == j)["head"])) for j in range(36)]
    for case, value in enumerate(novelty(ranking, shelf)):
        parts = [np.log2((people + 1) / (buyers[j] + 1)) for j in ranking.top[case] if j >= 0]
        assert value == pytest.approx(np.mean(parts))
    assert (ranking.top < 0).any()


def test_diversity_is_the_mean_over_pairs(shown: Shown) -> None:
    _, ranking, shelf = shown
    rows = shelf.content.toarray().astype(float)
    for case, value in enumerate(diversity(ranking, shelf)):
        pairs = combinations([j for j in ranking.top[case] if j >= 0], 2)
        assert value == pytest.approx(np.mean([1 - rows[i] @ rows[j] for i, j in pairs]), abs=1e-5)


def test_serendipity_is_what_popularity_does_not_find(shown: Shown) -> None:
    fold, ranking, shelf = shown
    expected = rank_fold(Popularity(fold.graph), fold, seed=0).top
    for case, value in enumerate(serendipity(ranking, shelf)):
        hidden = set(fold.hidden[[case]].indices.tolist())
        found = (set(ranking.top[case].tolist()) & hidden) - set(expected[case].tolist())
        assert value == pytest.approx(len(found) / 10)
    assert serendipity(ranking, shelf).any()
    popular = rank_fold(Popularity(fold.graph), fold, seed=0)
    assert not serendipity(popular, shelf).any()


def test_cold_products_are_counted(shown: Shown) -> None:
    fold, ranking, shelf = shown
    cold = set(fold.held.cold.tolist())
    for case, (share, random) in enumerate(
        zip(cold_share(ranking, shelf), cold_candidates(ranking, shelf), strict=True)
    ):
        listed = [j for j in ranking.top[case].tolist() if j >= 0]
        assert share == pytest.approx(len(cold & set(listed)) / len(listed))
        history = set(fold.history[[case]].indices.tolist())
        inside = set(fold.candidates(fold.aisles[case]).tolist()) - history
        assert random == pytest.approx(len(cold & inside) / len(inside))


def test_log_loss_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    scores, answer = rng.normal(0, 3, (50, 8)).astype(np.float32), rng.integers(0, 8, 50)
    log = log_softmax(scores, np.ones((50, 8), bool))
    answers = np.eye(8, dtype=bool)[answer]
    expected = sklearn_log_loss(answer, np.exp(log), labels=range(8))
    assert log_loss(log, answers).mean() == pytest.approx(expected)
    assert np.exp(log).sum(axis=1) == pytest.approx(1)


def test_what_is_known_has_no_probability() -> None:
    allowed = np.array([[True, False, True], [False, False, False]])
    log = log_softmax(np.array([[1, 9, 1], [0, 0, 0]], np.float32), allowed)
    assert np.exp(log[0]) == pytest.approx([0.5, 0, 0.5])
    assert np.exp(log[1]).tolist() == [0, 0, 0]


def test_calibration_error_is_the_sum_over_bins() -> None:
    rng = np.random.default_rng(0)
    confidence = np.round(rng.random(500), 2)
    confidence[:3] = (0, 1, 1 / 3)
    right = (rng.random(500) < confidence**2).astype(float)
    for bins in (1, 3, 15):
        expected = 0.0
        for number in range(bins):
            low, high = number / bins, (number + 1) / bins
            mine = (confidence > low) & (confidence <= high)
            if number == 0:
                mine |= confidence == 0
            if mine.any():
                gap = right[mine].mean() - confidence[mine].mean()
                expected += mine.mean() * abs(gap)
        found = expected_calibration_error(confidence, right, bins)
        assert found == pytest.approx(expected)
    assert expected_calibration_error(np.full(4, 0.5), np.array([0, 1, 0, 1.0])) == 0
    assert expected_calibration_error(np.zeros(0), np.zeros(0)) == 0


def test_a_model_that_knows_the_truth_is_calibrated() -> None:
    """Answers drawn from the softmax of the scores: the error goes to 0, doubled scores show."""
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 1.5, (20_000, 5)).astype(np.float32)
    everything = np.ones(scores.shape, bool)
    truth = np.exp(log_softmax(scores, everything))
    drawn = (truth.cumsum(axis=1) < rng.random((len(truth), 1))).sum(axis=1).clip(max=4)
    errors = []
    for factor in (1, 2):
        said = np.exp(log_softmax(np.float32(factor) * scores, everything))
        errors.append(
            expected_calibration_error(said.max(axis=1), (said.argmax(axis=1) == drawn) * 1.0)
        )
    assert errors[0] < 0.015
    assert errors[1] > 0.1


def test_calibrate_is_the_loop_over_cases(log: Callable[..., Graph]) -> None:
    fold = Split.make(log(5, users=90, products=40, events=900), "aisle-warm", seed=1).test
    scorer = Draw(7)
    found = calibrate(scorer, fold)
    loss, even, said, right = [], [], [], []
    for aisle in sorted(set(fold.aisles.tolist())):
        candidates = fold.candidates(aisle)
        cases = np.flatnonzero(fold.aisles == aisle)
        scores = scorer.scores(fold.history[cases], candidates).astype(float)
        for case, row in zip(cases, scores, strict=True):
            left = ~np.isin(candidates, fold.history[[case]].indices)
            probability = np.exp(row[left]) / np.exp(row[left]).sum()
            hidden = np.isin(candidates[left], fold.hidden[[case]].indices)
            loss.append(-np.log(probability[hidden]).mean())
            even.append(np.log(left.sum()))
            said.append(probability.max())
            right.append(hidden[probability.argmax()] / hidden.sum())
    assert found.log_loss == pytest.approx(np.mean(loss))
    assert found.log_loss_even == pytest.approx(np.mean(even))
    error = expected_calibration_error(np.array(said), np.array(right))
    assert found.ece == pytest.approx(error)


def test_errors_of_ratings_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    rating, predicted = rng.integers(1, 6, 40), rng.normal(3, 1, 40)
    assert mean_absolute_error(rating, predicted) == pytest.approx(sklearn_mae(rating, predicted))
    expected = sklearn_rmse(rating, predicted)
    assert root_mean_squared_error(rating, predicted) == pytest.approx(expected)
