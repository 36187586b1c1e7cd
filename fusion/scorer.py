"""What every recommender can do: score candidates for histories nobody trained on."""

from typing import Protocol

import numpy as np
from scipy import sparse


class Scorer(Protocol):
    """The model and every baseline."""

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """Score products for histories; higher is better, one scale within a row.

        Args:
            histories: float32 (users, products), 1 where bought. Any users: nothing about them
                was learned. A scorer whose ``ordered`` is true is given 1 + the visits since
                then in place of 1 (:attr:`crossaisle.graph.Graph.visits_since`).
            candidates: int (m,), product rows.

        Returns:
            float32 (users, m).
        """
        ...
