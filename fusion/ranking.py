"""From scores to lists."""

from collections.abc import Sequence

import numpy as np
import polars as pl

Ranked = tuple[int, np.ndarray, np.ndarray]
"""User, product rows and scores, best first."""


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


def as_frame(users: Sequence[str], lists: Sequence[Ranked], products: pl.DataFrame) -> pl.DataFrame:
    """Many lists as one frame: user_id, aisle (the product's), rank (1..k), product_id, score.

    Args:
        users: their ids.
        lists: of any of them.
        products: the graph's products: ``id`` and ``aisle``.
    """
    lengths = [len(rows) for _, rows, _ in lists]
    names = [users[row] for row, _, _ in lists]
    chosen = np.concatenate([np.zeros(0, np.int64), *(made[1] for made in lists)])
    ranks = np.concatenate([np.zeros(0, np.int64), *(np.arange(1, n + 1) for n in lengths)])
    scores = np.concatenate([np.zeros(0, np.float32), *(made[2] for made in lists)])
    found = products.select("aisle", product_id="id")[chosen]
    return found.select(
        pl.Series("user_id", np.repeat(np.array(names, object), lengths), dtype=pl.String),
        "aisle",
        pl.Series("rank", ranks, dtype=pl.Int64),
        "product_id",
        pl.Series("score", scores, dtype=pl.Float32),
    )
