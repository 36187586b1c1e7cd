"""Files to frames: CSV, TSV, JSON Lines, Parquet and the standards' own forms, a row a line."""

import io
import re
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from crossaisle.loaders.archive import contents, paths_of
from crossaisle.loaders.formats import format_of
from crossaisle.loaders.read_json import flat, records
from crossaisle.loaders.rows import LINE, LONGEST, WIDEST, LoadError, Rows, too_wide

__all__ = ["LINE", "LoadError", "Rows", "read_all", "read_csv", "read_rows"]

_DELIMITERS = (",", "\t", ";", "|", "::")
_READERS = {  # what no mapping can say has a reader of its own, loaded when it is needed
    "merchant": "crossaisle.loaders.read_merchant",
    "schema-org": "crossaisle.loaders.read_schema_org",
    "shopify": "crossaisle.loaders.read_shopify",
    "ga4-events": "crossaisle.loaders.read_ga4",
    "ga4-items": "crossaisle.loaders.read_ga4",
}
_DECLARED = re.compile(rb"""\s*<\?xml [^>]*encoding=["']([\w-]+)["']""")
LARGEST_TABLE = 1_000_000_000
"""Cells of a Parquet file: a few kilobytes of it can claim any number of rows."""


def read_all(
    paths: tuple[str, ...],
    encoding: str = "utf-8",
    form: str = "auto",
    header: tuple[str, ...] = (),
) -> list[Rows]:
    """Read several files, globs and archives, each as :func:`read_rows` does.

    With ``header``, delimited text has no line of names: these are its columns'.

    Raises:
        LoadError: as there, or a glob that matches nothing.
    """
    return [
        rows
        for pattern in paths
        for name in paths_of(pattern)
        for rows in _guarded(Path(name), encoding, form, header)
    ]


def read_rows(path: Path, encoding: str = "utf-8", form: str = "auto") -> Rows:
    """Read one file; its name and its beginning say the format and the compression.

    Rows with too many or too few fields, undecodable bytes or broken JSON are kept apart in
    :attr:`Rows.broken`; the rest is read.

    Raises:
        LoadError: no such file, no permission, a damaged archive or one with several files, an
            unknown format, no header, or one of the limits.
    """
    found = _guarded(path, encoding, form)
    if len(found) > 1:
        raise LoadError(f"{path} holds {len(found)} files: name one")
    return found[0]


def _guarded(path: Path, encoding: str, form: str, header: tuple[str, ...] = ()) -> list[Rows]:
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            return [_read_parquet(path)]
        return [_read(name, content, encoding, form, header) for name, content in contents(path)]
    except FileNotFoundError:
        raise LoadError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise LoadError(f"{path} is a folder: name the files in it, such as {path}/*.csv") from None
    except LoadError:
        raise
    except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError, ValueError) as error:
        raise LoadError(f"{path} cannot be read: {_first_line(error)}") from None


def _read_parquet(source: Path | io.BytesIO, name: str | None = None) -> Rows:
    name = name or str(source)
    shape = pq.read_metadata(source)
    if shape.num_columns > WIDEST:
        raise LoadError(f"{name}: {too_wide(shape.num_columns)}")
    if shape.num_rows * shape.num_columns > LARGEST_TABLE:
        raise LoadError(f"{name} claims {shape.num_rows:,} rows: split it")
    frame = pl.read_parquet(source)
    if LINE in frame.columns:
        raise LoadError(f"{name}: the name {LINE} is taken: rename that column")
    frame = frame.with_columns(flat(frame[name]) for name in frame.columns)
    return Rows(name, frame.with_row_index(LINE, offset=1), has_header=True)


