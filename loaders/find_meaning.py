"""Let a sentence encoder settle which of several names a title means."""

from collections.abc import Callable

import numpy as np

from crossaisle.loaders.find_names import Names
from crossaisle.loaders.taxonomy import SEPARATOR

Encode = Callable[[list[str]], np.ndarray]
"""Texts -> unit vectors, float (texts, dimensions)."""

Scores = dict[int, float]

CLOSE = 0.4
"""A title is open when its second best category scores within this of the best."""

KEPT = 5
"""Categories of an open title that are compared."""

WEIGHT, MIDDLE = 0.6, 0.35
"""Cosine c of title and category adds WEIGHT (c - MIDDLE) to the category's score."""


def settle(scores: list[Scores], titles: list[str], names: Names, encode: Encode) -> list[Scores]:
    """Add to the best scores of open titles what the texts' closeness says.

    Only open titles and their best categories are encoded, each text once: a category by the
    last two names of its path.
    """
    best = {at: top for at, found in enumerate(scores) if (top := _open(found))}
    if not best:
        return scores
    texts = {at: titles[at].lower() for at in best}
    meant = {row: _said(names.paths[row]) for top in best.values() for row in top}
    unique = sorted({*texts.values(), *meant.values()})
    vectors = np.asarray(encode(unique), dtype=np.float64)
    place = {text: at for at, text in enumerate(unique)}
    settled = list(scores)
    for at, top in best.items():
        mine = vectors[place[texts[at]]]
        closeness = vectors[[place[meant[row]] for row in top]] @ mine
        added = dict(zip(top, (WEIGHT * (closeness - MIDDLE)).tolist(), strict=True))
        settled[at] = {row: score + added.get(row, 0.0) for row, score in scores[at].items()}
    return settled


def _open(found: Scores) -> list[int]:
    top = sorted(found, key=lambda row: (-found[row], row))[:KEPT]
    close = len(top) > 1 and found[top[0]] - found[top[1]] < CLOSE
    return top if close else []


def _said(path: str) -> str:
    return " ".join(path.split(SEPARATOR)[-2:]).lower()
