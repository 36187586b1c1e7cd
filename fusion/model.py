"""The model: a frozen sum of channels, each linear in the history.

    score(u, j) = bias_s[j] + SUM_c weight_s,c |h|^-1/4 SUM_{i in h} h_i A_c[i, j]

s is the situation: whether the history has products of j's aisle or not, and whether j is new
(without events). It is known before anything is scored, so the sum stays a sum. For known products
of a visited aisle h_i = 2^-(visits since i was bought / half-life), else 1; |h| is the sum of h_i.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import Channel
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.content import Features
from crossaisle.fusion.lore import aisle_table
from crossaisle.fusion.sensitive import Sensitive, sensitive
from crossaisle.graph import Graph

CHANNELS = (
    "people",
    "walks",
    "niche walks",
    "network",
    "content",
    "regression",
    "likeness",
    "image",
    "crossing regression",
    "latent",
)
"""Order of the last axis of ``weights``."""

POWER = 0.25
"""A history of weight |h| counts |h|^-POWER for each of its products. The smaller it is, the less a
short history says beside popularity."""

BY_PEOPLE = (
    "people",
    "walks",
    "niche walks",
    "network",
    "regression",
    "crossing regression",
    "latent",
)
"""Channels that know a candidate from who bought it."""

BY_KIND = ("content", "image")
"""Channels that know a candidate from what it is, whoever bought it."""

APART = 0.1
"""Chosen on one pair of Online Retail's aisles (validation): .1509, with 1 .1105, with 0 .1497."""

PAIRS = 50_000
"""Pairs (history product, candidate) scored together."""


