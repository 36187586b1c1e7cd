"""The channels of a score: tables that are linear in the history, A[i, j] kept small.

Every channel answers ``scores(histories, candidates)``, (users, m) = SUM_i histories[u, i] A[i, j],
``pairs(items, candidates)``, float64 (n, m) = A[i, j], and ``entries``, single ones of them.
Scores are of the histories' type: float32 ranks, float64 is for few pairs whose sum must agree with
its terms to the last digits.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

POWER = 3
"""Of the content channel's cosine: on held-out people 2 to 4 are alike, 1 is worse or the same."""

CELLS = 20_000_000
"""Cosines (items x candidates) looked at in one step."""


class Channel(Protocol):
    """One way from history products to candidates."""

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """SUM_i histories[u, i] A[i, j]: (users, m), of the histories' type."""
        ...

    def pairs(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """A[i, j] for every item and candidate: float64 (n, m)."""
        ...

    def entries(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """A[i, j] of each item and the candidate at its place: float64 (n,)."""
        ...


@dataclass(frozen=True)
class PeopleTables:
    """Reduced-rank ridge: A[i, j] = source_d[i] . target[j], d = aisle(j); 0 inside the aisle."""

    aisle_of: np.ndarray  # int32 (products,)
    sources: dict[int, np.ndarray]  # aisle -> float32 (products, r_d), zero rows inside it
    targets: dict[int, np.ndarray]  # aisle -> float32 (products of the aisle, r_d)
    place: np.ndarray  # int32 (products,): place of a product within its aisle

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        result = np.zeros((histories.shape[0], len(candidates)), histories.dtype)
        aisles = self.aisle_of[candidates]
        for aisle in np.unique(aisles):
            if int(aisle) in self.sources:
                here = np.flatnonzero(aisles == aisle)
                user = summed(histories, self.sources[int(aisle)])
                table = self.targets[int(aisle)][self.place[candidates[here]]]
                if len(here) == len(candidates):
                    return np.asarray(user @ table.T)
                result[:, here] = user @ table.T
        return result

    def pairs(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        result = np.zeros((len(items), len(candidates)))
        aisles = self.aisle_of[candidates]
        for aisle in np.unique(aisles).tolist():
            if aisle in self.sources:
                here = np.flatnonzero(aisles == aisle)
                target = self.targets[aisle][self.place[candidates[here]]].astype(np.float64)
                result[:, here] = self.sources[aisle][items].astype(np.float64) @ target.T
        return result

    def entries(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        result = np.zeros(len(items))
        aisles = self.aisle_of[candidates]
        for aisle in np.unique(aisles).tolist():
            if aisle in self.sources:
                here = np.flatnonzero(aisles == aisle)
                target = self.targets[aisle][self.place[candidates[here]]]
                result[here] = inner(self.sources[aisle][items[here]], target)
        return result


@dataclass(frozen=True)
class WalkTable:
    """A sparse table and a factor of each column: A[i, j] = W[i, j] scale[j]."""

    table: sparse.csr_array  # float32 (products, products)
    scale: np.ndarray  # float32 (products,)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        if histories.nnz < self.table.shape[0]:  # few walkers: cheaper than all columns' rows
            walked = sparse.csr_array(histories @ self.table)[:, candidates].toarray()
        else:
            walked = (histories @ choose_columns(self.table, candidates)).toarray()
        return np.asarray(walked * self.scale[candidates])

    def pairs(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        chosen = sparse.csr_array(self.table[items])[:, candidates]
        return np.asarray(chosen.toarray().astype(np.float64) * self.scale[candidates])

    def entries(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        found = looked_up(self.table, items, candidates)
        return np.asarray(found * self.scale[candidates])


@dataclass(frozen=True)
class NetworkTables:
    """The graph network, z = C X: A[i, j] = z_in[i] . z_out[j], a sum over pairs of leaves.

    Leaves are, in this order: products, attributes, categories, and for products without events a
    second vector of each attribute and category and one for the text (see
    :mod:`crossaisle.fusion.newcomers`).
    """

    leaves_in: np.ndarray  # float32 (leaves, d)
    leaves_out: np.ndarray  # float32 (leaves, d)
    mix_in: sparse.csr_array  # float32 (products, leaves)
    mix_out: sparse.csr_array  # float32 (products, leaves)
    vectors_in: np.ndarray  # float32 (products, d) = mix_in @ leaves_in
    vectors_out: np.ndarray  # float32 (products, d) = mix_out @ leaves_out

    @classmethod
    def from_leaves(
        cls,
        leaves_in: np.ndarray,
        leaves_out: np.ndarray,
        mix_in: sparse.csr_array,
        mix_out: sparse.csr_array,
    ) -> "NetworkTables":
        """Multiply out the products' vectors.

        The mixes are sorted in place before: sums then have one order, whoever looks entries up.
        """
        mix_in.sort_indices()
        mix_out.sort_indices()
        return cls(leaves_in, leaves_out, mix_in, mix_out, mix_in @ leaves_in, mix_out @ leaves_out)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        return np.asarray(summed(histories, self.vectors_in) @ self.vectors_out[candidates].T)

    def pairs(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        left, right = self.vectors_in[items], self.vectors_out[candidates]
        return np.asarray(left.astype(np.float64) @ right.astype(np.float64).T)

    def entries(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        return inner(self.vectors_in[items], self.vectors_out[candidates])


@dataclass(frozen=True)
class ContentTable:
    """Likeness of features: A[i, j] = near_i (F_i . F_j)^POWER far_j; features have their shares.

    The power makes near twins count more than many faint likenesses. It is taken pair by pair, so
    a score is still a sum over the history; within a pair, feature f carries the share
    F_i,f F_j,f / (F_i . F_j). :func:`crossaisle.fusion.content.content_table` makes the factors.
    """

    matrix: sparse.csr_array  # float32 (products, features), >= 0, rows of length 1
    near: np.ndarray  # float32 (products,), > 0
    far: np.ndarray  # float32 (products,), > 0

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        scaled = sparse.csr_array(histories @ sparse.diags_array(self.near.astype(histories.dtype)))
        other = sparse.csr_array(self.matrix[candidates].T).astype(histories.dtype)
        used = np.unique(histories.indices)
        result = np.zeros((histories.shape[0], len(candidates)), histories.dtype)
        step = max(CELLS // max(len(candidates), 1), 1)
        for start in range(0, len(used), step):
            items = used[start : start + step]
            cosine = sparse.csr_array(self.matrix[items] @ other)
            cosine.data = steep(cosine.data)
            result += (sparse.csr_array(scaled[:, items]) @ cosine).toarray()
        return np.asarray(result * self.far[candidates])

    def pairs(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        rows = self.matrix[candidates].astype(np.float64)
        cosines = (self.matrix[items].astype(np.float64) @ rows.T).toarray()
        factors = self.near[items].astype(np.float64)[:, None] * self.far[candidates]
        return np.asarray(steep(cosines) * factors)

    def entries(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """See :class:`Channel`."""
        cosine = alike(self.matrix, items, candidates)
        return np.asarray(cosine * self.steepness(items, candidates, cosine))

    def steepness(
        self, items: np.ndarray, candidates: np.ndarray, cosine: np.ndarray
    ) -> np.ndarray:
        """A[i, j] / (F_i . F_j), what a product of features is multiplied by: float64 (n,).

        Of each item and the candidate at its place, with ``cosine``, float64 (n,), F_i . F_j.
        """
        factors = self.near[items].astype(np.float64) * self.far[candidates]
        return np.asarray(cosine ** (POWER - 1) * factors)


def steep(cosine: np.ndarray) -> np.ndarray:
    """cosine^POWER, by multiplication: ``**`` takes logarithms, which is many times slower."""
    product = cosine
    for _ in range(POWER - 1):
        product = product * cosine
    return product


def inner(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Inner products of rows at the same places: float64 (n,)."""
    return np.asarray(np.einsum("nd,nd->n", left.astype(np.float64), right.astype(np.float64)))


def alike(matrix: sparse.csr_array, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Inner products of two rows of a table, one pair at each place: float64 (n,)."""
    left, right = (
        sparse.csr_array(matrix[rows]).astype(np.float64) for rows in (items, candidates)
    )
    return np.asarray(left.multiply(right).sum(axis=1)).ravel()


def looked_up(table: sparse.csr_array, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Single entries of a table, by bisection in each row: float64 (n,)."""
    table.sort_indices()
    if not table.nnz:
        return np.zeros(len(rows))
    indices, end = table.indices, table.indptr[rows + 1]
    at, columns = table.indptr[rows], columns.astype(indices.dtype)
    full = end > at
    longest = int((end - at).max(initial=0))
    # at: the last place in the row known to hold no more than the column, or the first.
    for step in (1 << power for power in reversed(range(longest.bit_length()))):
        probe = at + at.dtype.type(step)
        fits = (probe < end) & (indices.take(probe, mode="clip") <= columns)
        at += fits * at.dtype.type(step)
    found = full & (indices.take(at, mode="clip") == columns)
    return np.where(found, table.data.take(at, mode="clip"), 0).astype(np.float64)


def summed(histories: sparse.csr_array, vectors: np.ndarray) -> np.ndarray:
    """``histories @ vectors`` in the histories' type, copying no more of the table than it must."""
    if histories.dtype == vectors.dtype:
        return np.asarray(histories @ vectors)
    used = np.unique(histories.indices)
    return np.asarray(sparse.csr_array(histories[:, used]) @ vectors[used].astype(histories.dtype))


def choose_columns(table: sparse.csr_array, columns: np.ndarray) -> sparse.csr_array:
    """``table[:, columns]``, or the table itself where that is all of it."""
    if len(columns) == table.shape[1] and np.array_equal(columns, np.arange(len(columns))):
        return table
    return sparse.csr_array(table[:, columns])
