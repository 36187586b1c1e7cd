"""Each baseline against its formula written out, and the search that tunes them."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from crossaisle.evaluation import BASELINES, BaselineError, Split
from crossaisle.evaluation.baselines import BUDGET, WEIGHTS, Baseline, chosen, tune
from crossaisle.evaluation.ease import Ease
from crossaisle.evaluation.ials import Ials
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.neighbours import ItemKnn, Rp3Beta, heaviest, training_log
from crossaisle.evaluation.popularity import Popularity, WithPopularity, blend
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.fusion.ease import EaseError, ease_table
from crossaisle.fusion.scorer import Scorer
from crossaisle.graph import Graph

SOME = np.array([3, 1, 24, 7, 8, 9])


def test_popularity_counts_people_not_events(graph: Graph) -> None:
    buyers = [len(set(graph.bought.filter(pl.col("tail") == j)["head"])) for j in SOME]
    found = Popularity(graph).scores(sparse.csr_array((2, 25), dtype=np.float32), SOME)
    assert found == pytest.approx(np.tile(np.log1p(buyers), (2, 1)))
    with_baskets = [
        count + len(set(graph.contains.filter(pl.col("tail") == j)["head"]))
        for count, j in zip(buyers, SOME, strict=True)
    ]
    found = Popularity(graph, baskets=True).scores(sparse.csr_array((1, 25)), SOME)
    assert found[0] == pytest.approx(np.log1p(with_baskets))


def test_popularity_halves_with_age() -> None:
    graph = Graph.from_ids(
        {
            "products": pl.DataFrame({"id": ["new", "old"], "aisle": ["a", "a"]}),
            "customers": pl.DataFrame({"id": ["u", "v"]}),
            "bought": pl.DataFrame(
                {
                    "head": ["u", "v", "u"],
                    "tail": ["new", "old", "old"],
                    "time": [datetime(2020, 1, 21), datetime(2020, 1, 1), datetime(2020, 1, 11)],
                }
            ),
        }
    )
    found = Popularity(graph, half_life=10.0).scores(sparse.csr_array((1, 2)), np.array([0, 1]))
    assert found[0] == pytest.approx(np.log1p([1, 0.25 + 0.5]))


@pytest.mark.parametrize(("shrinkage", "neighbours"), [(0.0, 3), (7.0, 1000)])
def test_item_knn_is_the_loop(
    graph: Graph, dense: np.ndarray, histories: sparse.csr_array, shrinkage: float, neighbours: int
) -> None:
    together, sold = dense.T @ dense, dense.sum(axis=0)
    weight = np.zeros((25, 25))
    for i in range(25):
        for aisle in set(graph.aisle_of.tolist()):
            inside = [j for j in range(25) if graph.aisle_of[j] == aisle and j != i]
            value = {
                j: together[i, j] / (np.sqrt(sold[i] * sold[j]) + shrinkage)
                for j in inside
                if together[i, j]
            }
            for j in sorted(value, key=value.__getitem__, reverse=True)[:neighbours]:
                weight[i, j] = value[j]
    found = ItemKnn(graph, shrinkage=shrinkage, neighbours=neighbours)
    if neighbours == 1000:
        expected = histories.toarray() @ weight
        assert found.scores(histories, SOME) == pytest.approx(expected[:, SOME], rel=1e-5)
    else:  # which of equal weights stays is not said: compare the weights kept, not their places
        kept = found.similar.toarray()
        for row, slow in zip(kept, weight, strict=True):
            assert np.sort(row) == pytest.approx(np.sort(slow), rel=1e-5)


def test_the_heaviest_of_each_group() -> None:
    rng = np.random.default_rng(0)
    head, group = rng.integers(0, 5, 300), rng.integers(-1, 3, 300)
    weight = rng.random(300) + 0.001
    mask = heaviest(head, group, weight, 4)
    for place in range(300):
        same = (head == head[place]) & (group == group[place])
        assert mask[place] == ((weight[same] > weight[place]).sum() < 4)


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (0.6, -0.4), (0.8, 0.5)])
def test_rp3beta_is_the_walk(
    graph: Graph, dense: np.ndarray, histories: sparse.csr_array, alpha: float, beta: float
) -> None:
    sold, size = dense.sum(axis=0), dense.sum(axis=1)
    sold, size = np.maximum(sold, 1), np.maximum(size, 1)
    there = (dense.T / sold[:, None]) ** alpha
    back = (dense / size[:, None]) ** alpha
    expected = histories.toarray() @ (there @ back) / sold**beta
    found = Rp3Beta(graph, alpha=alpha, beta=beta).scores(histories, SOME)
    assert found == pytest.approx(expected[:, SOME], rel=1e-4)


def test_ease_is_the_inverse(graph: Graph, dense: np.ndarray, histories: sparse.csr_array) -> None:
    inverse = np.linalg.inv(dense.T @ dense + 5 * np.eye(25))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    found = Ease(graph, regularisation=5.0).scores(histories, SOME)
    assert found == pytest.approx((histories.toarray() @ weights)[:, SOME], rel=1e-3, abs=1e-5)


def test_the_thinned_table_is_the_largest_of_each_column(
    graph: Graph, dense: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    inverse = np.linalg.inv(dense.T @ dense + 5 * np.eye(25))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    monkeypatch.setattr("crossaisle.fusion.ease.KEPT", 4)
    table = ease_table(training_log(graph), 5.0).toarray()
    for column in range(25):
        kept = np.argsort(-np.abs(weights[:, column]))[:4]
        expected = np.zeros(25)
        expected[kept] = weights[kept, column]
        np.testing.assert_allclose(table[:, column], expected, rtol=1e-3, atol=1e-6)


def test_ease_minimises_what_it_says(graph: Graph, dense: np.ndarray) -> None:
    """Each column of B is the ridge regression of a product on the others."""
    weights = Ease(graph, regularisation=5.0).scores(
        sparse.eye_array(25, dtype=np.float32, format="csr"), np.arange(25)
    )
    sold = dense.sum(axis=0) > 0
    for j in np.flatnonzero(sold)[:5]:
        others = [i for i in np.flatnonzero(sold) if i != j]
        known = dense[:, others].astype(float)
        slope = np.linalg.solve(known.T @ known + 5 * np.eye(len(others)), known.T @ dense[:, j])
        assert weights[others, j] == pytest.approx(slope, abs=1e-4)


def test_ease_of_the_head_regresses_the_rest_on_it(
    graph: Graph, dense: np.ndarray, histories: sparse.csr_array
) -> None:
    found = Ease(graph, regularisation=5.0, max_products=6).scores(histories, np.arange(25))
    head = np.sort(np.argsort(-dense.sum(axis=0), kind="stable")[:6])
    bought = dense.astype(float)
    for j in range(25):
        others = head[head != j]
        known = bought[:, others]
        slope = np.linalg.solve(known.T @ known + 5 * np.eye(len(others)), known.T @ bought[:, j])
        expected = histories.toarray()[:, others] @ slope
        assert found[:, j] == pytest.approx(expected, abs=1e-4)


def test_ease_without_regularisation_says_so(bridge: Graph) -> None:
    with pytest.raises(EaseError, match="regularisation"):
        Ease(bridge, regularisation=0.0)  # twins: the Gram matrix is singular


def test_ials_folds_a_history_in(graph: Graph, histories: sparse.csr_array) -> None:
    alpha, regularisation = 3.0, 2.0
    ials = Ials(graph, factors=4, regularisation=regularisation, alpha=alpha)
    items = ials.model.item_factors.astype(float)
    found = ials.scores(histories, SOME)
    for user, bought in enumerate(histories.toarray()):
        confidence = np.where(bought > 0, alpha, 1.0)
        left = (items.T * confidence) @ items + regularisation * np.eye(4)
        expected = items @ np.linalg.solve(left, items.T @ (confidence * bought))
        assert found[user] == pytest.approx(expected[SOME], rel=1e-2, abs=1e-4)


def test_ials_of_one_seed_is_one_model(graph: Graph, histories: sparse.csr_array) -> None:
    one, other = (
        Ials(graph, factors=4, regularisation=1.0, alpha=1.0).scores(histories, SOME)
        for _ in range(2)
    )
    assert np.array_equal(one, other)


def test_the_blend_brings_both_to_one_scale() -> None:
    own = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], np.float32)
    popular = np.array([5.0, 1.0, 1.0], np.float32)
    found = blend(own, popular, 2.0)
    assert found[0] == pytest.approx(own[0] / own[0].std() + 2 * popular / popular.std())
    assert found[1] == pytest.approx(2 * popular / popular.std())
    flat = blend(own, np.ones(3, np.float32), 1.0)
    assert np.argsort(flat[0]).tolist() == [0, 1, 2]
    assert blend(own[:, :0], popular[:0], 1.0).shape == (2, 0)


def test_everybody_has_the_same_budget() -> None:
    assert {len(baseline.settings) for baseline in BASELINES} == {BUDGET}
    assert len(WEIGHTS) == BUDGET
    for baseline in BASELINES:
        assert len({str(settings) for settings in baseline.settings}) == BUDGET


def test_names_choose_baselines() -> None:
    assert chosen("all") == BASELINES
    assert chosen("none") == ()
    assert [b.name for b in chosen("ease, popularity")] == ["ease", "popularity"]
    assert [b.name for b in chosen(["rp3beta"])] == ["rp3beta"]
    with pytest.raises(BaselineError, match="item-knn"):
        chosen("itemknn")


def test_tuning_takes_the_best_of_validation(log: Callable[..., Graph]) -> None:
    fold = Split.make(log(6, users=90, events=900), "aisle-warm").validation
    grid = ({"alpha": 1.0, "beta": 2.0}, {"alpha": 1.0, "beta": -0.5}, {"alpha": 0.5, "beta": 0.3})
    heard = []
    found = dict(tune(Baseline("walk", Rp3Beta, grid), fold, 0, lambda *words: heard.append(words)))
    assert list(found) == ["walk", "walk+popularity"]
    expected = [ndcg(rank_fold(Rp3Beta(fold.graph, **one), fold)).mean() for one in grid]
    assert [trial.ndcg for trial in found["walk"].trials] == pytest.approx(expected)
    assert found["walk"].settings == grid[int(np.argmax(expected))]
    mixed = found["walk+popularity"]
    best = mixed.settings["weight"]
    scorer = WithPopularity(
        Rp3Beta(fold.graph, **found["walk"].settings), Popularity(fold.graph), best
    )
    value = ndcg(rank_fold(scorer, fold)).mean()
    assert value == pytest.approx(max(trial.ndcg for trial in mixed.trials))
    assert ("tuning walk", 2, 3) in heard


@pytest.mark.parametrize(
    "scorer",
    [
        lambda graph: ItemKnn(graph, shrinkage=0.0, neighbours=10),
        lambda graph: Rp3Beta(graph, alpha=1.0, beta=0.0),
        lambda graph: Ease(graph, regularisation=1.0),
        lambda graph: Ials(graph, factors=16, regularisation=0.1, alpha=5.0),
    ],
    ids=["item-knn", "rp3beta", "ease", "ials"],
)
def test_every_baseline_crosses_the_bridge(
    bridge: Graph, scorer: Callable[[Graph], Scorer]
) -> None:
    """Whoever bought the left of a group must get the right of the same group, first."""
    fold = Split.make(bridge, "aisle-cold").test
    assert ndcg(rank_fold(scorer(fold.graph), fold)).min() == pytest.approx(1)
    assert ndcg(rank_fold(Popularity(fold.graph), fold)).mean() < 0.6
