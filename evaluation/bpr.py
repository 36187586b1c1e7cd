"""Baseline: BPR by the library implicit, with users folded in from their histories."""

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from crossaisle.evaluation.neighbours import training_log
from crossaisle.graph import Graph


class Bpr:
    """score_uj = x_u . y_j + b_j, x_u = scale |h|^-1/2 SUM_{i in h} (y_i - mean y).

    y and b are matrix factorisation trained on -log sigmoid(s_ui - s_uj), i bought and j drawn
    from the log (Rendle et al., 2009). A user's vector at the optimum is a sum of y_i - y_j over
    what was bought, each weighted by sigmoid(s_uj - s_ui); here all weights are equal (the first
    gradient step from x = 0), the y_j is its mean over the events, and ``scale`` is the least
    squares factor between these sums and the vectors that were trained. So x_u needs the history
    alone, and a user need not have been trained on.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        factors: int,
        learning_rate: float,
        regularisation: float,
        iterations: int = 80,
        seed: int = 0,
    ) -> None:
        """Factorise the log, in one thread: the same seed gives the same vectors."""
        log = training_log(graph)
        with threadpool_limits(limits=1, user_api="blas"):
            from implicit.cpu.bpr import BayesianPersonalizedRanking

            self.model = BayesianPersonalizedRanking(
                factors=factors,
                learning_rate=learning_rate,
                regularization=regularisation,
                iterations=iterations,
                num_threads=1,
                random_state=seed,
            )
            self.model.fit(sparse.csr_matrix(log), show_progress=False)
        # The last column of the products is their bias, the last one of the users is 1.
        self.items, self.bias = self.model.item_factors[:, :-1], self.model.item_factors[:, -1]
        bought = np.asarray(log.sum(axis=0)).ravel()
        self.mean = (bought / max(bought.sum(), 1)) @ self.items
        self.scale = 1.0
        sums, trained = self._sums(log), self.model.user_factors[:, :-1]
        self.scale = float((sums * trained).sum() / max(float((sums * sums).sum()), 1e-12))

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        users = self.scale * self._sums(histories)
        scores: np.ndarray = users @ self.items[candidates].T + self.bias[candidates]
        return scores.astype(np.float32)

    def _sums(self, histories: sparse.csr_array) -> np.ndarray:
        size = np.asarray(histories.sum(axis=1)).ravel()[:, None]
        total = histories @ self.items - size * self.mean
        return np.asarray(total / np.sqrt(np.maximum(size, 1)), dtype=np.float32)
