"""Histories as callers give them, made into one table."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.fusion.errors import UnknownId
from crossaisle.graph import Graph

Histories = Mapping[str, Sequence[str]] | pl.DataFrame | Iterable[str]
"""User id -> product ids; or a frame user_id, product_id; or ids of customers the model knows.

A frame may have a column ``timestamp`` (dates or numbers): in the aisles that a history has, what
was bought earlier then counts less. What has none counts as bought at the last visit. A row
without a product names a user of no history.
"""


History = str | Sequence[str] | Mapping[str, Sequence[str]] | pl.DataFrame
"""One of them: a customer's id, a sequence of product ids, {user id: product ids}, or a frame."""


def as_histories(history: History) -> Histories:
    """One history as several; a sequence of products is the history of the user ""."""
    if isinstance(history, str):
        return [history]
    return history if isinstance(history, Mapping | pl.DataFrame) else {"": history}


def read_pairs(pairs: pl.DataFrame | Iterable[tuple[str, str]]) -> pl.DataFrame:
    """user_id and product_id as strings, whatever they came in."""
    if not isinstance(pairs, pl.DataFrame):
        pairs = pl.DataFrame(list(pairs), schema=["user_id", "product_id"], orient="row")
    return pairs.select(pl.col("user_id", "product_id").cast(pl.String))


def read_histories(
    histories: Histories,
    products: Mapping[str, int],
    customers: Mapping[str, int],
    graph: Graph,
) -> tuple[list[str], sparse.csr_array, tuple[str, ...]]:
    """Read whose histories they are, and what is in them.

    Args:
        histories: see :data:`Histories`.
        products: row of each product that the model knows.
        customers: row of each customer that the model knows.
        graph: what those customers bought, and what orders the log.

    Returns:
        Users in order; their histories, float32 (users, products), as
        :attr:`crossaisle.graph.Graph.visits_since` has them; products skipped.

    Raises:
        UnknownId: a customer without a history, whom the model does not know.
    """
    if not isinstance(histories, pl.DataFrame | Mapping):
        users = list(dict.fromkeys(histories))
        for user in users:
            if user not in customers:
                raise UnknownId(f"The model does not know the customer {user!r}: give a history.")
        return users, graph.visits_since[[customers[u] for u in users]], ()
    frame = histories if isinstance(histories, pl.DataFrame) else _frame(histories)
    users = frame["user_id"].unique(maintain_order=True).to_list()
    place = {user: row for row, user in enumerate(users)}
    skipped: dict[str, None] = {}
    moments: dict[tuple[int, int], float] = {}
    for user, product, moment in zip(
        frame["user_id"], frame["product_id"], _moments(frame), strict=True
    ):
        column = products.get(product)
        if column is not None:
            key = place[user], column
            moments[key] = min(moment, moments.get(key, moment))
        elif product is not None:
            skipped[str(product)] = None
    ends = np.array(list(moments), np.int64).reshape(-1, 2)
    values = np.array(list(moments.values()))
    table = sparse.csr_array((values, (ends[:, 0], ends[:, 1])), shape=(len(users), len(products)))
    table.sort_indices()
    return users, graph.count_visits(table), tuple(skipped)


def _frame(histories: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    rows = [(user, product) for user, bought in histories.items() for product in bought or (None,)]
    return pl.DataFrame(rows, schema={"user_id": pl.String, "product_id": pl.String}, orient="row")


def _moments(frame: pl.DataFrame) -> list[float]:
    """Numbers that order a history; what has no time belongs to the last visit."""
    if "timestamp" not in frame.columns:
        return [1.0] * frame.height
    time = frame["timestamp"]
    number = time.cast(pl.Datetime("us")).to_physical() if time.dtype.is_temporal() else time
    last = pl.col("timestamp").max().over("user_id").fill_null(1.0)
    ordered = frame.with_columns(timestamp=number.cast(pl.Float64)).select(
        pl.col("timestamp").fill_null(last)
    )
    return ordered["timestamp"].to_list()
