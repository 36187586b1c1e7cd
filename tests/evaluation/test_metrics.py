"""Metrics against a slow loop and against scikit-learn."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import f1_score, ndcg_score, precision_score, roc_auc_score

from crossaisle.evaluation import ScoreError, Split, Task
from crossaisle.evaluation import ranking as module
from crossaisle.evaluation.metrics import METRICS, average_precision, coverage, ndcg
from crossaisle.evaluation.ranking import Ranking, rank_block, rank_fold
from crossaisle.graph import Graph


def block(
    seed: int, cases: int, m: int, levels: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores (many ties when ``levels`` is small), hidden, history, tie order."""
    rng = np.random.default_rng(seed)
    scores = (rng.integers(-levels, levels + 1, (cases, m)) / 3).astype(np.float32)
    kind = rng.choice(3, (cases, m), p=[0.6, 0.2, 0.2])
    return scores, kind == 1, kind == 2, rng.permutation(m)


def ranked(scores: np.ndarray, hidden: np.ndarray, history: np.ndarray, tie: np.ndarray) -> Ranking:
    return rank_block(
        scores,
        sparse.csr_array(hidden.astype(np.float32)),
        sparse.csr_array(history.astype(np.float32)),
        tie,
    )


def slow(
    scores: np.ndarray, hidden: np.ndarray, history: np.ndarray, tie: np.ndarray
) -> tuple[list[int], dict[str, float]]:
    """One case: sort with Python, then each metric by its definition."""
    order = [j for j in range(len(scores)) if not history[j]]
    order.sort(key=lambda j: (-float(scores[j]), tie[j]))
    n = int(hidden.sum())
    hits = [bool(hidden[j]) for j in order]
    gain = sum(hit / np.log2(place + 2) for place, hit in enumerate(hits[:10]))
    ideal = sum(1 / np.log2(place + 2) for place in range(min(10, n)))
    precisions = [sum(hits[: k + 1]) / (k + 1) for k in range(min(10, len(hits))) if hits[k]]
    right = wrong = 0
    for i, one in enumerate(hits):
        for other in hits[i + 1 :]:
            right += one and not other
            wrong += other and not one
    return order, {
        "ndcg@10": gain / ideal if n else 0,
        "recall@20": sum(hits[:20]) / n if n else 0,
        "hit_rate@10": float(any(hits[:10])),
        "mrr": next((1 / (place + 1) for place, hit in enumerate(hits) if hit), 0),
        "auc": right / (right + wrong) if right + wrong else 0.5,
        "precision@10": sum(hits[:10]) / 10,
        "f1@10": 1 / ((1 / (sum(hits[:10]) / 10) + 1 / (sum(hits[:10]) / n)) / 2)
        if any(hits[:10])
        else 0,
        "map@10": sum(precisions) / min(10, n) if n else 0,
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 40), st.sampled_from([0, 1, 1000]))
def test_every_metric_equals_its_slow_statement(seed: int, cases: int, m: int, levels: int) -> None:
    data = block(seed, cases, m, levels)
    ranking = ranked(*data)
    scores, hidden, history, tie = data
    for case in range(cases):
        order, expected = slow(scores[case], hidden[case], history[case], tie)
        for name, metric in METRICS.items():
            assert metric(ranking)[case] == pytest.approx(expected[name]), name
        top = (order + [-1] * 10)[:10]
        assert ranking.top[case].tolist() == top
        assert ranking.candidates[case] == len(order)


def test_answers_of_some_products_only() -> None:
    """As if the others had never been hidden, but were still there to be ranked."""
    scores, hidden, history, tie = block(3, 30, 40, 2)
    chosen = np.arange(40) % 3 > 0
    part = ranked(scores, hidden, history, tie).of_products(chosen)
    alone = ranked(scores, hidden & chosen, history, tie)
    for name, metric in METRICS.items():
        assert metric(part) == pytest.approx(metric(alone)), name


def test_against_scikit_learn() -> None:
    scores, hidden, _, tie = block(7, 40, 60, 10**6)
    nothing = np.zeros_like(hidden)
    ranking = ranked(scores, hidden, nothing, tie)
    assert hidden.any(axis=1).all()
    for case in range(40):
        assert np.unique(scores[case]).size == 60  # no ties: the two agree on no others
        assert METRICS["ndcg@10"](ranking)[case] == pytest.approx(
            ndcg_score(hidden[[case]], scores[[case]], k=10)
        )
        assert METRICS["auc"](ranking)[case] == pytest.approx(
            roc_auc_score(hidden[case], scores[case])
        )
        listed = np.zeros(60, bool)
        listed[ranking.top[case]] = True
        expected = precision_score(hidden[case], listed), f1_score(hidden[case], listed)
        assert METRICS["precision@10"](ranking)[case] == pytest.approx(expected[0])
        assert METRICS["f1@10"](ranking)[case] == pytest.approx(expected[1])


