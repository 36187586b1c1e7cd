"""What inspect prints is a mapping that works as it stands, and says what it is unsure of."""

import random
from pathlib import Path

import pytest

from crossaisle.cli import main
from crossaisle.graph.catalogue import Catalogue
from crossaisle.loaders import LoadError, load, preset, read_mapping
from crossaisle.loaders.inspect import inspect

FEEDS = Path(__file__).parent.parent / "data/feeds"
SAMPLES = [
    ("google-merchant", ["merchant_rss.xml"]),
    ("google-merchant", ["merchant_atom.xml"]),
    ("google-merchant", ["merchant.tsv"]),
    *(
        ("schema-org", [name])
        for name in (
            "product.jsonld", "graph.jsonld", "array.jsonld", "page.html", "products.ttl",
            "products.nt", "products.rdf",
        )
    ),
    ("shopify", ["shopify.csv"]),
    ("ga4", ["ga4.jsonl"]),
    ("amazon-reviews-2014", ["amazon_2014_meta.json", "amazon_2014_reviews.json"]),
    ("amazon-reviews-2018", ["amazon_2018_meta.json", "amazon_2018_reviews.json"]),
    ("amazon-reviews-2023", ["amazon_2023_meta.jsonl", "amazon_2023_reviews.jsonl"]),
    ("recbole", ["sample.item", "sample.inter"]),
    ("movielens", ["movies.csv", "ratings.csv"]),
    ("dunnhumby", ["dunnhumby_products.csv", "dunnhumby_transactions.csv"]),
]  # fmt: skip


def _inspected(folder: Path, paths: list[Path]) -> Catalogue:
    """Load by what inspect prints, unedited."""
    (folder / "shop.toml").write_text(inspect([str(path) for path in paths]), encoding="utf-8")
    return load(read_mapping(folder / "shop.toml"))


@pytest.mark.parametrize(("name", "files"), SAMPLES, ids=lambda value: str(value))
def test_the_mapping_reads_what_the_preset_reads(
    tmp_path: Path, name: str, files: list[str]
) -> None:
    paths = [FEEDS / file for file in files]
    found = _inspected(tmp_path, list(reversed(paths)))  # in any order
    products, events = (paths[0], paths[1]) if len(paths) > 1 else (paths[0], None)
    given = preset(name, None if name == "ga4" else products, products if name == "ga4" else events)
    wanted = load(given)
    assert found.products.drop("aisle").equals(wanted.products.drop("aisle"))
    events_of = [one.events.drop("price") for one in (found, wanted)]
    assert events_of[0].equals(events_of[1])
    assert found.purchases == wanted.purchases
    for table in ("product_attributes", "product_categories"):
        frames = [getattr(one, table).filter(source="feed") for one in (found, wanted)]
        assert set(map(str, frames[0].rows())) >= set(map(str, frames[1].rows()))


def test_recbole_with_its_graph_and_triples_of_numbers(tmp_path: Path) -> None:
    found = _inspected(
        tmp_path, [FEEDS / f"sample.{x}" for x in ("kg", "link", "user", "item", "inter")]
    )
    rows = found.product_attributes.select("product", "kind", "value").rows()
    assert ("i1", "made_of", "m.wool") in rows
    assert found.users.rows() == [("u1", "age: 24. gender: F"), ("u2", "age: 53. gender: M")]
    text = inspect([str(FEEDS / name) for name in ("movies.csv", "kg_final.txt")])
    assert 'format = "triples"' in text
    found = _inspected(tmp_path, [FEEDS / name for name in ("movies.csv", "kg_final.txt")])
    assert ("1", "0", "100") in found.product_attributes.select("product", "kind", "value").rows()


GERMAN = {
    "feed": "Artikelnummer;Bezeichnung;Warengruppe;Marke;Preis;Farbe;EAN\n"
    "7;Rote Socke;Wäsche > Socken;Zip;9,50 €;rot;4006381333931\n"
    "8;Blaue Socke;Wäsche > Socken;Zip;9,50 €;blau;\n",
    "log": "Kundennummer;Artikelnummer;Bestelldatum;Menge;Bestellnummer\n"
    "K1;7;03.02.2024;1;B1\nK2;8;13.02.2024;2;B2\n",
}
CHINESE = {
    "feed": "商品编号,商品名称,分类,品牌,价格,颜色,条形码\n"
    "7,红色袜子,服装 > 袜子,齐普,¥9.50,红,4006381333931\n"
    "8,蓝色袜子,服装 > 袜子,齐普,¥9.50,蓝,\n",
    "log": "用户,商品编号,下单时间,数量,订单号\n甲,7,2024年2月3日,1,B1\n乙,8,2024年2月13日,2,B2\n",
}


