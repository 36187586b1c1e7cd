import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossaisle.loaders.find_names import phrase, split_name, taxonomy_names
from crossaisle.loaders.find_words import english, is_plural, singular, word, words
from crossaisle.loaders.taxonomy import load_taxonomy


@pytest.mark.parametrize(
    ("plural", "single"),
    [
        ("cards", "card"),
        ("boxes", "box"),
        ("cherries", "cherry"),
        ("pies", "pie"),
        ("glasses", "glass"),
        ("dresses", "dress"),
        ("dishes", "dish"),
        ("shoes", "shoe"),
        ("knives", "knife"),
        ("glass", "glass"),
        ("canvas", "canvas"),
        ("octopus", "octopus"),
        ("bus", "bus"),
    ],
)
def test_singular(plural: str, single: str) -> None:
    assert singular(plural) == single
    assert is_plural(plural) == (plural != single)


def test_titles_become_plain_american_words() -> None:
    assert words("Children's JEWELLERY boxes, grey") == ["child", "jewelry", "box", ",", "gray"]
    assert words("SET/6 T-LIGHTS") == ["set", "/", "6", "t", "-", "light"]


@given(st.text())
def test_any_text_has_words_and_none_is_empty(text: str) -> None:
    assert all(words(text))


def test_a_normal_word_stays() -> None:
    """Of every word in the taxonomy's values and in the spellings; else they would not meet."""
    names = " ".join(load_taxonomy().values["name"]).lower()
    spelt = english()["spelling"]
    known = sorted({*re.findall(r"[a-z]+", names), *spelt, *spelt.values()})
    assert len(known) > 5000
    assert [raw for raw in known if word(word(raw)) != word(raw)] == []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Mugs", ["Mugs"]),
        ("Hair Pins, Claws & Clips", ["Hair Pins", "Hair Claws", "Hair Clips"]),
        ("Candle & Oil Warmers", ["Candle Warmers", "Oil Warmers"]),
        ("Wreaths & Garlands", ["Wreaths", "Garlands"]),
        ("Soap Dishes & Holders", ["Soap Dishes", "Soap Holders"]),
    ],
)
def test_names_of_several_things_are_split(name: str, parts: list[str]) -> None:
    assert split_name(name) == parts


def test_every_synonym_leads_to_a_category() -> None:
    exact = taxonomy_names().exact
    lost = [
        said
        for said, meant in english()["synonym"].items()
        if "".join(phrase(meant)) not in exact or "".join(phrase(said)) not in exact
    ]
    assert lost == []


def test_a_kind_of_something_is_rewritten_to_it() -> None:
    assert taxonomy_names().rewrites["tealight"] == ("candle",)
    assert taxonomy_names().rewrites["tlight"] == ("candle",)
