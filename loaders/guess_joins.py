"""Which tables are laid beside others: a shared column whose values differ in every row of one."""

import polars as pl

from crossaisle.loaders import guess_names
from crossaisle.loaders.guess_columns import SAMPLE, data_columns
from crossaisle.loaders.guess_names import plain
from crossaisle.loaders.values import ids

ENOUGH = 0.9
"""Share of one table's keys that the other has."""
_OWN = {*guess_names.PRODUCTS["id"], *guess_names.EVENTS["user"]}
"""Keys of products and users: feeds and logs meet by these, and stay tables of their own."""


def join_column(table: pl.DataFrame, other: pl.DataFrame) -> str | None:
    """Return the column by which ``other`` is laid beside ``table``; None where it is not."""
    for name in data_columns(table):
        if name not in other.columns or plain(name) in _OWN:
            continue
        keys, values = ids(other[name]), ids(table[name].head(SAMPLE)).drop_nulls()
        is_key = not keys.null_count() and keys.n_unique() == other.height
        many = values.n_unique() < values.len() or (_has_product(table) > _has_product(other))
        if not (is_key and values.len() and many):
            continue
        if int(values.is_in(keys.implode()).sum()) >= ENOUGH * values.len():
            return name
    return None


def _has_product(table: pl.DataFrame) -> bool:
    return any(plain(name) in guess_names.EVENTS["product"] for name in data_columns(table))
