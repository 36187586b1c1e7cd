"""What the graph is made of: the fixed list of labels, relationship types and properties.

Both stores and every Cypher statement speak these words and no others. A table here is one polars
frame in :class:`crossaisle.graph.graph.Graph`, one node or relationship table in a store.
"""

from dataclasses import dataclass

import polars as pl

Columns = dict[str, type[pl.DataType] | pl.DataType]

TIME = pl.Datetime("us")


@dataclass(frozen=True)
class NodeTable:
    """One label; ``columns`` begins with ``id``, a string that is unique within the label."""

    name: str  # the field of Graph that holds it
    label: str
    columns: Columns


@dataclass(frozen=True)
class EdgeTable:
    """One relationship type; ``head`` and ``tail`` name the node tables that its two ends index."""

    name: str
    relationship: str
    head: str
    tail: str
    columns: Columns  # properties only: the ends are the columns "head" and "tail", uint32 rows
    key: tuple[str, ...] = ()  # with the ends, what makes two relationships the same one


NODES = (
    NodeTable(
        "products",
        "Product",
        {
            "id": pl.String,
            "title": pl.String,
            "description": pl.String,
            "aisle": pl.String,
            "price": pl.Float64,
            "image": pl.String,
        },
    ),
    NodeTable("categories", "Category", {"id": pl.String, "name": pl.String, "path": pl.String}),
    NodeTable("attributes", "Attribute", {"id": pl.String, "kind": pl.String, "value": pl.String}),
    NodeTable("customers", "Customer", {"id": pl.String, "text": pl.String}),
    NodeTable("baskets", "Basket", {"id": pl.String}),
)

EDGES = (
    EdgeTable(
        "in_category",
        "IN_CATEGORY",
        "products",
        "categories",
        {"source": pl.String, "confidence": pl.Float64},
    ),
    EdgeTable("part_of", "PART_OF", "categories", "categories", {}),
    EdgeTable(
        "has_attribute",
        "HAS_ATTRIBUTE",
        "products",
        "attributes",
        {"source": pl.String, "confidence": pl.Float64},
    ),
    EdgeTable(
        "bought",
        "BOUGHT",
        "customers",
        "products",
        {
            "time": TIME,
            "position": pl.Float64,
            "type": pl.String,
            "quantity": pl.Float64,
            "price": pl.Float64,
            "rating": pl.Float64,
        },
        key=("time", "position", "type"),
    ),
    EdgeTable(
        "contains",
        "CONTAINS",
        "baskets",
        "products",
        {"time": TIME, "quantity": pl.Float64, "price": pl.Float64},
    ),
    EdgeTable(
        "bought_with",
        "BOUGHT_WITH",
        "products",
        "products",
        {"weight": pl.Float64, "count": pl.UInt32},
    ),
)

NODE = {table.name: table for table in NODES}
EDGE = {table.name: table for table in EDGES}

SOURCES = ("feed", "title", "description", "inferred", "mapped")
"""Where an edge came from: a column of the feed, words of the title or the description, a
conclusion from the whole shop, the shop's category laid over the taxonomy."""
