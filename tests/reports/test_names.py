import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.reports.names import category, clean, readable, shortened


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("RED RETROSPOT CAKE STAND", "Red Retrospot Cake Stand"),
        ("SET OF 4 KNICK KNACK TINS DOILY ", "Set of 4 Knick Knack Tins Doily"),
        ("THE KING GIFT BAG", "The King Gift Bag"),
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("PACK OF 12 50'S CHRISTMAS TISSUES", "Pack of 12 50's Christmas Tissues"),
        ("CHILDREN'S LED  LAMP, USB", "Children's LED Lamp, USB"),
        ("ÉTUI À CRAYONS", "Étui À Crayons"),
        ("Nike Air Max", "Nike Air Max"),
        ("IKEA", "IKEA"),
        ("pink", "pink"),
        ("茶杯", "茶杯"),
        ("", ""),
    ],
)
def test_titles_in_capitals_become_readable(name: str, shown: str) -> None:
    assert readable(name) == shown


def test_category_is_the_last_step_of_its_path() -> None:
    assert category("Home & Garden > KITCHEN & DINING") == "Kitchen & Dining"
    assert category("Toys") == "Toys"


def test_a_long_name_is_cut_at_a_word() -> None:
    assert shortened("one two three four", 12) == "one two…"
    assert shortened("x" * 30, 10) == "x" * 9 + "…"
    assert shortened("short", 5) == "short"


def test_direction_overrides_go_and_right_to_left_text_is_isolated() -> None:
    assert clean("cake\u202estand\u0007\n box") == "cakestand box"
    assert readable("כוס תה") == "\u2068כוס תה\u2069"


def test_family_emoji_stay_whole() -> None:
    assert readable("Mug 👨‍👩‍👧 large") == "Mug 👨‍👩‍👧 large"


def test_a_title_of_a_megabyte_is_cut() -> None:
    assert len(readable("CAKE " * 200_000)) <= 70


@settings(deadline=None, max_examples=60)
@given(st.text(), st.integers(2, 80))
def test_whatever_comes_one_short_clean_line_goes(text: str, limit: int) -> None:
    shown = readable(text, limit)
    assert len(shown.strip("\u2068\u2069")) <= limit
    kinds = {unicodedata.category(letter) for letter in shown.strip("\u2068\u2069")}
    assert not kinds & {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert clean(clean(text)) == clean(text)
