"""From scores to lists."""

import numpy as np


def best(
    scores: np.ndarray, candidates: np.ndarray, k: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the k best candidates of each row and their scores, best first.

    Args:
        scores: float32 (users, m); -inf is never returned.
        candidates: int (m,), ascending: rows are sorted by id, so equal scores come in the order
            of their ids.
        k: how many at most.
    """
    k = min(k, scores.shape[1])
    products, values = [], []
    for row in scores:
        chosen = np.arange(len(row))
        if 0 < k < len(row):
            # Everything that ties with the k-th stays until the order by id is made.
            least = np.partition(row, len(row) - k)[len(row) - k]
            chosen = np.flatnonzero(row >= least)
        chosen = chosen[np.isfinite(row[chosen])]
        chosen = chosen[np.argsort(-row[chosen], kind="stable")][:k]
        products.append(candidates[chosen])
        values.append(row[chosen])
    return products, values
