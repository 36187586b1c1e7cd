"""Pseudonyms keep who bought what, and hide who it was."""

import hashlib
import hmac

import polars as pl
import pytest

from crossaisle.graph import Graph, GraphError
from crossaisle.graph.pseudonyms import with_pseudonyms

KEY = b"a key that is long enough"


def test_the_log_is_the_same_under_other_names(shop: Graph) -> None:
    hidden = with_pseudonyms(shop, KEY)
    names = {
        one: hmac.new(KEY, one.encode(), hashlib.sha256).hexdigest()[:32]
        for one in shop.customers["id"]
    }
    tables = ("products", "categories", "attributes", "baskets")
    edges = ("in_category", "part_of", "has_attribute", "contains", "bought_with")
    log = shop.edges_by_id("bought").with_columns(pl.col("head").replace_strict(names))
    wanted = Graph.from_ids(
        {name: getattr(shop, name) for name in tables}
        | {name: shop.edges_by_id(name) for name in edges}
        | {"customers": pl.DataFrame({"id": list(names.values())}), "bought": log}
    )
    assert hidden.equals(wanted)
    assert not set(shop.customers["id"]) & set(hidden.customers["id"])


def test_a_text_about_a_customer_goes(shop: Graph) -> None:
    told = shop.replace(customers=shop.customers.with_columns(text=pl.lit("lives at No. 5")))
    assert with_pseudonyms(told, KEY).customers["text"].null_count() == told.customers.height


def test_another_key_gives_other_names(shop: Graph) -> None:
    other = with_pseudonyms(shop, KEY + b"!")
    assert not set(other.customers["id"]) & set(with_pseudonyms(shop, KEY).customers["id"])


def test_a_short_key_is_refused(shop: Graph) -> None:
    with pytest.raises(GraphError, match="16 or more"):
        with_pseudonyms(shop, b"short")