@dataclass(frozen=True)
class Model:
    """A trained model; also a :class:`crossaisle.fusion.scorer.Scorer`."""

    graph: Graph
    config: TrainConfig
    features: Features
    channels: dict[str, Channel]
    weights: np.ndarray  # float32 (2: aisle cold, visited; 2: product known, new; channels)
    bias: np.ndarray  # float32 (2: aisle cold, visited; products)
    is_new: np.ndarray  # bool (products,): without events when it was trained
    half_life: float = math.inf  # visits after which a purchase counts half; see above
    text: np.ndarray | None = None  # float16 (products, numbers), for search; not part of a score
    report: dict[str, object] = field(default_factory=dict)  # how training went, for the card
    sensitive: tuple[str, ...] = ()  # names; see crossaisle.fusion.sensitive
    bought: np.ndarray | None = None  # float32 (products,): who bought each when it was trained
    network_bias: np.ndarray | None = None  # float32 (products,): the network's part of the bias
    linked: np.ndarray | None = None  # bool (aisles, aisles): see gate; None: all are
    images: np.ndarray | None = None  # float16 (products, numbers), for products that are added

    @cached_property
    def kept_back(self) -> Sensitive:
        """What no score draws on and no reason names."""
        return sensitive(self.graph, self.sensitive)

    @cached_property
    def private_products(self) -> frozenset[str]:
        """Products that are sensitive: their purchase is neither drawn on nor shown."""
        marked = self.kept_back.products
        return frozenset(self.graph.products["id"].to_numpy()[marked])

    @cached_property
    def aisle_of(self) -> np.ndarray:
        """Aisle of each product: int32 (products,), -1 for none."""
        return self.graph.aisle_of

    @cached_property
    def _aisle_table(self) -> sparse.csr_array:
        return aisle_table(self.aisle_of, len(self.graph.aisles))

    ordered = True
    """Histories say how many visits ago; see :class:`Scorer`."""

    def visited(self, histories: sparse.csr_array) -> np.ndarray:
        """Whether a history has products of each aisle: int (users, aisles), 0 or 1."""
        return np.asarray((histories @ self._aisle_table).toarray() > 0, np.int64)

    def scores(
        self,
        histories: sparse.csr_array,
        candidates: np.ndarray,
        dtype: type[np.floating] = np.float32,
    ) -> np.ndarray:
        """Score products for histories: ``dtype`` (users, m). See :class:`Scorer`.

        float32 ranks. In float64 the sum agrees with its terms to about 1e-7 of the largest.
        """
        histories = self.kept_back.without(sparse.csr_array(histories))
        scaled = {life: faded(histories, life, dtype) for life in {math.inf, self.half_life}}
        visited = self.visited(histories)
        result = np.empty((histories.shape[0], len(candidates)), dtype)
        aisles, new = self.aisle_of[candidates], self.is_new[candidates].astype(np.int64)
        for aisle, fresh in sorted(set(zip(aisles.tolist(), new.tolist(), strict=True))):
            columns = np.flatnonzero((aisles == aisle) & (new == fresh))
            place = visited[:, aisle] if aisle >= 0 else np.zeros(len(visited), np.int64)
            for situation in (0, 1):
                rows = np.flatnonzero(place == situation)
                if not len(rows):
                    continue
                shown = scaled[self.half_life if situation and not fresh else math.inf]
                block = self._block(shown, rows, candidates[columns], situation, fresh)
                if len(rows) == len(visited) and len(columns) == len(candidates):
                    return block
                result[np.ix_(rows, columns)] = block
        return result

    def pair_scores(
        self, histories: sparse.csr_array, users: np.ndarray, products: np.ndarray
    ) -> np.ndarray:
        """Score pairs in float64, product by product of each history: float64 (m,).

        Args:
            histories: float32 (users, products).
            users: int (m,), rows of histories.
            products: int (m,).
        """
        histories = self.kept_back.without(sparse.csr_array(histories))
        if histories.nnz and histories.data.min() <= 0:  # a stored 0 is no purchase
            histories = histories.copy()
            histories.eliminate_zeros()
        size = np.diff(histories.indptr)[users].astype(np.int64)
        result = np.empty(len(users))
        part = np.cumsum(size) // PAIRS
        for start, end in pairwise([0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(users)]):
            some = slice(start, end)
            result[some] = self._pairs(histories, users[some], products[some])
        return result

    def _pairs(
        self, histories: sparse.csr_array, users: np.ndarray, products: np.ndarray
    ) -> np.ndarray:
        rows, user = np.unique(users, return_inverse=True)
        histories = sparse.csr_array(histories[rows])
        situations = self.situations_of(histories, user, products)
        new = self.is_new[products].astype(np.int64)
        size = np.diff(histories.indptr)[user]
        pair = np.repeat(np.arange(len(user)), size)
        entry = np.arange(len(pair)) + (histories.indptr[user] - np.cumsum(size) + size)[pair]
        items, candidates = histories.indices[entry], products[pair]
        lives = (math.inf, self.half_life)
        weight = np.stack([faded(histories, life, np.float64).data for life in lives])
        counted = weight[(situations * (1 - new))[pair], entry]
        factors = self.weights[situations, new].astype(np.float64)
        total = self.bias[situations, products].astype(np.float64)
        for place, name in enumerate(CHANNELS):
            channel, factor = self.channels.get(name), factors[:, place]
            if channel is not None and factor.any():
                value = channel.entries(items, candidates) * counted
                value *= self.gate(name, items, candidates)
                total += factor * np.bincount(pair, weights=value, minlength=len(user))
        return np.asarray(total)

    def situations(self, history: sparse.csr_array, products: np.ndarray) -> np.ndarray:
        """1 where a product's aisle is in the history (users = 1), else 0: int64 (m,)."""
        return self.situations_of(history, np.zeros(len(products), np.int64), products)

    def situations_of(
        self, histories: sparse.csr_array, users: np.ndarray, products: np.ndarray
    ) -> np.ndarray:
        """1 where a product's aisle is in its user's history, else 0: int64 (m,)."""
        aisles = self.aisle_of[products]
        found = (
            self.visited(histories)[users, np.maximum(aisles, 0)] if len(self.graph.aisles) else 0
        )
        return np.asarray(np.where(aisles >= 0, found, 0), np.int64)

    def gate(self, name: str, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """How much of a channel's say holds: float64 (n,), of each item and candidate at its place.

        All of it, but across two aisles that nobody, and no basket, had in common when the model
        was trained: there nothing of a people-based channel, which could only extrapolate, and
        :data:`APART` of content and image, whose weights were found beside those.
        """
        whole = np.ones(np.broadcast(items, candidates).shape)
        left = 0.0 if name in BY_PEOPLE else APART if name in BY_KIND else 1.0
        if self.linked is None or left == 1:
            return whole
        here, there = self.aisle_of[items], self.aisle_of[candidates]
        shut = (here >= 0) & (there >= 0) & ~self.linked[here, there]
        return np.asarray(np.where(shut, left, whole))

    def _block(
        self,
        scaled: sparse.csr_array,
        rows: np.ndarray,
        candidates: np.ndarray,
        situation: int,
        fresh: int,
    ) -> np.ndarray:
        histories = scaled if len(rows) == scaled.shape[0] else scaled[rows]
        bias = self.bias[situation][candidates].astype(histories.dtype)
        block = np.repeat(bias[None], len(rows), axis=0)
        for place, name in enumerate(CHANNELS):
            weight = self.weights[situation, fresh, place]
            if weight and name in self.channels:
                shown = histories
                if self.linked is not None:  # all candidates are of one aisle
                    left = self.gate(name, histories.indices, candidates[:1])
                    data = (histories.data * left).astype(histories.dtype)
                    ends = (histories.indices, histories.indptr)
                    shown = sparse.csr_array((data, *ends), shape=histories.shape)
                block += weight * self.channels[name].scores(shown, candidates)
        return block


def recency(since: np.ndarray, half_life: float) -> np.ndarray:
    """2^-(visits since / half-life) of entries that are 1 + the visits since: float64."""
    return np.exp2(-(since.astype(np.float64) - 1) / half_life)


def faded(
    histories: sparse.csr_array, half_life: float, dtype: type[np.floating] = np.float32
) -> sparse.csr_array:
    """h_i |h|^-POWER of each history product: ``dtype`` (users, products).

    Args:
        histories: 0, or 1 + the visits since something was bought.
        half_life: visits after which a purchase counts half; infinite: all count the same.
        dtype: of the result.
    """
    if histories.nnz and histories.data.min() <= 0:  # a stored 0 is no purchase
        histories = histories.copy()
        histories.eliminate_zeros()
    weight = recency(histories.data, half_life)
    ends = (histories.indices, histories.indptr)
    table = sparse.csr_array((weight, *ends), shape=histories.shape)
    size = np.asarray(table.sum(axis=1)).ravel()
    factor = np.where(size > 0, np.maximum(size, 1e-12) ** -POWER, 0.0)
    table.data = (weight * np.repeat(factor, np.diff(histories.indptr))).astype(dtype)
    return table
