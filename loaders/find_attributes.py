"""Attribute values in titles: the taxonomy's lists, longest first, with what is around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from crossaisle.loaders.find_categories import PACKS
from crossaisle.loaders.find_names import Phrase, phrase
from crossaisle.loaders.find_words import english, words
from crossaisle.loaders.taxonomy import load_taxonomy

KINDS: tuple[tuple[str, str], ...] = (
    ("colour", r"color"),
    ("material", r"(.*_)?material|fabric"),
    ("size", r"none"),
    ("age group", r"age_group"),
    ("gender", r"target_gender"),
    ("occasion", r"celebration_type|season"),
    ("pattern", r"pattern"),
    ("shape", r"shape|mold/cut_shape|stone_shape|sequin/glitter_shape"),
    ("style", r"style|art_style|item_style"),
    ("theme", r"theme|(nursery|costume|puzzle)_theme|animal_type|plant_name"),
    ("flavour", r"flavor|(.*_)?fragrance|scent"),
)
"""Kind and the taxonomy's attributes that it covers; of two kinds with a value the first wins."""

SCENTED = {"scent", "scented", "scents", "flavor", "flavored", "flavour", "flavoured", "perfumed"}
NOT = {"no", "non", "not", "without", "never"}
FREE = {"free", "less"}
_VAGUE = {"other", "all", "custom", "free", "form", "art", "solid", "new", "universal", "clear"}
_MEASURE = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:cm|mm|m|ft|in|inch(?:es)?|ml|cl|l|oz|g|kg|lb)?"
    r"(?:\s*x\s*\d+(?:[.,]\d+)?\s*(?:cm|mm|m|in|inch(?:es)?)?){1,2}\b"
    r"|\b\d+(?:[.,]\d+)?\s*(?:cm|mm|ft|inch(?:es)?|ml|cl|oz|kg|lb|met(?:er|re)s?|lit(?:er|re)s?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Value:
    """One attribute of one product, with the words of the title that it covers."""

    kind: str
    value: str
    confidence: float
    start: int = -1
    end: int = -1


@cache
def value_phrases() -> dict[Phrase, tuple[str, str]]:
    """Return what can stand in a title: phrase -> (kind, value in small letters)."""
    found: dict[Phrase, tuple[str, str]] = {}
    table = english()
    for kind in ("colour", "size", "age group"):
        for written, meant in table[kind].items():
            found[phrase(written)] = (kind, meant)
    values = load_taxonomy().values
    for kind, attributes in KINDS:
        fitting = values.filter(values["attribute"].str.contains(f"^(?:{attributes})$"))
        for name in fitting["name"].unique(maintain_order=True):
            for part in re.sub(r"\(.*?\)", "", name).split("/"):
                said = phrase(part)
                if said and not set(said) <= _VAGUE and not said[0][0].isdigit():
                    found.setdefault(said, (kind, " ".join(said)))
    return found


@cache
def flavours() -> frozenset[Phrase]:
    """Return the phrases that are flavours or scents, whatever else they can be."""
    values = load_taxonomy().values
    pattern = f"^(?:{dict(KINDS)['flavour']})$"
    names = values.filter(values["attribute"].str.contains(pattern))["name"]
    return frozenset(phrase(name) for name in names if phrase(name) != ("other",))


def values_in(said: list[str], *, edible: bool) -> Iterator[Value]:
    """Find attribute values in a title's words.

    Args:
        said: the words, signs included (:func:`crossaisle.loaders.find_words.words`).
        edible: whether the product is something to eat, drink or smell, where "orange" is no
            colour.
    """
    table, smells = value_phrases(), flavours()
    place = 0
    while place < len(said):
        for length in (3, 2, 1):
            part = tuple(said[place : place + length])
            if len(part) == length and part in table:
                break
        else:
            place += 1
            continue
        kind, value = table[part]
        after = next((one for one in said[place + length :] if one != "-"), "")
        if part in smells and (edible or after in SCENTED):
            kind, value = "flavour", " ".join(part)
        before = said[place - 1] if place else ""
        if before not in NOT and after not in FREE:
            yield Value(
                kind, value, 0.95 if length > 1 or kind != "theme" else 0.85, place, place + length
            )
        place += length


def quantity(said: list[str]) -> Value | None:
    """Find how many pieces: "set of 6", "pack of 12", "set/3", "6 pack", "4 candles"."""
    for place, one in enumerate(said):
        if not _is_number(one) or not 1 < int(one) <= 1000:
            continue
        before = said[place - 2 : place] if place > 1 else ["", *said[:place]]
        named = before[-1] in PACKS or (before[-1] in ("of", "/") and before[0] in PACKS)
        after = said[place + 1] if place + 1 < len(said) else ""
        if named or after in ("pack", "piece", "pair"):
            return Value("quantity", one, 0.97, place, place + 1)
        if before[-1] == "of" and after and after[0].isalpha():
            return Value("quantity", one, 0.9, place, place + 1)
        if place == 0 and after and after[0].isalpha() and after != "tier":
            return Value("quantity", one, 0.8, place, place + 1)
    return None


def _is_number(one: str) -> bool:
    return one.isascii() and one.isdigit()


def measures(title: str) -> list[Value]:
    """Find measures: 60cm, 30x40 cm, 500 ml; written small and without spaces."""
    return [
        Value("size", re.sub(r"\s+", "", match.group().lower()), 0.95)
        for match in _MEASURE.finditer(title)
    ]


def title_values(title: str, *, edible: bool) -> list[Value]:
    """Find all attribute values of one title, each (kind, value) once."""
    said = words(title)
    found = list(values_in(said, edible=edible))
    pieces = quantity(said)
    everything = [*found, *measures(title), *([pieces] if pieces else [])]
    once = {(value.kind, value.value): value for value in reversed(everything)}
    return list(reversed(once.values()))
