"""What a training learns from."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.content import Features


@dataclass(frozen=True)
class Days:
    """When things were first bought, in days from a moment before the first event."""

    first: sparse.csr_array  # float32 (people, products), above 0: a person's first purchase
    baskets: np.ndarray  # float32 (baskets,): 0 where nobody knows
    now: float  # the end of the log

    def trend(self, half_life: float) -> np.ndarray:
        """SUM over people of 2^-(age of the first purchase / half_life): float64 (products,)."""
        fresh = 0.5 ** ((self.now - self.first.data) / half_life)
        return np.bincount(self.first.indices, weights=fresh, minlength=self.first.shape[1])


@dataclass(frozen=True)
class Lore:
    """What a training learns from: the log of some people, and what is known of every product."""

    purchases: sparse.csr_array  # float32 (people, products), 0 or 1
    baskets: sparse.csr_array  # float32 (baskets of nobody we know, products), 0 or 1
    aisle_of: np.ndarray  # int32 (products,)
    features: Features
    text: np.ndarray | None  # float32 (products, numbers)
    days: Days | None = None  # where every event has a date

    @property
    def bought(self) -> np.ndarray:
        """How many people bought each product: float64 (products,)."""
        return np.asarray(self.purchases.sum(axis=0), np.float64).ravel()

    def without(self, kept: np.ndarray, is_new: np.ndarray, before: float | None) -> "Lore":
        """Leave out people, every event of some products, and what came from a day on."""
        log, baskets, days = self.purchases[np.flatnonzero(kept)], self.baskets, None
        mask = sparse.diags_array((~is_new).astype(np.float32))
        if self.days is not None and before is not None:
            first = _only(self.days.first[np.flatnonzero(kept)] @ mask, before)
            log = first.copy()
            log.data = np.ones_like(first.data)
            early = np.flatnonzero(self.days.baskets < before)
            baskets, days = baskets[early], Days(first, self.days.baskets[early], before)
        logs = []
        for part in (log, baskets):
            masked = sparse.csr_array(part @ mask)
            masked.eliminate_zeros()
            logs.append(masked.astype(np.float32))
        return Lore(logs[0], logs[1], self.aisle_of, self.features, self.text, days)


def _only(first: sparse.csr_array, before: float) -> sparse.csr_array:
    """Entries of days before one."""
    early = sparse.csr_array(first)
    early.data = np.where(early.data < before, early.data, 0).astype(np.float32)
    early.eliminate_zeros()
    return early
