"""The latent channel: products that stand near each other in the factors of the log.

    A[i, j] = near_i max(0, X_i . X_j)^POWER far_j,   near_i = n_i^-.25,
    X_j = unit(n_j / (n_j + k) unit(f_j) + k / (n_j + k) unit(F_j B + t_j C)),

f_j being j's factor of the log and F_j B + t_j C what ridge regression says of it from its
features and text: a product with few buyers stands mostly where its likes stand, one with many
where its own buyers put it. So people are linked by way of third products, which no count of who
bought both can do. The power is taken pair by pair, so a score is a sum over the history. Only the
strongest entries are kept, and products nobody has bought have none (they have the likeness
channel).
"""

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import WalkTable, steep
from crossaisle.fusion.content import POPULARITY, Features, farness
from crossaisle.fusion.newcomers import learn_weights, taught_by
from crossaisle.fusion.ridge import unit
from crossaisle.fusion.strongest import strongest

LIKES = 3.0
"""k: with so many buyers a product's own factor counts as much as what it is."""

NUMBERS = 128
"""Factors that count: each pair of products costs as many multiplications."""

MOST = 30_000
"""Products that take part, the most bought: work grows with their square."""

PER_PRODUCT = 250
"""Entries kept of each product at most."""

SLICE = 256

TINY = 1e-6
"""A cosine below it is none."""


def latent_table(
    factors: np.ndarray,
    made: Features,
    text: np.ndarray | None,
    bought: np.ndarray,
    aisle_of: np.ndarray,
    *,
    per_aisle: int,
) -> WalkTable:
    """Fit X and keep of each product the ``per_aisle`` strongest entries in every aisle.

    Args:
        factors: float32 (products, d), factors of the log, the strongest first; any length.
        made: what products are.
        text: float32 (products, numbers), rows of length 1 or 0, or None.
        bought: float64 (products,), people who bought each.
        aisle_of: int (products,), -1 for none.
        per_aisle: at least 1.
    """
    part = np.argsort(-bought, kind="stable")[:MOST]
    part = np.sort(part[bought[part] > 0])
    part = part[np.argsort(aisle_of[part], kind="stable")]  # an aisle is one block of columns
    products = len(bought)
    far = np.zeros(products, np.float32)
    if not len(part):
        return WalkTable(sparse.csr_array((products, products), dtype=np.float32), far)
    vectors = _placed(factors[:, :NUMBERS], made, text, bought)[part]
    near = bought[part].astype(np.float32) ** np.float32(-POPULARITY)
    aisle = aisle_of[part]
    blocks = np.split(np.arange(len(part)), np.flatnonzero(np.diff(aisle)) + 1)
    found = [
        _strongest_of(vectors, start, near, blocks, per_aisle)
        for start in range(0, len(part), SLICE)
    ]
    kept = sparse.coo_array(sparse.vstack(found, format="csr"))
    ends = (part[kept.coords[0]], part[kept.coords[1]])
    table = sparse.csr_array((kept.data, ends), shape=(products, products))
    table.sort_indices()
    mass = np.asarray(bought @ table, np.float64).ravel()[part]
    far[part] = farness(mass, float(mass.mean()))
    return WalkTable(table, far)


def _placed(
    factors: np.ndarray, made: Features, text: np.ndarray | None, bought: np.ndarray
) -> np.ndarray:
    """X of every product: float32 (products, d); what nobody bought is no matter."""
    own = unit(np.where((bought == 0)[:, None], np.float32(0), factors))
    guess = unit(learn_weights(own, taught_by(bought), made.matrix, text).said(made.matrix, text))
    share = (bought / (bought + LIKES)).astype(np.float32)[:, None]
    return unit(share * own + (1 - share) * guess)


def _strongest_of(
    vectors: np.ndarray, start: int, near: np.ndarray, blocks: list[np.ndarray], per_aisle: int
) -> sparse.csr_array:
    """Rows of A / far from ``start`` on: float32 (at most SLICE, products that take part)."""
    rows = vectors[start : start + SLICE]
    cosine = rows @ vectors.T
    cosine[np.arange(len(rows)), start + np.arange(len(rows))] = 0
    ends, values = [], []
    for block in blocks:
        inside = cosine[:, block[0] : block[-1] + 1]
        last = max(inside.shape[1] - per_aisle, 0)
        least = np.partition(inside, last, axis=1)[:, [last]]
        kept = np.flatnonzero(
            (inside >= np.maximum(least, TINY)).ravel()
        )  # faster in one dimension
        row, column = np.divmod(kept, inside.shape[1])
        ends.append((row, column + block[0]))
        values.append(inside[row, column])
    row, column = (np.concatenate(side) for side in zip(*ends, strict=True))
    value = steep(np.concatenate(values)) * near[start + row]
    table = sparse.csr_array((value, (row, column)), shape=cosine.shape)
    return strongest(table, PER_PRODUCT)
