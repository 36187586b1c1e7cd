"""What every reader hands on: rows of text with their line, and what was no row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

LINE = "_line"
"""Name of the column that holds each row's line in its file, or the item's number where a file has
items instead of lines (XML, JSON-LD, RDF): uint32, 1 is the first."""

MANY = "\x1f"
"""Between several values of one field (the unit separator of ASCII: no shop's text holds it)."""

LONGEST = 4_000_000
"""Bytes in a line or a value: above it a file is refused, it is no table."""
WIDEST = 4_000
"""Columns: above it a file is refused."""


class LoadError(ValueError):
    """The data is unusable: which file, what is wrong, what to do."""


@dataclass
class Rows:
    """Rows read from one file, and what could not be read as rows."""

    file: str
    frame: pl.DataFrame
    """All columns as they stand in the file (text formats: strings), and :data:`LINE`."""
    broken: list[tuple[int, str, str]] = field(default_factory=list)
    """(line, reason, text) of what is no row."""
    has_header: bool = False
    """Whether the file names its columns once for all rows: what it does not name is not there."""

    def fill(self, records: Iterable[tuple[int, Mapping[str, str | None]]], item: str) -> None:
        """Make :attr:`frame` of records, (line, column to text); a bad one is kept apart.

        Raises:
            LoadError: there is none, or more than :data:`WIDEST` columns.
        """
        names: dict[str, None] = {}
        kept = []
        for line, record in records:
            reason = _wrong(record)
            if reason:
                self.broken.append((line, reason, repr(record)[:10_000]))
                continue
            names.update(dict.fromkeys(record))
            if len(names) > WIDEST:
                raise LoadError(f"{self.file}: {too_wide(len(names))}")
            kept.append({**record, LINE: line})
        if not kept:
            raise LoadError(f"{self.file}: no {item} in it")
        schema = {LINE: pl.UInt32, **dict.fromkeys(names, pl.String)}
        self.frame = pl.DataFrame(kept, schema=schema, orient="row")


def too_wide(columns: int) -> str:
    """Say that a file has too many columns."""
    return f"it has {columns:,} columns or more, over the limit of {WIDEST:,}: is it a table?"


def _wrong(record: Mapping[str, str | None]) -> str | None:
    """Say why a record cannot be a row; almost always it can (None)."""
    for name, value in record.items():
        if name == LINE:
            return f"the name {LINE} is taken: rename that column"
        if value is not None and not value.isascii():
            try:
                size = len(value.encode())
            except UnicodeEncodeError:
                return "half of a surrogate pair, which is no character"
        else:
            size = len(value or "")
        if size > LONGEST:
            return f"a value of {size:,} bytes, over the limit of {LONGEST:,}"
        if not name.isascii() and _is_broken(name):
            return "half of a surrogate pair, which is no character"
    return None


def _is_broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
