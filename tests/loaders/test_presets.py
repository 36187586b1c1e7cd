"""Each preset on its sample in tests/data/feeds: what the standard says, in the graph's words."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pytest

from crossaisle.graph.build import build
from crossaisle.graph.catalogue import Catalogue
from crossaisle.loaders import load, preset, preset_names

FEEDS = Path(__file__).parent.parent / "data/feeds"
NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
SOCKS = "Sport > Running > Socks"


@dataclass(frozen=True)
class Sample:
    """A preset's files, and some of what is in them (a person read it out of them)."""

    preset: str
    products: str | None
    events: str | None
    titles: dict[str, str]
    prices: dict[str, float | None]
    categories: set[tuple[str, str]]
    attributes: set[tuple[str, str, str]]
    rejected: tuple[tuple[int, str], ...] = ()
    event: tuple[str, str, dt.datetime | float, str | None] | None = None  # one line of the log
    count: int = 0  # of events


SAMPLES = [
    Sample(
        "google-merchant", "merchant_rss.xml", None,
        {
            "SOCK-R": "Running sock, red",
            "SOCK-B": "Running sock, blue",
            "GEL": "جل الاستحمام — Duschgel für Läufer 沐浴露",
        },
        {"SOCK-R": 9.5, "SOCK-B": 9.5, "GEL": None},
        {("SOCK-R", SOCKS), ("SOCK-R", "Gifts"), ("SOCK-B", SOCKS), ("GEL", "Beauty > Bath")},
        {
            ("SOCK-R", "colour", "red"), ("SOCK-B", "colour", "blue"), ("SOCK-R", "brand", "Zip"),
            ("SOCK-R", "item group", "SOCK"), ("SOCK-B", "item group", "SOCK"),
            ("SOCK-R", "fabric", "merino wool"), ("GEL", "volume", "500 ml"),
            ("SOCK-R", "gtin", "04006381333931"), ("GEL", "brand", "Øko"),
        },
        (
            (2, "gtin is no GTIN, or its check digit is wrong"),
            (3, "price is in another currency than most, EUR"),
        ),
    ),
    Sample(
        "google-merchant", "merchant_atom.xml", None,
        {"SOCK-R": "Running sock, red", "GEL": "Shower gel"},
        {"SOCK-R": 9.5, "GEL": 4.0},
        {("SOCK-R", SOCKS), ("GEL", "Beauty > Bath")},
        set(),
    ),
    Sample(
        "google-merchant", "merchant.tsv", None,
        {"SOCK-R": "Running sock, red", "SOCK-B": "Running sock, blue", "GEL": "Shower gel"},
        {"SOCK-R": 9.5, "SOCK-B": 9.5, "GEL": 4.0},
        {("SOCK-R", SOCKS), ("SOCK-B", SOCKS), ("GEL", "Beauty > Bath")},
        {
            ("SOCK-R", "fabric", "merino wool"), ("SOCK-R", "height", "15.2 cm"),
            ("GEL", "volume", "500 ml"), ("SOCK-B", "item group", "SOCK"),
        },
    ),
    Sample(
        "schema-org", "product.jsonld", None,
        {"SOCK-R": "Running sock, red"},
        {"SOCK-R": 9.5},
        {("SOCK-R", SOCKS)},
        {
            ("SOCK-R", "brand", "Zip"), ("SOCK-R", "colour", "red"),
            ("SOCK-R", "height", "15.2 cm"),
            ("SOCK-R", "item group", "SOCK"), ("SOCK-R", "gtin", "04006381333931"),
        },
    ),
    Sample(
        "schema-org", "graph.jsonld", None,
        {"SOCK-R": "Running sock, red", "GEL": "沐浴露"},
        {"SOCK-R": 9.5, "GEL": None},
        {("SOCK-R", "Socks")},
        {("SOCK-R", "brand", "Zip")},
    ),
    Sample(
        "schema-org", "array.jsonld", None,
        {"SOCK-R": "Running sock", "BIKE": "دراجة"}, {"SOCK-R": None, "BIKE": None}, set(), set(),
    ),
    Sample(
        "schema-org", "page.html", None,
        {"SOCK-R": "Running sock"}, {"SOCK-R": 9.5}, set(), set(),
        ((4, "the script is no JSON"),),
    ),
    *(
        Sample(
            "schema-org", f"products.{ending}", None,
            {"SOCK-R": "Running sock", "GEL": "Duschgel für Läufer"},
            {"SOCK-R": 9.5, "GEL": None},
            {("SOCK-R", "Running > Socks")},
            {("SOCK-R", "brand", "Zip"), ("GEL", "volume", "500 ml")},
        )
        for ending in ("ttl", "nt", "rdf")
    ),
    Sample(
        "shopify", "shopify.csv", None,
        {"SOCK-R-M": "Running sock", "SOCK-B-M": "Running sock", "gel/Default Title": "Shower gel"},
        {"SOCK-R-M": 9.5, "SOCK-B-M": 9.5, "gel/Default Title": 4.0},
        {
            ("SOCK-R-M", "Apparel & Accessories > Clothing > Socks"),
            ("SOCK-B-M", "Apparel & Accessories > Clothing > Socks"),
            ("gel/Default Title", "Health & Beauty > Personal Care"),
        },
        {
            ("SOCK-R-M", "colour", "Red"), ("SOCK-B-M", "colour", "Blue"),
            ("SOCK-B-M", "size", "M"),
            ("SOCK-R-M", "item group", "sock"), ("SOCK-B-M", "item group", "sock"),
            ("SOCK-B-M", "brand", "Zip"), ("SOCK-B-M", "tags", "wool"),
        },
    ),
    Sample(
        "ga4", None, "ga4.jsonl",
        {"SOCK-R": "Running sock", "GEL": "沐浴露"},
        {"SOCK-R": 9.5, "GEL": 4.0},
        {("SOCK-R", "Sport > Running"), ("GEL", "Beauty")},
        {("SOCK-R", "brand", "Zip")},
        ((6, "not an event as BigQuery writes it"), (6, "not an event as BigQuery writes it")),
        ("ann", "GEL", dt.datetime(2024, 1, 2, 10, 1), "purchase"), 5,
    ),
    Sample(
        "amazon-reviews-2014", "amazon_2014_meta.json", "amazon_2014_reviews.json",
        {"B001": "Girl's Ballet Tutu", "B002": "Adult Ballet Tutu"},
        {"B001": 3.17, "B002": None},
        {
            ("B001", "Sports & Outdoors > Other Sports > Dance"), ("B001", "Clothing > Girls"),
            ("B002", "Sports & Outdoors > Other Sports > Dance"),
        },
        {("B001", "brand", "Coxlures")},
        ((2, "price is not a number"), (3, "not a JSON object")),
        ("A2", "B002", dt.datetime(2009, 9, 14), None), 3,
    ),
    Sample(
        "amazon-reviews-2018", "amazon_2018_meta.json", "amazon_2018_reviews.json",
        {"B001": "Running sock", "B002": "Shower gel"},
        {"B001": 9.5, "B002": None},
        {("B001", "Clothing > Women > Socks"), ("B002", "Beauty > Bath")},
        {("B001", "brand", "Zip")},
        ((2, "price is not a number"),),
        ("A1", "B001", dt.datetime(2018, 1, 1), None), 2,
    ),
    Sample(
        "amazon-reviews-2023", "amazon_2023_meta.jsonl", "amazon_2023_reviews.jsonl",
        {"B001": "Running sock", "B002": "Shower gel"},
        {"B001": 9.5, "B002": None},
        {("B001", "Clothing > Socks")},
        {("B001", "colour", "Red"), ("B001", "item weight", "99.2 g"), ("B001", "brand", "Zip")},
        (), ("AE1", "B001", dt.datetime(2020, 5, 5, 14, 8, 48, 923000), None), 2,
    ),
    Sample(
        "recbole", "sample.item", "sample.inter",
        {"i1": "Running sock", "i2": "Shower gel"},
        {"i1": 9.5, "i2": 4.0},
        {("i1", "Sport"), ("i1", "Socks"), ("i2", "Beauty")},
        {("i1", "brand", "Zip")},
        (), ("u2", "i2", dt.datetime(2020, 5, 5, 14, 12, 8), None), 3,
    ),
    Sample(
        "movielens", "movies.csv", "ratings.csv",
        {"0": "Toy Story (1995)", "1": "American President, The (1995)", "2": "Heat (1995)"},
        {"0": None, "1": None, "2": None},
        {("0", "Animation"), ("0", "Children"), ("1", "Comedy"), ("1", "Romance"), ("2", "Action")},
        set(), (), ("2", "2", dt.datetime(2000, 7, 30, 19, 3, 35), None), 4,
    ),
    Sample(
        "dunnhumby", "dunnhumby_products.csv", "dunnhumby_transactions.csv",
        {"1004906": "POTATOES RUSSET (BULK&BAG)", "1033142": "ONIONS SWEET (BULK&BAG)"},
        {"1004906": None, "1033142": None},
        {
            ("1004906", "PRODUCE > POTATOES > POTATOES RUSSET (BULK&BAG)"),
            ("1033142", "PRODUCE > ONIONS > ONIONS SWEET (BULK&BAG)"),
        },
        {("1004906", "curr_size_of_product", "2.27 kg")},
        ((5, "QUANTITY not positive: a return"),),
        ("1364", "1004906", 8.0, None), 3,
    ),
]  # fmt: skip
NAMES = [f"{sample.preset}: {sample.products or sample.events}" for sample in SAMPLES]


