"""Baseline: truncated SVD of the log, histories folded in."""

import numpy as np
from scipy import sparse

from crossaisle.evaluation.neighbours import training_log
from crossaisle.graph import Graph

OVERSAMPLES = 32  # directions carried along, so that the last wanted ones are exact too


class Svd:
    """score_uj = (h D^-power V V' D^power)_j, V the first right singular vectors of X D^-power.

    PureSVD (Cremonesi, Koren and Turrin, 2010) for power = 0: the history projected on what
    ``factors`` dimensions can hold. D = diag(buyers): with power > 0 products that many bought
    weigh less while V is learned. V comes from a randomised SVD (Halko et al., 2011) of the whole
    log; a history need not be one of its rows.
    """

    def __init__(self, graph: Graph, *, factors: int, power: float, seed: int = 0) -> None:
        """Decompose the log; with fewer rows or columns than ``factors``, as far as it goes."""
        from sklearn.utils.extmath import randomized_svd  # slow to import

        log = training_log(graph)
        count = np.maximum(np.asarray(log.sum(axis=0)).ravel(), 1)
        self.scale = (count**power).astype(np.float32)
        weighed = sparse.csr_array(log @ sparse.diags_array(1 / self.scale))
        _, _, turned = randomized_svd(
            weighed,
            n_components=min(factors, *log.shape),
            n_oversamples=OVERSAMPLES,
            random_state=seed,
        )
        self.vectors = np.ascontiguousarray(turned.T, dtype=np.float32)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        users = histories @ (self.vectors / self.scale[:, None])
        scores: np.ndarray = users @ self.vectors[candidates].T
        scores *= self.scale[candidates]
        return scores.astype(np.float32)
