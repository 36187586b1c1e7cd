from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from crossaisle.loaders.find import ATTRIBUTES, CATEGORIES, find
from crossaisle.loaders.find_categories import Lexicon, parse
from crossaisle.loaders.find_meaning import settle
from crossaisle.loaders.find_names import taxonomy_names
from crossaisle.loaders.taxonomy import load_taxonomy, parent_paths

LABELS = Path(__file__).parents[1] / "data" / "online_retail_labels.csv"


def frame(*titles: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [str(at) for at in range(len(titles))], "title": list(titles)},
        schema={"id": pl.String, "title": pl.String},
    )


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("BLUE GLASS CAKE STAND", "Kitchen & Dining"),
        ("Hanging heart T-light holder", "Decor"),
        ("Teacup and saucer", "Kitchen & Dining"),
        ("Tea cup", "Kitchen & Dining"),
        ("Bling key ring", "Handbag & Wallet Accessories"),
        ("Wooden photo frame", "Decor"),
        ("Lunch bag red spots", "Kitchen & Dining"),
        ("Nail polish", "Personal Care"),
    ],
)
def test_the_second_level_of_plain_titles(title: str, path: str) -> None:
    # Twice, since a shop of one product has nobody to agree with.
    found = find(frame(title, title)).categories
    assert parent_paths(found["path"][0])[1].endswith(path)
    assert 0 < found["confidence"][0] <= 1


def test_words_that_name_nothing_have_no_category() -> None:
    found = find(frame("Zxqv blorp", "", None, "12345", "!!"))
    assert found.categories.height == 0
    assert found.attributes.height == 0


def test_frames_have_the_promised_columns() -> None:
    for products in (frame(), frame("Red mug", "Blue mug")):
        found = find(products)
        assert found.categories.schema == CATEGORIES
        assert found.attributes.schema == ATTRIBUTES
    assert set(found.attributes["value"]) == {"red", "blue"}


def test_paths_and_ids_are_the_taxonomys() -> None:
    found = find(frame("Red mug", "Wall clock", "Silver necklace")).categories
    known = dict(load_taxonomy().categories.select("id", "path").iter_rows())
    assert found.height == 3
    assert [known[one] for one in found["taxonomy_id"]] == found["path"].to_list()


def test_what_names_the_product_is_no_attribute() -> None:
    values = find(frame("Wine glass", "Wine glass")).attributes["value"]
    assert "glass" not in values.to_list()


@pytest.mark.parametrize(
    ("title", "value"), [("Ice cream bowl", "cream"), ("Cat food container", "cat")]
)
def test_words_of_another_name_are_no_attribute(title: str, value: str) -> None:
    assert value in find(frame(f"{value} bowl")).attributes["value"].to_list()
    assert value not in find(frame(title)).attributes["value"].to_list()


def test_scent_belongs_to_categories_that_have_one() -> None:
    candle, purse = "Vanilla candle", "Vanilla purse"
    found = find(frame(candle, candle, purse, purse)).attributes
    kinds = dict(found.select("id", "kind").iter_rows())
    assert kinds == {"0": "flavour", "1": "flavour", "2": "theme", "3": "theme"}


def test_goods_before_a_motif_are_the_product() -> None:
    said = ["card", "psychedelic", "apple"]
    assert parse(said, Lexicon()).head == "apple"
    known = Lexicon(motifs=frozenset({"apple"}), goods=frozenset({"card"}))
    assert parse(said, known).head == "card"


def test_other_titles_teach_an_unknown_word() -> None:
    known = [f"Babushka candle {n}" for n in ("red", "blue", "green", "pink", "white", "black")]
    alone = find(frame("Babushka large")).categories
    together = find(frame("Babushka large", *known)).categories.filter(id="0")
    assert alone.height == 0
    assert together["path"].to_list()[0].startswith("Home & Garden > Decor")


def test_the_encoder_is_asked_about_open_titles_only_and_counts() -> None:
    names = taxonomy_names()
    rows = [row for row, path in enumerate(names.paths) if path.endswith(" > Mugs")][:1]
    other = [row for row, path in enumerate(names.paths) if path.endswith(" > Keychains")][:1]
    asked: list[str] = []

    def encode(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return np.array([[1.0, 0.0] if "mug" in text else [0.0, 1.0] for text in texts])

    scores = [{rows[0]: 1.0, other[0]: 1.1}, {rows[0]: 2.0, other[0]: 0.1}]
    settled = settle(scores, ["a mug thing", "sure"], names, encode)
    assert settled[0][rows[0]] > settled[0][other[0]]
    assert settled[1] == scores[1]
    assert "sure" not in asked
    assert len(asked) == len(set(asked)) == 3


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=5))
def test_any_titles_are_accepted(titles: list[str | None]) -> None:
    found = find(frame(*titles))
    assert found.categories["id"].n_unique() == found.categories.height
    assert found.attributes["confidence"].is_between(0, 1).all()


def test_the_order_of_products_does_not_matter() -> None:
    products = frame("Red retro mug", "Retro bag", "Blue mug", "Wall clock", "Mug cosy")
    once, again = find(products), find(products.reverse())
    assert_frame_equal(once.categories.sort("id"), again.categories.sort("id"))
    order = ["id", "kind", "value"]
    assert_frame_equal(once.attributes.sort(order), again.attributes.sort(order))


def test_labels_are_well_formed() -> None:
    labels = pl.read_csv(LABELS)
    assert labels.height == labels["id"].n_unique() == 300
    assert labels["part"].value_counts().sort("part")["count"].to_list() == [150, 150]
    second = set(load_taxonomy().categories.filter(level=2)["path"])
    assert {one for row in labels["category"].fill_null("") for one in row.split(";")} <= second | {
        ""
    }
