"""Tables shaped like the logs that people download: what inspect prints loads them, unedited."""

import random
from pathlib import Path

import polars as pl
import pytest

from crossaisle.graph.catalogue import Catalogue
from crossaisle.loaders import LoadError, load, read_mapping
from crossaisle.loaders.inspect import inspect
from crossaisle.loaders.read import read_all

RNG = random.Random(5)
LOG = [(RNG.randrange(1, 30), RNG.randrange(300, 360), RNG.randrange(10**6)) for _ in range(300)]
"""(user, product, seconds)"""
KINDS = ["pv", "pv", "pv", "cart", "buy"]


def _inspected(folder: Path, tables: dict[str, str]) -> Catalogue:
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    text = inspect([str(folder / name) for name in tables])
    (folder / "shop.toml").write_text(text, encoding="utf-8")
    return load(read_mapping(folder / "shop.toml"))


def test_stars_without_a_line_of_names(tmp_path: Path) -> None:
    rows = "".join(f"{u}\t{p}\t{t % 5 + 1}\t{874980000 + t}\n" for u, p, t in LOG)
    found = _inspected(tmp_path, {"u.data": rows})
    user, product, seconds = LOG[0]
    first = found.events.row(0, named=True)
    assert (first["user"], first["product"]) == (str(user), str(product))
    assert first["rating"] == seconds % 5 + 1
    assert str(first["time"].year) == "1997"
    assert found.events.height == len(LOG)


def test_two_colons_between_fields(tmp_path: Path) -> None:
    films = "".join(
        f"{p}::A film of {p}::{'Drama|War' if p % 2 else 'War'}\n" for p in range(300, 360)
    )
    rows = "".join(f"{u}::{p}::{t % 5 + 1}::{974980000 + t}\n" for u, p, t in LOG)
    found = _inspected(tmp_path, {"movies.dat": films, "ratings.dat": rows})
    assert found.products.row(0)[:2] == ("300", "A film of 300")
    assert set(found.product_categories["path"].list.first()) <= {"Drama", "War"}
    assert found.events.height == len(LOG)


def test_a_log_of_behaviour_whose_category_makes_aisles(tmp_path: Path) -> None:
    rows = "".join(f"{u},{p},{2520 + p % 5},{KINDS[t % 5]},{1511544070 + t}\n" for u, p, t in LOG)
    found = _inspected(tmp_path, {"UserBehavior.csv": rows})
    assert found.purchases == ("buy",)
    assert set(found.products["aisle"]) == {f"{2520 + k}" for k in range(5)}
    assert found.rejected.height == 0  # a product's lines differ in what tells nothing of it


def test_category_brand_and_price_in_each_event(tmp_path: Path) -> None:
    rows = "event_time,event_type,product_id,category_code,brand,price,user_id,user_session\n"
    for u, p, t in LOG:
        code = ["", "furniture.bathroom.bath", "apparel.glove"][p % 3]
        kind = "purchase" if t % 4 else "view"
        time = f"2019-10-{t % 28 + 1:02d} 00:00:00 UTC"
        rows += f"{time},{kind},{p},{code},b{p % 7},{t % 90}.5,{u},s{t}\n"
    found = _inspected(tmp_path, {"2019-Oct.csv": rows})
    assert {"furniture", "apparel"} <= set(found.products["aisle"])
    assert found.product_attributes.filter(kind="brand").height == found.products.height
    assert found.events.height == len(LOG)
    assert found.purchases == ("purchase",)


def test_articles_customers_and_transactions(tmp_path: Path) -> None:
    feed = "article_id,product_code,prod_name,product_type_name,colour_group_name,detail_desc\n"
    kinds = ["Bra,Red", "Vest top,White"]
    feed += "".join(
        f'0108{p},0108{p // 2},Top {p},{kinds[p % 2]},"Soft, {p}."\n' for p in range(300, 360)
    )
    log = "t_dat,customer_id,article_id,price,sales_channel_id\n" + "".join(
        f"2018-09-{t % 28 + 1:02d},c{u},0108{p},0.0{t},2\n" for u, p, t in LOG
    )
    people = "customer_id,club_member_status,age\n" + "".join(
        f"c{u},ACTIVE,{u}\n" for u in range(30)
    )
    tables = {"articles.csv": feed, "customers.csv": people, "transactions.csv": log}
    found = _inspected(tmp_path, tables)
    assert found.products["id"][0] == "0108300"  # the zero is part of it
    assert set(found.products["aisle"]) == {"Bra", "Vest top"}
    assert found.events.height == len(LOG)
    assert found.users.height == 30


def test_products_told_apart_by_their_titles(tmp_path: Path) -> None:
    goods = ["whole milk", "pip fruit", "rolls/buns"]
    rows = "Member_number,Date,itemDescription\n" + "".join(
        f"{u},{t % 28 + 1:02d}-07-2015,{goods[p % 3]}\n" for u, p, t in LOG
    )
    found = _inspected(tmp_path, {"groceries.csv": rows})
    assert set(found.products["title"]) == set(goods)
    assert found.events["time"].null_count() == 0


