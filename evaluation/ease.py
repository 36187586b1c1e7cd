"""Baseline: EASE, the linear auto-encoder in closed form."""

import numpy as np
from scipy import sparse

from crossaisle.evaluation.neighbours import training_log
from crossaisle.graph import Graph

MAX_PRODUCTS = 10_000


class Ease:
    """score_uj = SUM_{i in h} B_ij, B of :func:`crossaisle.fusion.ease.regress`, all of it.

    With a catalogue up to ``max_products`` (float32: 4 max_products^2 bytes, twice while it is
    made) this is EASE (Steck, 2019) exactly.
    """

    def __init__(
        self, graph: Graph, *, regularisation: float, max_products: int = MAX_PRODUCTS
    ) -> None:
        """Solve for the most bought products."""
        from crossaisle.fusion.ease import regress  # loads torch

        self.made = regress(training_log(graph), regularisation, max_products)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        made = self.made
        known = sparse.csr_array(histories[:, made.known])
        left = known @ made.inverse
        result = np.empty((histories.shape[0], len(candidates)), dtype=np.float32)
        place = made.place[candidates]
        inside, own = place >= 0, place[place >= 0]
        result[:, inside] = known[:, own].toarray() - left[:, own] / np.diag(made.inverse)[own]
        result[:, ~inside] = left @ made.together[:, candidates[~inside]]
        return result
