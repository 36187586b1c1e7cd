"""Numbers, ids and times, as shops write them."""

import datetime as dt

import polars as pl
import pytest

from crossaisle.loaders.values import ids, numbers, times


def test_numbers() -> None:
    column = pl.Series(["1", " 2.5 ", "1,234.50", "£3", "NaN", "inf", "x", "", None, "-4"])
    assert numbers(column).to_list() == [1, 2.5, 1234.5, 3, None, None, None, None, None, -4]


def test_ids_lose_what_a_float_left_behind() -> None:
    assert ids(pl.Series(["17850.0", None, "13.0"])).to_list() == ["17850", None, "13"]
    assert ids(pl.Series(["17850.0", "A.0"])).to_list() == ["17850.0", "A.0"]
    assert ids(pl.Series([" a ", "", "  "])).to_list() == ["a", None, None]


NOON = dt.datetime(2024, 4, 3, 12, 0)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-04-03 12:00:00", NOON),
        ("2024-04-03T12:00:00Z", NOON),
        ("2024-04-03T14:00:00+02:00", NOON),
        ("2024-04-03 12:00", NOON),
        ("20240403", NOON.replace(hour=0)),
        ("03.04.2024", NOON.replace(hour=0)),
        ("03/04/2024 12:00", NOON),
        ("1712145600", NOON),
        ("1712145600000", NOON),
    ],
)
def test_dates(written: str, read: dt.datetime) -> None:
    time, position = times(pl.Series([written, None]))
    assert (time.to_list(), position.to_list()) == ([read, None], [None, None])


def test_month_first_where_day_first_cannot_be() -> None:
    time, _ = times(pl.Series(["03/04/2024", "04/25/2024"]))
    assert time.to_list() == [dt.datetime(2024, 3, 4), dt.datetime(2024, 4, 25)]


def test_small_numbers_only_order() -> None:
    time, position = times(pl.Series(["0", "7", "x"]))
    assert time.null_count() == 3
    assert position.to_list() == [0, 7, None]
