"""From a catalogue to the graph: ids for categories and attributes, the log, BOUGHT_WITH."""

import polars as pl

from crossaisle.graph.bought_with import bought_with
from crossaisle.graph.catalogue import Catalogue
from crossaisle.graph.graph import Graph

SEPARATOR = " > "
"""Between the names of a category's path; its id is the whole path."""


def build(catalogue: Catalogue, *, min_count: int = 2, customers: bool = True) -> Graph:
    """Build the graph.

    A category's id is its path, an attribute's ``kind=value`` in lower case with single spaces,
    so that "Red" and "RED " are one attribute, which shows the spelling used most. Events of one
    customer on one product at one time are one BOUGHT, quantities added up; events of a type that
    is no purchase (:attr:`Catalogue.purchases`) are left out.

    Args:
        catalogue: validated tables.
        min_count: people (or anonymous baskets) behind a BOUGHT_WITH, at the least.
        customers: whether customers and baskets enter the graph; BOUGHT_WITH does in any case.
    """
    paths = catalogue.product_categories
    attributes = _with_attribute_ids(catalogue.product_attributes)
    events = catalogue.events
    if catalogue.purchases:
        events = events.filter(pl.col("type").is_in(catalogue.purchases))
    known = events.filter(pl.col("user").is_not_null())
    unknown = events.filter(pl.col("user").is_null() & pl.col("basket").is_not_null())
    buyers = known.select(id="user").unique()
    people = buyers.join(catalogue.users, on="id", how="full", coalesce=True)
    graph = Graph.from_ids(
        {
            "products": catalogue.products,
            "categories": _categories(paths),
            "attributes": attributes.group_by("id").agg(
                pl.col("kind").first(), pl.col("value").mode().sort().first()
            ),
            "customers": people,
            "baskets": unknown.select(id="basket").unique(),
            "in_category": _best(
                paths.with_columns(head="product", tail=pl.col("path").list.join(SEPARATOR))
            ),
            "part_of": _part_of(paths),
            "has_attribute": _best(attributes.rename({"product": "head", "id": "tail"})),
            "bought": _bought(known),
            "contains": _contains(unknown),
        }
    )
    together = bought_with(graph, min_count=min_count)
    graph = graph.replace(bought_with=together)
    return graph if customers else without_customers(graph)


def without_customers(graph: Graph) -> Graph:
    """Return the graph with nobody in it: no customers, baskets or events."""
    people = ("customers", "baskets", "bought", "contains")
    return graph.replace(**{name: getattr(graph, name).clear() for name in people})


def _with_attribute_ids(attributes: pl.DataFrame) -> pl.DataFrame:
    plain = pl.col("value").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return attributes.with_columns(id=pl.concat_str(pl.col("kind"), pl.lit("="), plain))


def _categories(paths: pl.DataFrame) -> pl.DataFrame:
    """Return a node for every path and every prefix of one."""
    levels = _prefixes(paths)
    return levels.select(
        id=pl.col("prefix").list.join(SEPARATOR),
        name=pl.col("prefix").list.last(),
        path=pl.col("prefix").list.join(SEPARATOR),
    ).unique("id")


def _part_of(paths: pl.DataFrame) -> pl.DataFrame:
    levels = _prefixes(paths).filter(pl.col("prefix").list.len() > 1)
    return levels.select(
        head=pl.col("prefix").list.join(SEPARATOR),
        tail=pl.col("prefix").list.head(pl.col("prefix").list.len() - 1).list.join(SEPARATOR),
    ).unique()


def _prefixes(paths: pl.DataFrame) -> pl.DataFrame:
    distinct = paths.select("path").unique()
    deepest = distinct["path"].list.len().max()
    depth = deepest if isinstance(deepest, int) else 0
    parts = [
        distinct.filter(pl.col("path").list.len() >= level).select(
            prefix=pl.col("path").list.head(level)
        )
        for level in range(1, depth + 1)
    ]
    return pl.concat(parts) if parts else distinct.select(prefix="path")


def _best(edges: pl.DataFrame) -> pl.DataFrame:
    """Keep, of several statements of one fact, the one that is most certain."""
    return edges.sort("confidence", "source", descending=[True, False]).unique(
        ["head", "tail"], keep="first", maintain_order=True
    )


def _bought(events: pl.DataFrame) -> pl.DataFrame:
    return (
        events.rename({"user": "head", "product": "tail"})
        .group_by("head", "tail", "time", "position", "type")
        .agg(
            pl.col("quantity").sum(),
            pl.col("price").mean(),
            pl.col("rating").mean(),
        )
    )


def _contains(events: pl.DataFrame) -> pl.DataFrame:
    return (
        events.rename({"basket": "head", "product": "tail"})
        .group_by("head", "tail")
        .agg(pl.col("time").min(), pl.col("quantity").sum(), pl.col("price").mean())
    )
