"""A shop's files to a catalogue to a graph: what is kept, what is left out, and why."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.graph.build import build
from crossaisle.graph.catalogue import Catalogue
from crossaisle.loaders import LoadError, MappingError, load, preset, preset_names, read_mapping
from crossaisle.loaders.categories import aisles_of, is_ordered

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)

MAPPING = """
[products]
path = "feed.csv"
title = "title"
category = "category"
brand = "brand"
price = "price"
attributes = ["colour"]
[events]
path = "log.csv"
user = "user"
product = "product"
time = "time"
quantity = "quantity"
basket = "order"
[[events.reject]]
column = "order"
matches = "^C"
reason = "cancellation"
"""

FEED = """id,title,category,brand,price,colour,stock
1,red sock,Wear > Socks,Zip,1.5,red,9
2,red ball,Play > Balls,ZIP,NaN,red,9
3,blue ball,Play > Balls,,-2,blue,9
3,green ball,Play > Balls,,3,green,9
3,blue ball,Play > Balls,,-2,blue,9
,nothing,,,,,
4,hat,Wear,,4,,9
"""

LOG = """order,user,product,time,quantity
o1,ann,1,2024-01-01,1
o1,ann,2,2024-01-01,2
o1,ann,2,2024-01-01,3
C2,ann,1,2024-01-02,1
o3,,1,2024-01-03,1
o3,,3,2024-01-03,1
,,1,2024-01-04,1
o4,bob,9,2024-01-05,1
o5,bob,1,2024-13-45,1
o6,bob,1,2099-01-01,1
o7,bob,1,2024-01-06,-1
o8,bob,1,2024-01-06,many
o9,bob,,2024-01-06,1
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load(read_mapping(shop(tmp_path)), now=NOW)


def shop(folder: Path, feed: str = FEED, log: str = LOG, mapping: str = MAPPING) -> Path:
    (folder / "feed.csv").write_text(feed)
    (folder / "log.csv").write_text(log)
    (folder / "shop.toml").write_text(mapping)
    return folder / "shop.toml"


def test_every_row_left_out_has_its_line_and_reason(catalogue: Catalogue) -> None:
    rows = [
        (Path(file).name, line, reason, action)
        for file, line, reason, action, _ in catalogue.rejected.sort("file", "line").rows()
    ]
    assert rows == [
        ("feed.csv", 3, "price is not a number", "value left out"),
        ("feed.csv", 4, "price is negative", "value left out"),
        ("feed.csv", 5, "the product stands above with different data", "row left out"),
        ("feed.csv", 6, "price is negative", "value left out"),
        ("feed.csv", 7, "no product id in column id", "row left out"),
        ("log.csv", 5, "cancellation", "row left out"),
        ("log.csv", 8, "neither a user in column user nor a basket", "row left out"),
        ("log.csv", 9, "the product is not in feed.csv", "row left out"),
        ("log.csv", 10, "time is neither a date nor a number", "row left out"),
        ("log.csv", 11, "time lies in the future", "row left out"),
        ("log.csv", 12, "quantity not positive: a return", "row left out"),
        ("log.csv", 13, "quantity is not a number", "row left out"),
        ("log.csv", 14, "no product in column product", "row left out"),
    ]
    assert (
        '"title":"green ball"'
        in catalogue.rejected.filter(line=5, reason="the product stands above with different data")[
            "content"
        ][0]
    )


def test_nothing_is_lost(catalogue: Catalogue) -> None:
    log = catalogue.rejected.filter(pl.col("file").str.ends_with("log.csv"))
    assert catalogue.events.height + log.height == LOG.count("\n") - 1


def test_notes_name_the_column_nobody_wants(catalogue: Catalogue) -> None:
    assert any("stock" in note and "products.ignore" in note for note in catalogue.notes)


def test_the_graph_of_it(catalogue: Catalogue) -> None:
    graph = build(catalogue, min_count=1)
    assert graph.products["id"].to_list() == ["1", "2", "3", "4"]
    assert graph.products["price"].to_list() == [1.5, None, None, 4.0]
    assert graph.products["aisle"].to_list() == ["Wear", "Play", "Play", "Wear"]
    assert graph.edges_by_id("part_of").rows() == [
        ("Play > Balls", "Play"),
        ("Wear > Socks", "Wear"),
    ]
    brands = graph.attributes.filter(kind="brand")
    assert brands["id"].to_list() == ["brand=zip"]
    bought = graph.edges_by_id("bought").select("head", "tail", "quantity").rows()
    assert bought == [("ann", "1", 1.0), ("ann", "2", 5.0)]
    assert graph.edges_by_id("contains").select("head", "tail").rows() == [("o3", "1"), ("o3", "3")]
    together = graph.edges_by_id("bought_with").select("head", "tail", "count").rows()
    assert together == [("1", "2", 1), ("1", "3", 1)]


