"""Shopify's product taxonomy: categories, attributes and their values, in English and Chinese.

Release 2025-08 (MIT, loaders/taxonomy/LICENSE), made by benchmarks/build_taxonomy.py.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

SEPARATOR = " > "

_FOLDER = Path(__file__).parent / "taxonomy"


@dataclass(frozen=True)
class Taxonomy:
    """Three frames, all strings unless said otherwise.

    categories: ``id``, ``name``, ``path`` (names from the top, joined by `` > ``), ``level``
    (UInt8, 1 for the 26 verticals), ``parent`` (an id, null at the top), ``name_zh``,
    ``attributes`` (list of attribute ids). 10,595 rows, sorted by path.

    attributes: ``id``, ``name``, ``name_zh``, ``values_from`` (the attribute whose values it
    shares, null where it has its own).

    values: ``id``, ``attribute`` (an id), ``name``, ``name_zh``.
    """

    categories: pl.DataFrame
    attributes: pl.DataFrame
    values: pl.DataFrame


@cache
def load_taxonomy() -> Taxonomy:
    """Read the taxonomy that ships with the package; later calls return the same object."""
    return Taxonomy(
        *(
            pl.read_parquet(_FOLDER / f"{name}.parquet")
            for name in ("categories", "attributes", "values")
        )
    )


def parent_paths(path: str, separator: str = SEPARATOR) -> tuple[str, ...]:
    """Return the path's ancestors and itself, from the top.

    >>> parent_paths("Home & Garden > Decor > Clocks")
    ('Home & Garden', 'Home & Garden > Decor', 'Home & Garden > Decor > Clocks')
    """
    names = path.split(separator)
    return tuple(separator.join(names[: end + 1]) for end in range(len(names)))


def path_in(categories: pl.DataFrame, language: str = "zh") -> pl.DataFrame:
    """Return ``id`` and ``path`` of every category in a language ("en" or "zh").

    Raises:
        ValueError: the taxonomy has no names in ``language``.
    """
    if language == "en":
        return categories.select("id", "path")
    if language != "zh":
        raise ValueError(f"the taxonomy has names in en and zh, not in {language!r}")
    chinese = dict(zip(categories["path"], categories["name_zh"], strict=True))
    paths = [
        SEPARATOR.join(chinese[step] for step in parent_paths(path)) for path in categories["path"]
    ]
    return categories.select("id", pl.Series("path", paths))
