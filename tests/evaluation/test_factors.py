"""SVD, BPR and LightGCN against their formulas written out, and against the libraries' own."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import sparse

from crossaisle.evaluation import Split
from crossaisle.evaluation.bpr import Bpr
from crossaisle.evaluation.lightgcn import LightGcn
from crossaisle.evaluation.metrics import auc, ndcg
from crossaisle.evaluation.neighbours import training_log
from crossaisle.evaluation.popularity import Popularity
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.svd import Svd
from crossaisle.fusion.scorer import Scorer
from crossaisle.graph import Graph

with warnings.catch_warnings():  # it calls torch.jit.script, which newer torch deprecates
    warnings.simplefilter("ignore")
    from torch_geometric.nn import LightGCN

SOME = np.array([3, 1, 24, 7, 8, 9])


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_svd_projects_on_the_first_directions(
    graph: Graph, dense: np.ndarray, histories: sparse.csr_array, power: float
) -> None:
    scale = np.maximum(dense.sum(axis=0), 1) ** power
    values, vectors = np.linalg.eigh((dense / scale).T @ (dense / scale))
    first = vectors[:, np.argsort(-values)[:5]]
    expected = (histories.toarray() / scale) @ first @ first.T * scale
    found = Svd(graph, factors=5, power=power).scores(histories, SOME)
    assert found == pytest.approx(expected[:, SOME], abs=1e-4)


def test_svd_of_everything_gives_the_history_back(
    graph: Graph, dense: np.ndarray, histories: sparse.csr_array
) -> None:
    sold = dense.sum(axis=0) > 0
    found = Svd(graph, factors=1000, power=0.5).scores(histories, np.flatnonzero(sold))
    assert found == pytest.approx(histories.toarray()[:, sold], abs=1e-4)


def test_bpr_folds_a_history_in(
    graph: Graph, dense: np.ndarray, histories: sparse.csr_array
) -> None:
    bpr = Bpr(graph, factors=4, learning_rate=0.05, regularisation=0.01)
    assert (bpr.model.user_factors[dense.sum(axis=1) > 0, -1] == 1).all()
    items = bpr.model.item_factors.astype(float)
    events = [product for row in dense for product in np.flatnonzero(row)]
    mean = np.mean([items[product, :4] for product in events], axis=0)

    def total(row: np.ndarray) -> np.ndarray:
        bought = np.flatnonzero(row)
        parts = [items[product, :4] - mean for product in bought]
        return np.sum(parts, axis=0) / np.sqrt(len(bought)) if len(bought) else np.zeros(4)

    sums = np.array([total(row) for row in dense])
    trained = bpr.model.user_factors[:, :4].astype(float)
    grid = bpr.scale * np.linspace(0.5, 1.5, 101)
    misfit = [((trained - scale * sums) ** 2).sum() for scale in grid]
    assert np.argmin(misfit) == 50
    found = bpr.scores(histories, SOME)
    for user, row in enumerate(histories.toarray()):
        expected = bpr.scale * items[SOME, :4] @ total(row) + items[SOME, 4]
        assert found[user] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_bpr_folded_in_orders_as_the_library_does(bridge: Graph) -> None:
    """Where the log has a clear structure, the folded user ranks as the trained one."""
    bpr = Bpr(bridge, factors=16, learning_rate=0.05, regularisation=0.01)
    own = bpr.model.user_factors @ bpr.model.item_factors.T
    folded = bpr.scores(bridge.purchases, np.arange(bridge.products.height))
    bought = bridge.purchases.toarray() > 0
    areas = []
    for scores in (own, folded):
        ahead = scores[:, :, None] > scores[:, None, :]
        pairs = bought[:, :, None] & ~bought[:, None, :]
        areas.append(ahead[pairs].mean())
    assert areas[0] > 0.98
    assert areas[1] == pytest.approx(areas[0], rel=0.02)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_lightgcn_propagates_as_the_librarys_own(
    graph: Graph, dense: np.ndarray, layers: int
) -> None:
    people, products = dense.shape
    mine = LightGcn(graph, layers=layers, regularisation=0.0, size=6, steps=1)
    theirs = LightGCN(people + products, 6, layers)
    table = torch.randn(products, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        theirs.embedding.weight[:people] = 0
        theirs.embedding.weight[people:] = table
        user, product = torch.from_numpy(np.stack(np.nonzero(dense)))
        both = torch.cat(
            [torch.stack([user, product + people]), torch.stack([product + people, user])], dim=1
        )
        expected = theirs.get_embedding(both).numpy()
        users, items, starts = mine.propagate(table)
    assert users.numpy() == pytest.approx(expected[:people], abs=1e-5)
    assert items.numpy() == pytest.approx(expected[people:], abs=1e-5)
    # A history gives the user that training had.
    mine.items, mine.starts = items.numpy(), starts.numpy()
    found = mine.scores(training_log(graph), SOME)
    assert found == pytest.approx(expected[:people] @ expected[people + SOME].T, abs=1e-4)


def test_lightgcn_of_one_seed_is_one_model(graph: Graph, histories: sparse.csr_array) -> None:
    one, other = (
        LightGcn(graph, layers=2, regularisation=1e-3, size=8, steps=3).scores(histories, SOME)
        for _ in range(2)
    )
    assert np.array_equal(one, other)


def test_lightgcn_learns_the_order_of_what_it_saw(graph: Graph, dense: np.ndarray) -> None:
    def area(steps: int) -> float:
        model = LightGcn(graph, layers=1, regularisation=0.0, size=16, steps=steps)
        scores = model.scores(training_log(graph), np.arange(25))
        bought = dense > 0
        ahead = scores[:, :, None] > scores[:, None, :]
        return float(ahead[bought[:, :, None] & ~bought[:, None, :]].mean())

    assert 1 - area(60) < 0.6 * (1 - area(0))  # propagation alone orders much already


def test_nothing_to_learn_from_is_a_tie(graph: Graph, histories: sparse.csr_array) -> None:
    empty = graph.replace(bought=graph.bought[:0], contains=graph.contains[:0])
    for scorer in (
        Svd(empty, factors=4, power=0.5),
        LightGcn(empty, layers=2, regularisation=0.0, steps=2),
    ):
        found = scorer.scores(histories, SOME)
        assert found.shape == (6, 6)
        assert np.isfinite(found).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda graph: Svd(graph, factors=12, power=0.0),
        lambda graph: Bpr(graph, factors=32, learning_rate=0.05, regularisation=0.01),
        lambda graph: LightGcn(graph, layers=2, regularisation=1e-4),
    ],
    ids=["svd", "bpr", "lightgcn"],
)
def test_factors_cross_the_bridge(bridge: Graph, make: Callable[[Graph], Scorer]) -> None:
    """Whoever bought the left of a group must get the right of the same group, first."""
    fold = Split.make(bridge, "aisle-cold").test
    ranking = rank_fold(make(fold.graph), fold)
    assert ndcg(ranking).mean() > 0.98
    assert auc(ranking).mean() > 0.98
    assert ndcg(rank_fold(Popularity(fold.graph), fold)).mean() < 0.6
