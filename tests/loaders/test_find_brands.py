"""Brands in titles: right where the shop's own titles say so, and silent elsewhere."""

from pathlib import Path

import polars as pl
import pytest

from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES
from crossaisle.loaders import load, read_mapping
from crossaisle.loaders.find_brands import PRIOR, brands_in_titles

KNOWN = [  # id, title, brand
    *((f"a{n}", f"Acme kettle {n}", "Acme") for n in range(8)),
    *((f"b{n}", f"Blue Sky lamp {n}", "Blue Sky") for n in range(6)),
    *((f"c{n}", f"Acme blue mug {n}", "Acme") for n in range(6)),
    ("d0", "Blue", "Blue"),  # a brand that is mostly a colour
]
OPEN = {
    "x1": "ACME toaster",
    "x2": "Blue Sky desk lamp",
    "x3": "Blue towel",
    "x4": "Toaster",
    "x5": None,
}


def found(extra: dict[str, str | None], aisles: dict[str, str] | None = None) -> dict[str, str]:
    rows = [(i, t, (aisles or {}).get(i)) for i, t, _ in KNOWN] + [
        (i, t, (aisles or {}).get(i)) for i, t in extra.items()
    ]
    products = pl.DataFrame(
        rows, schema={"id": pl.String, "title": pl.String, "aisle": pl.String}, orient="row"
    )
    given = pl.DataFrame(
        [(i, "brand", b, "feed", 1.0) for i, _, b in KNOWN],
        schema=dict(PRODUCT_ATTRIBUTES),
        orient="row",
    )
    table = brands_in_titles(products, given)
    assert table.schema == pl.Schema(dict(PRODUCT_ATTRIBUTES))
    assert set(table["source"]) <= {"title"}
    return dict(table.select("product", "value").iter_rows())


def test_the_longest_name_that_is_mostly_right_is_given() -> None:
    assert found(OPEN) == {"x1": "Acme", "x2": "Blue Sky"}


def test_a_word_that_is_mostly_no_brand_is_not_given() -> None:
    assert "x3" not in found({"x3": "Blue towel"})  # right once of seven times


def test_the_confidence_is_the_share_pulled_towards_that_of_all() -> None:
    products = pl.DataFrame(
        {
            "id": ["p", "q", "r", "s"],
            "title": ["Acme a", "Acme b", "Zenit Acme", "Acme c"],
            "aisle": [None] * 4,
        },
        schema_overrides={"aisle": pl.String},
    )
    given = pl.DataFrame(
        [("p", "Acme"), ("q", "Acme"), ("r", "Zenit")], schema=["product", "value"], orient="row"
    ).with_columns(kind=pl.lit("brand"), source=pl.lit("feed"), confidence=pl.lit(1.0))
    table = brands_in_titles(products, given)
    right, said, at_the_head = 2, 3, 3 / 3  # Acme; at the head: Acme twice, Zenit once
    wanted = (right + PRIOR * at_the_head) / (said + PRIOR)
    assert table.rows() == [("s", "brand", "Acme", "title", pytest.approx(wanted))]


def test_an_aisle_without_brands_gets_none() -> None:
    aisles = {i: "kitchen" for i, _, _ in KNOWN} | {"x1": "toys"}
    assert found({"x1": "Acme robot"}, aisles) == {}
    assert found({"x1": "Acme robot"}, aisles | {"x1": "kitchen"}) == {"x1": "Acme"}


def test_a_shop_without_brands_stays_as_it_is() -> None:
    products = pl.DataFrame({"id": ["p"], "title": ["Acme"], "aisle": ["a"]})
    assert brands_in_titles(products, pl.DataFrame(schema=dict(PRODUCT_ATTRIBUTES))).is_empty()


def test_a_load_says_how_many(tmp_path: Path) -> None:
    rows = [f"{i},{t},{b}" for i, t, b in KNOWN] + [f"{i},{t or ''}," for i, t in OPEN.items()]
    (tmp_path / "p.csv").write_text("\n".join(["id,title,brand", *rows]) + "\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text('[products]\npath = "p.csv"\nid = "id"\ntitle = "title"\nbrand = "brand"\n')
    catalogue = load(read_mapping(mapping))
    assert "the titles of 2 products without a brand name one" in catalogue.notes
    rows_of = catalogue.product_attributes.filter(pl.col("product") == "x1", kind="brand")
    assert rows_of.select("value", "source").rows() == [("Acme", "title")]
