"""The public face: train, save, load, recommend, score, explain, search."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.fusion.by_purchase import ByPurchase, by_purchase
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.errors import UnknownId
from crossaisle.fusion.explain import Explainer
from crossaisle.fusion.histories import (
    Histories,
    History,
    as_histories,
    read_histories,
    read_pairs,
)
from crossaisle.fusion.model import Model
from crossaisle.fusion.ranking import Ranked, as_frame, best, leave_out
from crossaisle.fusion.saved import load_model, save_model
from crossaisle.fusion.search import Search
from crossaisle.fusion.terms import Contrast, Explanation
from crossaisle.fusion.train import train
from crossaisle.fusion.what_if import WhatIf, what_if
from crossaisle.graph import Graph, Progress, silent

BATCH_CELLS = 8_000_000
"""Scores (users x candidates) held at a time: 32 MB."""


class Recommender:
    """A model with its ids: strings in, polars frames out.

    Attributes:
        model: the frozen model.
        skipped: product ids in histories of the last call that the model does not know.
    """

    def __init__(self, model: Model) -> None:
        """Wrap a model; usually through :meth:`train` or :meth:`from_pretrained`."""
        self.model = model
        self.skipped: tuple[str, ...] = ()

    @classmethod
    def train(
        cls,
        graph: Graph,
        config: TrainConfig | None = None,
        text: np.ndarray | None = None,
        seed: int = 0,
        progress: Progress = silent,
        checkpoint: Path | None = None,
        images: np.ndarray | None = None,
    ) -> Self:
        """Train on the graph's own log; see :func:`crossaisle.fusion.train.train`."""
        settings = config or TrainConfig()
        return cls(train(graph, settings, text, seed, progress, checkpoint, images))

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> Self:
        """Load a saved model; nothing else is needed to score."""
        return cls(load_model(folder))

    def save(self, folder: str | Path, *, card: str = "") -> None:
        """Write the model folder, whole or not at all; ``card`` is its README.md."""
        save_model(self.model, folder, card=card)

    def recommend(
        self,
        histories: Histories,
        aisle: str | Mapping[str, str | None] | None = None,
        k: int = 10,
        candidates: Iterable[str] | None = None,
        told: Collection[str] = (),
        new_places: int | None = None,
    ) -> pl.DataFrame:
        """Rank products for each user.

        Args:
            histories: see :data:`Histories`. A history of nothing known ranks by bias alone.
            aisle: one for all, one for each user, or None: from any aisle.
            k: length of the lists; shorter where there are fewer products.
            candidates: only these products are ranked.
            told: users whose history says what they are like, not what they have: it may be
                recommended.
            new_places: so many places at the end of each list, 0 to k, go to products without
                purchases, and the others to the rest; None: all stand where their scores put them.

        Returns:
            user_id, aisle (the product's), rank (1..k), product_id, score. A user's own products
            are left out; equal scores are ordered by product id.

        Raises:
            UnknownId: a customer, aisle or candidate that the model does not know.
            ValueError: ``new_places`` is not 0 to k.
        """
        if new_places is not None and not 0 <= new_places <= k:
            raise ValueError(f"{new_places} places for new products in lists of {k}")
        users, table = self._histories(histories)
        wanted = [aisle.get(u) if isinstance(aisle, Mapping) else aisle for u in users]
        allowed = np.arange(len(self.model.aisle_of))
        if candidates is not None:
            allowed = np.unique([self.product_row(product) for product in candidates]).astype(int)
        open_ = np.array([user in told for user in users], bool)
        lists: list[Ranked] = []
        for name in dict.fromkeys(wanted):
            chosen = allowed
            if name is not None:
                chosen = allowed[self.model.aisle_of[allowed] == self.aisle_row(name)]
            rows = np.flatnonzero([w == name for w in wanted])
            for own in (True, False):
                some = rows[open_[rows] != own]
                lists.extend(self._ranked(some, table, chosen, k, own, new_places))
        products = self.model.graph.products
        return as_frame(users, sorted(lists, key=lambda made: made[0]), products)

    def score(
        self, pairs: pl.DataFrame | Iterable[tuple[str, str]], histories: Histories | None = None
    ) -> pl.DataFrame:
        """Score (user_id, product_id) pairs; users the model knows, unless histories are given.

        Returns:
            user_id, product_id, score (float64), in the order asked.
        """
        asked = read_pairs(pairs)
        _, table, row = self._users(asked["user_id"].to_list(), histories)
        products = np.array([self.product_row(p) for p in asked["product_id"]], dtype=np.int64)
        return asked.with_columns(score=pl.Series(self.model.pair_scores(table, row, products)))

    def explain(
        self,
        history: History,
        product_id: str,
        top: int = 5,
    ) -> Explanation:
        """Take one score apart.

        Args:
            history: see :data:`crossaisle.fusion.histories.History`.
            product_id: the candidate.
            top: terms to show; the others are summed up in ``rest``.
        """
        user, table = self._history(history)
        pair = np.zeros(1, np.int64), np.array([self.product_row(product_id)])
        return next(self._explainer.explain(table, *pair, [user], top))

    def explain_lists(
        self,
        lists: pl.DataFrame | Iterable[tuple[str, str]],
        histories: Histories | None = None,
        top: int = 5,
    ) -> Iterator[Explanation]:
        """Take the scores of whole lists apart, many times faster than one by one.

        Args:
            lists: user_id and product_id, best with each user's products together: what
                :meth:`recommend` returns.
            histories: of those users; customers whom the model knows need none.
            top: terms to show of each.

        Returns:
            The explanations, in the order asked, made as they are taken.
        """
        asked = read_pairs(lists)
        users, table, row = self._users(asked["user_id"].to_list(), histories)
        products = [self.product_row(product) for product in asked["product_id"]]
        return self._explainer.explain(table, row, np.array(products, np.int64), users, top)

    def contrast(
        self,
        history: History,
        product_id: str,
        against: str,
        top: int = 5,
    ) -> Contrast:
        """Say why ``product_id`` is above (or below) ``against``: its walks minus the other's.

        Args:
            history: see :meth:`explain`.
            product_id: the one.
            against: the other.
            top: differences to show; the others are summed up in ``rest``.
        """
        user, table = self._history(history)
        rows = np.array([self.product_row(product_id), self.product_row(against)])
        return self._explainer.contrast(table, rows, user_id=user, top=top)

    def what_if(
        self,
        history: History,
        product_id: str,
        *,
        without: Sequence[str] = (),
        with_: Sequence[str] = (),
        without_attributes: Sequence[str] = (),
    ) -> WhatIf:
        """Score and rank a product again, with another history or without some attributes' walks.

        Args:
            history: see :meth:`explain`.
            product_id: the candidate.
            without: products to take out of the history.
            with_: products to put into it.
            without_attributes: ids of attributes that no walk may go through.

        Raises:
            UnknownId: something that the model does not know, or is not in the history.
        """
        user, table = self._history(history)
        changed = table.toarray()
        for product in without:
            row = self.product_row(product)
            if not changed[0, row]:
                raise UnknownId(f"The product {product!r} is not in the history: it cannot go.")
            changed[0, row] = 0
        changed[0, [self.product_row(product) for product in with_]] = 1
        known = {name: row for row, name in enumerate(self.model.graph.attributes["id"])}
        for name in without_attributes:
            if name not in known:
                raise UnknownId(f"The model does not know the attribute {name!r}.")
        return what_if(
            self.model,
            table,
            self.product_row(product_id),
            user_id=user,
            changed=sparse.csr_array(changed),
            attributes=[known[name] for name in without_attributes],
        )

    def by_purchase(self, history: History, products: Sequence[str]) -> ByPurchase:
        """Say what each purchase of a history adds to the scores of some products."""
        _, table = self._history(history)
        rows = np.array([self.product_row(product) for product in products], np.int64)
        return by_purchase(self.model, table, rows)

    def search_vector(self, vector: np.ndarray, k: int = 10) -> pl.DataFrame:
        """Products whose text is nearest (cosine) to a text vector: product_id, title, score."""
        return self._search.near(vector, k)

    def search(self, words: str, vector: np.ndarray, k: int = 10) -> pl.DataFrame:
        """Products for some words and their text vector; see :meth:`Search.find`."""
        return self._search.find(words, vector, k)

    def product_row(self, product_id: str) -> int:
        """Row of a product."""
        row = self._products.get(product_id)
        if row is None:
            raise UnknownId(f"The model does not know the product {product_id!r}.")
        return row

    def aisle_row(self, name: str) -> int:
        """Index of an aisle."""
        if name not in self.model.graph.aisles:
            known = ", ".join(self.model.graph.aisles[:8])
            raise UnknownId(f"The model does not know the aisle {name!r}; it knows {known}.")
        return self.model.graph.aisles.index(name)

    @cached_property
    def _search(self) -> Search:
        return Search(self.model)

    @cached_property
    def _products(self) -> dict[str, int]:
        return {p: row for row, p in enumerate(self.model.graph.products["id"])}

    @cached_property
    def _customers(self) -> dict[str, int]:
        return {c: row for row, c in enumerate(self.model.graph.customers["id"])}

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.model)

    def _users(
        self, asked: list[str], histories: Histories | None
    ) -> tuple[list[str], sparse.csr_array, np.ndarray]:
        """Users, their histories, and which of them each of ``asked`` is: int64 (m,)."""
        users, table = self._histories(list(asked) if histories is None else histories)
        place = {user: row for row, user in enumerate(users)}
        for user in asked:
            if user not in place:
                raise UnknownId(f"No history was given for the user {user!r}.")
        return users, table, np.array([place[user] for user in asked], np.int64)

    def _history(self, history: History) -> tuple[str, sparse.csr_array]:
        """One user and their history, float32 (1, products)."""
        users, table = self._histories(as_histories(history))
        if len(users) != 1:
            raise UnknownId(f"One history is explained at a time, {len(users)} were given.")
        return users[0], table

    def _histories(self, histories: Histories) -> tuple[list[str], sparse.csr_array]:
        """Users in order and their histories, float32 (users, products): visits since, plus 1."""
        known = self._products, self._customers, self.model.graph
        users, table, self.skipped = read_histories(histories, *known)
        return users, table

    def _ranked(
        self,
        rows: np.ndarray,
        table: sparse.csr_array,
        candidates: np.ndarray,
        k: int,
        own: bool,
        new_places: int | None,
    ) -> Iterator[Ranked]:
        step = max(1, BATCH_CELLS // max(len(candidates), 1))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            history = table[part]
            scores = self.model.scores(history, candidates)
            if own:
                leave_out(scores, history, candidates)
            chosen, values = best(scores, candidates, k, self.model.is_new[candidates], new_places)
            yield from zip(part.tolist(), chosen, values, strict=True)
