"""An encoder of pictures: any vision model of transformers, CLIP-like or ViT."""

import logging
import warnings
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from crossaisle.encoders.pictures import PictureError, decoded, located, read
from crossaisle.encoders.sentence import EncoderError, no_answer
from crossaisle.encoders.vector_cache import IMAGES, VectorCache, fingerprint
from crossaisle.graph import Progress, silent

BATCH = 32
CHUNK = 256  # pictures between two notes of progress, and two shards of the cache


class ImageEncoder:
    """Pictures to unit vectors with a frozen vision model, each picture only once.

    Attributes:
        refused: of the last call: place among the pictures -> why it has the zero vector.
        encoded: of the last call: pictures that the model looked at, not those in the cache.
    """

    def __init__(self, name: str, *, device: str | None = None, cache: Path | None = None) -> None:
        """Name a model; it is loaded when the first picture is not in the cache.

        Args:
            name: a folder with a model and its image processor, or a name on the Hugging Face hub.
            device: ``cuda``, ``mps`` or ``cpu``; the best there is by default.
            cache: folder of the vector cache; see :func:`vector_cache.cache_folder`.

        Raises:
            EncoderError: Pillow is missing, or there is no such model folder.
        """
        if find_spec("PIL") is None:
            raise EncoderError("pictures need one more package: pip install 'crossaisle[images]'")
        self.name, self.path = name, Path(name).expanduser()
        if name.startswith((".", "/", "~")) and not self.path.is_dir():
            raise EncoderError(f"there is no model folder {name}")
        self.wanted_device = device
        self.batch = BATCH  # halved for good where memory does not do
        self.refused: dict[int, str] = {}
        self.encoded = 0
        self.cache = VectorCache(fingerprint(name, self.path) + IMAGES, cache)

    def encode(
        self,
        pictures: Sequence[str | None],
        folder: Path | None = None,
        progress: Progress = silent,
    ) -> np.ndarray:
        """Return float32 (pictures, d), rows of length 1; 0 where there is none, or it is refused.

        Args:
            pictures: paths, file: URLs, or paths relative to ``folder``; None and "" are none.
            folder: see :func:`crossaisle.encoders.pictures.located`.
            progress: told (stage, done, total).
        """
        self.refused, self.encoded = {}, 0
        vectors: dict[int, np.ndarray] = {}
        places = [place for place, picture in enumerate(pictures) if picture]
        for start in range(0, len(places), CHUNK):
            progress("encoding pictures", start, len(places))
            named = {place: str(pictures[place]) for place in places[start : start + CHUNK]}
            vectors.update(self._encode_some(named, folder))
        if places:
            progress("encoding pictures", len(places), len(places))
        size = len(next(iter(vectors.values()))) if vectors else self.dimensions
        result = np.zeros((len(pictures), size), np.float32)
        for place, vector in vectors.items():
            result[place] = vector
        return result

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._model.dimensions

    @property
    def device(self) -> str:
        """Where the model is."""
        return self._model.device

    def _encode_some(self, named: dict[int, str], folder: Path | None) -> dict[int, np.ndarray]:
        keys: dict[int, bytes] = {}
        for place, picture in named.items():
            try:
                keys[place] = VectorCache.key(read(located(picture, folder)))
            except PictureError as error:
                self.refused[place] = str(error)
        found = self.cache.find(list(dict.fromkeys(keys.values())))
        missing = {key: place for place, key in keys.items() if key not in found}
        pixels, why = {}, {}
        for key, place in missing.items():
            try:
                content = read(located(named[place], folder))
                pixels[key] = self._model.pixels(content)
            except PictureError as error:
                why[key] = str(error)
        if pixels:
            fresh = self._look(np.stack(list(pixels.values())))
            self.encoded += len(fresh)
            finite = np.isfinite(fresh).all(axis=1) & fresh.any(axis=1)
            good = [key for key, fine in zip(pixels, finite.tolist(), strict=True) if fine]
            why |= dict.fromkeys(pixels.keys() - set(good), "the model makes no vector of it")
            self.cache.add(good, fresh[finite])
            found.update(zip(good, fresh[finite], strict=True))
        self.refused.update((place, why[key]) for place, key in keys.items() if key in why)
        return {place: found[key] for place, key in keys.items() if key in found}

    def _look(self, pixels: np.ndarray) -> np.ndarray:
        """Encode pixels, with half the batch where memory runs out: float32 (n, d)."""
        parts, start = [], 0
        while start < len(pixels):
            try:
                parts.append(self._model.vectors(pixels[start : start + self.batch]))
                start += len(parts[-1])
            except (MemoryError, RuntimeError) as error:
                if "memory" not in f"{type(error).__name__} {error}".lower() or self.batch == 1:
                    raise
                self.batch //= 2
                logging.getLogger(__name__).warning(
                    "out of memory: pictures are now encoded %d at a time", self.batch
                )
        return np.concatenate(parts)

    @cached_property
    def _model(self) -> "_Model":
        return _Model(self.name, self.path, self.wanted_device)


