"""The same product in other words, for shops where few events are labelled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

DROPPED, CHANGED = 0.15, 0.5
"""Chance that a word is left out, and that a known phrase is exchanged."""

LONGEST = 3
SIGNS = ".,;:()"


@dataclass(frozen=True)
class Lexicon:
    """Phrases (small letters, one to three words) and what may stand in their place."""

    table: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, attributes: pl.DataFrame, synonyms: Iterable[tuple[str, str]] = ()) -> "Lexicon":
        """Know every attribute value's others of its kind (red: blue), and pairs of synonyms.

        Args:
            attributes: a graph's, with ``kind`` and ``value``.
            synonyms: pairs of phrases in small letters.
        """
        groups: dict[str, list[str]] = {}
        for kind, value in attributes.select("kind", "value").iter_rows():
            groups.setdefault(kind, []).append(value.lower())
        table: dict[tuple[str, ...], list[str]] = {}
        for values in groups.values():
            for value in values:
                others = [other for other in values if other != value]
                if others:
                    table.setdefault(tuple(value.split()), []).extend(others)
        for one, other in synonyms:
            table.setdefault(tuple(one.split()), []).append(other)
            table.setdefault(tuple(other.split()), []).append(one)
        return cls({said: tuple(others) for said, others in table.items()})


def varied(text: str, rng: np.random.Generator, lexicon: Lexicon) -> str:
    """Leave out words and exchange phrases at random; never all of them.

    The signs after a phrase stay.
    """
    words = text.split()
    bare = [word.strip(SIGNS).lower() for word in words]
    luck = rng.random((2, len(words)))
    made, place = [], 0
    while place < len(words):
        length, others = _longest(bare, place, lexicon)
        if others and luck[0, place] < CHANGED:
            last = words[place + length - 1]
            tail = last[len(last.rstrip(SIGNS)) :]
            made.append(others[int(luck[1, place] * len(others))] + tail)
        else:
            length = 1
            if luck[1, place] >= DROPPED:
                made.append(words[place])
        place += length
    return " ".join(made or words)


def _longest(words: list[str], place: int, lexicon: Lexicon) -> tuple[int, tuple[str, ...]]:
    for length in range(min(LONGEST, len(words) - place), 0, -1):
        others = lexicon.table.get(tuple(words[place : place + length]))
        if others:
            return length, others
    return 1, ()
