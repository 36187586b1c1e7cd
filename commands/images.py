"""Products' pictures as vectors, and what was left out on the way."""

from pathlib import Path

import numpy as np
import polars as pl

from crossaisle.commands.files import UsageError, write_table
from crossaisle.commands.screen import console
from crossaisle.commands.settings import ImageSettings
from crossaisle.encoders.images import ImageEncoder
from crossaisle.encoders.pictures import NOT_FETCHED
from crossaisle.graph import Progress


def image_vectors(
    products: pl.DataFrame,
    settings: ImageSettings,
    progress: Progress,
    rejected: Path | None = None,
) -> np.ndarray | None:
    """Encode products' pictures: float32 (products, d), or None where the settings say so.

    How many were left out is printed.

    Args:
        products: id and image of each.
        settings: which encoder, and where the files are.
        progress: told (stage, done, total).
        rejected: a table is written there: product_id, path, reason of each picture left out.

    Raises:
        UsageError: there is no such folder.
        EncoderError: the encoder cannot be had.
    """
    if settings.encoder == "none":
        return None
    folder = None if settings.folder is None else Path(settings.folder).expanduser()
    if folder is not None and not folder.is_dir():
        raise UsageError(f"images.folder: there is no folder {folder}")
    encoder = ImageEncoder(settings.encoder, device=settings.device)
    vectors = encoder.encode(products["image"].to_list(), folder, progress)
    places = sorted(encoder.refused)
    left_out = products.select(product_id="id", path="image")[places].with_columns(
        reason=pl.Series([encoder.refused[place] for place in places], dtype=pl.String)
    )
    if rejected is not None:
        write_table(left_out, rejected)
    console.print(_told(vectors, encoder, left_out, rejected), markup=False)
    return vectors


def _told(
    vectors: np.ndarray, encoder: ImageEncoder, left_out: pl.DataFrame, rejected: Path | None
) -> str:
    """Say how many have a vector, how many were left out, and why most of those were."""
    having = int(vectors.any(axis=1).sum())
    where = f", {encoder.encoded:,} encoded now on {encoder.device}" if encoder.encoded else ""
    told = f"pictures: {having:,} of {len(vectors):,} products have a vector{where}"
    if not left_out.height:
        return told
    told += f"; left out: {left_out.height:,}"
    if rejected is not None:
        told += f", with their reasons in {rejected}"
    counts = left_out["reason"].value_counts(sort=True).sort("count", "reason", descending=True)
    for reason, count in counts.head(3).iter_rows():
        told += f"\n  {count:,} {reason}"
    if NOT_FETCHED not in counts["reason"].head(3):
        away = int((left_out["reason"] == NOT_FETCHED).sum())
        told += f"\n  {away:,} {NOT_FETCHED}" if away else ""
    return told
