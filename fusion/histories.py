"""Histories as callers give them, made into one table."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.fusion.errors import UnknownId

Histories = Mapping[str, Sequence[str]] | pl.DataFrame | Iterable[str]
"""User id -> product ids; or a frame user_id, product_id; or ids of customers the model knows."""


History = str | Sequence[str] | Mapping[str, Sequence[str]]
"""One of them: a customer's id, a sequence of product ids, or {user id: product ids}."""


def as_histories(history: History) -> Histories:
    """One history as several; a sequence of products is the history of the user ""."""
    if isinstance(history, str):
        return [history]
    return history if isinstance(history, Mapping) else {"": history}


def read_pairs(pairs: pl.DataFrame | Iterable[tuple[str, str]]) -> pl.DataFrame:
    """user_id and product_id as strings, whatever they came in."""
    if not isinstance(pairs, pl.DataFrame):
        pairs = pl.DataFrame(list(pairs), schema=["user_id", "product_id"], orient="row")
    return pairs.select(pl.col("user_id", "product_id").cast(pl.String))


def read_histories(
    histories: Histories,
    products: Mapping[str, int],
    customers: Mapping[str, int],
    purchases: sparse.csr_array,
) -> tuple[list[str], sparse.csr_array, tuple[str, ...]]:
    """Read whose histories they are, and what is in them.

    Args:
        histories: see :data:`Histories`.
        products: row of each product that the model knows.
        customers: row in ``purchases`` of each customer that the model knows.
        purchases: float32 (customers, products).

    Returns:
        Users in order; their histories, float32 (users, products), 0 or 1; products skipped.

    Raises:
        UnknownId: a customer without a history, whom the model does not know.
    """
    if isinstance(histories, pl.DataFrame):
        grouped = histories.group_by("user_id", maintain_order=True).agg("product_id")
        histories = {str(u): bought for u, bought in grouped.iter_rows()}
    if not isinstance(histories, Mapping):
        users = list(dict.fromkeys(histories))
        for user in users:
            if user not in customers:
                raise UnknownId(f"The model does not know the customer {user!r}: give a history.")
        return users, purchases[[customers[u] for u in users]], ()
    skipped: dict[str, None] = {}
    rows, columns = [], []
    for row, bought in enumerate(histories.values()):
        for product in dict.fromkeys(bought):
            column = products.get(product)
            if column is None:
                skipped[str(product)] = None
            else:
                rows.append(row)
                columns.append(column)
    ends = (np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64))
    shape = (len(histories), len(products))
    table = sparse.csr_array((np.ones(len(rows), np.float32), ends), shape=shape)
    table.sort_indices()
    return list(histories), table, tuple(skipped)
