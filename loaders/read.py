"""Files to frames: CSV, TSV, JSON Lines and Parquet, plain, gzip or zstd, a row a line."""

import gzip
import io
import json
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import csv

LINE = "_line"
"""Name of the column that holds each row's line in its file (uint32, 1 is the first)."""

_DELIMITERS = (",", "\t", ";", "|")


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


def read_rows(path: Path, encoding: str = "utf-8") -> Rows:
    """Read one file; its name says the format, a last ``.gz`` or ``.zst`` the compression.

    Rows with too many or too few fields, undecodable bytes or broken JSON are kept apart in
    :attr:`Rows.broken`; the rest is read.

    Raises:
        LoadError: no such file, no permission, a damaged archive, an unknown format, no header.
    """
    try:
        return _read(path, encoding)
    except FileNotFoundError:
        raise LoadError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise LoadError(f"{path} is a folder: name the file in it") from None
    except LoadError:
        raise
    except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError, ValueError) as error:
        raise LoadError(f"{path} cannot be read: {_first_line(error)}") from None


def _read(path: Path, encoding: str) -> Rows:
    name = path.name.lower()
    for compression in (".gz", ".zst", ".zstd"):
        name = name.removesuffix(compression)
    if name.endswith((".parquet", ".pq")):
        return Rows(str(path), pl.read_parquet(path).with_row_index(LINE, offset=1))
    content = _decompressed(path)
    rows = Rows(str(path), pl.DataFrame())
    content = _decoded(content, encoding, rows)
    if not content.strip():
        raise LoadError(f"{path} is empty")
    if name.endswith((".jsonl", ".ndjson", ".json")):
        _read_json_lines(content, rows)
    elif name.endswith((".csv", ".tsv", ".tab", ".txt")):
        tab = name.endswith((".tsv", ".tab"))
        _read_delimited(content, "\t" if tab else _delimiter(content), rows)
    else:
        raise LoadError(
            f"{path}: unknown format; files end in .csv, .tsv, .txt, .jsonl, .ndjson or .parquet, "
            "the text formats also in .gz or .zst"
        )
    return rows


def _decompressed(path: Path) -> bytes:
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content)
    if content[:4] == b"\x28\xb5\x2f\xfd":
        with pa.input_stream(io.BytesIO(content), compression="zstd") as stream:
            return bytes(stream.read())
    return content


def _decoded(content: bytes, encoding: str, rows: Rows) -> bytes:
    """Return the content as UTF-8; lines that do not decode become empty and are kept apart."""
    try:
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


def _delimiter(content: bytes) -> str:
    header = content.lstrip().split(b"\n", 1)[0].decode()
    return max(_DELIMITERS, key=header.count)


def _read_delimited(content: bytes, delimiter: str, rows: Rows) -> None:
    ragged: list[tuple[int, str, str]] = []

    def keep_apart(row: csv.InvalidRow) -> str:
        wrong = f"{row.actual_columns} fields instead of {row.expected_columns}"
        ragged.append((row.number, wrong, row.text))
        return "skip"

    header = next(iter(content.lstrip(b"\r\n").split(b"\n", 1))).decode().rstrip("\r")
    names = csv.read_csv(
        io.BytesIO((header + "\n").encode()), parse_options=csv.ParseOptions(delimiter=delimiter)
    ).column_names
    if len(set(names)) < len(names) or "" in names:
        raise LoadError(f"{rows.file}: line 1: every column needs a name of its own, not {names}")
    quoted = delimiter != "\t" or _tabs_are_quoted(content)
    # Empty lines stay (as rows of nulls) while lines are counted, then go.
    table = csv.read_csv(
        io.BytesIO(content),
        read_options=csv.ReadOptions(use_threads=False, block_size=max(1 << 24, len(header) * 2)),
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
    _number(pl.DataFrame(pl.from_arrow(table)), ragged, rows)


def _tabs_are_quoted(content: bytes) -> bool:
    """Whether quotes in a tab-separated file enclose fields: most such files have none that do."""
    opened = len(re.findall(rb'(?:^|\t)"', content, flags=re.MULTILINE))
    closed = len(re.findall(rb'"(?:\t|\r?$)', content, flags=re.MULTILINE))
    return opened > 0 and opened == closed


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


def _read_json_lines(content: bytes, rows: Rows) -> None:
    records = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise TypeError
            records.append({LINE: number, **{key: _text(value) for key, value in record.items()}})
        except (ValueError, TypeError, RecursionError):
            text = line.decode(errors="replace")
            rows.broken.append((number, "not a JSON object", text[:10_000]))
    if not records:
        raise LoadError(f"{rows.file}: no line of it is a JSON object")
    frame = pl.DataFrame(records, infer_schema_length=None)
    rows.frame = frame.with_columns(pl.col(LINE).cast(pl.UInt32))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "|".join(value)
    return json.dumps(value, ensure_ascii=False)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
