"""The table of attributes: what single titles say, and what all titles together suggest."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossaisle.loaders.find_attributes import SCENTED, Value, title_values
from crossaisle.loaders.find_categories import CUTS, DRESS, Parsed
from crossaisle.loaders.find_names import Names
from crossaisle.loaders.find_themes import FreeWords, collocations, free_phrases, themes

Row = tuple[str, str, str, float, str]  # id, kind, value, confidence, source

FIRM = ("colour", "material", "size", "occasion", "quantity")
"""Kinds whose words are never part of a theme."""

PLAIN = CUTS | DRESS | SCENTED | {"the", "your", "my", "a", "i", "own", "is", "it", "tier"}
"""Words that are never part of a theme."""

RARE = 8.0
"""ln(names of the taxonomy / names with the word) above which a word can be a theme: commoner
ones (tea, dinner, garden) are what goods are for."""

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
    values = [_values(title) for title in titles]
    free = [_free(title, found, names) for title, found in zip(titles, values, strict=True)]
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


def _values(title: Title) -> list[Value]:
    edible = title.path.startswith("Food") or "Fragrance" in title.path
    last = max(title.named, default=-1)
    return [
        one
        for one in title_values(title.text, edible=edible)
        if not one.start <= last < one.end
        and (one.start not in title.named or one.kind in (*FIRM, "age group"))
    ]


def _free(title: Title, values: list[Value], names: Names) -> FreeWords:
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
        )
        open_words.append(None if closed else one)
        if len(one) < 3 or names.idf.get(one, RARE) < RARE:
            common.add(place)
    said = title.words[head] if head >= 0 else ""
    return FreeWords(tuple(open_words), frozenset(other), frozenset(common), said)


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
