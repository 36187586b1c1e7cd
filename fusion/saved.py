"""The saved model: a folder of tables, arrays, settings and their hashes. Never pickle.

config.json         settings, sizes, and what training reported
model.safetensors   every array
*.parquet           the graph: products, what they are, histories of known customers
words.parquet       the words among the features, in column order
README.md           the model card
manifest.json       format version, and SHA-256 and size of every other file
"""

import hashlib
import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from crossaisle.fusion.arrays import channels_from, channels_to
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.content import Features
from crossaisle.fusion.errors import ModelError
from crossaisle.fusion.model import CHANNELS, Model
from crossaisle.graph import Graph
from crossaisle.graph.schema import EDGES, NODES

FORMAT = 3
MANIFEST, CONFIG, ARRAYS, WORDS, CARD = (
    "manifest.json",
    "config.json",
    "model.safetensors",
    "words.parquet",
    "README.md",
)
OPTIONAL = ("text", "bought", "network_bias", "linked", "images")
"""Arrays that not every model has."""
LEFT_OUT = ("baskets", "contains")
"""Baskets of nobody we know teach, but no score needs them."""


def save_model(model: Model, folder: str | Path, *, card: str = "") -> None:
    """Write the folder: all of it, or nothing.

    It is written beside its place, flushed to disk and renamed; a model that was there before
    stays until then.

    Raises:
        ModelError: the place holds something that is no model, or cannot be written.
    """
    folder = Path(folder).absolute()
    if folder.exists() and not (folder / MANIFEST).is_file():
        if not folder.is_dir():
            raise ModelError(f"{folder} is a file: give a folder for the model.")
        if any(folder.iterdir()):
            raise ModelError(f"{folder} holds files that are no model: give an empty folder.")
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        _write(model, partial, card)
        _exchange(partial, folder)
    except OSError as error:
        raise ModelError(
            f"The model could not be written to {folder}: {error.strerror or error}. "
            "Nothing was changed; check the disk's space and the folder's permissions."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def load_model(folder: str | Path) -> Model:
    """Read a folder that :func:`save_model` wrote; scores are equal bit for bit.

    Raises:
        ModelError: a file is missing, truncated or damaged (it is named), or of another format.
    """
    folder = Path(folder)
    _verify(folder)
    try:
        settings = _json(folder / CONFIG)
        arrays = load_file(folder / ARRAYS)
        frames = {
            table.name: pl.read_parquet(folder / f"{table.name}.parquet")
            for table in (*NODES, *EDGES)
            if table.name not in LEFT_OUT
        }
        empty = {name: getattr(Graph.from_ids({}), name) for name in LEFT_OUT}
        graph = Graph(**frames, **empty)
        words = tuple(pl.read_parquet(folder / WORDS)["word"].to_list())
        channels, matrix = channels_from(arrays, graph)
        counts = (graph.attributes.height, graph.categories.height)
        return Model(
            graph=graph,
            config=TrainConfig.model_validate(settings["train"]),
            features=Features(matrix, *counts, words),
            channels=channels,
            weights=_weights(arrays["weights"]),
            bias=arrays["bias"],
            is_new=arrays["is_new"],
            half_life=math.inf if settings["half_life"] is None else settings["half_life"],
            report=settings["report"],
            sensitive=tuple(settings.get("sensitive", ())),
            **{name: arrays.get(name) for name in OPTIONAL},
        )
    except (
        OSError,
        KeyError,
        TypeError,
        SafetensorError,
        ValidationError,
        pl.exceptions.PolarsError,
    ) as error:
        raise ModelError(
            f"The model in {folder} cannot be read ({error}): train it again."
        ) from error


def _weights(stored: np.ndarray) -> np.ndarray:
    """Channels that came after a model was trained have no weight in it; they are the last."""
    later = len(CHANNELS) - stored.shape[2]
    if later < 0:
        raise ModelError("The model has channels that this program does not know: use a newer one.")
    return np.pad(stored, ((0, 0), (0, 0), (0, later)))


def _write(model: Model, folder: Path, card: str) -> None:
    settings = {
        "train": model.config.model_dump(mode="json"),
        "half_life": model.half_life if math.isfinite(model.half_life) else None,
        "report": model.report,
        "sensitive": list(model.sensitive),
    }
    (folder / CONFIG).write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", "utf-8")
    (folder / CARD).write_text(card or "# A crossaisle model\n", "utf-8")
    arrays = channels_to(model.channels, model.features.matrix)
    arrays |= {"weights": model.weights, "bias": model.bias, "is_new": model.is_new}
    optional = {name: getattr(model, name) for name in OPTIONAL}
    arrays |= {name: value for name, value in optional.items() if value is not None}
    save_file(
        {name: np.ascontiguousarray(value) for name, value in arrays.items()}, folder / ARRAYS
    )
    for table in (*NODES, *EDGES):
        if table.name not in LEFT_OUT:
            getattr(model.graph, table.name).write_parquet(folder / f"{table.name}.parquet")
    words = pl.DataFrame({"word": list(model.features.words)}, schema={"word": pl.String})
    words.write_parquet(folder / WORDS)
    files = {
        path.name: {"sha256": _digest(path), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
    }
    manifest = {"format": FORMAT, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    for path in (*folder.iterdir(), folder):
        _flush(path)


def _exchange(partial: Path, folder: Path) -> None:
    """Put the new folder in the place of the old one."""
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    _flush(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _verify(folder: Path) -> None:
    if not folder.is_dir():
        raise ModelError(f"There is no model folder {folder}: train one, or check the path.")
    if not (folder / MANIFEST).is_file():
        raise ModelError(f"{folder} is no model: it has no {MANIFEST}. Check the path.")
    manifest = _json(folder / MANIFEST)
    files = manifest.get("files")
    if manifest.get("format") != FORMAT or not isinstance(files, dict):
        raise ModelError(
            f"{folder / MANIFEST} is of format {manifest.get('format')!r}, this program reads "
            f"{FORMAT}: train the model again, or use the version that wrote it."
        )
    needed = {f"{t.name}.parquet" for t in (*NODES, *EDGES) if t.name not in LEFT_OUT}
    for name in sorted({CONFIG, ARRAYS, WORDS, CARD} | needed | files.keys()):
        path, entry = folder / name, files.get(name)
        if not isinstance(entry, dict):
            raise ModelError(f"{folder / MANIFEST} is damaged: it does not list {name}.")
        if not path.is_file():
            raise ModelError(f"{path} is missing: copy the model again, or train it again.")
        if path.stat().st_size != entry.get("bytes"):
            raise ModelError(
                f"{path} is truncated or damaged: it has {path.stat().st_size} bytes in place of "
                f"{entry.get('bytes')}. Copy the model again."
            )
        if _digest(path) != entry.get("sha256"):
            raise ModelError(f"{path} is damaged: its SHA-256 is another. Copy the model again.")


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({error}): copy the model again.") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} is damaged: it holds no JSON object. Copy the model again.")
    return value


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
