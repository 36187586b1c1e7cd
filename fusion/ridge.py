"""The people channel: what those who crossed into an aisle brought along, in closed form.

For a target aisle d every person R who bought both in d and elsewhere is a lesson: the purchases
elsewhere are the input, those in d the output. Kernel ridge regression over the lessons,

    S(u) = mean(Y) + K(u, R) (K(R, R) + lambda I)^-1 (Y - mean(Y)),   Y = T / sqrt(n_target),

with K the sum of three linear kernels of the history, is linear in the history h:

    S(u) = mean(Y) + |h|^-p SUM_{i in h} A_d[i, :],   A_d = E Phi_R' alpha.

A_d (products x products of d) is never formed: with V the leading right singular vectors of the
fitted scores it is kept as A_d[i, j] = source_d[i] . target[j] (reduced-rank regression).
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.linalg import lapack

from crossaisle.fusion.strongest import strongest

POWER = 0.5
"""p: a history of n products weighs n^-p a product, in every channel."""

SMOOTHING = 0.6
"""Share of the scores that is spread once more over the target aisle's own co-purchases."""

KERNEL_WEIGHTS = (0.5, 1.0, 0.5)
"""Identity, latent factors, co-purchases. (Kernels are scaled to a mean diagonal of 1.)"""


LATENT = 128
"""Latent factors of the second of them."""

DENSE = 0.1
"""Share of entries from which a sparse matrix is multiplied as a dense one."""

SLICE = 500
"""Rows multiplied at once."""


@dataclass(frozen=True)
class Sources:
    """Item features without the target aisle: phi(u) = |h|^-p SUM_i (identity, latent, near)_i."""

    rows: np.ndarray  # int (n_source,): products outside the aisle
    blocks: tuple[sparse.csr_array | np.ndarray, ...]  # each (n_source, features), scaled


