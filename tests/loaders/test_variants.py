from pathlib import Path

import polars as pl
import pytest

from crossaisle.commands.graph import build_graph
from crossaisle.graph import silent
from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES
from crossaisle.loaders import read_mapping
from crossaisle.loaders.variants import groups, pairs_of, read

PAIRS = Path(__file__).parents[1] / "data" / "online_retail_pairs.csv"


def attributes(*rows: tuple[str, str, str]) -> pl.DataFrame:
    full = [(product, kind, value, "feed", 1.0) for product, kind, value in rows]
    return pl.DataFrame(full, schema=dict(PRODUCT_ATTRIBUTES), orient="row")


def kind_of(one: str, other: str, *rows: tuple[str, str, str]) -> str | None:
    """Compare two titles in a shop of many others."""
    titles = [one, other, *(f"thing{n} article{n} number{n}" for n in range(60))]
    products = pl.DataFrame({"id": [str(n) for n in range(len(titles))], "title": titles})
    found = pairs_of(products, attributes(*rows)).filter(first="0", second="1")
    return found["kind"][0] if found.height else None


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Red retro mug", "RETRO MUGS, red", "twin"),
        ("Red retro mug", "Blue retro mug", "variant"),
        ("Retro mug small", "Retro mug large", "variant"),
        ("Shea butter cream 100 ml", "Shea butter cream 250 ml", "variant"),
        ("Set of 6 paper straws", "Set of 12 paper straws", "variant"),
        ("Retro mug", "Retro plate", None),
        ("Rifle scope 4x32", "Rifle scope 3x40", None),
        ("Cleaner model 500", "Cleaner model 600", None),
        ("Picnic bag retro", "Picnic box retro", None),
        ("Mug", "Mug", None),
    ],
)
def test_two_titles(one: str, other: str, kind: str | None) -> None:
    assert kind_of(one, other) == kind


def test_brands_part_and_codes_join() -> None:
    same = ("Shea butter cream", "Shea butter cream")
    assert kind_of(*same, ("0", "brand", "A"), ("1", "brand", "a")) == "twin"
    assert kind_of(*same, ("0", "brand", "A"), ("1", "brand", "B")) is None
    assert kind_of("Cream", "Something else", ("0", "gtin", "5"), ("1", "gtin", "5")) == "twin"
    assert kind_of(*same, ("0", "gtin", "5"), ("1", "gtin", "6")) == "variant"


def test_every_title_is_compared_with_every_other_of_its_kind() -> None:
    titles = [f"{colour} retro mug" for colour in ("red", "blue", "pink")] + ["Oak table leg"]
    titles += [f"thing{n} article{n}" for n in range(60)]
    products = pl.DataFrame({"id": [f"{n:02}" for n in range(len(titles))], "title": titles})
    found = pairs_of(products, attributes())
    slow = {
        (f"{a:02}", f"{b:02}")
        for a, one in enumerate(titles)
        for b, other in enumerate(titles)
        if a < b and read(one).core == read(other).core
    }
    assert set(found.select("first", "second").iter_rows()) == slow
    joined = groups(found, products)
    assert joined.group_by("kind", "value").len().rows() == [("variant of", "red retro mug", 3)]


def test_words_of_the_category_name_no_product() -> None:
    titles = ["Cycling tires", "Tires cycling", *(f"thing{n} article{n}" for n in range(60))]
    products = pl.DataFrame({"id": [str(n) for n in range(len(titles))], "title": titles})
    paths = pl.DataFrame({"product": ["0", "1"], "path": [["Cycling", "Tires"]] * 2})
    assert pairs_of(products, attributes()).height == 1
    assert pairs_of(products, attributes(), paths).height == 0


def test_judged_pairs_are_well_formed() -> None:
    pairs = pl.read_csv(PAIRS, infer_schema=False)
    assert pairs.height == 100
    assert set(pairs["verdict"]) == {"right", "wrong", "unclear"}


def test_two_stores_in_one_folder_keep_their_files_apart(tmp_path: Path) -> None:
    others = "".join(f"{n},thing{n} article{n} number{n}\n" for n in range(3, 63))
    feed = f"id,title\n1,HANGING HEART T-LIGHT HOLDER\n2,HANGING HEART T-LIGHT HOLDER\n{others}"
    (tmp_path / "feed.csv").write_text(feed)
    (tmp_path / "log.csv").write_text("user,product\nann,1\n,2\n")
    (tmp_path / "shop.toml").write_text(
        '[products]\npath = "feed.csv"\ntitle = "title"\n[events]\npath = "log.csv"\n'
    )
    mapping = read_mapping(tmp_path / "shop.toml")
    build_graph(mapping, str(tmp_path / "a.lbdb"), progress=silent)
    other = tmp_path / "b-rejected.parquet"
    build_graph(mapping, str(tmp_path / "b.lbdb"), rejected=other, progress=silent)
    for name in ("rejected", "twins", "b-rejected", "b-twins"):
        assert pl.read_parquet(tmp_path / f"{name}.parquet").height == 1
