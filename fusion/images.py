"""The image channel: products whose pictures look alike."""

import numpy as np
from scipy import sparse

from crossaisle.fusion.strongest import strongest_of_each

CELLS = 16_000_000
"""Cosines looked at in one step: 64 MB as float32."""

PER_PRODUCT = 250
"""Entries of a product in all, as in the walks channel."""


def image_table(
    vectors: np.ndarray, aisle_of: np.ndarray, *, per_aisle: int, rows: np.ndarray | None = None
) -> sparse.csr_array:
    """Likeness of pictures, the strongest entries kept: W_ij = max(0, v_i . v_j)^2, i != j.

    Kept are, for each i, the ``per_aisle`` largest in every aisle and :data:`PER_PRODUCT` in all.
    The square makes near twins count more than faint likenesses. Nothing of it depends on who
    bought what. Time grows with products^2, memory does not: a slice of rows at a time.

    Args:
        vectors: float32 (products, numbers), rows of length 1, or 0 without a picture.
        aisle_of: int32 (products,).
        per_aisle: at least 1.
        rows: int (n,), the products i; all of them by default.

    Returns:
        float32 (n, products), rows sorted by column.
    """
    rows = np.arange(len(vectors)) if rows is None else rows
    aisles = _groups(aisle_of)
    parts = [sparse.csr_array((0, len(vectors)), dtype=np.float32)]
    for some in _slices(rows, len(vectors)):
        alike = _alike(vectors, some, np.arange(len(vectors)))
        parts.append(strongest_of_each(alike, aisles, per_aisle, PER_PRODUCT))
    table = sparse.csr_array(sparse.vstack(parts, format="csr"))
    table.sort_indices()
    return table


def extended_image_table(
    table: sparse.csr_array,
    vectors: np.ndarray,
    aisle_of: np.ndarray,
    added: np.ndarray,
    *,
    per_aisle: int,
) -> sparse.csr_array:
    """Add what :func:`image_table` would say of added products; known entries stay as they are.

    An added product takes its place among a known one's strongest, and pushes nobody out.

    Args:
        table: float32 (products, products), without entries in the added rows and columns.
        vectors: float32 (products, numbers), with those of added products.
        aisle_of: int32 (products,).
        added: int (n,), ascending.
        per_aisle: at least 1.
    """
    count = len(vectors)
    aisles, is_added = _groups(aisle_of), np.zeros(count, bool)
    is_added[added] = True
    known = np.flatnonzero(~is_added)
    parts = [image_table(vectors, aisle_of, per_aisle=per_aisle, rows=added)]
    for some in _slices(known, max(len(added), 1)):
        toward = sparse.coo_array(_alike(vectors, some, added))
        data = (toward.data, (toward.coords[0], added[toward.coords[1]]))
        fresh = sparse.csr_array(data, shape=(len(some), count))
        both = strongest_of_each(
            sparse.csr_array(table[some] + fresh), aisles, per_aisle, PER_PRODUCT
        )
        both.data[~is_added[both.indices]] = 0
        both.eliminate_zeros()
        parts.append(both)
    stacked = sparse.csr_array(sparse.vstack(parts, format="csr"))
    joined = sparse.csr_array(table + stacked[np.argsort(np.concatenate([added, known]))])
    joined.sort_indices()
    return joined


def _alike(vectors: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """max(0, v_i . v_j)^2, 0 of a product and itself: float32 (rows, columns)."""
    cosine = vectors[rows] @ vectors[columns].T
    np.maximum(cosine, 0, out=cosine)
    cosine *= cosine
    cosine[rows[:, None] == columns] = 0
    return np.asarray(cosine, np.float32)


def _slices(rows: np.ndarray, columns: int) -> list[np.ndarray]:
    step = max(CELLS // columns, 1)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _groups(aisle_of: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(aisle_of == aisle) for aisle in np.unique(aisle_of)]
