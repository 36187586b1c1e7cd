"""``crossaisle extend``: a trained model for what a shop has had since."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from crossaisle.commands.files import UsageError
from crossaisle.commands.images import image_vectors
from crossaisle.commands.recommend import encoder_of, open_model
from crossaisle.commands.settings import ImageSettings
from crossaisle.commands.train import rejected_images
from crossaisle.encoders import product_texts
from crossaisle.fusion import Model, Recommender
from crossaisle.fusion.extend import extend as extend_model
from crossaisle.fusion.saved import CARD
from crossaisle.graph import Graph, Progress, open_store
from crossaisle.graph.extend import extended


def extend(model: Path, store: str, output: Path, progress: Progress) -> str:
    """Add a store's new products and its customers' purchases, save the model, say what was added.

    Raises:
        UsageError: there is no model, or the folder of its pictures is gone.
        EncoderError: one of its encoders cannot be had.
        StoreError: there is no store.
        GraphError: the events of one have dates and those of the other have none.
        ModelError: the model cannot be read, extended or written.
    """
    recommender = open_model(model)
    with open_store(store) as place:
        graph = extended(recommender.model.graph, place.read(progress))
    text = _text(recommender, graph, progress)
    images = _images(recommender, graph, progress, rejected_images(output))
    larger = extend_model(recommender.model, graph, text, images=images)
    told = _told(recommender.model, larger)
    card = (model / CARD).read_text("utf-8")
    card += f"\n## Extended\n\n{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC. {told}\n"
    Recommender(larger).save(output, card=card)
    return told


def _text(recommender: Recommender, graph: Graph, progress: Progress) -> np.ndarray | None:
    """Encode added products' texts as the others were: float32 (added, numbers)."""
    old = recommender.model
    if old.text is None:
        return None
    added = _added(old, graph)
    if not added.any():
        return np.zeros((0, old.text.shape[1]), np.float32)
    return encoder_of(recommender).encode(product_texts(graph).filter(added).to_list(), progress)


def _images(
    recommender: Recommender, graph: Graph, progress: Progress, rejected: Path
) -> np.ndarray | None:
    """Likewise their pictures."""
    old = recommender.model
    if old.images is None:
        return None
    encoder, folder = (old.report.get(f"image {what}") for what in ("encoder", "folder"))
    added = graph.products.filter(_added(old, graph))
    if not added["image"].is_not_null().any():
        return np.zeros((added.height, old.images.shape[1]), np.float32)
    if not isinstance(encoder, str):
        raise UsageError("this model does not say which encoder its pictures had: train it again")
    settings = ImageSettings(encoder=encoder, folder=folder if isinstance(folder, str) else None)
    return image_vectors(added, settings, progress, rejected)


def _added(model: Model, graph: Graph) -> pl.Series:
    return ~graph.products["id"].is_in(model.graph.products["id"].implode())


def _told(before: Model, after: Model) -> str:
    old, new = before.graph, after.graph
    counts = ", ".join(
        f"{getattr(new, name).height - getattr(old, name).height:,} {name}"
        for name in ("products", "attributes", "categories", "customers")
    )
    return f"added: {counts}; purchases {old.bought.height:,} -> {new.bought.height:,}."
