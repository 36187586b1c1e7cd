"""The people channel against its formula, written out densely."""

import numpy as np
import pytest
from scipy import sparse

from crossaisle.fusion import ridge


@pytest.fixture
def log() -> sparse.csr_array:
    rng = np.random.default_rng(0)
    dense = (rng.random((60, 24)) < 0.25).astype(np.float32)
    dense[:, 0] = 1  # nobody without a source, ...
    dense[:, 20] = 1  # ... nobody without a target
    return sparse.csr_array(dense)


def test_orthonormal_spans_the_columns() -> None:
    matrix = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32)
    basis = ridge.orthonormal(matrix)
    np.testing.assert_allclose(basis.T @ basis, np.eye(6), atol=1e-5)
    np.testing.assert_allclose(basis @ (basis.T @ matrix), matrix, atol=1e-4)


def test_latent_factors_are_the_svd(log: sparse.csr_array) -> None:
    dense = log.toarray().astype(float)
    users, items = dense.sum(axis=1), dense.sum(axis=0)
    normal = dense / np.sqrt(users)[:, None] / np.sqrt(items)[None]
    _, sigma, vectors = np.linalg.svd(normal)
    found, strength = ridge.latent_factors(log, 23, np.random.default_rng(1))
    np.testing.assert_allclose(strength[:10], sigma[:10], rtol=1e-4)
    overlap = np.abs(np.sum(found[:, :3] * vectors[:3].T, axis=0))
    np.testing.assert_allclose(overlap, 1, atol=1e-3)


def test_the_tables_are_kernel_ridge_regression(log: sparse.csr_array) -> None:
    rng = np.random.default_rng(2)
    outside = np.arange(24) < 16
    made = ridge.sources(log, outside, ridge.ground(log, ridge.latent_factors(log, 8, rng)[0]), rng)
    histories = sparse.csr_array(log[:, made.rows])
    targets = sparse.csr_array(log[:, np.flatnonzero(~outside)])
    learned = ridge.lessons(made, histories, targets)
    mean, source, target = ridge.solve(learned, 5.0, 8, rng)  # 8 targets: nothing is cut off

    size = np.asarray(histories.sum(axis=1)).ravel()
    scaled = histories.toarray() / np.sqrt(size)[:, None]
    kernel, features = np.zeros((60, 60)), []
    for weight, block in zip(ridge.KERNEL_WEIGHTS, made.blocks, strict=True):
        dense = block.toarray() if sparse.issparse(block) else block
        phi = scaled @ dense
        scale = weight / np.trace(phi @ phi.T) * 60
        kernel += scale * phi @ phi.T
        features.append(np.sqrt(scale) * dense)
    item = np.hstack(features)  # E
    wanted = targets.toarray() / np.sqrt(targets.toarray().sum(axis=1))[:, None]
    alpha = np.linalg.solve(kernel + 5.0 * np.eye(60), wanted - wanted.mean(axis=0))
    np.testing.assert_allclose(mean, wanted.mean(axis=0), rtol=1e-5)
    slow = item @ (scaled @ item).T @ alpha
    np.testing.assert_allclose(source @ target.T, slow, atol=2e-4 * np.abs(slow).max())


def test_a_lower_rank_is_the_best_of_that_rank(log: sparse.csr_array) -> None:
    rng = np.random.default_rng(2)
    made = ridge.sources(
        log, np.arange(24) < 16, ridge.ground(log, ridge.latent_factors(log, 8, rng)[0]), rng
    )
    learned = ridge.lessons(
        made, sparse.csr_array(log[:, made.rows]), sparse.csr_array(log[:, 16:])
    )
    _, whole_source, whole_target = ridge.solve(learned, 5.0, 8, rng)
    _, source, target = ridge.solve(learned, 5.0, 3, rng)
    whole = learned.histories @ whole_source @ whole_target.T
    cut = learned.histories @ source @ target.T
    left, sigma, right = np.linalg.svd(whole)
    best = (left[:, :3] * sigma[:3]) @ right[:3]
    np.testing.assert_allclose(cut, best, atol=1e-3 * np.abs(whole).max())


def test_smoothing_is_one_more_walk(log: sparse.csr_array) -> None:
    inside = sparse.csr_array(log[:, 16:])
    vectors = np.random.default_rng(3).standard_normal((8, 2)).astype(np.float32)
    together = (inside.T @ inside).toarray()
    np.fill_diagonal(together, 0)
    mass = together.sum(axis=1)
    spread = together * mass[:, None] ** -0.75 * mass[None] ** -0.25
    slow = vectors + 0.6 * spread.T @ vectors
    np.testing.assert_allclose(ridge.spreading(inside) @ vectors, slow, rtol=1e-4, atol=1e-5)
