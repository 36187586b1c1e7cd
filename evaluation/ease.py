"""Baseline: EASE, the linear auto-encoder in closed form."""

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from crossaisle.evaluation.neighbours import training_log
from crossaisle.graph import Graph

MAX_PRODUCTS = 10_000


class EaseError(ValueError):
    """The normal equations could not be solved: the regularisation is too small."""


class Ease:
    """score_uj = SUM_{i in h} B_ij, B = I - P diag(P)^-1, P = (X'X + regularisation I)^-1.

    Steck (2019). P is dense (float32: 4 max_products^2 bytes, twice while it is made), so history
    products count only if they are among the ``max_products`` most bought, S. Column j of EASE is
    the ridge regression of product j on the others; for j outside S it is here the regression on
    S, P_SS X_S'X_j. With a catalogue up to ``max_products`` this is EASE exactly.
    """

    def __init__(
        self, graph: Graph, *, regularisation: float, max_products: int = MAX_PRODUCTS
    ) -> None:
        """Solve for the most bought products."""
        log = training_log(graph)
        count = np.asarray(log.sum(axis=0)).ravel()
        most = np.argsort(-count, kind="stable")[:max_products]
        self.known = np.sort(most[count[most] > 0])
        together = sparse.csc_array(sparse.csr_array(log[:, self.known].T) @ log)
        gram = np.asfortranarray(together[:, self.known].toarray(), dtype=np.float32)
        gram[np.diag_indices_from(gram)] += regularisation
        self.inverse = _inverse(gram)
        self.together = together
        self.place = np.full(len(count), -1)
        self.place[self.known] = np.arange(len(self.known))

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        known = sparse.csr_array(histories[:, self.known])
        left = known @ self.inverse
        result = np.empty((histories.shape[0], len(candidates)), dtype=np.float32)
        place = self.place[candidates]
        inside, own = place >= 0, place[place >= 0]
        result[:, inside] = known[:, own].toarray() - left[:, own] / np.diag(self.inverse)[own]
        result[:, ~inside] = left @ self.together[:, candidates[~inside]]
        return result


def _inverse(gram: np.ndarray) -> np.ndarray:
    """Invert a symmetric positive definite float32 matrix, which is overwritten."""
    if not len(gram):
        return gram
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, lost = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or lost:
        raise EaseError("EASE: the matrix is not positive definite: raise regularisation")
    full: np.ndarray = np.tril(inverse)
    full += np.tril(full, -1).T
    return full
