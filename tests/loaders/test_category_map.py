"""A shop's own categories beside the taxonomy's: proposals, decisions, what is gained."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from crossaisle.cli import app
from crossaisle.graph import open_store
from crossaisle.graph.catalogue import PRODUCT_CATEGORIES
from crossaisle.loaders import LoadError, read_mapping
from crossaisle.loaders.category_map import (
    DOUBT,
    Decision,
    lay_over,
    overruled,
    propose,
    read_decisions,
)

MUGS = "Home & Garden > Kitchen & Dining > Tableware > Drinkware > Mugs"
CLOCKS = "Home & Garden > Decor > Clocks"
FEED = "sku,name,group\n" + "".join(
    f"{row},{name},{group}\n"
    for row, (name, group) in enumerate(
        [
            *[(f"{look} wall clock", "Shop > Time") for look in ("Red", "Oak", "Round", "Old")],
            *[(f"{look} thing", "Shop > Coffee Mugs") for look in ("Red", "Big")],
            ("Whatnot", "Shop > Zzyzx"),
        ]
    )
)
TOML = """
[products]
path = "feed.csv"
id = "sku"
title = "name"
category = "group"
"""


def given(*pairs: tuple[str, list[str]]) -> pl.DataFrame:
    rows = [(product, path, "feed", 1.0) for product, path in pairs]
    return pl.DataFrame(rows, schema=dict(PRODUCT_CATEGORIES), orient="row")


def titled(*pairs: tuple[str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(pairs), schema={"id": pl.String, "title": pl.String}, orient="row")


def proposed(categories: pl.DataFrame, products: pl.DataFrame) -> dict[str, str | None]:
    return dict(propose(categories, products).select("category", "taxonomy").iter_rows())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (["Shop", "Clocks"], CLOCKS),
        (["Home", "Wall clocks"], f"{CLOCKS} > Wall Clocks"),
        (["Zzyzx"], None),
        (["Sale", "50 % off"], None),
    ],
)
def test_a_name_alone_is_enough_or_nothing_is_proposed(
    path: list[str], expected: str | None
) -> None:
    found = proposed(given(("1", path)), titled(("1", None)))
    assert found == {" > ".join(path): expected}


def test_the_wider_names_tell_two_of_a_name_apart() -> None:
    rows = given(("1", ["Office", "Office Supplies", "Staples"]), ("2", ["Hardware", "Staples"]))
    found = proposed(rows, titled())
    office = found["Office > Office Supplies > Staples"]
    assert office is not None
    assert office.startswith("Office Supplies > ")
    assert found["Hardware > Staples"] != office


def test_products_outvote_a_name_that_says_nothing() -> None:
    count = int(3 * DOUBT)
    rows = given(*[(str(row), ["Time"]) for row in range(count)])
    clocks = titled(*[(str(row), f"{row} oak wall clock") for row in range(count)])
    assert proposed(rows, clocks)["Time"] == f"{CLOCKS} > Wall Clocks"
    assert proposed(rows, titled())["Time"] is None


def test_a_tree_in_chinese_is_mapped_in_chinese() -> None:
    found = proposed(given(("1", ["家居", "挂钟"])), titled())
    assert found["家居 > 挂钟"] == "家居与园艺 > 装饰 > 时钟 > 挂钟"


def test_a_person_overrules_and_a_lost_category_keeps_the_decision() -> None:
    proposals = propose(given(("1", ["Clocks"]), ("2", ["Zzyzx"]), ("3", ["Mugs"])), titled())
    decisions = [Decision("Clocks", None), Decision("Zzyzx", CLOCKS), Decision("Gone", MUGS)]
    table = overruled(proposals, decisions)
    rows = table.select("category", "taxonomy", "confidence", "products", "decided").rows()
    assert rows[0] == ("Clocks", None, None, 1, "person")
    assert rows[1] == ("Gone", MUGS, 1.0, 0, "person")
    assert rows[2][0] == "Mugs"
    assert rows[2][4] == "found"
    assert rows[3] == ("Zzyzx", CLOCKS, 1.0, 1, "person")


def test_what_is_laid_over_is_said_to_be_mapped_and_a_taxonomy_path_gains_nothing() -> None:
    rows = given(("1", ["Watches"]), ("1", CLOCKS.split(" > ")), ("2", ["Zzyzx"]))
    table = overruled(propose(rows, titled()), [Decision("Watches", MUGS)])
    gained = lay_over(rows, table)
    assert gained.rows() == [("1", MUGS.split(" > "), "mapped", 1.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column category"),
        ("category,taxonomy\nX,Nowhere\n", "line 2, column taxonomy: 'Nowhere' is no category"),
        (
            f"category,taxonomy\nX,{CLOCKS}s\n",
            f"did you mean '{CLOCKS}'",
        ),
        (f"category,taxonomy\nX,{CLOCKS}\nX,{CLOCKS}\n", "line 3: 'X' is decided above"),
        ("category,taxonomy\nX,Y,Z,W\n", "line 2"),
    ],
)
def test_a_bad_file_is_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "map.csv").write_text(text)
    with pytest.raises(LoadError, match=message):
        read_decisions(tmp_path / "map.csv")


def test_the_file_is_written_read_back_and_kept(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(FEED)
    (tmp_path / "shop.toml").write_text(TOML)
    file, store = tmp_path / "map.csv", str(tmp_path / "shop.lbdb")
    command = ["graph", "build", "--mapping", str(tmp_path / "shop.toml"), "--store", store]
    command += ["--category-map", str(file)]

    def build() -> tuple[dict[str, tuple[str | None, str]], set[tuple[str, str, str]]]:
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
        table = pl.read_csv(file)
        with open_store(store) as place:
            edges = place.read().edges_by_id("in_category")
        chosen = {row[0]: row[1:] for row in table["category", "taxonomy", "decided"].rows()}
        return chosen, set(edges["head", "tail", "source"].rows())

    chosen, edges = build()
    assert str(chosen["Shop > Coffee Mugs"][0]).startswith(MUGS)
    assert chosen["Shop > Zzyzx"] == (None, "found")
    assert ("6", "Shop > Zzyzx", "feed") in edges
    before = file.read_text()
    assert build()[0] == chosen
    assert file.read_text() == before

    file.write_text(before.replace("Shop > Zzyzx,,", f"Shop > Zzyzx,{CLOCKS},"))
    chosen, edges = build()
    assert chosen["Shop > Zzyzx"] == (CLOCKS, "person")
    assert ("6", CLOCKS, "mapped") in edges
    assert ("6", "Shop > Zzyzx", "feed") in edges
    assert build()[0] == chosen

    file.write_text(file.read_text().replace(CLOCKS, "Nowhere"))
    refused = CliRunner().invoke(app, command)
    assert isinstance(refused.exception, LoadError)
    assert "map.csv, line 4, column taxonomy: 'Nowhere'" in str(refused.exception)


def test_the_mapping_file_names_the_map_beside_it(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(f'{TOML}category_map = "map.csv"\n')
    mapping = read_mapping(tmp_path / "shop.toml")
    assert mapping.products.category_map == str(tmp_path / "map.csv")
