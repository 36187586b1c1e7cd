"""Files to rows: formats, compressions, and what is no row."""

import gzip
import json
from contextlib import suppress
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.loaders.read import LINE, LoadError, read_rows

ROWS = [{"id": "1", "title": "a, b"}, {"id": "2", "title": 'quo"te'}]


FRAME = pl.DataFrame(ROWS)
CSV = FRAME.write_csv().encode()
JSONL = "\n".join(json.dumps(row) for row in ROWS).encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", CSV),
        ("x.csv", b"\xef\xbb\xbf" + CSV),
        ("x.csv", CSV.decode().encode("utf-16")),
        ("x.csv", CSV.replace(b"\n", b"\r\n")),
        ("x.csv.gz", gzip.compress(CSV, mtime=0)),
        ("x.tsv", b'id\ttitle\n1\ta, b\n2\tquo"te\n'),
        ("x.tsv", b'id\ttitle\n1\t"a, b"\n2\t"quo""te"\n'),
        ("x.txt", b'id;title\n1;a, b\n2;"quo""te"\n'),
        ("x.jsonl", JSONL),
        ("x.ndjson.gz", gzip.compress(JSONL, mtime=0)),
    ],
)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    rows = read_rows(tmp_path / name)
    assert rows.frame.drop(LINE).to_dicts() == ROWS
    assert rows.broken == []


def test_zstd_and_parquet(tmp_path: Path) -> None:
    with (
        pa.OSFile(str(tmp_path / "x.csv.zst"), "wb") as file,
        pa.CompressedOutputStream(file, "zstd") as out,
    ):
        out.write(CSV)
    FRAME.write_parquet(tmp_path / "x.parquet")
    for name in ("x.csv.zst", "x.parquet"):
        assert read_rows(tmp_path / name).frame.drop(LINE).to_dicts() == ROWS


def test_broken_rows_are_kept_apart_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b'id,title\n1,"two\nlines"\n2,x,y\n3,q\xff\n\n4,w\n5\n6,"z"\n')
    rows = read_rows(tmp_path / "x.csv")
    assert rows.frame.select(LINE, "id").rows() == [(2, "1"), (7, "4"), (9, "6")]
    assert sorted(rows.broken) == [
        (4, "3 fields instead of 2", "2,x,y"),
        (5, "byte 4 is not utf-8", "3,q\ufffd"),
        (8, "1 fields instead of 2", "5"),
    ]


def test_a_python_dictionary_with_an_unknown_escape_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("{'id': 'a', 'title': '3\\/4 inch'}\n")
    rows = read_rows(tmp_path / "x.jsonl")
    assert rows.frame["title"].to_list() == ["3\\/4 inch"]  # and no warning, which would fail here


def test_broken_json_is_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"id": 1}\n{"id": \n[2]\n\n{"id": 3, "tags": ["a", "b"]}\n')
    rows = read_rows(tmp_path / "x.jsonl")
    assert rows.frame.rows(named=True) == [
        {LINE: 1, "id": "1", "tags": None},
        {LINE: 5, "id": "3", "tags": "a|b"},
    ]
    assert [line for line, _, _ in rows.broken] == [2, 3]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.csv", b"", "is empty"),
        ("x.csv", b"\n\n", "is empty"),
        ("x.csv", b"a,a\n1,2\n", "every column needs a name of its own"),
        ("x.csv", "é".encode("latin-1") * 9 + b"\n" + "é".encode("latin-1"), "say which encoding"),
        ("x.csv.gz", gzip.compress(CSV, mtime=0)[:-9], "cannot be read"),
        ("x.parquet", b"PAR1 not", "cannot be read"),
        ("x.xlsx", b"PK\x03\x04", "unknown format"),
    ],
)
def test_an_unusable_file_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LoadError, match=message) as caught:
        read_rows(tmp_path / name)
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"there is no file .*x\.csv"):
        read_rows(tmp_path / "x.csv")


_cell = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), min_size=1, max_size=8
).filter(lambda text: text.strip("\n"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_cell, _cell), min_size=1, max_size=8))
def test_what_polars_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    frame = pl.DataFrame(cells, schema=["a", "b"], orient="row")
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    frame.write_csv(path, quote_style="always")
    rows = read_rows(path)
    assert rows.frame.drop(LINE).rows() == frame.rows()
    # Each row's line is where it begins: one below the line breaks written before it.
    expected = 2
    for line, (first, second) in zip(rows.frame[LINE], cells, strict=True):
        assert line == expected
        expected += 1 + first.count("\n") + second.count("\n")


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300), st.sampled_from(["x.csv", "x.tsv", "x.jsonl", "x.csv.gz", "x.parquet"])
)
def test_no_bytes_raise_anything_but_the_documented_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / name
    path.write_bytes(data)
    with suppress(LoadError):
        assert read_rows(path).frame.width > 0
