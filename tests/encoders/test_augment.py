"""Texts in other words: what is exchanged, what stays, and how often."""

import numpy as np
import polars as pl
import pytest

from crossaisle.encoders.augment import CHANGED, DROPPED, Lexicon, varied

SYNONYMS = [("t light", "tea light")]


@pytest.fixture
def lexicon() -> Lexicon:
    attributes = pl.DataFrame(
        {
            "id": ["colour=blue", "colour=green", "colour=red", "size=big"],
            "kind": ["colour", "colour", "colour", "size"],
            "value": ["Blue", "Green", "red", "big"],
        }
    )
    return Lexicon.of(attributes, SYNONYMS)


def test_values_stand_for_others_of_their_kind_and_synonyms_both_ways(lexicon: Lexicon) -> None:
    assert lexicon.table[("red",)] == ("blue", "green")
    assert lexicon.table[("t", "light")] == ("tea light",)
    assert lexicon.table[("tea", "light")] == ("t light",)
    assert ("big",) not in lexicon.table  # the only size


def test_words_are_left_out_and_exchanged_as_often_as_said(lexicon: Lexicon) -> None:
    rng = np.random.default_rng(0)
    text = "Hanging T light holder, RED. colour: red"
    made = [varied(text, rng, lexicon) for _ in range(4000)]
    exchanged = np.mean(["tea light" in one for one in made])
    assert exchanged == pytest.approx(CHANGED, abs=0.03)
    assert np.mean(["Hanging" not in one for one in made]) == pytest.approx(DROPPED, abs=0.02)
    assert any("blue." in one for one in made)  # the sign stays
    assert {word.strip(".,:").lower() for one in made for word in one.split()} == {
        "hanging", "t", "tea", "light", "holder", "red", "blue", "green", "colour",
    }  # fmt: skip


def test_something_is_always_left(lexicon: Lexicon) -> None:
    rng = np.random.default_rng(0)
    assert {varied("lamp", rng, lexicon) for _ in range(100)} == {"lamp"}
    assert varied("", rng, lexicon) == ""


def test_the_same_luck_makes_the_same_text(lexicon: Lexicon) -> None:
    text = "red tea light with a red ribbon and a blue box"
    one, other = (
        [varied(text, rng, lexicon) for _ in range(50)]
        for rng in (np.random.default_rng(3), np.random.default_rng(3))
    )
    assert one == other
