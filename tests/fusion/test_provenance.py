"""Where an attribute came from and how sure it is: from titles to store, query and model."""

from pathlib import Path

import polars as pl
import pytest

from crossaisle.commands.graph import query
from crossaisle.fusion.content import features
from crossaisle.graph.build import build
from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES, PRODUCTS, Catalogue
from crossaisle.graph.store import open_store


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    rows = [
        ("a", "colour", "red", "title", 0.9),
        ("a", "material", "oak", "description", 0.3),
        ("b", "colour", "red", "feed", 1.0),
        ("b", "material", "oak", "feed", 1.0),
    ]
    products = pl.DataFrame({"id": list("abcd"), "title": [None] * 4})
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in PRODUCTS.items() if name != "id"]
    return Catalogue(
        products.select("id", *missing).cast(dict(PRODUCTS)).select(*PRODUCTS),
        product_attributes=pl.DataFrame(rows, schema=dict(PRODUCT_ATTRIBUTES), orient="row"),
    )


def test_the_query_lists_what_is_least_sure(catalogue: Catalogue, tmp_path: Path) -> None:
    store = str(tmp_path / "graph.lbdb")
    with open_store(store, create=True) as place:
        place.write(build(catalogue))
    found = query(store, "low_confidence", ["below=0.95", "limit=10"])
    assert found["id"].to_list() == ["a", "a"]
    assert found["source"].to_list() == ["description", "title"]
    assert found["confidence"].to_list() == [0.3, 0.9]


def test_the_model_weighs_by_confidence(catalogue: Catalogue) -> None:
    graph = build(catalogue)
    made = features(graph).matrix.toarray()
    rows = {key: at for at, key in enumerate(graph.products["id"])}
    columns = {kind: at for at, kind in enumerate(graph.attributes["kind"])}
    sure, unsure = made[rows["b"]], made[rows["a"]]
    assert sure[columns["material"]] == pytest.approx(sure[columns["colour"]])
    # Within a product: both values are as frequent, so what is left is the confidence.
    assert unsure[columns["material"]] == pytest.approx(unsure[columns["colour"]] * 0.3 / 0.9)
