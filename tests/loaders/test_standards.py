"""Check digits, quantities, prices, bands, dates, text: each against a second, slower statement."""

import datetime as dt
import unicodedata
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.loaders.attributes import _pairs
from crossaisle.loaders.gtin import gtins
from crossaisle.loaders.prices import FEWEST, bands, prices
from crossaisle.loaders.text import nfc, without_html
from crossaisle.loaders.units import quantities
from crossaisle.loaders.values import times


def _check_digit(digits: str) -> int:
    """As GS1 describes it by hand: from the right, times 3, 1, 3, ... up to the next ten."""
    total = sum(int(d) * (3 if k % 2 == 0 else 1) for k, d in enumerate(reversed(digits)))
    return -total % 10


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.from_regex(r"[0-9]{7,13}", fullmatch=True), min_size=1, max_size=9),
    st.integers(0, 9),
)
def test_check_digits(bodies: list[str], last: int) -> None:
    codes = [f"{body}{last}" for body in bodies]
    wanted = [
        code.zfill(14)
        if len(code) in {8, 12, 13, 14} and _check_digit(code[:-1]) == last and code.strip("0")
        else None
        for code in codes
    ]
    assert gtins(pl.Series(codes)).to_list() == wanted


def test_gtins_as_they_are_printed() -> None:
    written = ["978-3-16-148410-0", "4006381 333931", "036000291452", "x", None, "4006381333932"]
    assert gtins(pl.Series(written)).to_list() == [
        "09783161484100", "04006381333931", "00036000291452", None, None, None
    ]  # fmt: skip


LITRE, OUNCE, FLUID, INCH = 1000, 28.349523125, 29.5735295625, 2.54  # ml, g, ml, cm


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("0.33 l", 0.33 * LITRE, "ml"),
        ("0,75L", 0.75 * LITRE, "ml"),
        ("12 fl oz", 12 * FLUID, "ml"),
        ("3.5 oz", 3.5 * OUNCE, "g"),
        ("2 lb", 32 * OUNCE, "g"),
        ("1500 g", 1.5, "kg"),
        ('27"', 27 * INCH, "cm"),
        ("6 in.", 6 * INCH, "cm"),
        ("2 m", 200, "cm"),
        ("500毫升", 500, "ml"),
    ],
)
def test_quantities_in_common_units(text: str, amount: float, unit: str) -> None:
    said, written = quantities(pl.Series([text]))[0].split(" ")
    assert written == unit
    assert float(said) == pytest.approx(amount, rel=5e-3)  # three digits


def test_what_is_no_quantity_stays() -> None:
    values = ["XL", "10 M", "red", "3", "3 pieces", None, "12 x 500 ml", ""]
    assert quantities(pl.Series(values)).to_list() == values


def test_prices_with_currencies() -> None:
    written = {
        "9.50": (9.5, None), "EUR 9.50": (9.5, "EUR"), "9,50 €": (9.5, "EUR"),
        "$1,234.50": (1234.5, "USD"), "1.234,50 EUR": (1234.5, "EUR"), "£3": (3.0, "GBP"),
        "1,234": (1234.0, None), "0": (0.0, None), "free": (None, None), "¥88": (88.0, "JPY"),
        "12 345,67": (12345.67, None),
    }  # fmt: skip
    amount, currency = prices(pl.Series(list(written)))
    assert list(zip(amount, currency, strict=True)) == list(written.values())


def test_bands_are_quantiles_of_the_aisle() -> None:
    rng = np.random.default_rng(5)
    price = np.concatenate([rng.lognormal(1, 1, 200), rng.lognormal(5, 1, 200), [7.0] * 99])
    aisle = ["a"] * 200 + ["b"] * 200 + ["one price"] * 99
    products = pl.DataFrame({"id": [str(k) for k in range(499)], "aisle": aisle, "price": price})
    found = dict(bands(products, 5).select("product", "value").iter_rows())
    names = ["lowest", "low", "middle", "high", "highest"]
    for first in (0, 200):
        part = sorted(range(first, first + 200), key=lambda k: price[k])
        assert [found[str(k)] for k in part] == [names[place // 40] for place in range(200)]
    assert not set(map(str, range(400, 499))) & set(found)  # nothing to tell apart
    few = products.head(5 * FEWEST - 1)
    assert bands(few, 5).is_empty()


DATES = {
    "Tue, 5 Mar 2024 10:00:00 +0100": dt.datetime(2024, 3, 5, 9),
    "2024-03-05 10:00:00 UTC": dt.datetime(2024, 3, 5, 10),
    "2024-03-05T10:00:00.5-05:00": dt.datetime(2024, 3, 5, 15, 0, 0, 500000),
    "2024-03-05T10:00Z": dt.datetime(2024, 3, 5, 10),
    "March 5, 2024 3:04 PM": dt.datetime(2024, 3, 5, 15, 4),
    "5. März 2024": dt.datetime(2024, 3, 5),
    "5 août 2024": dt.datetime(2024, 8, 5),
    "2024年3月5日": dt.datetime(2024, 3, 5),
    "05.03.24": dt.datetime(2024, 3, 5),
    "5 Mar 2024 10:00 EST": dt.datetime(2024, 3, 5, 15),
    "March 2024": None,  # no day
    "10:00": None,
    "soon": None,
    "5 Mar 2024 10:00 XYZ": None,  # a zone that nobody knows
}


@pytest.mark.parametrize("text", DATES)
def test_dates_of_usual_forms(text: str) -> None:
    assert times(pl.Series([text]))[0].to_list() == [DATES[text]]


def test_dates_of_several_forms_in_one_column() -> None:
    assert times(pl.Series(list(DATES)))[0].to_list() == list(DATES.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), max_size=6))
def test_normal_form(texts: list[str]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    assert nfc(column).to_list() == [unicodedata.normalize("NFC", text) for text in texts]


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</b>",
                "<br/>",
                "warm",
                " ",
                "&amp;",
                "&eacute;",
                "وسط",
                "<i a='b'>",
            ]
        ),
        max_size=12,
    )
)
def test_html_is_taken_out_as_a_parser_does(parts: list[str]) -> None:
    markup = "".join(parts)
    parser = _Text()
    parser.feed(markup)
    parser.close()
    without_spaces = "".join("".join(parser.parts).split())
    found = without_html(pl.Series([markup]))[0]
    assert "".join(found.split()) == without_spaces


def test_text_that_only_looks_like_html_stays() -> None:
    texts = ["a < b & c > d", "1<2", "AT&T", "沐浴露 &", "جل", None]
    assert without_html(pl.Series(texts)).to_list() == texts


def test_named_properties() -> None:
    assert _pairs('{"Colour": "red", "Sizes": ["S", 4], "deep": {"x": 1}}') == [
        ("Colour", "red"), ("Sizes", "S"), ("Sizes", "4")
    ]  # fmt: skip
    assert _pairs('[{"name": "a", "value": "b"}]\x1f{"name": "c", "value": "d"}') == [
        ("a", "b"), ("c", "d")
    ]  # fmt: skip
    assert _pairs("General:Fabric:wool,Size:6 in, nothing") == [
        ("Fabric", "wool"),
        ("Size", "6 in"),
    ]
    assert _pairs('{"a": "\\ud800"}') == []
