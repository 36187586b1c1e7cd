"""``crossaisle graph suggest-labels``: which products to give a category next."""

import numpy as np
import polars as pl

from crossaisle.commands.settings import Settings
from crossaisle.commands.train import text_vectors
from crossaisle.encoders.suggest import suggest
from crossaisle.graph import Graph, open_store, silent


def suggest_labels(store: str, count: int) -> pl.DataFrame:
    """Choose among the products of a store that have neither category nor attribute."""
    with open_store(store) as place:
        return suggested(place.read(), count)


def suggested(graph: Graph, count: int) -> pl.DataFrame:
    """Return product_id, title, events (of customers and baskets), adds (see :func:`suggest`)."""
    vectors = text_vectors(graph, Settings(), silent)
    assert vectors is not None
    products = graph.products.height
    tails = np.concatenate([graph.bought["tail"].to_numpy(), graph.contains["tail"].to_numpy()])
    events = np.bincount(tails.astype(np.int64), minlength=products)
    labelled = np.zeros(products, bool)
    for edges in (graph.in_category, graph.has_attribute):
        labelled[edges["head"].to_numpy()] = True
    rows, adds = suggest(vectors, events, labelled, count)
    return graph.products[rows].select(
        pl.col("id").alias("product_id"),
        "title",
        pl.Series("events", events[rows]),
        pl.Series("adds", adds),
    )
