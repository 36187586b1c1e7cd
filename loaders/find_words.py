"""English titles as words: small letters, singular, one spelling."""

import re
from functools import cache, lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "taxonomy" / "english.tsv"
_WORD = re.compile(r"\d+(?:\.\d+)?[a-z]*|[^\W\d_]+(?:['’][^\W\d_]+)*|[,;:()|/\-+&.\"*]")
_KEEP = {"glass", "brass", "lens", "gas", "bus", "news", "tennis", "canvas", "christmas", "bias"}
_IRREGULAR = {
    "knives": "knife",
    "leaves": "leaf",
    "shelves": "shelf",
    "scarves": "scarf",
    "wolves": "wolf",
    "loaves": "loaf",
    "mice": "mouse",
    "geese": "goose",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "teeth": "tooth",
    "people": "person",
}


@cache
def english() -> dict[str, dict[str, str]]:
    """Return the shipped table of plain English, by kind: what a title says -> what is meant.

    spelling: single words; synonym: names of goods; colour, size, age group: attribute values.
    """
    tables: dict[str, dict[str, str]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, said, meant = line.split("\t")
            tables.setdefault(kind, {})[said] = meant
    return tables


def words(text: str) -> list[str]:
    """Split a text into normalised words; punctuation that parts phrases stays, one sign each."""
    return [word(part) for part in _WORD.findall(text.lower())]


@lru_cache(maxsize=200_000)
def word(raw: str) -> str:
    """Normalise one word in small letters: possessive off, singular, the taxonomy's spelling."""
    raw = raw.replace("’", "'")
    raw = raw[:-2] if raw.endswith("'s") else raw.replace("'", "")
    spelling = english()["spelling"]
    if raw in spelling:
        return spelling[raw]
    single = singular(raw)
    return spelling.get(single, single)


def singular(plural: str) -> str:
    """Return the singular of an English noun by its ending (cards, boxes, cherries, glasses)."""
    if plural in _IRREGULAR:
        return _IRREGULAR[plural]
    if len(plural) < 4 or plural in _KEEP or not plural.endswith("s"):
        return plural
    if plural.endswith(("ss", "us", "is")):
        return plural
    if plural.endswith("ies"):
        return plural[:-3] + "y" if len(plural) > 4 else plural[:-1]
    if plural.endswith(("ches", "shes", "sses", "xes", "zzes", "oes")):
        return plural[:-2] if not plural.endswith(("shoes", "toes")) else plural[:-1]
    return plural[:-1]


def is_plural(raw: str) -> bool:
    """Whether a word in small letters has the form of a plural."""
    return singular(raw) != raw
