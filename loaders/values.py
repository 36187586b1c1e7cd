"""Text to values: numbers, times, ids. What does not parse becomes null; the caller says so."""

import polars as pl

from crossaisle.graph.schema import TIME
from crossaisle.loaders.dates import dates
from crossaisle.loaders.text import nfc

_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
)
_WITH_ZONE = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
_DAY_AND_MONTH = (("%d/%m/%Y", "%m/%d/%Y"), ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"))

_EARLIEST = 1000
"""A year before it was written with two digits."""

NOTHING = ("NULL", "null", "None", "NA", "N/A", "n/a", "#N/A", "<NA>", "\\N")
"""How databases, pandas and R write that there is no value."""
_NAN = ("NaN", "nan")
"""No id either; but a number that is none is told of."""

_SECONDS = (3e8, 4.2e9)
"""Numbers in this range, all of them, are seconds since 1970 (1979 to 2103), not a mere order."""


def numbers(column: pl.Series) -> pl.Series:
    """Return float64; null where there is no finite number (thousands commas are accepted)."""
    if column.dtype.is_numeric():
        values = column.cast(pl.Float64)
    else:
        text = column.cast(pl.String).str.strip_chars(" \u00a0$£€¥")
        grouped = text.str.contains(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$").fill_null(False)
        plain = text.zip_with(~grouped, text.str.replace_all(",", "", literal=True))
        values = plain.cast(pl.Float64, strict=False)
    return values.set(values.is_nan() | values.is_infinite(), None)


def given(column: pl.Series) -> pl.Series:
    """Whether there is a value at all: no blanks, no word for nothing (:data:`NOTHING`)."""
    text = column.cast(pl.String).str.strip_chars()
    return ((text != "") & ~text.is_in(NOTHING)).fill_null(value=False)


def ids(column: pl.Series) -> pl.Series:
    """Return trimmed strings in normal form C, null where empty or :data:`NOTHING`.

    A column in which every value reads ``123.0`` holds whole numbers that passed through a float
    on their way here: the ``.0`` is taken off.
    """
    text = nfc(column.cast(pl.String).str.strip_chars())
    text = text.set((text == "") | text.is_in(NOTHING + _NAN), None)
    present = text.drop_nulls()
    if present.len() and present.str.contains(r"^\d+\.0$").all():
        text = text.str.strip_suffix(".0")
    return text


def times(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return (time, position): dates as naive UTC, or numbers that only order; null where neither.

    All values of a column are read the same way. Of ``03/04/2024``, day first is assumed unless
    that cannot be for some value of the column.
    """
    empty_time = pl.Series(column.name, [None] * column.len(), dtype=TIME)
    empty_position = pl.Series(column.name, [None] * column.len(), dtype=pl.Float64)
    if column.dtype.is_temporal():
        return _naive(column), empty_position
    number = numbers(column)
    given = column.drop_nulls().len()
    if given and number.drop_nulls().len() > given / 2 and not _is_compact_date(column):
        low, high = number.min(), number.max()
        assert isinstance(low, float)
        assert isinstance(high, float)
        for unit in (1.0, 1e3, 1e6):
            if _SECONDS[0] <= low / unit and high / unit <= _SECONDS[1]:
                return (number / unit * 1e6).cast(pl.Int64).cast(TIME), empty_position
        return empty_time, number
    return _parsed(column.cast(pl.String).str.strip_chars(), empty_time), empty_position


def _parsed(text: pl.Series, empty: pl.Series) -> pl.Series:
    zoned = text.str.contains(r"\d[T ]\d.*(Z|UTC|[+-]\d\d:?\d\d)$").fill_null(value=False)
    best = empty
    if zoned.any():
        iso = text.set(~zoned, None).str.replace(r"(\d) (\d)", "${1}T$2").str.replace(" ?UTC$", "Z")
        iso = iso.str.replace(" ([+-])", "$1")
        for form in _WITH_ZONE:
            read = iso.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
            best = best.fill_null(_naive(read))
        text = text.set(best.is_not_null(), None)
    for formats in _FORMATS:
        best = best.fill_null(text.str.to_datetime(formats, strict=False, time_unit="us"))
    for pair in _DAY_AND_MONTH:
        read_both = [text.str.to_datetime(form, strict=False, time_unit="us") for form in pair]
        day_first, month_first = read_both
        worse = day_first.null_count() > month_first.null_count()
        best = best.fill_null(month_first if worse else day_first)
    best = best.set((best.dt.year() < _EARLIEST).fill_null(value=False), None)
    rest = text.set(best.is_not_null(), None)
    return best.fill_null(dates(rest)) if rest.null_count() < rest.len() else best


def _is_compact_date(column: pl.Series) -> bool:
    text = column.drop_nulls().cast(pl.String)
    return bool(text.str.contains(r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$").all())


def _naive(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Date:
        return column.cast(TIME)
    zone = getattr(column.dtype, "time_zone", None)
    utc = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zone else column
    return utc.cast(TIME)
