"""What a training learns from."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from crossaisle.fusion.content import Features
from crossaisle.fusion.ridge import latent_factors
from crossaisle.graph.visits import visits_since


@dataclass(frozen=True)
class Moments:
    """When things were first bought: days where events have dates, else an order in each aisle."""

    first: sparse.csr_array  # float64 (people, products), above 0: a person's first purchase
    baskets: np.ndarray  # float32 (baskets,): 0 where nobody knows
    now: float | None  # the end of the log; None where events have no dates

    def trend(self, half_life: float) -> np.ndarray:
        """SUM over people of 2^-(age of the first purchase / half_life): float64 (products,)."""
        assert self.now is not None
        fresh = 0.5 ** ((self.now - self.first.data) / half_life)
        return np.bincount(self.first.indices, weights=fresh, minlength=self.first.shape[1])

    def visits_since(self, first: sparse.csr_array, aisle_of: np.ndarray) -> sparse.csr_array:
        """Count as :attr:`crossaisle.graph.Graph.visits_since` does, of some of the moments."""
        return visits_since(first, None if self.now is not None else aisle_of)


RANK, QUICK_RANK = 256, 128
"""Factors of the log that channels start from; the second in a quick training."""


@dataclass(frozen=True)
class Lore:
    """What a training learns from: the log of some people, and what is known of every product."""

    purchases: sparse.csr_array  # float32 (people, products), 0 or 1
    baskets: sparse.csr_array  # float32 (baskets of nobody we know, products), 0 or 1
    aisle_of: np.ndarray  # int32 (products,)
    features: Features
    text: np.ndarray | None  # float32 (products, numbers)
    moments: Moments
    lots: np.ndarray  # float64 (products,): see Graph.lots
    looks: sparse.csr_array | None = None  # float32 (products, products): how alike pictures are
    rank: int = RANK  # of the factors, at most

    @property
    def bought(self) -> np.ndarray:
        """How many people bought each product: float64 (products,)."""
        return np.asarray(self.purchases.sum(axis=0), np.float64).ravel()

    @cached_property
    def factors(self) -> np.ndarray:
        """Factors of the log, the strongest first, each times its sigma^1/2: float32 (products, r).

        See :func:`crossaisle.fusion.ridge.latent_factors`; at most ``rank``, and the same for
        every seed.
        """
        vectors, sigma = latent_factors(self.purchases, self.rank, np.random.default_rng(0))
        return np.asarray(vectors * np.sqrt(sigma), np.float32)

    def without(self, kept: np.ndarray, is_new: np.ndarray, before: float | None) -> "Lore":
        """Leave out people, every event of some products, and what came from a day on."""
        then = self.moments
        rows, known = np.flatnonzero(kept), np.arange(len(then.baskets))
        first = sparse.csr_array(then.first[rows])
        left = ~is_new[first.indices]
        if before is not None:
            left &= first.data < before
            known = np.flatnonzero(then.baskets < before)
        first = only(first, left)
        log = sparse.csr_array(
            (np.ones(first.nnz, np.float32), first.indices, first.indptr), shape=first.shape
        )
        baskets = sparse.csr_array(self.baskets[known])
        moments = Moments(first, then.baskets[known], then.now if before is None else before)
        baskets = only(baskets, ~is_new[baskets.indices])
        return replace(self, purchases=log, baskets=baskets, moments=moments)


def only(table: sparse.csr_array, kept: np.ndarray) -> sparse.csr_array:
    """Some entries of a table: ``kept`` is bool (entries,), in the order of ``table.data``."""
    starts = np.concatenate([[0], np.cumsum(kept)])[table.indptr]
    return sparse.csr_array((table.data[kept], table.indices[kept], starts), shape=table.shape)


def aisle_table(aisle_of: np.ndarray, aisles: int) -> sparse.csr_array:
    """Mark each product's aisle: float32 (products, aisles), 0 or 1; ``aisle_of`` -1 is in none."""
    rows = np.flatnonzero(aisle_of >= 0)
    ends = (rows, aisle_of[rows])
    return sparse.csr_array((np.ones(len(rows), np.float32), ends), shape=(len(aisle_of), aisles))