def test_the_ideal_is_what_was_hidden_not_what_was_found() -> None:
    scores = np.arange(20, 0, -1, dtype=np.float32)[None]
    hidden = np.zeros((1, 20), bool)
    hidden[0, [0, 19]] = True  # the first and the last of twenty
    ranking = ranked(scores, hidden, np.zeros_like(hidden), np.arange(20))
    assert ndcg(ranking, 10)[0] == pytest.approx(1 / (1 + 1 / np.log2(3)))
    assert average_precision(ranking, 1)[0] == 1


def test_a_hidden_product_that_cannot_be_ranked_is_a_miss() -> None:
    hidden = np.array([[True, True, False]])
    history = np.array([[True, False, False]])
    ranking = ranked(np.ones((1, 3), np.float32), hidden, history, np.array([0, 1, 2]))
    assert METRICS["recall@20"](ranking)[0] == 0.5


def test_equal_scores_favour_nobody() -> None:
    cases, m = 400, 50
    hidden = np.zeros((cases, m), bool)
    hidden[np.arange(cases), np.arange(cases) % m] = True
    empty = np.zeros_like(hidden)
    tie = np.random.default_rng(0).permutation(m)
    ranking = ranked(np.zeros((cases, m), np.float32), hidden, empty, tie)
    assert METRICS["auc"](ranking).mean() == pytest.approx(0.5)
    assert METRICS["hit_rate@10"](ranking).mean() == pytest.approx(10 / m)


def test_minus_zero_equals_zero_and_infinities_have_a_place() -> None:
    scores = np.array([[0.0, -0.0, -np.inf, np.inf]], dtype=np.float32)
    hidden, history = np.array([[1, 0, 1, 0]]), np.zeros((1, 4))
    ranking = ranked(scores, hidden, history, np.array([3, 0, 1, 2]))
    assert ranking.top[0, :4].tolist() == [3, 1, 0, 2]


def test_coverage_counts_distinct_products() -> None:
    assert coverage(np.array([[1, 2, -1], [2, 3, -1]]), 6) == 0.5
    assert coverage(np.full((2, 3), -1), 0) == 0


class ByRow:
    """Scores that depend on the history and the product, with ties."""

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        lift = np.asarray(histories.sum(axis=1)).reshape(-1, 1)
        return ((candidates[None, :] * 7 + lift) % 5).astype(np.float32)


@pytest.mark.parametrize("task", ["aisle-cold", "aisle-warm", "product-cold"])
def test_blocks_change_nothing(
    log: Callable[..., Graph], task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = Split.make(log(4, users=80, events=900), task).test
    whole = rank_fold(ByRow(), fold, seed=1)
    heard = []
    monkeypatch.setattr(module, "BLOCK", 20)
    parts = rank_fold(
        ByRow(), fold, seed=1, progress=lambda done, total: heard.append((done, total))
    )
    for name in ("case", "rank", "hidden", "candidates", "top"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))
    assert heard[-1] == (len(fold.users), len(fold.users))
    assert len(heard) > len(np.unique(fold.aisles))


def test_every_case_is_ranked_over_its_whole_aisle(log: Callable[..., Graph]) -> None:
    fold = Split.make(log(4), "aisle-cold").test
    ranking = rank_fold(ByRow(), fold)
    inside = [(fold.graph.aisle_of == aisle).sum() for aisle in fold.aisles]
    assert ranking.candidates.tolist() == inside  # the history has nothing of a cold aisle
    assert ranking.hidden.sum() == fold.hidden.nnz == len(ranking.rank)


class Broken:
    def __init__(self, value: float, extra: int) -> None:
        self.value, self.extra = value, extra

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        return np.full((histories.shape[0], len(candidates) + self.extra), self.value)


def test_scores_that_cannot_be_ranked_are_refused(log: Callable[..., Graph]) -> None:
    fold = Split.make(log(4), "aisle-cold").test
    with pytest.raises(ScoreError, match="NaN"):
        rank_fold(Broken(np.nan, 0), fold)
    with pytest.raises(ScoreError, match="shape"):
        rank_fold(Broken(1.0, 1), fold)
