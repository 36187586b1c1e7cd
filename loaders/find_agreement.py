"""Let the products of one shop agree: what words mean there, and which aisles it has at all."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import sparse

DOUBT = 0.05
"""Evidence against evidence: weak words alone do not make a strong opinion."""


FLOOR = 1e-3
"""Shares below this are dropped: nearly every title shares some word with nearly every category."""

SLICE = 4096
"""Titles at a time: bounds the memory."""


def features(titles: Sequence[tuple[str, ...]]) -> sparse.csr_array:
    """Return words and neighbouring pairs of words: float64 (titles, features), 0 or 1."""
    vocabulary: dict[tuple[str, ...], int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, said in enumerate(titles):
        pairs = pairwise(said)
        for feature in {*((one,) for one in said if not one.isdigit()), *pairs}:
            rows.append(row)
            columns.append(vocabulary.setdefault(feature, len(vocabulary)))
    ones = np.ones(len(rows))
    return sparse.csr_array((ones, (rows, columns)), shape=(len(titles), len(vocabulary)))


def agree(
    words: sparse.csr_array, shares: sparse.csr_array, coarse: sparse.csr_array, power: float
) -> sparse.csr_array:
    """Say for each title what the *other* titles with its words are.

    A soft form of Yarowsky's decision lists (ACL 1995). With F the features (titles, features), Q
    the shares (titles, categories) and n_f the titles with feature f, a feature says
    P_f = (F'Q)_f / n_f; its purity w_f is the largest sum of P_f over one coarse category, to
    ``power``. The result is SUM_f w_f P_f / (DOUBT + SUM_f w_f) over a title's features, without
    the title itself (n_f - 1 + 1/2 others; the half is the doubt about rare words).

    Args:
        words: 0 or 1, (titles, features).
        shares: rows sum to 1 at most, (titles, categories).
        coarse: 0 or 1, (categories, coarse categories).
        power: at 0 all features count alike; large, only the purest does.

    Returns:
        Shares, (titles, categories), none below :data:`FLOOR`; rows sum to 1 at most.
    """
    counts = np.asarray(words.sum(axis=0)).ravel()
    sums = sparse.csr_array(words.T @ shares)
    tops = sparse.csr_array(sums @ coarse).max(axis=1).toarray().ravel()
    weights = (tops / (counts + 0.5)) ** power
    scaled = weights / np.maximum(counts - 0.5, 0.5)
    blocks = []
    for start in range(0, shares.shape[0], SLICE):
        part, mine = words[start : start + SLICE], shares[start : start + SLICE]
        itself = mine.multiply((part @ scaled)[:, None])
        total = part @ weights + DOUBT
        pooled = sparse.csr_array(((part * scaled[None, :]) @ sums - itself).tocsr())
        pooled = sparse.csr_array(pooled.multiply(1 / total[:, None]))
        pooled.data[pooled.data < FLOOR] = 0.0
        pooled.eliminate_zeros()
        blocks.append(pooled)
    return sparse.csr_array(sparse.vstack(blocks)) if blocks else shares
