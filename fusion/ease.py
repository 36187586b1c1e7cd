"""EASE: each product regressed on all others, in closed form, and thinned.

EASE (Steck, 2019): B = argmin |X - X B|^2 + lambda |B|^2 with diag(B) = 0, that is
B_ij = -P_ij / P_jj, P = (X'X + lambda I)^-1. P is dense, so only the ``most`` best-selling products
S are regressed on; for a product j outside S, which EASE would not know, column j is the ridge
regression on S, P_SS X_S'X_j. With a catalogue up to ``most`` this is EASE exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from crossaisle.fusion.errors import TrainingError

MOST = 6000
"""Products regressed on: P takes 4 MOST^2 bytes, twice while it is made."""

KEPT = 200
"""Largest |B_ij| that are kept of each column."""

SLICE = 1024


class EaseError(TrainingError):
    """The normal equations could not be solved: the regularisation is too small."""


@dataclass(frozen=True)
class Regression:
    """The inverse for the products that are regressed on."""

    known: np.ndarray  # int (n,): S, ascending
    inverse: np.ndarray  # float32 (n, n): P
    together: sparse.csc_array  # float32 (n, products): X_S'X

    @cached_property
    def place(self) -> np.ndarray:
        """Row of each product in P, -1 for those outside S: int (products,)."""
        place = np.full(self.together.shape[1], -1)
        place[self.known] = np.arange(len(self.known))
        return place

    def columns(self, products: np.ndarray) -> np.ndarray:
        """Columns of B, one a row: float32 (m, n)."""
        at = self.place[products]
        found = np.empty((len(products), len(self.known)), np.float32)
        inside = np.flatnonzero(at >= 0)
        own = at[inside]
        block = -self.inverse[own] / np.diag(self.inverse)[own][:, None]  # P is symmetric
        block[np.arange(len(own)), own] = 0
        found[inside] = block
        other = np.flatnonzero(at < 0)
        if len(other):  # few co-purchases each: sparse times dense is ten times less work
            found[other] = sparse.csr_array(self.together[:, products[other]].T) @ self.inverse
        return found


def regress(log: sparse.csr_array, penalty: float, most: int = MOST) -> Regression:
    """Solve for the best-selling products.

    Args:
        log: float32 (people, products), 0 or 1.
        penalty: lambda, above 0; on the scale of co-purchase counts.
        most: products regressed on.

    Raises:
        EaseError: the matrix is not positive definite in float32.
    """
    count = np.asarray(log.sum(axis=0)).ravel()
    best = np.argsort(-count, kind="stable")[:most]
    known = np.sort(best[count[best] > 0])
    together = sparse.csc_array(sparse.csr_array(log[:, known].T) @ log)
    gram = np.asfortranarray(together[:, known].toarray(), dtype=np.float32)
    gram[np.diag_indices_from(gram)] += penalty
    return Regression(known, _inverse(gram), together)


def ease_table(log: sparse.csr_array, penalty: float) -> sparse.csr_array:
    """B with its :data:`KEPT` largest entries a column: float32 (products, products)."""
    made = regress(log, penalty)
    products = log.shape[1]
    sold = np.flatnonzero(np.diff(made.together.indptr))
    return put_together([_strongest(made, block) for block in _blocks(sold)], products)


def put_together(
    parts: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], products: int
) -> sparse.csr_array:
    """Make one table of (rows, columns, values): float32 (products, products), rows sorted."""
    if not parts:
        return sparse.csr_array((products, products), dtype=np.float32)
    rows, columns, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    table = sparse.csr_array((values, (rows, columns)), shape=(products, products))
    table.sort_indices()
    return table


def _blocks(products: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(products), SLICE):
        yield products[start : start + SLICE]


def _strongest(made: Regression, products: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and values of what is kept of some columns."""
    block = made.columns(products)
    size = np.abs(block)
    if size.shape[1] > KEPT:
        least = np.partition(size, size.shape[1] - KEPT, axis=1)[:, [size.shape[1] - KEPT]]
        size[size < least] = 0
    column, row = np.nonzero(size)
    return made.known[row], products[column], block[column, row]


def _inverse(gram: np.ndarray) -> np.ndarray:
    """Invert a symmetric positive definite float32 matrix, which is overwritten."""
    if not len(gram):
        return gram
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, lost = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or lost:
        raise EaseError("EASE: the matrix is not positive definite: raise regularisation")
    full: np.ndarray = np.tril(inverse)
    full += np.tril(full, -1).T
    return full