def latent_factors(
    purchases: sparse.csr_array,
    rank: int,
    rng: np.random.Generator,
    start: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Truncated SVD of D_u^-1/2 X D_i^-1/2: (item vectors float32 (products, r), sigma (r,)).

    Randomised range finder with three power iterations (Halko, Martinsson and Tropp, 2011), or
    with one from ``start``, item vectors of nearly the same log.
    """
    users = np.asarray(purchases.sum(axis=1)).ravel()
    items = np.asarray(purchases.sum(axis=0)).ravel()
    left = sparse.diags_array(np.maximum(users, 1) ** -0.5)
    right = sparse.diags_array(np.maximum(items, 1) ** -0.5)
    matrix = sparse.csr_array(left @ purchases @ right).astype(np.float32)
    transposed = sparse.csr_array(matrix.T)
    rank = max(1, min(rank, min(matrix.shape) - 1))
    width = min(rank + 16, min(matrix.shape))
    if start is None:
        basis = rng.standard_normal((matrix.shape[0], width)).astype(np.float32)
    else:
        extra = rng.standard_normal((matrix.shape[1], width)).astype(np.float32)
        extra[:, : start.shape[1]] = start[:, :width]
        basis = orthonormal(matrix @ extra)
    for _ in range(3 if start is None else 1):
        basis = orthonormal(matrix @ (transposed @ basis))
    projected = transposed @ basis
    return left_singular(projected, rank)


@dataclass(frozen=True)
class Ground:
    """What the features of every aisle start from, computed once for a log."""

    vectors: np.ndarray  # float32 (products, r): latent factors of the whole log
    diffusion: sparse.csr_array  # float32 (products, products): X' D_u^-1 X, no diagonal


def ground(purchases: sparse.csr_array, factors: np.ndarray) -> Ground:
    """Where features start: factors of the whole log, and a step to the people and back.

    An entry of the diffusion speaks of its two products only, so the rows and columns outside an
    aisle know nothing of what was bought inside it (but for the number of each person's products).

    Args:
        purchases: all people's log, binary (people, products).
        factors: float32 (products, r), the strongest first, of any length.
    """
    first = factors[:, :LATENT]
    length = np.maximum(np.linalg.norm(first, axis=0), 1e-12)
    return Ground(np.asarray(first / length, np.float32), _diffusion(purchases))


def sources(
    purchases: sparse.csr_array, outside: np.ndarray, common: Ground, rng: np.random.Generator
) -> Sources:
    """Make the three feature blocks from what was bought outside the target aisle.

    Args:
        purchases: all people's log, binary (people, products).
        outside: bool (products,), True where the product is not of the target aisle.
        common: of the same log; the factors are only where the aisle's own SVD starts.
        rng: fills the SVD's start.
    """
    rows = np.flatnonzero(outside)
    log = sparse.csr_array(purchases[:, rows])
    log = sparse.csr_array(log[np.diff(log.indptr) > 0])
    vectors, sigma = latent_factors(log, common.vectors.shape[1], rng, common.vectors[rows])
    latent = unit(vectors * np.sqrt(sigma))
    near = _unit_rows(strongest(sparse.csr_array(common.diffusion[rows][:, rows]), 40))
    identity = sparse.eye_array(len(rows), dtype=np.float32, format="csr")
    return Sources(rows, (identity, latent, near))


@dataclass(frozen=True)
class Lessons:
    """Kernel and targets of the people who crossed into one aisle."""

    histories: sparse.csr_array  # (R, n_source), rows scaled by |h|^-p
    targets: sparse.csr_array  # Y (R, n_target)
    kernel: np.ndarray  # float32 (R, R)
    blocks: tuple[sparse.csr_array | np.ndarray, ...]  # of Sources, times the root of their weight


def lessons(features: Sources, histories: sparse.csr_array, targets: sparse.csr_array) -> Lessons:
    """Make K = SUM_k weight_k Phi_k Phi_k', each kernel scaled to a mean diagonal of 1."""
    size = np.asarray(histories.sum(axis=1)).ravel()
    scaled = sparse.csr_array(sparse.diags_array(size**-POWER) @ histories)
    count = np.maximum(np.asarray(targets.sum(axis=1)).ravel(), 1)
    wanted = sparse.csr_array(sparse.diags_array(count**-0.5) @ targets)
    kernel = np.zeros((len(size), len(size)), np.float32)
    blocks = []
    for weight, block in zip(KERNEL_WEIGHTS, features.blocks, strict=True):
        phi = scaled @ block
        if sparse.issparse(phi) and phi.nnz > DENSE * phi.shape[0] * phi.shape[1]:
            phi = phi.toarray()
        product = inner_products(phi)
        scale = weight / max(float(np.mean(np.diag(product))), 1e-12)
        product *= np.float32(scale)
        kernel += product
        blocks.append(block * np.float32(np.sqrt(scale)))
    return Lessons(scaled, wanted.astype(np.float32), kernel, tuple(blocks))


def inner_products(rows: sparse.csr_array | np.ndarray) -> np.ndarray:
    """Every row with every other, X X': float32 (n, n). Of sparse rows each pair is met once."""
    if not sparse.issparse(rows):
        return np.asarray(rows @ rows.T, np.float32)
    result = np.empty((rows.shape[0], rows.shape[0]), np.float32)
    for start in range(0, len(result), SLICE):
        end = start + SLICE
        block = (rows[start:end] @ sparse.csr_array(rows[start:].T)).toarray()
        result[start:end, start:] = block
        result[start:, start:end] = block.T
    return result


def solve(
    learned: Lessons, penalty: float, rank: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit one aisle: (mean (n_target,), source (n_source, r), target (n_target, r)), float32.

    ``source @ target.T`` is A_d projected on the leading right singular vectors of the fitted
    scores K (K + lambda I)^-1 (Y - mean Y); they are found by the randomised range finder.
    """
    wanted, kernel = learned.targets, learned.kernel
    people, products = wanted.shape
    mean = np.asarray(wanted.mean(axis=0)).ravel().astype(np.float32)
    system = kernel.copy()
    system[np.diag_indices(people)] += np.float32(penalty)
    factor = linalg.cho_factor(system, lower=True, overwrite_a=True, check_finite=False)

    def fitted(right: np.ndarray) -> np.ndarray:
        centred = wanted @ right - mean @ right
        return np.asarray(kernel @ linalg.cho_solve(factor, centred, check_finite=False))

    def adjoint(left: np.ndarray) -> np.ndarray:
        inner = linalg.cho_solve(factor, kernel @ left, check_finite=False)
        return np.asarray(wanted.T @ inner - np.outer(mean, inner.sum(axis=0)))

    width = min(rank + 16, people, products)
    basis = rng.standard_normal((products, width)).astype(np.float32)
    for _ in range(2):
        basis = orthonormal(adjoint(orthonormal(fitted(basis))))
    scores = fitted(basis)
    _, rotation = np.linalg.eigh((scores.T @ scores).astype(np.float64))
    target = basis @ rotation[:, ::-1][:, :rank].astype(np.float32)
    alpha = linalg.cho_solve(factor, wanted @ target - mean @ target, check_finite=False)
    lifted = learned.histories.T @ alpha  # (n_source, r)
    source = sum(block @ (block_t(block) @ lifted) for block in learned.blocks)
    return mean, np.asarray(source, np.float32), target.astype(np.float32)


def spreading(log: sparse.csr_array) -> sparse.csr_array:
    """One step inside the aisle: I + .6 P', P = D^-.75 G D^-.25: float32 (products, products).

    G counts the co-purchases X'X of the aisle's own products (diagonal 0, top 100 a row) and D its
    row sums.
    """
    together = strongest(_without_diagonal(sparse.csr_array(log.T @ log)), 100)
    mass = np.maximum(np.asarray(together.sum(axis=1)).ravel(), 1)
    spread = sparse.diags_array(mass**-0.75) @ together @ sparse.diags_array(mass**-0.25)
    whole = sparse.eye_array(len(mass)) + SMOOTHING * spread.T
    return sparse.csr_array(whole).astype(np.float32)


def block_t(block: sparse.csr_array | np.ndarray) -> sparse.csr_array | np.ndarray:
    """Transposed feature block."""
    return sparse.csr_array(block.T) if sparse.issparse(block) else block.T


def _diffusion(log: sparse.csr_array) -> sparse.csr_array:
    """X' D_u^-1 X without its diagonal: a step to the people and back."""
    size = np.maximum(np.asarray(log.sum(axis=1)).ravel(), 1)
    return _without_diagonal(sparse.csr_array(log.T @ (sparse.diags_array(1 / size) @ log)))


def _without_diagonal(matrix: sparse.csr_array) -> sparse.csr_array:
    matrix = sparse.csr_array(matrix - sparse.diags_array(matrix.diagonal()))
    matrix.eliminate_zeros()
    return matrix.astype(np.float32)


def unit(rows: np.ndarray) -> np.ndarray:
    """Bring rows to length 1; rows of 0 stay: float32, of the same shape."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-12), np.float32)


def _unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(norm, 1e-12)) @ matrix)


def orthonormal(matrix: np.ndarray) -> np.ndarray:
    """Orthonormal basis (n, r) whose span holds the columns of a tall matrix (n, r).

    Q = M R^-1, M'M = R'R (Cholesky), twice for the last digits (CholeskyQR2; Yamamoto et al.,
    2015): matrix products, which are several times faster than Householder's reflections. Where
    the columns are too near to dependent for that, Householder's QR is taken.
    """
    basis = matrix
    for _ in range(2):
        gram = (basis.T @ basis).astype(np.float64)
        root, failed = lapack.dpotrf(gram, lower=0)
        size = np.diag(root)
        if failed or not np.isfinite(size).all() or size.min() < 1e-3 * size.max():
            return np.asarray(np.linalg.qr(matrix)[0])
        inverse = linalg.solve_triangular(root, np.eye(len(root)), lower=False)
        basis = basis @ np.asarray(inverse, basis.dtype)
    return np.asarray(basis)


def left_singular(matrix: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Leading left singular vectors (n, r) and singular values (r,) of a tall matrix."""
    values, rotation = np.linalg.eigh((matrix.T @ matrix).astype(np.float64))
    sigma = np.sqrt(np.maximum(values[::-1][:rank], 0))
    vectors = matrix @ rotation[:, ::-1][:, :rank].astype(np.float32)
    return vectors / np.maximum(sigma, 1e-12).astype(np.float32), sigma.astype(np.float32)
