"""From scores to lists."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import sparse

Ranked = tuple[int, np.ndarray, np.ndarray]
"""User, product rows and scores, best first."""


def leave_out(scores: np.ndarray, histories: sparse.csr_array, candidates: np.ndarray) -> None:
    """Write -inf where a candidate is in its row's history.

    Args:
        scores: float32 (users, m), changed in place.
        histories: (users, products).
        candidates: int (m,).
    """
    place = np.full(histories.shape[1], -1)
    place[candidates] = np.arange(len(candidates))
    user, product = sparse.coo_array(histories).coords
    seen = place[product]
    scores[user[seen >= 0], seen[seen >= 0]] = -np.inf


def best(
    scores: np.ndarray,
    candidates: np.ndarray,
    k: int,
    new: np.ndarray | None = None,
    places: int | None = None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the k best candidates of each row and their scores, best first.

    Args:
        scores: float32 (users, m); -inf is never returned.
        candidates: int (m,), ascending: rows are sorted by id, so equal scores come in the order
            of their ids.
        k: how many at most.
        new: bool (m,), needed where ``places`` is given.
        places: 0 to k: so many at the end of a list go to new candidates and the first to the
            others; where either are too few, the others have their places too. None: by score.
    """
    products, values = [], []
    for row in scores:
        if new is None or places is None:
            chosen = _best(row, k)
        else:
            known, fresh = (_best(np.where(side, row, -np.inf), k) for side in (~new, new))
            first = min(len(known), k - min(places, len(fresh)))
            chosen = np.append(known[:first], fresh[: k - first])
        products.append(candidates[chosen])
        values.append(row[chosen])
    return products, values


def _best(row: np.ndarray, k: int) -> np.ndarray:
    chosen = np.arange(len(row))
    if 0 < k < len(row):
        # Everything that ties with the k-th stays until the order by id is made.
        least = np.partition(row, len(row) - k)[len(row) - k]
        chosen = np.flatnonzero(row >= least)
    chosen = chosen[np.isfinite(row[chosen])]
    return np.asarray(chosen[np.argsort(-row[chosen], kind="stable")][:k])


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
