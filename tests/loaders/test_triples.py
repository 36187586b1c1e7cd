"""Triples to attributes and categories; several files, globs, archives, standard input."""

import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest

from crossaisle.graph import Graph
from crossaisle.graph.build import build
from crossaisle.graph.catalogue import Catalogue
from crossaisle.graph.export_recbole import export_recbole
from crossaisle.loaders import LoadError, load, read_mapping

FEEDS = Path(__file__).parent.parent / "data/feeds"


def _load(folder: Path, mapping: str) -> Catalogue:
    (folder / "shop.toml").write_text(mapping.replace("FEEDS", FEEDS.as_posix()))
    return load(read_mapping(folder / "shop.toml"))


RECBOLE = """
[products]
path = "FEEDS/sample.item"
id = "item_id"
title = "title"
find = "never"
ignore = ["brand", "categories", "price"]
[triples]
path = "FEEDS/sample.kg"
head = "head_id"
relation = "relation_id"
tail = "tail_id"
link = "FEEDS/sample.link"
names = {"film.genre" = "genre"}
"""


def test_triples_are_attributes_of_the_products_they_are_linked_to(tmp_path: Path) -> None:
    found = _load(tmp_path, RECBOLE)
    assert set(found.product_attributes.select("product", "kind", "value").rows()) == {
        ("i1", "made_of", "m.wool"),
        ("i1", "genre", "m.sport"),
        ("i2", "made_of", "m.soap"),
        ("i2", "makes of", "m.maker"),
    }
    assert found.rejected.select("line", "reason").rows() == [
        (6, "neither end of the triple is a product")
    ]


KG_FINAL = """
[products]
path = "FEEDS/movies.csv"
id = "movieId"
title = "title"
find = "never"
ignore = ["genres"]
[triples]
path = "FEEDS/kg_final.txt"
format = "triples"
names = {"0" = "director"}
categories = ["1"]
parents = ["3"]
"""


def test_lines_of_three_numbers_with_a_mapping(tmp_path: Path) -> None:
    found = _load(tmp_path, KG_FINAL)
    assert set(found.product_attributes.select("product", "kind", "value").rows()) == {
        ("0", "director", "100"),
        ("1", "director", "100"),
        ("1", "2 of", "200"),
    }
    paths = {
        (p, " > ".join(path))
        for p, path in found.product_categories.select("product", "path").rows()
    }
    assert paths == {("0", "101"), ("2", "102")}


def test_our_own_recbole_files_give_the_graph_again(shop: Graph, tmp_path: Path) -> None:
    export_recbole(shop, tmp_path)
    found = _load(
        tmp_path,
        """
[products]
path = "crossaisle.item"
id = "item_id"
title = "title"
aisle = "aisle"
price = "price"
find = "never"
[events]
path = "crossaisle.inter"
user = "user_id"
product = "item_id"
time = "timestamp"
type = "type"
quantity = "quantity"
[triples]
path = "crossaisle.kg"
head = "head_id"
relation = "relation_id"
tail = "tail_id"
link = "crossaisle.link"
categories = ["IN_CATEGORY"]
parents = ["PART_OF"]
""",
    )
    again = build(found)
    trimmed = shop.products.with_columns(pl.col("title").str.strip_chars())
    assert again.products.equals(trimmed)
    assert again.categories.equals(shop.categories)
    assert again.attributes["id"].equals(shop.attributes["id"])  # its file has ids, not spellings
    for name in ("in_category", "has_attribute", "part_of"):
        ends = [graph.edges_by_id(name).select("head", "tail") for graph in (again, shop)]
        assert ends[0].equals(ends[1]), name
    assert again.edges_by_id("bought").equals(shop.edges_by_id("bought"))
    # bought_with counts the anonymous basket too, and that is in none of RecBole's files
    assert not again.baskets.height


LOG = "user,product\n{},1\n"
FEED = "id,title\n1,sock\n"


def _shop(folder: Path, path: str) -> Path:
    (folder / "feed.csv").write_text(FEED)
    (folder / "shop.toml").write_text(
        f'[products]\npath = "feed.csv"\ntitle = "title"\nfind = "never"\n[events]\npath = {path}\n'
    )
    return folder / "shop.toml"


def _logs(folder: Path) -> None:
    (folder / "logs").mkdir()
    (folder / "logs/a.csv").write_text(LOG.format("ann"))
    (folder / "logs/b.csv.gz").write_bytes(gzip.compress(LOG.format("bob").encode()))
    with zipfile.ZipFile(folder / "logs/c.zip", "w") as archive:
        archive.writestr("x/cid.csv", LOG.format("cid"))
        archive.writestr(
            "dan.jsonl", '{"user": "dan", "product": "1"}\n{"user": "eve", "product": "9"}\n'
        )
        archive.writestr("__MACOSX/._cid.csv", b"\0\5\x16")


def test_several_files_globs_and_archives_are_one_log(tmp_path: Path) -> None:
    _logs(tmp_path)
    for path in ('["logs/a.csv", "logs/b.csv.gz", "logs/c.zip"]', '"logs/*"'):
        found = load(read_mapping(_shop(tmp_path, path)))
        assert found.events["user"].to_list() == ["ann", "bob", "cid", "dan"]
        file, line, reason = found.rejected.select("file", "line", "reason").row(0)
        assert Path(file) == tmp_path / "logs/c.zip/dan.jsonl"
        assert (line, reason) == (2, "the product is not in feed.csv")


def test_a_column_must_be_in_every_file_with_a_header(tmp_path: Path) -> None:
    _logs(tmp_path)
    (tmp_path / "logs/d.csv").write_text("person,product\nzoe,1\n")
    with pytest.raises(LoadError, match=r"d\.csv has no column 'user'"):
        load(read_mapping(_shop(tmp_path, '"logs/*"')))


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (
        LOG.format("ann").encode(),
        gzip.compress(b'{"user": "ann", "product": "1"}', mtime=0),
    ):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        found = load(read_mapping(_shop(tmp_path, '"-"')))
        assert found.events["user"].to_list() == ["ann"]


def test_a_glob_without_files_and_an_archive_without(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no file matches"):
        load(read_mapping(_shop(tmp_path, '"logs/*.csv"')))
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(LoadError, match="holds no file"):
        load(read_mapping(_shop(tmp_path, '"empty.zip"')))