def test_a_graph_without_customers_keeps_what_was_bought_together(catalogue: Catalogue) -> None:
    graph = build(catalogue, min_count=1, customers=False)
    counts = graph.counts()
    assert [counts[name] for name in ("Customer", "Basket", "BOUGHT", "CONTAINS")] == [0, 0, 0, 0]
    assert counts["BOUGHT_WITH"] == 2


def test_products_come_from_the_log_where_there_is_no_feed(tmp_path: Path) -> None:
    log = "u,p,t,price\na,1a,red sock,2\na,1A,red sock,4\nb,1A,RED sock!,3\nb,2,ball,1\n"
    mapping = (
        '[events]\npath = "log.csv"\nuser = "u"\nproduct = "p"\ntitle = "t"\nprice = "price"\n'
        "uppercase_products = true\n"
    )
    found = load(read_mapping(shop(tmp_path, log=log, mapping=mapping)), now=NOW)
    assert found.products.select("id", "title", "price").rows() == [
        ("1A", "red sock", 3.0),
        ("2", "ball", 1.0),
    ]
    assert "1 had several titles" in found.notes[0]


def test_users_and_their_text(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id,about,city\nann,likes red,Bonn\nzoe,,Ulm\nann,x,y\n")
    mapping = MAPPING + '[users]\npath = "users.csv"\ntext = "about"\ncolumns = ["city"]\n'
    found = load(read_mapping(shop(tmp_path, mapping=mapping)), now=NOW)
    assert found.users.rows() == [("ann", "likes red. city: Bonn"), ("zoe", "city: Ulm")]
    assert set(build(found).customers["id"]) == {"ann", "zoe"}


@pytest.mark.parametrize(
    ("paths", "ordered"),
    [
        ([["A", "B", "C"], ["A", "B", "D"], ["A", "E"]], True),
        (
            [
                ["A", "Face", "Makeup"],
                ["A", "Makeup", "Nails"],
                ["A", "Eyes", "Makeup"],
                ["A", "Bath", "Face"],
            ],
            False,
        ),
        ([["A"], ["B"]], True),
    ],
)
def test_order_of_categories_is_seen(paths: list[list[str]], ordered: bool) -> None:
    assert is_ordered(pl.Series(paths)) is ordered


def test_small_aisles_join_the_one_above_or_none() -> None:
    home = [["Home", "Kitchen"]] * 140 + [["Home", "Garden"]] * 90 + [["Home", "Attic"]] * 3
    paths = [*home, ["Home", "Cellar"], *[["Toys"]] * 66, ["Odd"]]
    table = pl.DataFrame(
        {
            "product": [str(i) for i in range(len(paths))],
            "path": paths,
            "source": "feed",
            "confidence": 1.0,
        }
    )
    aisles, note = aisles_of(table, 2)
    assert dict(aisles["aisle"].value_counts().iter_rows()) == {
        "Home > Kitchen": 140, "Home > Garden": 90, "Home > Attic": 3, "Toys": 66,
    }  # fmt: skip
    assert "level 2" in note
    automatic, _ = aisles_of(table, None)
    assert set(automatic["aisle"]) == {"Home", "Toys"}


def test_errors_of_mappings(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="neither a products file nor"):
        load(read_mapping(shop(tmp_path, mapping="[products]\n")), now=NOW)
    with pytest.raises(MappingError, match="title"):
        load(read_mapping(shop(tmp_path, mapping='[events]\npath = "log.csv"\n')), now=NOW)
    with pytest.raises(LoadError, match="no product is left"):
        load(
            read_mapping(shop(tmp_path, feed="id,title,category,brand,price,colour\n,x,,,,\n")),
            now=NOW,
        )
    with pytest.raises(MappingError, match="matches"):
        read_mapping(shop(tmp_path, mapping=MAPPING.replace('matches = "^C"', "")))


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_mappings(name: str) -> None:
    assert preset(name, None, Path("x.csv")).events is not None


_id = st.sampled_from(["1", "2", "3", "x", "", " "])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(_id, _id, st.sampled_from(["1", "-1", "x", ""])), max_size=30))
def test_every_event_is_kept_or_rejected_and_twice_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("shop")
    log = (
        "user,product,quantity\n"
        + "".join(f'"{u}","{p}","{q}"\n' for u, p, q in rows)
        + "end,1,1\n"
    )
    mapping = '[products]\npath = "feed.csv"\n[events]\npath = "log.csv"\nquantity = "quantity"\n'
    feed = "id\n1\n2\n3\n"
    first, second = (
        load(read_mapping(shop(folder, feed=feed, log=log, mapping=mapping)), now=NOW)
        for _ in range(2)
    )
    assert first.events.equals(second.events)
    # Rows without any value are empty lines, not events.
    empty = sum(1 for row in rows if not any(cell for cell in row))
    assert first.events.height + first.rejected.height + empty == len(rows) + 1
    graph = build(first)
    assert graph.equals(build(second))
    assert set(graph.customers["id"]) == set(first.events["user"].drop_nulls())
