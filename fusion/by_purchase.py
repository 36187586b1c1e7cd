"""Scores as sums over single purchases, so that any part of a history can be scored from them."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.model import CHANNELS, POWER, Model, recency


@dataclass(frozen=True)
class ByPurchase:
    """What each purchase of one history adds to each of some products, whichever others are kept.

        score(j | kept) = bias[s, j] + (SUM_i size[f, i])^-1/4 SUM_i adds[s, i, j],   i in kept

    f is s for products where purchases fade, else 0; s is 1 where a kept purchase is of j's
    aisle, else 0. The sum is the model's own score of that smaller history (the factor in front
    grows when purchases go; when each was made stays).
    """

    purchases: tuple[str, ...]  # product ids of the history: n
    size: np.ndarray  # float64 (2, n): h_i of the model's formula where nothing fades, and where
    fades: np.ndarray  # bool (m,): candidates for which purchases fade once their aisle is visited
    adds: np.ndarray  # float64 (2: aisle cold, visited; n; m)
    bias: np.ndarray  # float64 (2, m)
    same_aisle: np.ndarray  # bool (n, m): whether a purchase is of a candidate's aisle

    def scores(self, kept: np.ndarray) -> np.ndarray:
        """Score the candidates for the purchases that are kept (bool (n,)): float64 (m,)."""
        situation = self.same_aisle[kept].any(axis=0).astype(np.int64)
        column = np.arange(self.bias.shape[1])
        sums = self.adds[:, kept].sum(axis=1)[situation, column]
        return np.asarray(self.bias[situation, column] + sums * self.factor(kept, situation))

    def factor(self, kept: np.ndarray, situation: np.ndarray) -> np.ndarray:
        """Work out (SUM_i size[f, i])^-1/4 of the kept purchases for each candidate: float64 (m,).

        Args:
            kept: bool (n,).
            situation: int (m,), s.
        """
        factor = np.maximum(self.size[:, kept].sum(axis=1), 1e-12) ** -POWER
        return np.asarray(factor[situation * self.fades])


def by_purchase(model: Model, history: sparse.csr_array, products: np.ndarray) -> ByPurchase:
    """Ask every channel for every purchase alone, in both situations.

    Args:
        model: the model.
        history: float32 (1, products): 0, or 1 + the visits since.
        products: int (m,), rows of candidates.
    """
    kept = model.kept_back.without(sparse.csr_array(history))
    items = kept.indices
    size = np.stack([recency(kept.data, life) for life in (math.inf, model.half_life)])
    new = model.is_new[products].astype(np.int64)
    adds = np.zeros((2, len(items), len(products)))
    for place, name in enumerate(CHANNELS):
        weights = model.weights[:, new, place].astype(np.float64)  # (2, m)
        if name in model.channels and weights.any():
            pairs = model.channels[name].pairs(items, products)
            adds += weights[:, None] * (pairs * model.gate(name, items[:, None], products))
    aisles, fades = model.aisle_of[products], new == 0
    return ByPurchase(
        purchases=tuple(model.graph.products["id"].gather(items)),
        size=size,
        fades=fades,
        adds=adds * np.where(fades, size[:, :, None], 1.0),
        bias=model.bias[:, products].astype(np.float64),
        same_aisle=(model.aisle_of[items][:, None] == aisles) & (aisles >= 0),
    )
