"""Which products to label next: those whose label tells most about what is sold."""

import numpy as np

POOL = 3000  # products compared with each other
BLOCK = 4096
POWER = 0.5  # of a product's events: its weight


def suggest(
    vectors: np.ndarray, events: np.ndarray, labelled: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Choose products one after another, each the one that raises coverage most.

    coverage(S) = SUM_j w_j max_{i in S or labelled} max(0, t_i . t_j), w_j = sqrt(events_j + 1):
    what is sold much, is unlike what has a label, and has many likes, comes first; what is like a
    chosen one gains little more. Greedy choice reaches 1 - 1/e of the best (facility location;
    Nemhauser, Wolsey and Fisher, 1978; for active learning Wei, Iyer and Bilmes, 2015).

    Args:
        vectors: float32 (products, d), texts' vectors, rows of length 1 or 0.
        events: (products,), how often each is sold.
        labelled: bool (products,).
        count: how many to choose.

    Returns:
        Their rows in the order of choice, int64 (count or fewer,), and what each adds to the share
        of the weight that is covered, float64, among the :data:`POOL` that weigh and lack most.
    """
    rows = np.flatnonzero(~labelled & vectors.any(axis=1))
    known = np.flatnonzero(labelled)
    covered = np.zeros(len(rows), np.float32)
    for start in range(0, len(known), BLOCK):
        near = vectors[rows] @ vectors[known[start : start + BLOCK]].T
        covered = np.maximum(covered, near.max(axis=1))
    weight = (events[rows] + 1.0) ** POWER
    pool = np.argsort(-weight * (1 - covered), kind="stable")[:POOL]
    rows, covered, weight = rows[pool], covered[pool], weight[pool]
    near = vectors[rows] @ vectors[rows].T
    chosen: list[int] = []
    gains: list[float] = []
    for _ in range(min(count, len(rows))):
        gain = np.maximum(near - covered, 0) @ weight
        gain[chosen] = -1
        best = int(np.argmax(gain))
        chosen.append(best)
        gains.append(float(gain[best] / weight.sum()))
        covered = np.maximum(covered, near[best])
    return rows[chosen], np.array(gains)
