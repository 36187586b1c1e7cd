from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.reports import ReportError
from crossaisle.reports.catalogue import LANGUAGES, Catalogue, catalogue

OPEN = ("kinds", "metrics")
"""Sections in which a language may have more or fewer words: what is missing is its own word."""


def texts(entries: dict[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """Return every text by key, all plural forms of it."""
    found: dict[str, list[str]] = {}
    for key, entry in entries.items():
        if isinstance(entry, str):
            found[prefix + key] = [entry]
        elif "other" in entry:
            found[prefix + key] = list(entry.values())
        elif key not in OPEN:
            found |= texts(entry, f"{prefix}{key}.")
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_gaps(lang: str) -> None:
    english, other = texts(catalogue("en").entries), texts(catalogue(lang).entries)
    assert other.keys() == english.keys()
    for key, forms in other.items():
        allowed = fields(english[key][-1])
        for form in forms:
            assert fields(form) <= allowed, key
        needed = allowed - {"count"}
        assert needed <= fields(forms[-1]), f"{lang}: {key} leaves something out"


def test_plural_forms() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert english.say("name.untitled", 1) == "a product without a title"
    assert english.say("name.untitled", 1200) == "1,200 products without a title"
    assert chinese.say("name.untitled", 1) == "1 件无标题的商品"


def test_other_languages_have_other_plurals_and_numbers() -> None:
    forms = {"one": "{count} osoba", "few": "{count} osoby", "many": "{count} osób"}
    polish = Catalogue("pl", {"people": forms | {"other": "{count} osoby"}})
    assert [polish.say("people", n) for n in (1, 2, 5, 22, 25)] == [
        "1 osoba", "2 osoby", "5 osób", "22 osoby", "25 osób",
    ]  # fmt: skip
    assert Catalogue("de", {"people": "{count} Leute"}).say("people", 1200) == "1.200 Leute"


def test_lists() -> None:
    english = catalogue("en")
    assert english.listing([]) == ""
    assert english.listing(["A"]) == "A"
    assert english.listing(["A", "B"]) == "A and B"
    assert english.listing(["A", "B", "A", "C"]) == "A, B and C"
    assert english.listing(["A", "B", "C", "D", "E"]) == "A, B, C and 2 more"
    chinese = catalogue("zh-CN")
    assert chinese.listing(["甲", "乙", "丙"]) == "甲、乙和丙"
    assert chinese.listing(["甲", "乙", "丙", "丁", "戊"]) == "甲、乙、丙及另外 2 件商品"
    assert [chinese.percent(0.131, 1), catalogue("en").percent(0.5)] == ["13.1%", "50%"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from("ABCDEFGH"), max_size=12), st.integers(1, 5))
def test_a_list_names_or_counts_everything_once(items: list[str], limit: int) -> None:
    said = catalogue("en").listing(items, limit)
    named = [item for item in "ABCDEFGH" if item in said.replace("more", "").replace("and", "")]
    counted = [int(word) for word in said.split() if word.isdigit()]
    assert len(named) + sum(counted) == len(set(items))


def test_unknown_language_and_unknown_text_are_sentences() -> None:
    with pytest.raises(ReportError, match="'fr' yet; choose one of en, zh"):
        catalogue("fr")
    with pytest.raises(ReportError, match=r"no text 'reason\.astrology'"):
        catalogue("en").say("reason.astrology")


def test_a_word_that_is_not_there_stands_for_itself() -> None:
    assert catalogue("zh").word("kinds", "theme") == "主题"
    assert catalogue("en").word("kinds", "heel_height") == "heel height"
