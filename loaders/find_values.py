"""The table of attributes: what single titles say, and what all titles together suggest."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from crossaisle.loaders.find_attributes import KINDS, SCENTED, Value, title_values
from crossaisle.loaders.find_categories import CUTS, DRESS, Parsed
from crossaisle.loaders.find_names import Names
from crossaisle.loaders.find_themes import (
    FreeWords,
    abbreviations,
    collocations,
    free_phrases,
    themes,
)
from crossaisle.loaders.taxonomy import load_taxonomy

Row = tuple[str, str, str, float, str]  # id, kind, value, confidence, source

FIRM = ("colour", "material", "size", "occasion", "quantity")
"""Kinds whose words are never part of a theme."""

PLAIN = CUTS | DRESS | SCENTED | {"the", "your", "my", "a", "i", "own", "is", "it", "tier"}
"""Words that are never part of a theme."""

RARE = 8.5
"""ln(names of the taxonomy / names with the word) above which a word can be a theme: commoner
ones (tea, dinner, garden) are what goods are for."""

DETERMINERS = (["the"], ["your"], ["my"], ["our"], ["a"], ["own"], ["me"], ["you"], ["it"])
"""What stands before one of these is a verb, not a motif: GROW your own."""

MATERIALS = "Art & Crafting Materials"
"""What hangs below this category is stuff that things are made of: beads, lace, wire."""


@dataclass(frozen=True)
class Title:
    """A title, its words, where its name can end, and what has been decided about it."""

    id: str
    text: str
    words: list[str]
    parsed: Parsed
    named: frozenset[int]
    """Places of the words that name its category, empty without a category."""
    path: str
    """Its category, "" without one."""


def attribute_rows(titles: Sequence[Title], names: Names) -> list[Row]:
    """Find the attributes of all titles."""
    stuff = _stuff(names)
    values = [_values(title, names) for title in titles]
    short = abbreviations([title.words for title in titles]) | _shades(titles, values)
    free = [
        _free(title, found, names, short, stuff)
        for title, found in zip(titles, values, strict=True)
    ]
    strong, joined = themes(free), collocations(free)
    rows: list[Row] = []
    for title, found, open_words in zip(titles, values, free, strict=True):
        spans = {
            said: span for said, span in free_phrases(open_words, joined).items() if said in strong
        }
        inside = {place for start, end in spans.values() for place in range(start, end)}
        rows += [
            (title.id, one.kind, one.value, one.confidence, "title")
            for one in found
            if one.start not in inside
        ]
        for said in sorted(spans):
            kind = "material" if "".join(said) in stuff else "theme"
            rows.append((title.id, kind, " ".join(said), strong[said], "inferred"))
    return rows


def _values(title: Title, names: Names) -> list[Value]:
    last = max(title.named, default=-1)
    goods, ends = _goods(title.words, names)
    return [
        one
        for one in title_values(title.text, edible=title.path in tasted())
        if not one.start <= last < one.end
        and not (one.end - one.start == 1 and one.start in ends)
        and (one.kind in (*FIRM, "age group") or one.start not in title.named | goods)
    ]


@cache
def tasted() -> frozenset[str]:
    """Return the paths of the categories that the taxonomy gives a flavour or a scent, and food."""
    taxonomy = load_taxonomy()
    pattern = f"^(?:{dict(KINDS)['flavour']})$"
    scents = set(taxonomy.attributes.filter(pl.col("id").str.contains(pattern))["id"])
    return frozenset(
        path
        for path, attributes in taxonomy.categories.select("path", "attributes").iter_rows()
        if path.startswith("Food") or scents.intersection(attributes)
    )


def _goods(said: list[str], names: Names) -> tuple[frozenset[int], frozenset[int]]:
    """Return the places of words inside a longer name of goods, and of those that end one.

    The cat of cat food is no motif, the cream of ice cream no colour.
    """
    places: set[int] = set()
    ends: set[int] = set()
    for length in (2, 3):
        for start in range(len(said) - length + 1):
            part = said[start : start + length]
            if all(one[0].isalpha() for one in part) and "".join(part) in names.exact:
                places.update(range(start, start + length))
                ends.add(start + length - 1)
    return frozenset(places), frozenset(ends)


def _free(
    title: Title,
    values: list[Value],
    names: Names,
    closed_words: frozenset[str],
    stuff: frozenset[str],
) -> FreeWords:
    firm: set[int] = set()
    other: set[int] = set()
    common: set[int] = set()
    for value in values:
        (firm if value.kind in FIRM else other).update(range(value.start, value.end))
    head = _head(title, names)
    open_words: list[str | None] = []
    for place, one in enumerate(title.words):
        closed = (
            place in title.named
            or place == head
            or place in firm
            or one in PLAIN
            or not one.isalpha()
            or one in closed_words
            or title.words[place + 1 : place + 2] in DETERMINERS
        )
        open_words.append(None if closed else one)
        if one not in stuff and (len(one) < 3 or _is_thing(one, names)):
            common.add(place)
    said = title.words[head] if head >= 0 else ""
    return FreeWords(tuple(open_words), frozenset(other), frozenset(common), said)


def _is_thing(one: str, names: Names) -> bool:
    return names.idf.get(one, RARE) < RARE or names.headness.get(one, 0.0) > 0.3


def _shades(titles: Sequence[Title], values: Sequence[list[Value]]) -> frozenset[str]:
    """Return the words that mostly stand before one colour: SKY blue, but not ANTIQUE."""
    uses: Counter[str] = Counter()
    before: dict[str, Counter[str]] = defaultdict(Counter)
    for title, found in zip(titles, values, strict=True):
        uses.update(title.words)
        for one in found:
            if one.kind == "colour" and one.start > 0:
                before[title.words[one.start - 1]][one.value] += 1
    return frozenset(
        one for one, colours in before.items() if 2 * max(colours.values()) > uses[one]
    )


def _head(title: Title, names: Names) -> int:
    """Return the place of the head noun: of the category's name, else of what looks like one."""
    if title.named:
        return max(title.named)
    place = title.parsed.places[title.parsed.head_at] if title.parsed.words else -1
    known = place >= 0 and names.headness.get(title.words[place], 0.0) > 0.3
    return place if known else -1


def _stuff(names: Names) -> frozenset[str]:
    return frozenset(
        key
        for key, rows in names.exact.items()
        if any(MATERIALS in names.paths[row] for row in rows)
    )