def _load(sample: Sample) -> Catalogue:
    files = [FEEDS / name if name else None for name in (sample.products, sample.events)]
    return load(preset(sample.preset, *files), now=NOW)


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_a_preset_reads_its_sample(sample: Sample) -> None:
    found = _load(sample)
    assert dict(found.products.select("id", "title").iter_rows()) == sample.titles
    assert dict(found.products.select("id", "price").iter_rows()) == sample.prices
    given = found.product_categories.filter(source="feed").select("product", "path")
    assert {(key, " > ".join(path)) for key, path in given.iter_rows()} == sample.categories
    rows = found.product_attributes.filter(source="feed").select("product", "kind", "value").rows()
    assert len(rows) == len(set(rows))
    assert sample.attributes <= set(rows)
    assert tuple(found.rejected.select("line", "reason").sort("line").rows()) == sample.rejected
    assert found.events.height == sample.count
    if sample.event:
        user, product, when, kind = sample.event
        column = "time" if isinstance(when, dt.datetime) else "position"
        log = found.events.select("user", "product", column, "type").rows()
        assert (user, product, when, kind) in log


def test_every_preset_but_the_two_of_real_data_has_a_sample() -> None:
    assert {sample.preset for sample in SAMPLES} == {*preset_names()} - {
        "amazon14",
        "online-retail",
    }


