"""Names as people read them: titles, attribute values, categories on the way into a sentence."""

import re
import unicodedata
from functools import lru_cache

_LOWER = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "to"}
)
_LOWER |= {"but", "the", "with"}
_UPPER = {"BBQ", "CD", "DVD", "EU", "LED", "TV", "UK", "USA", "USB"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SHOUTED = 4  # letters: what is shorter may be an abbreviation, and stays as it is

_READ = 2400  # characters: a title of a megabyte is not walked through to its end

FULL = 300
"""Longest name that is written anywhere, tooltips included, in characters."""
SHORT = 70
"""Longest name inside a sentence, in characters."""


def clean(text: str) -> str:
    """Return ``text`` in one line, without control characters and without direction overrides.

    A title may hold anything. Overrides (U+202E and its kin) would turn the sentence around it, so
    they go; the directions that letters have by themselves stay (see :func:`isolated`).
    """
    text = text[:_READ]
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (" " if character.isspace() else character for character in text)
    shown = "".join(character for character in kept if not _invisible(character))
    return " ".join(shown.split())


def readable(name: str, limit: int = SHORT) -> str:
    """Return a product's or an attribute's name as it stands in a sentence.

    A name in capitals is set in title case ("RED RETROSPOT CAKE STAND" becomes "Red Retrospot Cake
    Stand"); any other is kept. Longer names are cut at a word, and right-to-left ones isolated.
    """
    return _readable(name[:_READ], limit)


@lru_cache(maxsize=10_000)
def _readable(name: str, limit: int) -> str:
    text = clean(name)
    if sum(map(str.isalpha, text)) > _SHOUTED and text.upper() == text and text.lower() != text:
        text = _WORD.sub(_word, text)
        text = text[:1].upper() + text[1:]
    return isolated(shortened(text, limit))


def category(name: str, limit: int = SHORT) -> str:
    """Return the last step of a category path: "Home > Tableware" becomes "Tableware"."""
    return readable(name.rsplit(" > ", 1)[-1], limit)


def shortened(text: str, limit: int) -> str:
    """Cut ``text`` to ``limit`` characters at most, at a word if possible, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip(" ,;:-–") + "…"


def isolated(text: str) -> str:
    """Wrap right-to-left text in isolates, so that it cannot reorder its neighbours."""
    if not text.isascii() and any(
        unicodedata.bidirectional(character) in ("R", "AL") for character in text
    ):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


def _invisible(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind == "Cf":  # joiners make emoji and Indic words; all other format characters only hide
        return character not in "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
    return kind in ("Cc", "Cs", "Co", "Cn")


def _word(match: re.Match[str]) -> str:
    word = match.group()
    before = match.string[: match.start()].rstrip()
    lower = word.lower()
    if word in _UPPER:
        return word
    if lower in _LOWER and before and before[-1].isalnum():
        return lower
    return lower[:1].upper() + lower[1:]