def test_orders_apart_from_their_lines_and_names_of_numbers(tmp_path: Path) -> None:
    aisles = "aisle_id,aisle\n" + "".join(f"{k},aisle {k}\n" for k in range(6))
    feed = "product_id,product_name,aisle_id\n"
    feed += "".join(f"{p},Good {p},{p % 6}\n" for p in range(300, 360))
    orders = "order_id,user_id,eval_set,order_number\n"
    orders += "".join(f"{k},{LOG[k][0]},prior,{k}\n" for k in range(100))
    orders += "7,999,prior,1\n"
    lines = "order_id,product_id,add_to_cart_order\n"
    lines += "".join(f"{k % 100},{p},1\n" for k, (_, p, _) in enumerate(LOG))
    tables = {"orders.csv": orders, "lines.csv": lines, "products.csv": feed, "aisles.csv": aisles}
    found = _inspected(tmp_path, {**tables, "orders.csv": orders.rsplit("\n", 2)[0] + "\n"})
    assert set(found.products["aisle"]) == {f"aisle {k}" for k in range(6)}
    assert found.events.height == len(LOG)
    assert found.events["user"].to_list() == [str(LOG[k % 100][0]) for k in range(len(LOG))]
    (tmp_path / "orders.csv").write_text(orders)  # an order twice: the first counts, and it is told
    again = load(read_mapping(tmp_path / "shop.toml"))
    assert again.events.equals(found.events)
    assert again.rejected.select("line", "reason").rows() == [
        (102, "the same order_id stands above")
    ]


def test_a_table_of_no_products_is_left_out(tmp_path: Path) -> None:
    tree = "categoryid,parentid\n" + "".join(f"{k},{k // 3}\n" for k in range(9))
    log = "timestamp,visitorid,event,itemid,transactionid\n"
    kinds = ["transaction", "view", "view"]
    log += "".join(f"{1433221332117 + t},{u},{kinds[t % 3]},{p},\n" for u, p, t in LOG)
    found = _inspected(tmp_path, {"events.csv": log, "category_tree.csv": tree})
    assert "category_tree.csv is not used" in (tmp_path / "shop.toml").read_text()
    assert found.events.height == len(LOG)
    assert found.purchases == ("transaction",)


def test_rows_numbered_by_pandas(tmp_path: Path) -> None:
    rows = ",user,product\n" + "".join(f"{k},{u},{p}\n" for k, (u, p, _) in enumerate(LOG))
    found = _inspected(tmp_path, {"log.csv": rows})
    assert found.events.select("user", "product").row(0) == (str(LOG[0][0]), str(LOG[0][1]))
    broken = read_all((str(tmp_path / "log.csv"),))[0]
    assert broken.frame["_line"][0] == 2


def test_lists_and_structs_in_parquet(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"id": ["1", "2"], "name": ["a", "b"], "tags": [["x", "y"], []], "spec": [{"k": 1}, None]}
    )
    frame.write_parquet(tmp_path / "feed.parquet")
    rows = read_all((str(tmp_path / "feed.parquet"),))[0].frame
    assert rows["tags"].to_list() == ["x|y", None]
    assert rows["spec"].to_list() == ['{"k": 1}', None]


@pytest.mark.parametrize("word", ["NULL", "null", "nan", "NaN", "None", "NA", "N/A", "<NA>", r"\N"])
def test_words_for_nothing_are_nobody(tmp_path: Path, word: str) -> None:
    (tmp_path / "log.csv").write_text(
        f"user,product,title,order\n{word},7,Sock,1\nann,8,{word},2\n"
    )
    (tmp_path / "shop.toml").write_text(
        '[products]\n[events]\npath = "log.csv"\nuser = "user"\nproduct = "product"\n'
        'title = "title"\nbasket = "order"\n'
    )
    found = load(read_mapping(tmp_path / "shop.toml"))
    assert found.events["user"].to_list() == [None, "ann"]
    assert found.products.sort("id")["title"].to_list() == ["Sock", None]


def test_lines_of_a_file_without_names_are_counted_from_one(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"ann,7\n\xff\xfe,8\nbob,9,9\ncem,7\n")
    rows = read_all((str(tmp_path / "log.csv"),), header=("user", "product"))[0]
    assert rows.frame.select("_line", "user", "product").rows() == [
        (1, "ann", "7"),
        (4, "cem", "7"),
    ]
    assert sorted(line for line, _, _ in rows.broken) == [2, 3]


def test_two_columns_of_one_name_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_text("5\t5\t3\n6\t7\t3\n")
    with pytest.raises(LoadError, match=r"header = \[\.\.\.\]"):
        inspect([str(tmp_path / "u.data")])


def test_a_table_of_years_has_a_line_of_names(tmp_path: Path) -> None:
    from crossaisle.loaders.guess_header import header_of

    years = pl.DataFrame({"product": ["a", "b"], "name": ["x", "y"], "2019": ["1", "2"]})
    assert header_of(years) == ()