def _read(
    name: str, content: bytes, encoding: str, form: str, header: tuple[str, ...] = ()
) -> Rows:
    rows = Rows(name, pl.DataFrame())
    if content[:4] == b"PAR1":
        return _read_parquet(io.BytesIO(content), name)
    content = _decoded(content, encoding, rows)
    if not content.strip():
        raise LoadError(f"{name} is empty")
    form = format_of(name, content) if form == "auto" else form
    if form in _READERS:
        read: Callable[[bytes, Rows, str], None] = import_module(_READERS[form]).read
        read(content, rows, form)
        return rows
    _refuse_long_lines(content, name)
    if form == "jsonl":
        rows.fill(records(content, rows), "line that is a JSON object")
    elif form == "triples":
        _read_headless(re.sub(rb"[ \t]+", b" ", content), " ", rows, ("head", "relation", "tail"))
    else:
        delimiter = _delimiter(content) if form == "csv" else "\t"
        if delimiter == "::":  # MovieLens of 2003
            content, delimiter = content.replace(b"::", b"\t"), "\t"
        if header:
            _read_headless(content, delimiter, rows, header)
        else:
            _read_delimited(content, delimiter, rows)
        if form == "recbole":
            rows.frame = rows.frame.rename(_untyped(rows.frame.columns))
    return rows


def _read_headless(content: bytes, delimiter: str, rows: Rows, header: tuple[str, ...]) -> None:
    """Read lines whose first is a row already."""
    known = len(rows.broken)
    _read_delimited(_line_of(header, delimiter) + b"\n" + content, delimiter, rows)
    rows.frame = rows.frame.with_columns(pl.col(LINE) - 1)
    rows.broken[known:] = [(line - 1, why, text) for line, why, text in rows.broken[known:]]


def _line_of(names: Sequence[str], delimiter: str) -> bytes:
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    return delimiter.join(quoted).encode()


def _untyped(names: list[str]) -> dict[str, str]:
    """Take the types of RecBole's header away: ``item_id:token`` is item_id."""
    return {name: name.rpartition(":")[0] or name for name in names}


def _refuse_long_lines(content: bytes, name: str) -> None:
    """Find a line over the limit by looking for stretches of half of it without any line end."""
    half = LONGEST // 2
    for start in range(0, len(content), half):
        if content.find(b"\n", start, start + half) < 0:
            first = content.rfind(b"\n", 0, start) + 1
            last = content.find(b"\n", start)
            length = (last if last >= 0 else len(content)) - first
            if length > LONGEST:
                line = content.count(b"\n", 0, first) + 1
                raise LoadError(
                    f"{name}: line {line} is {length:,} bytes long, over the limit of {LONGEST:,}: "
                    "is it a table with a row a line?"
                )


def _decoded(content: bytes, encoding: str, rows: Rows) -> bytes:
    """Return the content as UTF-8; lines that do not decode become empty and are kept apart."""
    try:
        declared = _DECLARED.match(content[:200])
        if declared and encoding == "utf-8":
            encoding = declared[1].decode()
        if encoding.lower().replace("_", "-") not in {"utf-8", "utf8"}:
            return content.decode(encoding).encode()
    except (LookupError, UnicodeDecodeError) as error:
        raise LoadError(f"{rows.file} is not {encoding}: {error}") from None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16").encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode()
        return content
    except UnicodeDecodeError:
        pass
    lines = content.split(b"\n")
    for number, line in enumerate(lines):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            reason = f"byte {error.start + 1} is not {encoding}"
            rows.broken.append((number + 1, reason, line.decode(errors="replace")))
            lines[number] = b""
    if len(rows.broken) * 2 > len(lines):
        raise LoadError(
            f"{rows.file} is not {encoding} (line {rows.broken[0][0]}, {rows.broken[0][1]}): "
            'say which encoding it has in the mapping, such as encoding = "latin-1"'
        )
    return b"\n".join(lines)


def read_csv(content: bytes, rows: Rows) -> None:
    """Fill ``rows`` from delimited text, UTF-8, whose header shows the delimiter."""
    _refuse_long_lines(content, rows.file)
    _read_delimited(content, _delimiter(content), rows)


def _delimiter(content: bytes) -> str:
    header = content.lstrip().split(b"\n", 1)[0].decode()
    return max(_DELIMITERS, key=lambda sign: header.count(sign) * len(sign))


