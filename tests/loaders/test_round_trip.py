"""Our RDF exports, read by the schema.org reader, give the same products."""

from pathlib import Path

import polars as pl
import pytest

from crossaisle.graph import Graph
from crossaisle.graph.build import build
from crossaisle.graph.export_rdf import export_json_ld, export_turtle
from crossaisle.loaders import load, preset


@pytest.mark.parametrize(
    ("write", "name"), [(export_turtle, "graph.ttl"), (export_json_ld, "graph.jsonld")]
)
def test_an_exported_catalogue_is_read_again(
    shop: Graph, tmp_path: Path, write: object, name: str
) -> None:
    assert callable(write)
    write(shop, tmp_path / name)
    found = load(preset("schema-org", tmp_path / name, None))
    again = build(found)
    trimmed = shop.products.with_columns(pl.col("title").str.strip_chars())
    assert again.products.equals(trimmed)
    assert again.categories.equals(shop.categories)
    assert again.attributes.equals(shop.attributes)
    for edge in ("in_category", "part_of", "has_attribute"):
        ends = [graph.edges_by_id(edge).select("head", "tail") for graph in (again, shop)]
        assert ends[0].equals(ends[1]), edge
    # What a foreign reader cannot know: where an edge came from. All is the feed's now.
    assert set(again.has_attribute["source"]) == {"feed"}
    assert not found.rejected.height
