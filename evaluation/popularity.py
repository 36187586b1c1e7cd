"""Baseline: what most people bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.graph import Graph

if TYPE_CHECKING:  # fusion loads torch; the protocol is all that is needed of it
    from crossaisle.fusion.scorer import Scorer


class Popularity:
    """score_j = log(1 + c_j), c_j the buyers of j; the history does not matter.

    With ``baskets`` anonymous baskets count as buyers. With ``half_life`` (days; events need
    dates) a buyer counts 2^-(age / half_life), age from the buyer's last purchase of j to the
    last event of the log; without dates it changes nothing.
    """

    def __init__(
        self, graph: Graph, *, baskets: bool = False, half_life: float | None = None
    ) -> None:
        """Count buyers."""
        count = _buyers(graph.bought, graph.products.height, half_life)
        if baskets:
            count += _buyers(graph.contains, graph.products.height, half_life)
        self.log_count = np.log1p(count).astype(np.float32)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m): the same row for everybody."""
        return np.tile(self.log_count[candidates], (histories.shape[0], 1))


def _buyers(events: pl.DataFrame, products: int, half_life: float | None) -> np.ndarray:
    last = events.group_by("head", "tail").agg(pl.col("time").max())
    weight = np.ones(last.height)
    if half_life and last.height and not last["time"].null_count():
        age = last.select((pl.col("time").max() - pl.col("time")).dt.total_seconds())
        weight = 0.5 ** (age["time"].to_numpy() / (half_life * 86400))
    return np.bincount(last["tail"].to_numpy(), weights=weight, minlength=products)


class Affinity:
    """score_uj = log(1 + c_j) + brand B_uj + category C_uj: popular, and of the user's kinds.

    c_j are the buyers of j; B_uj is the share of j's brands that a history product has, on average
    over the history, and C_uj the same for j's categories with their ancestors.
    """

    def __init__(self, graph: Graph, *, brand: float, category: float) -> None:
        """Count buyers, and look up brands and categories."""
        self.log_count = Popularity(graph).log_count
        brands = np.flatnonzero((graph.attributes["kind"] == "brand").fill_null(value=False))
        categories = graph.product_categories @ graph.category_ancestors
        self.kinds = tuple(
            (weight, _share_rows(table))
            for weight, table in (
                (brand, graph.product_attributes[:, brands]),
                (category, categories),
            )
        )

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        size = np.maximum(np.asarray(histories.sum(axis=1)).ravel(), 1)
        result = np.tile(self.log_count[candidates], (histories.shape[0], 1))
        for weight, (held, shares) in self.kinds:
            seen = sparse.csr_array(sparse.diags_array(weight / size) @ histories @ held)
            result += (seen @ sparse.csc_array(shares[candidates].T)).toarray()
        return result.astype(np.float32)


def _share_rows(table: sparse.csr_array) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return the table as 0/1, and with each row divided by its sum: float32 (products, kinds)."""
    held = (sparse.csr_array(table) > 0).astype(np.float32)
    size = np.maximum(np.asarray(held.sum(axis=1)).ravel(), 1)
    return held, sparse.csr_array(sparse.diags_array((1 / size).astype(np.float32)) @ held)


class WithPopularity:
    """score + w popularity, both brought to unit variance over the candidates of the request.

    s'_uj = s_uj / sd_j(s_u.) + w p_j / sd_j(p), p = log(1 + buyers). Where s is constant (nothing
    known of the user) popularity alone ranks. The rescaling depends on the user, so this is a
    baseline only: it is no sum of walks.
    """

    def __init__(self, scorer: Scorer, popularity: Popularity, weight: float) -> None:
        """Mix ``scorer`` with ``popularity``."""
        self.scorer, self.popularity, self.weight = scorer, popularity, weight

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        own = self.scorer.scores(histories, candidates)
        return blend(own, self.popularity.log_count[candidates], self.weight)


def blend(own: np.ndarray, popular: np.ndarray, weight: float) -> np.ndarray:
    """Return own (users, m) + weight popular (m,), each over its standard deviation."""
    if not own.shape[1]:
        return own
    spread = own.std(axis=1, keepdims=True, dtype=np.float64)
    common = popular.std(dtype=np.float64)
    mixed = own / np.where(spread > 0, spread, 1) + weight * popular / (common if common > 0 else 1)
    return mixed.astype(np.float32)
