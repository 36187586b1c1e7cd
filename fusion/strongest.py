"""The largest entries of each row of a sparse matrix: the step that thins every item-item table."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

DENSE = 0.05
"""Share of entries from which a block of rows is cheaper to look through as a dense array."""

CELLS = 8_000_000
"""Entries of a dense block: 32 MB as float32."""


def strongest(matrix: sparse.csr_array, keep: int) -> sparse.csr_array:
    """Keep the ``keep`` largest positive entries of each row; ties go to the lower column.

    Args:
        matrix: float32 (n, m), entries >= 0.
        keep: at least 1.

    Returns:
        float32 (n, m), rows sorted by column.
    """
    matrix = sparse.csr_array(matrix)
    rows, columns = matrix.shape
    if matrix.nnz < DENSE * rows * columns:
        chosen = _of_sparse(matrix, keep)
    else:
        step = max(CELLS // max(columns, 1), 1)
        parts = [_of_dense(matrix[at : at + step].toarray(), keep) for at in range(0, rows, step)]
        chosen = sparse.csr_array(sparse.vstack(parts, format="csr"))
    chosen.sort_indices()
    return chosen


def strongest_of_each(
    matrix: sparse.csr_array, groups: Sequence[np.ndarray], each: int, all_: int
) -> sparse.csr_array:
    """Keep of each row the ``each`` largest in every group of columns, and of those ``all_``.

    Args:
        matrix: float32 (n, m), entries >= 0.
        groups: int, together every column once.
        each: at least 1.
        all_: at least 1.

    Returns:
        float32 (n, m), rows sorted by column.
    """
    kept = [strongest(sparse.csr_array(matrix[:, inside]), each) for inside in groups]
    stacked = sparse.csc_array(sparse.hstack(kept, format="csc"))
    columns = np.argsort(np.concatenate(groups), kind="stable")
    return strongest(sparse.csr_array(stacked[:, columns]), all_)


def _of_dense(block: np.ndarray, keep: int) -> sparse.csr_array:
    kept = block
    if keep < block.shape[1]:
        least = np.partition(block, block.shape[1] - keep, axis=1)[:, [block.shape[1] - keep]]
        above, equal = block > least, block == least
        room = keep - above.sum(axis=1, keepdims=True)
        tied = np.flatnonzero((equal.sum(axis=1, keepdims=True) > room).ravel())
        equal[tied] &= np.cumsum(equal[tied], axis=1) <= room[tied]
        kept = np.where(above | equal, block, 0)
    return sparse.csr_array(np.maximum(kept, 0))


def _of_sparse(matrix: sparse.csr_array, keep: int) -> sparse.csr_array:
    """Sort only the rows that have more than ``keep`` entries.

    One sort of whole numbers for all rows, which numpy does with wide registers: the row above,
    below it the entry's bits, which order as positive floats do; inverted, so the largest is first.
    """
    if not matrix.has_sorted_indices:
        matrix = matrix.sorted_indices()
    sizes = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    take = matrix.data > 0
    long = np.flatnonzero(sizes > keep)
    if len(long):
        at = np.flatnonzero((sizes > keep)[rows])
        bits = np.maximum(matrix.data[at].astype(np.float32), 0).view(np.uint32)
        key = (rows[at].astype(np.uint64) << np.uint64(32)) | ~bits
        starts = np.concatenate([[0], np.cumsum(sizes[long])[:-1]])
        last = np.repeat(np.sort(key)[starts + keep - 1], sizes[long])
        above, tied = key < last, key == last
        room = keep - np.add.reduceat(above, starts, dtype=np.int64)
        nth = np.cumsum(tied)
        nth -= np.repeat(nth[starts] - tied[starts], sizes[long])
        take[at] &= above | (tied & (nth <= np.repeat(room, sizes[long])))
    chosen = np.flatnonzero(take)
    ends = np.append(0, np.cumsum(np.bincount(rows[chosen], minlength=len(sizes))))
    return sparse.csr_array((matrix.data[chosen], matrix.indices[chosen], ends), shape=matrix.shape)
