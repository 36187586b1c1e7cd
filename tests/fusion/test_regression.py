"""The regression channels against slower statements: EASE, and one solve a product."""

import numpy as np
import pytest
from scipy import sparse

from crossaisle.fusion import regression
from crossaisle.fusion.regression import penalties, regression_tables


@pytest.fixture
def log() -> sparse.csr_array:
    """120 people, 30 products; the last product has no buyer, the first ones have many."""
    rng = np.random.default_rng(3)
    bought = rng.random((120, 30)) < np.linspace(0.5, 0.02, 30)
    bought[:, -1] = False
    return sparse.csr_array(bought.astype(np.float32))


AISLES = np.arange(30) % 3
AISLES[5] = -1


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call every catalogue large, and give each product five neighbours."""
    monkeypatch.setattr(regression, "MOST_EXACT", 0)
    monkeypatch.setattr(regression, "NEIGHBOURS", (5, 5))
    monkeypatch.setattr(regression, "SLICE", 7)
    monkeypatch.setattr(regression, "CELLS", 4 * 25)


def slow(log: sparse.csr_array, penalty: float, most: int, *, across: bool) -> np.ndarray:
    dense = log.toarray().astype(np.float64)
    together = dense.T @ dense
    result = np.zeros_like(together)
    for product in range(len(together)):
        strength = together[:, product] / np.sqrt(np.maximum(np.diag(together), 1))
        strength[product] = 0
        if across:
            strength[AISLES[product] == AISLES] = 0
        chosen = [i for i in np.argsort(-strength, kind="stable")[:most] if strength[i] > 0]
        system = together[np.ix_(chosen, chosen)] + penalty * np.eye(len(chosen))
        result[chosen, product] = np.linalg.solve(system, together[chosen, product])
    return result


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("across", [False, True])
def test_each_column_is_a_ridge_regression_on_its_neighbours(
    log: sparse.csr_array, across: bool
) -> None:
    lambdas = (3.0, 50.0)
    for penalty, table in zip(
        lambdas, regression_tables(log, AISLES, lambdas, across=across), strict=True
    ):
        wanted = slow(log, penalty, 5, across=across)
        np.testing.assert_allclose(table.toarray(), wanted, atol=2e-5)
        assert table.has_sorted_indices
        inside = (AISLES[:, None] == AISLES[None]) & (wanted != 0)
        assert inside.any() != across


def test_with_all_products_as_neighbours_it_is_ease(monkeypatch: pytest.MonkeyPatch) -> None:
    bought = np.random.default_rng(4).random((300, 30)) < 0.3  # every pair has a buyer
    log = sparse.csr_array(bought.astype(np.float32))
    exact = regression_tables(log, AISLES, (20.0,), across=False)[0].toarray()
    monkeypatch.setattr(regression, "MOST_EXACT", 0)
    chosen = regression_tables(log, AISLES, (20.0,), across=False)[0].toarray()
    np.testing.assert_allclose(chosen, exact, atol=2e-5)
    assert np.abs(exact).max() > 0.05


def test_what_nobody_bought_or_bought_with_others_has_no_column(log: sparse.csr_array) -> None:
    for across in (False, True):
        table = regression_tables(log, AISLES, (20.0,), across=across)[0]
        assert table[:, [29]].nnz == 0
        assert table[[29]].nnz == 0
    one_aisle = np.zeros(30, int)
    assert regression_tables(log, one_aisle, (20.0,), across=True)[0].nnz == 0
    nothing = sparse.csr_array((4, 30), dtype=np.float32)
    assert regression_tables(nothing, AISLES, (20.0,), across=False)[0].nnz == 0


@pytest.mark.usefixtures("large")
def test_people_are_drawn_where_they_have_too_many_pairs(
    log: sparse.csr_array, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = np.diff(log.indptr).astype(float)
    monkeypatch.setattr(regression, "PAIRS", float((size**2).sum()) / 2)
    drawn = regression._drawn(log)
    assert 0 < drawn.shape[0] < log.shape[0]
    assert (np.diff(drawn.indptr).astype(float) ** 2).sum() <= regression.PAIRS
    tables = [regression_tables(log, AISLES, (20.0,), across=False)[0] for _ in range(2)]
    assert (tables[0] != tables[1]).nnz == 0


def test_an_account_of_everybody_s_keeps_nobody_out(
    log: sparse.csr_array, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests = sparse.csr_array(np.ones((1, 30), np.float32))
    monkeypatch.setattr(regression, "PAIRS", 30.0**2 - 1)
    few = sparse.csr_array(log[:5])
    assert (np.diff(few.indptr).astype(float) ** 2).sum() < regression.PAIRS
    for rows in ([guests, few], [few, guests]):
        drawn = regression._drawn(sparse.csr_array(sparse.vstack(rows, format="csr")))
        assert drawn.shape[0] == 5


def test_lambdas_are_on_the_scale_of_what_is_regressed_on(
    log: sparse.csr_array, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert penalties(log, across=False) == regression.EXACT_PENALTIES
    assert penalties(log, across=True) == regression.PENALTIES
    monkeypatch.setattr(regression, "MOST_EXACT", 10)
    assert penalties(log, across=False) == regression.PENALTIES
