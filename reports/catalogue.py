"""One language: the sentences and labels of ``templates/<language>.toml``, plurals and lists."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from babel import Locale
from babel.numbers import format_decimal, format_percent

from crossaisle.reports.errors import ReportError

_FOLDER = resources.files("crossaisle.reports").joinpath("templates")

LANGUAGES = tuple(
    sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if ".toml" in file.name)
)
"""Languages that have a catalogue: one more language is one more file."""


@dataclass(frozen=True)
class Catalogue:
    """The words of one language. Texts are data: ``{name}`` is the only thing that is filled in."""

    tag: str  # of the language, as HTML says it: "en", "zh-CN"
    entries: dict[str, Any]

    def say(self, key: str, count: int = 1, /, **names: object) -> str:
        """Fill in the text ``key`` ("section.name").

        Args:
            key: where the text stands in the file.
            count: chooses the plural form (CLDR's: one, two, few, many, other), and is there as
                ``{count}``, written as the language writes numbers.
            names: what the other ``{name}``s stand for.

        Raises:
            ReportError: the catalogue has no such text.
        """
        entry: Any = self.entries
        for part in key.split("."):
            entry = entry.get(part) if isinstance(entry, dict) else None
        if isinstance(entry, dict):
            entry = entry.get(self._locale.plural_form(count), entry.get("other"))
        if not isinstance(entry, str):
            raise ReportError(f"the catalogue {self.tag!r} has no text {key!r}; add it to its file")
        return entry.format(count=format_decimal(count, locale=self._locale), **names)

    def percent(self, share: float, decimals: int = 0) -> str:
        """Write a share as the language writes percentages, always with as many decimals."""
        pattern = self._locale.percent_formats[None].pattern
        if decimals:
            pattern = pattern.replace("##0", "##0." + "0" * decimals)
        return str(format_percent(share, format=pattern, locale=self._locale))

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.tag, sep="-")

    def word(self, section: str, word: str) -> str:
        """Return the language's word for ``word``, or ``word`` where the section has none."""
        found = self.entries.get(section, {}).get(word)
        return found if isinstance(found, str) else word.replace("_", " ")

    def listing(self, items: Sequence[str], limit: int = 3) -> str:
        """Join ``items`` as the language lists things: "A, B and C", "A, B, C and 4 more"."""
        shown = list(dict.fromkeys(items))
        separator, last = self.say("list.separator"), self.say("list.last")
        if len(shown) > limit:
            named = separator.join(shown[:limit])
            return self.say("list.more", len(shown) - limit, items=named)
        if len(shown) < 2:
            return "".join(shown)
        return separator.join(shown[:-1]) + last + shown[-1]


@cache
def catalogue(lang: str = "en") -> Catalogue:
    """Read the catalogue of a language, by its short name or its tag ("zh", "zh-CN").

    Raises:
        ReportError: there is none.
    """
    short = lang.lower().replace("_", "-").split("-")[0]
    if short not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise ReportError(f"reports are not written in {lang!r} yet; choose one of {known}")
    entries = tomllib.loads(_FOLDER.joinpath(f"{short}.toml").read_text("utf-8"))
    return Catalogue(entries["tag"], entries)