def test_no_preset_leaves_a_column_of_its_sample_unnamed() -> None:
    for sample in SAMPLES:
        assert not [note for note in _load(sample).notes if "names nowhere" in note], sample


def test_only_purchases_enter_the_graph(tmp_path: Path) -> None:
    found = _load(next(sample for sample in SAMPLES if sample.preset == "ga4"))
    assert found.events["type"].value_counts().sort("type").rows() == [
        ("add_to_cart", 1), ("purchase", 3), ("view_item", 1)
    ]  # fmt: skip
    graph = build(found)
    assert graph.edges_by_id("bought").select("head", "tail", "type", "quantity").rows() == [
        ("ann", "GEL", "purchase", 1.0),
        ("p1", "GEL", "purchase", 1.0),
        ("p1", "SOCK-R", "purchase", 2.0),
    ]


def test_descriptions_are_plain_text() -> None:
    texts = {}
    for sample in SAMPLES:
        found = _load(sample).products.select("id", "description").drop_nulls().rows()
        texts[sample.products] = dict(found)
    assert texts["merchant_rss.xml"]["SOCK-R"] == "Warm & dry. No seams. Dries fast"
    assert texts["shopify.csv"]["SOCK-B-M"] == "Warm & dry, no seams"
    assert texts["amazon_2018_meta.json"] == {"B001": "Warm. Dry. No seams"}
