"""Dates in words and in other orders, through ``dateutil``, which this is the only door to.

Only what says day, month and year counts: what is not said would be taken from today.
"""

import datetime as dt
import re
import warnings

import polars as pl
from dateutil import parser

from crossaisle.graph.schema import TIME

MOST = 200_000
"""Different texts that are tried; beyond them a column holds no dates."""
_LONGEST = 64
_MONTHS = {  # German, French, Spanish and Italian names that English ones do not begin like
    "januar": "jan", "jänner": "jan", "janvier": "jan", "enero": "jan", "gennaio": "jan",
    "februar": "feb", "février": "feb", "febrero": "feb", "febbraio": "feb", "märz": "mar",
    "mars": "mar", "marzo": "mar", "avril": "apr", "abril": "apr", "aprile": "apr", "mai": "may",
    "mayo": "may", "maggio": "may", "juni": "jun", "juin": "jun", "junio": "jun", "giugno": "jun",
    "juli": "jul", "juillet": "jul", "julio": "jul", "luglio": "jul", "août": "aug",
    "agosto": "aug",
    "septembre": "sep", "septiembre": "sep", "settembre": "sep", "oktober": "oct", "octobre": "oct",
    "octubre": "oct", "ottobre": "oct", "novembre": "nov", "noviembre": "nov", "dezember": "dec",
    "décembre": "dec", "diciembre": "dec", "dicembre": "dec", "okt": "oct", "dez": "dec",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?")
_ORDINAL = re.compile(r"\b(\d{1,2})\.(?=\s*[^\W\d_])")
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "BST": 1, "CET": 1, "CEST": 2, "EST": -5, "EDT": -4, "CST": -6,
    "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_OFFSETS = {name: hours * 3600 for name, hours in _ZONES.items()}


def dates(text: pl.Series) -> pl.Series:
    """Return naive UTC date-times, null where a text is none; those without a zone are UTC."""
    distinct = text.drop_nulls().unique()
    if distinct.len() > MOST:
        distinct = distinct.clear()
    read = {one: found for one in distinct if (found := date(one)) is not None}
    if not read:
        return pl.Series(text.name, [None] * text.len(), dtype=TIME)
    return text.replace_strict(read, default=None, return_dtype=TIME)


def date(text: str, day_first: bool = True) -> dt.datetime | None:
    """Read one date.

    >>> str(date("Tue, 5 Mar 2024 10:00:00 +0100")), str(date("3. März 2024")), date("12:30")
    ('2024-03-05 09:00:00', '2024-03-03 00:00:00', None)
    """
    if len(text) > _LONGEST or not re.search(r"\d{4}|\d{2}", text):
        return None
    plain = _CHINESE.sub(r"\1-\2-\3 ", text)
    plain = _WORD.sub(
        lambda word: _MONTHS.get(word[0].lower(), word[0]), _ORDINAL.sub(r"\1", plain)
    )
    iso = re.match(r"\s*\d{4}", plain) is not None
    found = []
    # What a text leaves out is taken from the default: two of them differ in it.
    for default in (dt.datetime(2000, 1, 1), dt.datetime(2004, 2, 2)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                one = parser.parse(
                    plain, default=default, dayfirst=day_first and not iso, tzinfos=_OFFSETS
                )
            zone = one.tzinfo
            found.append(one.astimezone(dt.UTC).replace(tzinfo=None) if zone else one)
        except (ValueError, OverflowError, TypeError, AttributeError, Warning, RecursionError):
            return None
    return found[0] if found[0] == found[1] else None