@pytest.mark.parametrize("files", [GERMAN, CHINESE], ids=["German", "Chinese"])
def test_common_names_of_columns_in_other_languages(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    found = _inspected(tmp_path, [tmp_path / "log.csv", tmp_path / "feed.csv"])
    assert found.rejected.height == 0
    assert found.products.select("id", "price").rows() == [("7", 9.5), ("8", 9.5)]
    kinds = set(found.product_attributes.filter(source="feed")["kind"])
    assert kinds >= {"brand", "gtin"}
    assert kinds & {"farbe", "颜色"}
    assert [len(path) for path in found.product_categories["path"]] == [2, 2]
    days = found.events.select("user", "product", "time", "quantity", "basket").rows()
    assert [(str(time), *rest) for _, _, time, *rest in days] == [
        ("2024-02-03 00:00:00", 1.0, "B1"),
        ("2024-02-13 00:00:00", 2.0, "B2"),
    ]


def test_values_decide_where_names_say_nothing(tmp_path: Path) -> None:
    rng = random.Random(3)
    gtins = [f"{k:012d}" for k in rng.sample(range(10**11, 10**12), 40)]
    digits = [10 - sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(g)) % 10 for g in gtins]
    feed = "a,b,c,d\n" + "".join(
        f"P{k:03d},warm sock number {k},{'red' if k % 2 else 'blue'},{g}{digit % 10}\n"
        for k, (g, digit) in enumerate(zip(gtins, digits, strict=True))
    )
    log = "x,y,z\n" + "".join(
        f"U{rng.randrange(9)},P{rng.randrange(40):03d},2024-01-{k % 28 + 1:02d}\n"
        for k in range(99)
    )
    (tmp_path / "feed.csv").write_text(feed)
    (tmp_path / "log.csv").write_text(log)
    text = inspect([str(tmp_path / "feed.csv"), str(tmp_path / "log.csv")])
    for line in (
        'id = "a"', 'title = "b"  # ?', 'gtin = "d"  # ? by its check digits', 'attributes = ["c"]',
        'user = "x"  # ?', 'product = "y"  # ? 100% of the log\'s values are in the feed',
        'time = "z"  # ?',
    ):  # fmt: skip
        assert line in text, text
    found = _inspected(tmp_path, [tmp_path / "feed.csv", tmp_path / "log.csv"])
    assert (found.products.height, found.events.height) == (40, 99)


def test_a_name_that_its_values_do_not_bear_out_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("user,product,time,quantity\nann,1,soon,1\nbob,2,later,2\n")
    text = inspect([str(tmp_path / "log.csv")])
    assert "# ? time: time is called so, but its values do not look like it" in text
    assert 'title = "product"  # ? no file names the products' in text


def test_only_purchases_where_the_types_are_named_so(tmp_path: Path) -> None:
    rows = "".join(f"u{k},{k % 3},{'view' if k % 2 else 'Purchase'}\n" for k in range(9))
    (tmp_path / "log.csv").write_text("user,product,event\n" + rows)
    assert 'purchases = ["Purchase"]  # ? others: Purchase, view' in inspect(
        [str(tmp_path / "log.csv")]
    )


def test_the_command_prints_and_builds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "inspect", str(FEEDS / "shopify.csv")]) == 0
    (tmp_path / "shop.toml").write_text(capsys.readouterr().out)
    build = ["graph", "build", "--mapping", str(tmp_path / "shop.toml"), "--store"]
    assert main([*build, str(tmp_path / "shop.lbdb")]) == 0


def test_people_alone_are_no_shop(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("customer_id,age\n1,30\n")
    with pytest.raises(LoadError, match="none of these files holds products or events"):
        inspect([str(tmp_path / "people.csv")])
