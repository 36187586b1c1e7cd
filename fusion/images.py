"""The image channel: products whose pictures look alike."""

from itertools import pairwise

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
    columns = np.argsort(aisle_of, kind="stable")  # an aisle's products side by side
    bounds = [*np.flatnonzero(np.diff(aisle_of[columns], prepend=-2)).tolist(), len(columns)]
    others = vectors[columns]
    parts = [sparse.csr_array((0, len(vectors)), dtype=np.float32)]
    for some in _slices(rows, len(columns)):
        alike = _alike(vectors[some], others)
        alike[some[:, None] == columns] = 0
        parts.append(_largest(alike, columns, bounds, per_aisle))
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
    aisles = [np.flatnonzero(aisle_of == aisle) for aisle in np.unique(aisle_of)]
    is_added = np.zeros(count, bool)
    is_added[added] = True
    known = np.flatnonzero(~is_added)
    parts = [image_table(vectors, aisle_of, per_aisle=per_aisle, rows=added)]
    others = vectors[added]
    for some in _slices(known, max(len(added), 1)):
        toward = sparse.coo_array(_alike(vectors[some], others))
        data = (toward.data, (toward.coords[0], added[toward.coords[1]]))
        fresh = sparse.csr_array(data, shape=(len(some), count))
        both = sparse.csr_array(table[some] + fresh)
        both = strongest_of_each(both, aisles, per_aisle, PER_PRODUCT)
        both.data[~is_added[both.indices]] = 0
        both.eliminate_zeros()
        parts.append(both)
    stacked = sparse.csr_array(sparse.vstack(parts, format="csr"))
    joined = sparse.csr_array(table + stacked[np.argsort(np.concatenate([added, known]))])
    joined.sort_indices()
    return joined


def _alike(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """max(0, v_i . v_j)^2: float32 (vectors, others)."""
    cosine = vectors @ others.T
    np.maximum(cosine, 0, out=cosine)
    cosine *= cosine
    return np.asarray(cosine, np.float32)


def _largest(
    alike: np.ndarray, columns: np.ndarray, bounds: list[int], each: int
) -> sparse.csr_array:
    """Keep the ``each`` largest of each row between two bounds, and of those PER_PRODUCT."""
    found = [(start, *_top(alike[:, start:end], each)) for start, end in pairwise(bounds)]
    places = np.hstack([start + place for start, place, _ in found])
    chosen, value = _top(np.hstack([value for _, _, value in found]), PER_PRODUCT)
    column = columns[np.take_along_axis(places, chosen, axis=1)]
    row = np.broadcast_to(np.arange(len(alike))[:, None], column.shape)
    some = value > 0
    data = (value[some], (row[some], column[some]))
    return sparse.csr_array(data, shape=(len(alike), len(columns)))


def _top(block: np.ndarray, keep: int) -> tuple[np.ndarray, np.ndarray]:
    """Places and values of the ``keep`` largest of each row, in any order."""
    wide = block.shape[1]
    if keep >= wide:
        return np.broadcast_to(np.arange(wide), block.shape), block
    places = np.argpartition(block, wide - keep, axis=1)[:, wide - keep :]
    return places, np.take_along_axis(block, places, axis=1)


def _slices(rows: np.ndarray, columns: int) -> list[np.ndarray]:
    step = max(CELLS // columns, 1)
    return [rows[start : start + step] for start in range(0, len(rows), step)]
