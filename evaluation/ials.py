"""Baseline: iALS by the library implicit."""

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from crossaisle.evaluation.neighbours import training_log
from crossaisle.graph import Graph


class Ials:
    """score_uj = x_u . y_j: implicit-feedback matrix factorisation by alternating least squares.

    Minimises SUM_ui c_ui (p_ui - x_u . y_i)^2 + regularisation (|x|^2 + |y|^2), c = alpha where
    bought, 1 elsewhere (Hu, Koren and Volinsky, 2008). x_u is solved afresh from the
    history at hand with the y fixed (fold-in), so a user need not have been trained on.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        factors: int,
        regularisation: float,
        alpha: float,
        iterations: int = 15,
        seed: int = 0,
    ) -> None:
        """Factorise the log."""
        # implicit runs threads of its own, and warns unless BLAS keeps to one.
        with threadpool_limits(limits=1, user_api="blas"):
            from implicit.cpu.als import AlternatingLeastSquares

            self.model = AlternatingLeastSquares(
                factors=factors,
                regularization=regularisation,
                alpha=alpha,
                iterations=iterations,
                random_state=seed,
            )
            self.model.fit(sparse.csr_matrix(training_log(graph)), show_progress=False)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        with threadpool_limits(limits=1, user_api="blas"):
            rows = np.arange(histories.shape[0])
            users = self.model.recalculate_user(rows, sparse.csr_matrix(histories))
            scores: np.ndarray = users @ self.model.item_factors[candidates].T
        return scores
