"""``crossaisle train``: from a store to a model folder with its card."""

import datetime as dt
import platform
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from crossaisle.commands.images import image_vectors
from crossaisle.commands.screen import console
from crossaisle.commands.settings import Settings
from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.fusion import Recommender
from crossaisle.fusion.sensitive import sensitive
from crossaisle.graph import Graph, Progress, open_store

PACKAGES = ("crossaisle", "torch", "torch-geometric", "sentence-transformers", "numpy", "polars")


def text_vectors(graph: Graph, settings: Settings, progress: Progress) -> np.ndarray | None:
    """Encode every product's text: float32 (products, d), or None where the settings say so."""
    if settings.text.encoder == "none":
        return None
    encoder = SentenceEncoder(settings.text.encoder, device=settings.text.device)
    vectors = encoder.encode(product_texts(graph).to_list(), progress)
    if encoder.told():
        console.print(encoder.told(), markup=False)
    return vectors


def fit(
    graph: Graph,
    settings: Settings,
    seed: int,
    progress: Progress,
    checkpoint: Path | None = None,
    rejected: Path | None = None,
) -> Recommender:
    """Encode and train; ``rejected`` is the table of pictures that are left out."""
    sensitive(graph, settings.reasons.sensitive)  # a wrong name is told before minutes of training
    images = image_vectors(graph.products, settings.images, progress, rejected)
    text = text_vectors(graph, settings, progress)
    trained = Recommender.train(
        graph,
        settings.train,
        text=text,
        seed=seed,
        progress=progress,
        checkpoint=checkpoint,
        images=images,
    )
    report = dict(trained.model.report)
    if text is not None:  # whoever searches by words must encode them as the products were
        report["text encoder"] = settings.text.encoder
    if images is not None:  # and products that are added later are looked at as these were
        report["image encoder"] = settings.images.encoder
        folder = settings.images.folder
        report["image folder"] = folder and str(Path(folder).expanduser().absolute())
    names = settings.reasons.sensitive
    return Recommender(replace(trained.model, report=report, sensitive=names))


def train(
    store: str,
    output: Path,
    settings: Settings,
    seed: int,
    progress: Progress,
    *,
    resume: bool = False,
) -> Recommender:
    """Train on what a store holds and save the model.

    A checkpoint stands beside the model while it is made; with ``resume`` a training that was
    interrupted goes on from it, without it starts anew.
    """
    with open_store(store) as place:
        graph = place.read(progress)
    checkpoint = output.with_name(f".{output.name}.checkpoint.json")
    if not resume:
        checkpoint.unlink(missing_ok=True)
    recommender = fit(graph, settings, seed, progress, checkpoint, rejected_images(output))
    recommender.save(output, card=card(graph, settings, seed))
    checkpoint.unlink(missing_ok=True)
    return recommender


def rejected_images(output: Path) -> Path:
    """Where the table of pictures left out stands, beside what is made."""
    return output.with_name(f"{output.stem}-rejected-images.parquet")


def card(graph: Graph, settings: Settings, seed: int, metrics: str = "") -> str:
    """Write the model card: what it was made of, when, with what, how good it is."""
    counts = "\n".join(f"| {name} | {count:,} |" for name, count in graph.counts().items())
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    chosen = settings.model_dump_json(indent=2)
    shown = metrics or "Not measured with this model: run `crossaisle evaluate` on its store."
    return f"""# A crossaisle model

Ranks products of an aisle for a history of products. Every score is a bias plus a sum over the
history's products and the walks of the graph; `crossaisle explain` shows the terms.

Trained {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, seed {seed}.
Python {platform.python_version()}, {versions}.

## Data

| in the graph | count |
| --- | ---: |
{counts}

Aisles: {len(graph.aisles)}. Products in one: {int((graph.aisle_of >= 0).sum()):,}.

## Accuracy

{shown}

## Settings

```json
{chosen}
```

## Limits

It knows what this shop's log knows. Customers' histories are stored in this folder
(`histories.parquet`): treat it as personal data, or train on pseudonyms.
"""