class _Model:
    """A vision model and the image processor that belongs to it."""

    def __init__(self, name: str, path: Path, device: str | None) -> None:
        """Load both, and try them on a grey picture: a model that cannot do that is refused."""
        import torch

        best = "cuda" if torch.cuda.is_available() else "cpu"
        best = "mps" if best == "cpu" and torch.backends.mps.is_available() else best
        self.device = device or best
        self._processor, self._network, self._pooled = load_model(path, name)
        try:
            self._network.float().to(self.device).eval()  # some are saved in half precision
            grey = self._processed(np.full((8, 8, 3), 128, np.uint8))
            self._shape = grey.shape
            self.dimensions = int(self.vectors(grey[None]).shape[1])
        except Exception as error:
            raise EncoderError(refusal(name, first_line(error))) from None

    def pixels(self, content: bytes) -> np.ndarray:
        """Decode a file and do what the model's image processor does: float32 (3, h, w)."""
        picture = decoded(content)
        try:
            made = self._processed(picture)
        except Exception as error:  # whatever a processor of somebody's raises on an odd picture
            raise PictureError(f"the image processor refuses it: {first_line(error)}") from None
        if made.shape != self._shape:
            raise PictureError("the image processor does not bring it to one size: set it to crop")
        return made

    def vectors(self, pixels: np.ndarray) -> np.ndarray:
        """Encode pixels, float32 (n, 3, h, w): float32 (n, d), rows of length 1."""
        import torch

        values = torch.from_numpy(pixels).to(self.device)
        with torch.inference_mode():
            if hasattr(self._network, "get_image_features"):
                found = self._network.get_image_features(pixel_values=values)
                found = getattr(found, "pooler_output", found)
            else:
                found = self._network(pixel_values=values)
                pooled = getattr(found, "pooler_output", None) if self._pooled else None
                found = found.last_hidden_state[:, 0] if pooled is None else pooled
            # Convolutional models leave two axes of length 1.
            found = torch.nn.functional.normalize(found.flatten(1).float(), dim=1)
        return np.asarray(found.cpu().numpy(), np.float32)

    def _processed(self, picture: np.ndarray) -> np.ndarray:
        made = self._processor(picture, return_tensors="np", input_data_format="channels_last")
        return np.asarray(made["pixel_values"][0], np.float32)


def load_model(path: Path, name: str) -> tuple[Any, Any, bool]:
    """Load an image processor and a model, and say whether the model's pooling was trained.

    Raises:
        EncoderError: one cannot be loaded, or weights are missing: why, and what to do.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import transformers

        transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        here = path.is_dir()
        silent = None if here else no_answer(name)
        source, local = (str(path), True) if here else (name, silent is not None)
        try:
            # The same pixels whether torchvision is installed or not.
            processor = transformers.AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
                source, local_files_only=local, backend="pil"
            )
            network, told = transformers.AutoModel.from_pretrained(
                source, local_files_only=local, output_loading_info=True
            )
        except Exception as error:  # of whichever library: a folder may hold anything
            raise EncoderError(refusal(name, silent or first_line(error))) from None
    missing = sorted(told["missing_keys"])
    # A classifier's checkpoint has no pooling: transformers would put random weights there.
    untrained = [key for key in missing if "pooler" not in key]
    if untrained:
        raise EncoderError(refusal(name, f"its weights lack {untrained[0]}"))
    return processor, network, not missing


def first_line(error: Exception) -> str:
    """Say in one line what went wrong."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def refusal(name: str, why: str) -> str:
    """Say that a model cannot be had, and what to do."""
    return (
        f"the image encoder {name!r} cannot be loaded: {why} (a folder needs config.json, the "
        "weights and preprocessor_config.json; offline, fetch it on another machine with "
        f"`hf download {name} --local-dir FOLDER` and give that folder)"
    )
