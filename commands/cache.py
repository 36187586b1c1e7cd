"""``crossaisle cache``: the vectors of texts and pictures kept on disk."""

from crossaisle.encoders.vector_cache import IMAGES, Kept, cache_folder, kept
from crossaisle.encoders.vector_cache import prune as remove


def cache(prune: float | None) -> list[str]:
    """List what is kept, or remove what is old: one line a model."""
    found = kept() if prune is None else remove(prune)
    did = "" if prune is None else "removed: "
    lines = [
        f"{did}{one.model}: {one.texts:,} {_what(one)}, {one.megabytes:.1f} MB,"
        f" last added to {one.days:.0f} days ago"
        for one in found
    ]
    return lines or [f"{cache_folder()}: nothing {'there' if prune is None else 'so old'}"]


def _what(one: Kept) -> str:
    return "pictures" if one.model.endswith(IMAGES) else "texts"
