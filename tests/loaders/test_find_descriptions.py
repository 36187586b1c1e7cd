import polars as pl

from crossaisle.loaders.find import find
from crossaisle.loaders.find_descriptions import LONGEST, TRUST


def attributes(title: str, description: str | None) -> pl.DataFrame:
    products = pl.DataFrame(
        {"id": ["1"], "title": [title], "description": [description]},
        schema={"id": pl.String, "title": pl.String, "description": pl.String},
    )
    return find(products).attributes


def test_a_description_adds_what_the_title_leaves_open_and_is_believed_less() -> None:
    found = attributes("Red wall clock", "A round clock. Frame of oak wood, blue hands.")
    assert set(found.filter(source="title").select("kind", "value").iter_rows()) == {
        ("colour", "red")
    }
    more = found.filter(source="description")
    assert set(more.select("kind", "value").iter_rows()) == {
        ("shape", "round"),
        ("material", "oak wood"),
    }
    assert more["confidence"].max() <= TRUST


def test_a_list_of_all_colours_says_nothing() -> None:
    assert attributes("Clock", "Also in red, blue, green and white.").height == 0
    assert attributes("Clock", "Comes in red or blue.").height == 2


def test_negation_counts_in_descriptions() -> None:
    assert attributes("Clock", "Without plastic.").height == 0
    assert attributes("Clock", "With plastic.")["value"].to_list() == ["plastic"]


def test_nothing_comes_from_no_text_or_its_far_end() -> None:
    assert attributes("Clock", None).height == 0
    assert attributes("Clock", "x " * LONGEST + "red").height == 0


def test_chinese_descriptions_are_read() -> None:
    assert attributes("挂钟", "红色表盘").select("kind", "value").row(0) == ("colour", "红色")
