"""The tables that commands read and write: requests, histories, candidates, ranked lists."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

from crossaisle.loaders.read import LINE, LoadError, read_rows
from crossaisle.loaders.values import ids


class UsageError(ValueError):
    """An argument that cannot be meant: which one, and what it may be."""


def read_table(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> pl.DataFrame:
    """Read a table of ids: the columns asked for (strings, trimmed, null where empty) and the line.

    Raises:
        UsageError: there is no such file.
        LoadError: a required column is missing, or a row has nothing in the first one.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    rows = read_rows(path)
    if rows.broken:
        line, reason, _ = min(rows.broken)
        raise LoadError(f"{path}: line {line}: {reason}")
    missing = [name for name in required if name not in rows.frame.columns]
    if missing:
        present = [name for name in rows.frame.columns if name != LINE]
        raise LoadError(
            f"{path} has no column {missing[0]!r}; its columns are: {', '.join(present)}"
        )
    frame = rows.frame.select(
        LINE,
        *(ids(rows.frame[name]) for name in required),
        *(
            ids(rows.frame[name])
            if name in rows.frame.columns
            else pl.lit(None, pl.String).alias(name)
            for name in optional
        ),
    )
    blank = frame.filter(pl.col(required[0]).is_null())
    if blank.height:
        raise LoadError(f"{path}: line {blank[LINE][0]}: {required[0]} is empty")
    return frame


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then rename it: whole or not at all.

    Raises:
        OSError: no permission, no room.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    new = Path(name)
    try:
        write(new)
        new.chmod(0o644)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a table as its name says: .csv, .parquet or .jsonl.

    Raises:
        UsageError: another ending.
    """
    writers: dict[str, Callable[[Path], object]] = {
        ".csv": frame.write_csv,
        ".parquet": frame.write_parquet,
        ".jsonl": frame.write_ndjson,
    }
    check_table_name(path)
    write_atomically(path, writers[path.suffix])


def check_table_name(path: Path) -> None:
    """Say before the work, not after it, that a table's format is unknown."""
    if path.suffix not in {".csv", ".parquet", ".jsonl"}:
        raise UsageError(f"{path}: tables are written as .csv, .parquet or .jsonl")
