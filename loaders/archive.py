"""Bytes of files: plain, gzip, zstd, zip, standard input, each within a limit."""

import glob
import gzip
import io
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pyarrow as pa

from crossaisle.loaders.rows import LoadError

STDIN = "-"
LARGEST = 8 * 2**30
"""Bytes of one file, unpacked: more is refused before memory runs out."""
SUSPICIOUS = 64 * 2**20
"""Unpacked bytes from which on the ratio is looked at."""
RATIO = 200
"""Unpacked to packed: logs and feeds reach 10 to 50, archives made to fill a memory 1,000."""
MEMBERS = 1_000
"""Files in one zip archive."""
_CHUNK = 2**22


def paths_of(pattern: str) -> list[str]:
    """Return the files that a path or a glob names, sorted; ``-`` is standard input.

    Raises:
        LoadError: a glob matches nothing.
    """
    if pattern == STDIN or not glob.has_magic(pattern) or Path(pattern).exists():
        return [pattern]
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - absolute patterns
    if not found:
        raise LoadError(f"no file matches {pattern}")
    return [name for name in found if Path(name).is_file()]


def contents(path: Path) -> list[tuple[str, bytes]]:
    """Return (name, content) of a file, unpacked; a zip archive gives one for each member.

    Raises:
        LoadError: it is too large, too strongly packed, damaged or encrypted.
        OSError: it cannot be read.
    """
    if str(path) == STDIN:
        packed, name = sys.stdin.buffer.read(LARGEST + 1), "standard input"
    else:
        size = path.stat().st_size
        if size > LARGEST:
            raise LoadError(_too_large(str(path)))
        packed, name = path.read_bytes(), str(path)
    if len(packed) > LARGEST:
        raise LoadError(_too_large(name))
    if packed[:2] == b"PK" and (name.lower().endswith(".zip") or str(path) == STDIN):
        return list(_members(packed, name))
    return [(name, _unpacked(packed, name))]


def _members(packed: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            files = [
                item
                for item in archive.infolist()
                if not item.is_dir()
                and not PurePosixPath(item.filename).name.startswith(("._", "."))
            ]
            if not files:
                raise LoadError(f"{name} holds no file")
            if len(files) > MEMBERS:
                raise LoadError(f"{name} holds {len(files):,} files, more than {MEMBERS:,}")
            spent = 0
            for item in files:
                inside = f"{name}/{item.filename}"
                with archive.open(item) as stream:
                    data = _read(stream.read, len(packed), inside, spent)
                spent += len(data)
                yield inside, _unpacked(data, inside)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise LoadError(f"{name} cannot be unpacked: {error}") from None


def _unpacked(packed: bytes, name: str) -> bytes:
    if packed[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as zipped:
            return _read(zipped.read, len(packed), name)
    if packed[:4] == b"\x28\xb5\x2f\xfd":
        with pa.input_stream(io.BytesIO(packed), compression="zstd") as stream:
            return _read(stream.read, len(packed), name)
    return packed


def _read(read: Callable[[int], bytes], packed: int, name: str, spent: int = 0) -> bytes:
    parts = []
    total = spent
    while part := read(_CHUNK):
        parts.append(part)
        total += len(part)
        if total > LARGEST:
            raise LoadError(_too_large(name))
        if total > SUSPICIOUS and total > RATIO * packed:
            raise LoadError(
                f"{name} unpacks to more than {RATIO} times its size: it looks made "
                "to fill the memory; if it is not, unpack it yourself and name the plain file"
            )
    return b"".join(parts)


def _too_large(name: str) -> str:
    return f"{name} is larger than {LARGEST / 2**30:.0f} GiB unpacked: split it, or use Parquet"
