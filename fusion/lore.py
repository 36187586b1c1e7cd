"""What a training learns from."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.content import Features


@dataclass(frozen=True)
class Lore:
    """What a training learns from: the log of some people, and what is known of every product."""

    purchases: sparse.csr_array  # float32 (people, products), 0 or 1
    baskets: sparse.csr_array  # float32 (baskets of nobody we know, products), 0 or 1
    aisle_of: np.ndarray  # int32 (products,)
    features: Features
    text: np.ndarray | None  # float32 (products, numbers)

    @property
    def bought(self) -> np.ndarray:
        """How many people bought each product: float64 (products,)."""
        return np.asarray(self.purchases.sum(axis=0), np.float64).ravel()

    def without(self, kept: np.ndarray, is_new: np.ndarray) -> "Lore":
        """Leave out people, and every event of some products."""
        mask = sparse.diags_array((~is_new).astype(np.float32))
        logs = []
        for log in (self.purchases[np.flatnonzero(kept)], self.baskets):
            masked = sparse.csr_array(log @ mask)
            masked.eliminate_zeros()
            logs.append(masked.astype(np.float32))
        return Lore(logs[0], logs[1], self.aisle_of, self.features, self.text)
