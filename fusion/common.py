"""Features that history products and candidates of a bundle's lists have in common."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.bundle import Bundle
from crossaisle.fusion.lists import rows_of_all


@dataclass(frozen=True)
class Common:
    """What history products and candidates of the same list have in common."""

    column: np.ndarray  # int (hits,): features of history products that a candidate has too
    value: np.ndarray  # float64 (hits,): the history product's
    row: np.ndarray  # int (hits,): row of ``table``
    hit_at: np.ndarray  # int (n + 1,): where each history product's hits start
    table: np.ndarray  # float64 (features of a list's candidates, MOST): the candidates'
    inside: np.ndarray  # int (m,): column of each candidate in ``table``

    def cosines(self, bundle: Bundle) -> np.ndarray:
        """F_i . F_j of every pair: float64 (pairs,)."""
        found = np.zeros((len(bundle.item), self.table.shape[1]))
        some = np.flatnonzero(np.diff(self.hit_at))
        if len(some):
            products = self.table[self.row] * self.value[:, None]
            found[some] = np.add.reduceat(products, self.hit_at[some], axis=0)
        return np.asarray(found[bundle.mine, self.inside[bundle.theirs]])

    def of_pairs(
        self, bundle: Bundle, pairs: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every feature that some pairs have in common: pair, feature, F_if F_jf."""
        item, candidate = bundle.mine[pairs], bundle.theirs[pairs]
        sizes = np.diff(self.hit_at)[item]
        place = np.repeat(np.arange(len(pairs)), sizes)
        hit = np.arange(len(place)) + (self.hit_at[item] - np.cumsum(sizes) + sizes)[place]
        share = self.value[hit] * self.table[self.row[hit], self.inside[candidate[place]]]
        both = np.flatnonzero(share)
        return pairs[place[both]], self.column[hit[both]], share[both]


def common(features: sparse.csr_array, bundle: Bundle) -> Common:
    """Look up what both sides have.

    Args:
        features: float32 (products, features), >= 0.
        bundle: whose lists.
    """
    wide = features.shape[1]
    column, value, holder = rows_of_all(features, bundle.product)
    keys, row = np.unique(bundle.of_product[holder] * wide + column, return_inverse=True)
    inside = np.arange(len(bundle.product)) - bundle.product_at[bundle.of_product]
    table = np.zeros((len(keys), int(inside.max(initial=0)) + 1))
    table[row, inside[holder]] = value
    known = np.zeros(bundle.lists * wide, np.int32)
    known[keys] = np.arange(len(keys)) + 1
    column, value, holder = rows_of_all(features, bundle.item)
    row = known[bundle.of_item[holder] * wide + column]
    hit = np.flatnonzero(row)
    hit_at = np.searchsorted(holder[hit], np.arange(len(bundle.item) + 1))
    return Common(column[hit], value[hit].astype(np.float64), row[hit] - 1, hit_at, table, inside)
