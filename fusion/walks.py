"""The walks channel: from a product to its buyers and on to what they also bought."""

import numpy as np
from scipy import sparse

SLICE = 2048
FROM_POWER, CHOICE_POWER = 0.5, 0.4
"""Exponents of the popularity of the product walked from, and, to choose which entries are kept, of
the one walked to."""

TO_POWERS = {"walks": -0.2, "niche walks": 0.6}
"""Channels of the table, and the power of n_j that each divides by. Across aisles it pays to favour
what many buy, inside one to favour what few do; the weights are found on held-out people."""


def walk_table(
    log: sparse.csr_array, aisle_of: np.ndarray, *, per_aisle: int, per_product: int = 250
) -> sparse.csr_array:
    """Item-by-item table W of a random walk of two steps, its strongest entries kept.

    W_ij = SUM_u x_ui x_uj / |u| / n_i^.5, i != j: the walk of RP3beta (Paudel, Christoffel, Newell
    and Bernstein, 2017) before it is divided by n_j^beta, which :data:`TO_POWERS` does in two ways.
    Kept are, for each i, the ``per_aisle`` largest W_ij / n_j^.4 in every aisle and
    ``per_product`` in all.

    Returns:
        float32 (products, products), rows sorted by column.
    """
    log = sparse.csr_array(log)
    size = np.maximum(np.asarray(log.sum(axis=1)).ravel(), 1)
    bought = np.maximum(np.asarray(log.sum(axis=0)).ravel(), 1)
    onward = sparse.csr_array(
        sparse.diags_array(size**-0.5) @ log @ sparse.diags_array(bought**-CHOICE_POWER)
    )
    back = sparse.csr_array(
        sparse.diags_array(bought**-FROM_POWER) @ log.T @ sparse.diags_array(size**-0.5)
    )
    rows, columns, values = [], [], []
    for start in range(0, log.shape[1], SLICE):
        block = sparse.coo_array(back[start : start + SLICE] @ onward)
        row, column, value = block.coords[0] + start, block.coords[1], block.data
        other = row != column
        row, column, value = row[other], column[other], value[other]
        chosen = _strongest((row.astype(np.int64), aisle_of[column]), column, value, per_aisle)
        row, column, value = row[chosen], column[chosen], value[chosen]
        chosen = _strongest((row.astype(np.int64),), column, value, per_product)
        rows.append(row[chosen])
        columns.append(column[chosen])
        values.append(value[chosen])
    data = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    table = sparse.csr_array(data, shape=(log.shape[1], log.shape[1]))
    table = sparse.csr_array(table @ sparse.diags_array(bought**CHOICE_POWER)).astype(np.float32)
    table.sort_indices()
    return table


def _strongest(
    group: tuple[np.ndarray, ...], column: np.ndarray, value: np.ndarray, keep: int
) -> np.ndarray:
    """Places of the ``keep`` largest values of each group; ties go to the lower column."""
    order = np.lexsort((column, -value, *group[::-1]))
    changed = np.zeros(len(order), dtype=bool)
    if len(order):
        changed[0] = True
    for key in group:
        sorted_key = key[order]
        changed[1:] |= sorted_key[1:] != sorted_key[:-1]
    starts = np.flatnonzero(changed)
    place = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
    return order[place < keep]
