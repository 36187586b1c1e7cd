"""An order or event log to validated events."""

import datetime as dt

import polars as pl

from crossaisle.graph.catalogue import EVENTS
from crossaisle.graph.schema import TIME
from crossaisle.loaders.mapping import EventColumns
from crossaisle.loaders.prices import prices
from crossaisle.loaders.sieve import Sieve
from crossaisle.loaders.values import given, ids, numbers, times

_MOST_DAYS = 1_000_000  # a date of a year with five digits is none


def read_events(sieve: Sieve, columns: EventColumns, now: dt.datetime) -> pl.DataFrame:
    """Narrow a log to its usable events: the catalogue's columns, and ``title`` if it is mapped.

    Left out, with their reason: what the mapping's rules name, lines without product, lines with
    neither user nor basket, quantities, prices and ratings that are no numbers, quantities of
    zero or less (returns), times that cannot be read or lie more than a day after ``now``.

    Raises:
        LoadError: a named column is missing.
    """
    sieve.require(
        {
            "user": columns.user,
            "product": columns.product,
            "title": columns.title,
            "time": columns.time,
            "type": columns.type,
            "quantity": columns.quantity,
            "price": columns.price,
            "rating": columns.rating,
            "basket": columns.basket,
            **{f"reject ({rule.column})": rule.column for rule in columns.reject},
        },
        "events",
        columns.optional,
    )
    sieve.apply(columns.reject)
    _identify(sieve, columns)
    _measure(sieve, columns)
    _date(sieve, columns, now)
    events = sieve.frame.select(pl.col(f"_{name}").alias(name) for name in EVENTS)
    if columns.title:
        events = events.with_columns(title=ids(sieve.frame[columns.title]))
    return events


def _identify(sieve: Sieve, columns: EventColumns) -> None:
    frame = sieve.frame
    product = ids(frame[columns.product])
    sieve.frame = frame.with_columns(
        (product.str.to_uppercase() if columns.uppercase_products else product).alias("_product"),
        ids(frame[columns.user]).alias("_user"),
        _text(frame, columns.basket).alias("_basket"),
        _text(frame, columns.type).alias("_type"),
    )
    sieve.reject(sieve.frame["_product"].is_null(), f"no product in column {columns.product}")
    nobody = sieve.frame["_user"].is_null() & sieve.frame["_basket"].is_null()
    sieve.reject(nobody, f"neither a user in column {columns.user} nor a basket")


def _measure(sieve: Sieve, columns: EventColumns) -> None:
    for name in ("quantity", "price", "rating"):
        column: str | None = getattr(columns, name)
        if column is None:
            value = 1.0 if name == "quantity" else None
            sieve.frame = sieve.frame.with_columns(pl.lit(value, pl.Float64).alias(f"_{name}"))
            continue
        text = sieve.frame[column]
        number = prices(text)[0] if name == "price" else numbers(text)
        sieve.frame = sieve.frame.with_columns(number.alias(f"_{name}"))
        sieve.reject(given(text) & number.is_null(), f"{column} is not a number")
        if name == "quantity":
            sieve.frame = sieve.frame.with_columns(pl.col("_quantity").fill_null(1.0))
    if columns.quantity:
        sieve.reject(sieve.frame["_quantity"] <= 0, f"{columns.quantity} not positive: a return")


def _date(sieve: Sieve, columns: EventColumns, now: dt.datetime) -> None:
    column = sieve.frame[columns.time] if columns.time else pl.Series([None] * sieve.frame.height)
    time, position = times(column)
    if columns.time_unit and columns.time_origin:
        days = position * (7 if columns.time_unit == "week" else 1)
        days = days.set(days.abs() > _MOST_DAYS, None)
        counted = (days * 86_400e6).cast(pl.Int64).cast(pl.Duration("us"))
        time = time.fill_null(pl.Series([columns.time_origin]).cast(TIME) + counted)
        position = position.clear(position.len())
    sieve.frame = sieve.frame.with_columns(time.alias("_time"), position.alias("_position"))
    if not columns.time:
        return
    neither = sieve.frame["_time"].is_null() & sieve.frame["_position"].is_null()
    unread = given(sieve.frame[columns.time]) & neither
    sieve.reject(unread, f"{columns.time} is neither a date nor a number")
    limit = now.astimezone(dt.UTC).replace(tzinfo=None) + dt.timedelta(days=1)
    sieve.reject(sieve.frame["_time"] > limit, f"{columns.time} lies in the future")


def _text(frame: pl.DataFrame, column: str | None) -> pl.Series:
    return ids(frame[column]) if column else pl.Series([None] * frame.height, dtype=pl.String)
