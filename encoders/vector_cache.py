"""Vectors on disk: what was encoded once by a model, text or picture, is not encoded again."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path

import numpy as np

KEY = np.dtype("V16")


def cache_folder() -> Path:
    """Return ``$CROSSAISLE_CACHE``, or ``crossaisle`` in the user's cache folder."""
    own = os.environ.get("CROSSAISLE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(own) if own else Path(base) / "crossaisle"


FILES = {".json", ".safetensors", ".txt", ".model", ".onnx"}
"""Files of a model's folder that say what its vectors are."""


IMAGES = "-images"
"""Ends the name of a cache of pictures: a CLIP's folder may encode texts, too."""


def fingerprint(name: str, path: Path) -> str:
    """SHA-256 over the model's files (of a model of the hub: its name), 16 hexadecimal digits."""
    digest = sha256(name.encode() if not path.is_dir() else b"")
    for file in sorted(path.rglob("*")) if path.is_dir() else ():
        if file.is_file() and file.suffix in FILES:
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


class VectorCache:
    """Vectors of one model, by the 128-bit BLAKE2b of their text, or of their picture's file.

    A folder of shards, each a pair ``keys.npy`` (n,) and ``vectors.npy`` (n, d) float32 in a
    folder of its own that appears by one rename: two processes may add at the same time, and one
    that is killed leaves no half shard that counts. Vectors are memory-mapped.
    """

    def __init__(self, model: str, folder: Path | None = None) -> None:
        """Open the cache of the model with this fingerprint; it need not be there yet."""
        self.folder = (folder or cache_folder()) / "vectors" / model
        self._where: dict[bytes, tuple[np.ndarray, int]] = {}
        self._seen: set[str] = set()

    @staticmethod
    def key(content: str | bytes) -> bytes:
        """Return the key of a text, or of a file's content: 16 bytes."""
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogatepass")
        return blake2b(content, digest_size=16).digest()

    def find(self, keys: Sequence[bytes]) -> dict[bytes, np.ndarray]:
        """Return the vectors that are there, each float32 (d,), mapped from disk."""
        self._refresh()
        found = ((key, self._where.get(key)) for key in keys)
        return {key: place[0][place[1]] for key, place in found if place is not None}

    def add(self, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep the vectors, float32 (n, d), of n texts.

        A full or read-only disk is no failure: the texts are then encoded again next time.
        """
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
            try:
                np.save(new / "keys.npy", np.array(keys, dtype=KEY))
                np.save(new / "vectors.npy", np.ascontiguousarray(vectors, dtype=np.float32))
                new.rename(self.folder / f"shard-{new.name.removeprefix('.new-')}")
            finally:
                shutil.rmtree(new, ignore_errors=True)

    def _refresh(self) -> None:
        if not self.folder.is_dir():
            return
        for shard in sorted(self.folder.glob("shard-*")):
            if shard.name in self._seen:
                continue
            self._seen.add(shard.name)
            # A shard that cannot be read is as good as none: its texts are encoded again.
            with contextlib.suppress(OSError, ValueError):
                keys = np.load(shard / "keys.npy")
                vectors = np.load(shard / "vectors.npy", mmap_mode="r")
                if len(keys) == len(vectors):
                    self._where.update(
                        (key.tobytes(), (vectors, row)) for row, key in enumerate(keys)
                    )


@dataclass(frozen=True)
class Kept:
    """What the cache holds of one model."""

    model: str  # its fingerprint
    texts: int  # or pictures
    megabytes: float
    days: float  # since a text was added


def kept(folder: Path | None = None) -> list[Kept]:
    """Look what is in the cache, the longest unused model first."""
    found = []
    for model in sorted(((folder or cache_folder()) / "vectors").glob("*")):
        texts, size = 0, 0
        for file in model.glob("shard-*/*.npy"):
            size += file.stat().st_size
            if file.name == "keys.npy":
                with contextlib.suppress(OSError, ValueError):
                    texts += len(np.load(file, mmap_mode="r"))
        days = (time.time() - model.stat().st_mtime) / 86400
        found.append(Kept(model.name, texts, size / 1e6, days))
    return sorted(found, key=lambda one: -one.days)


def prune(days: float, folder: Path | None = None) -> list[Kept]:
    """Remove models to which no text was added for so many days; say which.

    A folder leaves by one rename, so nobody reads half of it; who has its vectors mapped keeps
    them.
    """
    gone = [one for one in kept(folder) if one.days >= days]
    base = (folder or cache_folder()) / "vectors"
    for one in gone:
        away = Path(tempfile.mkdtemp(prefix=".gone-", dir=base.parent))
        (base / one.model).rename(away / one.model)
        shutil.rmtree(away, ignore_errors=True)
    return gone
