"""What is made to fill the memory, or is no table, is refused with a sentence and exit code 3."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from crossaisle.cli import main
from crossaisle.loaders import archive
from crossaisle.loaders.read import LoadError, read_rows

ZEROS = bytes(2**20)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">' for k in range(9))
    + "]>"
)


def _gzip(folder: Path) -> Path:
    with gzip.open(folder / "x.csv.gz", "wb", compresslevel=9) as file:
        file.write(b"id\n")
        for _ in range(100):
            file.write(ZEROS)
    return folder / "x.csv.gz"


def _zstd(folder: Path) -> Path:
    path = folder / "x.csv.zst"
    with pa.OSFile(str(path), "wb") as file, pa.CompressedOutputStream(file, "zstd") as out:
        for _ in range(100):
            out.write(ZEROS)
    return path


def _zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for k in range(10):
            made.writestr(f"{k}.csv", ZEROS * 10)
    return folder / "x.zip"


def _nested(folder: Path) -> Path:
    inner = io.BytesIO()
    with gzip.GzipFile(fileobj=inner, mode="wb") as file:
        for _ in range(100):
            file.write(ZEROS)
    with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("x.csv.gz", inner.getvalue())
    return folder / "x.zip"


def _many(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "x.zip", "w") as made:
        for k in range(1001):
            made.writestr(f"{k}.csv", "id\n1\n")
    return folder / "x.zip"


def _written(name: str, data: str | Callable[[], str]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(data if isinstance(data, str) else data())
        return folder / name

    return write


def _parquet(folder: Path) -> Path:
    frame = pl.DataFrame({f"c{k}": [1] for k in range(5000)})
    frame.write_parquet(folder / "x.parquet")
    return folder / "x.parquet"


def _claims(folder: Path) -> Path:
    # One value, two billion times: a few kilobytes of Parquet.
    column = pa.array([None] * 20_000_000, pa.null())
    table = pa.table({f"c{k}": column for k in range(60)})
    pa.parquet.write_table(table, folder / "x.parquet")
    return folder / "x.parquet"


CASES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "gzip": (_gzip, "unpacks to more than 200 times its size"),
    "zstd": (_zstd, "unpacks to more than 200 times its size"),
    "zip": (_zip, "unpacks to more than 200 times its size"),
    "gzip in zip": (_nested, "unpacks to more than 200 times its size"),
    "many files": (_many, "holds 1,001 files"),
    "long line": (
        _written("x.csv", lambda: "id,title\n1,a\n2," + "x" * 10**7 + "\n"),
        "line 3 is 10,000,002 bytes long",
    ),
    "long JSON line": (
        _written("x.jsonl", lambda: '{"id": "' + "x" * 10**7 + '"}\n'),
        "line 1 is 10,000,010 bytes long",
    ),
    "wide": (
        _written("x.csv", lambda: ",".join(f"c{k}" for k in range(10**5)) + "\n"),
        "it has 100,000 columns or more",
    ),
    "wide JSON": (
        _written("x.jsonl", lambda: "\n".join(f'{{"c{k}": 1}}' for k in range(10**5))),
        "columns or more",
    ),
    "wide XML": (
        _written("x.xml", "<item>" + "".join(f"<c{k}>1</c{k}>" for k in range(5000)) + "</item>"),
        "5,000 columns or more",
    ),
    "wide Parquet": (_parquet, "it has 5,000 columns or more"),
    "rows claimed": (_claims, "claims 20,000,000 rows"),
    "laughs": (
        _written("x.xml", LAUGHS + "<rss><item><title>&j;</title></item></rss>"),
        "declares XML entities",
    ),
    "laughs in RDF": (
        _written("x.rdf", LAUGHS.replace("rss [", "rdf [") + "<rdf>&j;</rdf>"),
        "declares XML entities",
    ),
    "outside entity": (
        _written(
            "x.xml", '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><item>&a;</item></r>'
        ),
        "declares XML entities",
    ),
    "deep JSON": (_written("x.jsonld", "[" * 10**5 + "]" * 10**5), "is no JSON"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_limit_is_a_sentence(
    tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make, words = CASES[case]
    path = make(tmp_path)
    with pytest.raises(LoadError, match=words) as caught:
        read_rows(path)
    assert str(path) in str(caught.value)
    arguments = ["graph", "build", "--preset", "schema-org", "--products", str(path)]
    assert main([*arguments, "--store", str(tmp_path / "s.lbdb")]) == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert str(path) in said


def test_a_large_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGEST", 1000)
    (tmp_path / "x.csv").write_text("id\n" + "1\n" * 1000)
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"id\n" + b"1\n" * 1000))
    for name in ("x.csv", "x.csv.gz"):
        with pytest.raises(LoadError, match="is larger than"):
            read_rows(tmp_path / name)


def test_an_encrypted_archive_and_a_damaged_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr("a.csv", "id\n1\n")
    data = bytearray((tmp_path / "x.zip").read_bytes())
    flags = data.index(b"PK\x01\x02") + 8
    (tmp_path / "y.zip").write_bytes(data[:6] + b"\1" + data[7:flags] + b"\1" + data[flags + 1 :])
    (tmp_path / "z.zip").write_bytes(data[:40])
    for name in ("y.zip", "z.zip"):
        with pytest.raises(LoadError, match=r"cannot be unpacked|cannot be read"):
            read_rows(tmp_path / name)


def test_a_logged_feed_that_packs_well_is_read(tmp_path: Path) -> None:
    lines = b"id,title\n" + b"".join(b"%d,sock\n" % k for k in range(100_000))
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(lines))
    assert read_rows(tmp_path / "x.csv.gz").frame.height == 100_000
