"""The walks channel: from a product to its buyers and on to what they also bought."""

import numpy as np
from scipy import sparse

from crossaisle.fusion.strongest import strongest_of_each

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
    aisles = [np.flatnonzero(aisle_of == a) for a in np.unique(aisle_of)]
    parts = []
    for start in range(0, log.shape[1], SLICE):
        block = sparse.csr_array(back[start : start + SLICE] @ onward)
        block = sparse.csr_array(
            block - sparse.diags_array(block.diagonal(start), offsets=start, shape=block.shape)
        )
        parts.append(strongest_of_each(block, aisles, per_aisle, per_product))
    table = sparse.csr_array(sparse.vstack(parts, format="csr"))
    table = sparse.csr_array(table @ sparse.diags_array(bought**CHOICE_POWER)).astype(np.float32)
    table.sort_indices()
    return table
