"""Attribute values in titles: the taxonomy's lists, longest first, with what is around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from crossaisle.loaders.find_categories import CUTS, DRESS, PACKS
from crossaisle.loaders.find_names import Phrase, phrase, taxonomy_names
from crossaisle.loaders.find_words import english, words
from crossaisle.loaders.taxonomy import load_taxonomy
from crossaisle.loaders.units import quantity as in_common_unit

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
SURE = 6
"""Letters of the shortest word whose misspellings are understood."""

JOINED = 6
"""Letters that a value of two words needs to be found written as one: polkadot."""

JOINING = {"&", "and", "+", "/"}
NOT = {"no", "non", "not", "without", "never"}
FREE = {"free", "less"}
LOOKS = {"design", "style", "pattern", "print", "printed", "motif", "theme", "themed", "shaped"}
"""A word before one of these says how the product looks, whatever else it can mean."""

_VAGUE = {"other", "all", "custom", "free", "form", "art", "solid", "new", "universal", "clear"}
_VAGUE |= DRESS | {"pure", "fresh", "random", "text", "texture", "travel"}
_MEASURE = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:cm|mm|m|ft|in|inch(?:es)?|ml|cl|l|oz|g|kg|lb)?"
    r"(?:\s*x\s*\d+(?:[.,]\d+)?\s*(?:cm|mm|m|in|inch(?:es)?)?){1,2}\b"
    r"|\b\d+(?:[.,]\d+)?[\s-]*(?:cm|mm|ft|feet|inch(?:es)?|ml|cl|(?:fl(?:uid|\.)? ?)?(?:oz|ounces?)"
    r"|grams?|kg|lbs?|pounds?|met(?:er|re)s?|lit(?:er|re)s?)\b",
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
    for said, value in list(found.items()):
        if len(said) == 2 and len("".join(said)) >= JOINED:
            found.setdefault(("".join(said),), value)
    return found


def respelled(one: str) -> str:
    """Return the value that a word misspells: strawbery, fuschia, cinammon.

    Doubled letters and the order within a run of consonants are what people get wrong; a word
    that the taxonomy knows, or one of less than :data:`SURE` letters, is taken as it stands.
    """
    known = (one,) in value_phrases() or one in taxonomy_names().idf
    return one if known or len(one) < SURE else _spellings().get(_sound(one), one)


@cache
def _spellings() -> dict[str, str]:
    table: dict[str, str] = {}
    for said in value_phrases():
        if len(said) == 1 and len(said[0]) >= SURE:
            sound = _sound(said[0])
            table[sound] = "" if sound in table else said[0]
    return {sound: one for sound, one in table.items() if one}


def _sound(one: str) -> str:
    single = re.sub(r"(.)\1", r"\1", one)
    return one[0] + re.sub(r"[^aeiou]+", lambda run: "".join(sorted(run.group())), single)


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
            colour; on anything else a strawberry is a motif.
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
        if part in smells and (edible or after in SCENTED or _beside(said, place, smells)):
            kind, value = "flavour", " ".join(part)
        elif kind == "flavour":
            kind = "theme"
        before = said[place - 1] if place else ""
        packed = part[-1] in PACKS and _ends(said, place + length)  # a tin is a box, not a metal
        if before not in NOT and after not in FREE and not packed:
            yield Value(
                kind, value, 0.95 if length > 1 or kind != "theme" else 0.85, place, place + length
            )
        place += length


def by_grammar(said: list[str]) -> Iterator[Value]:
    """Find values that no list has, by the word behind them: SUKI *design*, opium *scented*."""
    table = value_phrases()
    for place, (one, after) in enumerate(pairwise(said)):
        if not one.isalpha() or len(one) <= 3 or one in CUTS | DRESS | LOOKS | SCENTED | NOT:
            continue
        if after in SCENTED:
            yield Value("flavour", one, 0.8, place, place + 1)
        elif after in LOOKS and (one,) not in table:
            yield Value("theme", one, 0.8, place, place + 1)


def _beside(said: list[str], place: int, smells: frozenset[Phrase]) -> bool:
    """Whether this word and a flavour stand together: cinnamon & orange."""
    table = value_phrases()
    for step in (-2, 2):
        other = said[place + step : place + step + 1] if place + step >= 0 else []
        if tuple(other) in smells and said[place + step // 2] in JOINING:
            pair = (tuple(other), (said[place],))
            if any(table.get(one, ("", ""))[0] == "flavour" for one in pair):
                return True
    return False


def _ends(said: list[str], place: int) -> bool:
    return place == len(said) or said[place] in CUTS


def quantity(said: list[str]) -> Value | None:
    """Find how many pieces: "set of 6", "pack of 12", "set/3", "6 pack", "4 candles"."""
    for place, one in enumerate(said):
        if not _is_number(one) or not 1 < int(one) <= 1000:
            continue
        before = said[place - 2 : place] if place > 1 else ["", *said[:place]]
        named = before[-1] in PACKS or (before[-1] in ("of", "/") and before[0] in PACKS)
        after = said[place + 1] if place + 1 < len(said) else ""
        if after == "s" or in_common_unit(f"{one} {after}") != f"{one} {after}":
            continue  # the fifties, 50'S; 5 feet
        if after == "x" and _is_number("".join(said[place + 2 : place + 3])):
            continue  # 6 x 3 cm
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
    """Find measures: 10-Ounce is 283 g, as feeds' columns have it; 30 x 40 cm is 30x40cm."""
    found = []
    for match in _MEASURE.finditer(title):
        said = match.group().lower().replace("-", " ")
        bare = re.sub(r"\s+", "", said)
        common = (made for one in (said, bare) if (made := in_common_unit(one)) != one)
        found.append(Value("size", next(common, bare), 0.95))
    return found


def title_values(title: str, *, edible: bool) -> list[Value]:
    """Find all attribute values of one title, each (kind, value) once."""
    said = [respelled(one) for one in words(title)]
    found = [*values_in(said, edible=edible), *by_grammar(said)]
    smelt = {value.start for value in found if value.kind == "flavour"}
    found = [value for value in found if value.kind == "flavour" or value.start not in smelt]
    pieces = quantity(said)
    everything = [*found, *measures(title), *([pieces] if pieces else [])]
    once = {(value.kind, value.value): value for value in reversed(everything)}
    return list(reversed(once.values()))
