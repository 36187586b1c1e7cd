"""Baseline: EASE, the linear auto-encoder in closed form."""

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from crossaisle.evaluation.neighbours import training_log
from crossaisle.graph import Graph

MAX_PRODUCTS = 12_000


class EaseError(ValueError):
    """The normal equations could not be solved: the regularisation is too small."""


class Ease:
    """score_uj = SUM_{i in h} B_ij, B = I - P diag(P)^-1, P = (X'X + regularisation I)^-1.

    Steck (2019). P is dense, so only the ``max_products`` most bought products take part (float32:
    4 max_products^2 bytes, twice while it is made; 12,000 are 1.2 GB); the others score 0. On
    a catalogue beyond that it is EASE of the head, and results say so.
    """

    def __init__(
        self, graph: Graph, *, regularisation: float, max_products: int = MAX_PRODUCTS
    ) -> None:
        """Solve for the most bought products."""
        log = training_log(graph)
        count = np.asarray(log.sum(axis=0)).ravel()
        most = np.argsort(-count, kind="stable")[:max_products]
        self.kept = np.sort(most[count[most] > 0])
        head = sparse.csc_array(log)[:, self.kept]
        gram = np.asfortranarray((head.T @ head).toarray(), dtype=np.float32)
        gram[np.diag_indices_from(gram)] += regularisation
        self.weights = _ease(gram)
        self.place = np.full(len(count), -1)
        self.place[self.kept] = np.arange(len(self.kept))

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        result = np.zeros((histories.shape[0], len(candidates)), dtype=np.float32)
        place = self.place[candidates]
        known = histories[:, self.kept]
        result[:, place >= 0] = known @ self.weights[:, place[place >= 0]]
        return result


def _ease(gram: np.ndarray) -> np.ndarray:
    """Return B of the regularised Gram matrix, which is overwritten: float32 (n, n)."""
    if not len(gram):
        return gram
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, lost = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or lost:
        raise EaseError("EASE: the matrix is not positive definite: raise regularisation")
    inverse = np.tril(inverse)
    inverse += np.tril(inverse, -1).T
    weights: np.ndarray = inverse
    weights /= -np.diag(inverse).copy()
    np.fill_diagonal(weights, 0)
    return weights
