"""Second tables laid beside the rows: heads of orders, names of numbered categories."""

import polars as pl

from crossaisle.loaders.mapping import Join
from crossaisle.loaders.read import read_all
from crossaisle.loaders.rows import LoadError, Rows
from crossaisle.loaders.sieve import Sieve
from crossaisle.loaders.values import ids

_KEY = "_key"


def join(files: list[Rows], joins: tuple[Join, ...], rejected: list[pl.DataFrame]) -> None:
    """Give each row the columns of the row of every second table that has its key.

    A column that the rows have already stays theirs; rows whose key the second table does not
    have get none. Lines of a second table without key, or with a key that stands above, are left
    out and put into ``rejected``.

    Raises:
        LoadError: a second table cannot be read, or a column to join by is missing.
    """
    for one in joins:
        key = one.key or one.on
        sieve = Sieve(*read_all(one.path, one.encoding, one.format, one.header))
        sieve.require({"id": key}, "join")
        sieve.frame = sieve.frame.with_columns(ids(sieve.frame[key]).alias(_KEY))
        sieve.reject(sieve.frame[_KEY].is_null(), f"nothing in column {key}")
        sieve.reject(~sieve.frame[_KEY].is_first_distinct(), f"the same {key} stands above")
        rejected.append(sieve.rejected())
        for rows in files:
            if one.on not in rows.frame.columns:
                raise LoadError(f"{rows.file} has no column {one.on!r}, by which to join")
            rows.frame = beside(rows.frame, one.on, sieve.frame)


def beside(frame: pl.DataFrame, on: str, other: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with the columns that only ``other`` has, whose keys are in ``_key``."""
    fresh = [name for name in other.columns if name[0] != "_" and name not in frame.columns]
    return (
        frame.with_columns(ids(frame[on]).alias(_KEY))
        .join(other.select(_KEY, *fresh), on=_KEY, how="left", maintain_order="left")
        .drop(_KEY)
    )