def _read_delimited(content: bytes, delimiter: str, rows: Rows) -> None:
    header = next(iter(content.lstrip(b"\r\n").split(b"\n", 1))).decode().rstrip("\r")
    if header.count(delimiter) >= WIDEST:
        raise LoadError(f"{rows.file}: {too_wide(header.count(delimiter) + 1)}")
    rows.has_header = True
    names = csv.read_csv(
        io.BytesIO((header + "\n").encode()), parse_options=csv.ParseOptions(delimiter=delimiter)
    ).column_names
    if "" in names:  # the numbers of rows that pandas writes, or a sign too many
        names = [name or f"column {k}" for k, name in enumerate(names, start=1)]
        start = content.index(header.encode())
        named = _line_of(names, delimiter)
        content = content[:start] + named + content[start + len(header.encode()) :]
    if len(set(names)) < len(names) or LINE in names:
        raise LoadError(
            f"{rows.file}: line 1: every column needs a name of its own, not {names}; where the "
            "first line is a row already, name the columns in the mapping: header = [...]"
        )
    quotings = [True] if delimiter != "\t" else _quotings(content)
    table, ragged = _table(content, delimiter, names, quotings[0])
    if len(quotings) > 1 and ragged:
        with suppress(pa.ArrowInvalid):
            table, ragged = min(
                (table, ragged),
                _table(content, delimiter, names, True),
                key=lambda one: len(one[1]),
            )
    _number(pl.DataFrame(pl.from_arrow(table)), ragged, rows)


def _table(
    content: bytes, delimiter: str, names: list[str], quoted: bool
) -> tuple[pa.Table, list[tuple[int, str, str]]]:
    """Return the rows that fit, as text, and those that do not: (record, reason, text)."""
    ragged: list[tuple[int, str, str]] = []

    def keep_apart(row: csv.InvalidRow) -> str:
        wrong = f"{row.actual_columns} fields instead of {row.expected_columns}"
        ragged.append((row.number, wrong, row.text))
        return "skip"

    # Empty lines stay (as rows of nulls) while lines are counted, then go.
    table = csv.read_csv(
        io.BytesIO(content),
        read_options=csv.ReadOptions(use_threads=False, block_size=4 * LONGEST),
        parse_options=csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
            ignore_empty_lines=False,
            invalid_row_handler=keep_apart,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
        ),
    )
    return table, ragged


def _quotings(content: bytes) -> list[bool]:
    """Return how quotes in a tab-separated file are to be taken, the likelier way first.

    Most such files have none that enclose fields. Where as many seem to open as to close, they do;
    where it is not clear, the way that leaves fewer rows broken is right.
    """
    opened = len(re.findall(rb'(?:^|\t)"', content, flags=re.MULTILINE))
    closed = len(re.findall(rb'"(?:\t|\r?$)', content, flags=re.MULTILINE))
    if not opened or not closed:
        return [False]
    return [True] if opened == closed else [False, True]


def _number(frame: pl.DataFrame, ragged: list[tuple[int, str, str]], rows: Rows) -> None:
    """Give every row, kept or broken, its line: records counted, plus breaks inside values."""
    data = frame.columns
    # The k-th ragged record (0-based) stands before every kept row whose index is at least
    # number - k, so it pushes those down by one record.
    ragged = sorted(ragged)
    pushed = pl.Series([number - k for k, (number, _, _) in enumerate(ragged)], dtype=pl.UInt32)
    frame = frame.with_row_index(LINE, offset=2)
    frame = frame.with_columns(
        (pl.col(LINE) + pushed.search_sorted(frame[LINE], side="right")).cast(pl.UInt32)
    )
    breaks = frame.select(
        pl.sum_horizontal(pl.col(data).str.count_matches("\n", literal=True).fill_null(0))
        .cum_sum()
        .cast(pl.UInt32)
    ).to_series()
    for number, reason, text in ragged:
        before = int(frame[LINE].search_sorted(number))
        line = number + (int(breaks[before - 1]) if before else 0)
        if text.strip():
            rows.broken.append((line, reason, text))
    shifted = breaks.shift(1, fill_value=0)
    rows.frame = frame.with_columns(pl.col(LINE) + shifted).filter(
        pl.any_horizontal(pl.col(data).is_not_null())
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
