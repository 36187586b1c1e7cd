"""JSON Lines, an array of JSON objects, or Python dictionaries a line: one row an object."""

import ast
import json
import warnings
from collections.abc import Iterator

import polars as pl

from crossaisle.loaders.rows import Rows


def records(content: bytes, rows: Rows) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Yield the objects; what is none is kept apart. An array of objects is lines of its own."""
    for number, line in _lines(content):
        try:
            record = _record(line)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            rows.broken.append(
                (number, "not a JSON object", line.decode(errors="replace")[:10_000])
            )
            continue
        yield number, {key: text_of(value) for key, value in record.items()}


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    stripped = content.strip()
    if stripped.startswith(b"[") and stripped.endswith(b"]"):
        try:
            items = json.loads(stripped)
        except (ValueError, RecursionError):
            items = None
        if isinstance(items, list) and all(isinstance(item, dict) for item in items):
            yield from ((k, json.dumps(item).encode()) for k, item in enumerate(items, start=1))
            return
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _record(line: bytes) -> dict[str, object]:
    """Read one object: JSON, or, as in Amazon's first files, a Python dictionary."""
    try:
        record = json.loads(line)
    except ValueError:
        if b"'" not in line:
            raise
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python would warn of "\/" on the user's screen
            record = ast.literal_eval(line.decode().strip())
    if not isinstance(record, dict) or not all(isinstance(key, str) for key in record):
        raise TypeError
    return record


def flat(column: pl.Series) -> pl.Series:
    """Return lists and structs (of a Parquet file) as the text that they are in JSON Lines."""
    if not column.dtype.is_nested():
        return column
    texts = [text_of(value) for value in column.to_list()]
    return pl.Series(column.name, texts, dtype=pl.String)


def text_of(value: object) -> str | None:
    """Say a JSON value as text: lists joined by ``|``, lists in a list by `` > `` and ``|``."""
    if value is None or isinstance(value, str):
        return value
    if value == [] or value == {}:
        return None
    if isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            return "|".join(value)
        if all(isinstance(part, list) and all(isinstance(x, str) for x in part) for part in value):
            return "|".join(" > ".join(part) for part in value)
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # a set or bytes: Python has them, JSON has not
        return str(value)
