"""What loaders make of a shop's files: validated tables, ids still as the shop writes them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from crossaisle.graph.schema import TIME, Columns

PRODUCTS: Columns = {
    "id": pl.String,
    "title": pl.String,
    "description": pl.String,
    "aisle": pl.String,
    "price": pl.Float64,
    "image": pl.String,
}
PRODUCT_CATEGORIES: Columns = {
    "product": pl.String,
    "path": pl.List(pl.String),  # from wide to narrow
    "source": pl.String,
    "confidence": pl.Float64,
}
PRODUCT_ATTRIBUTES: Columns = {
    "product": pl.String,
    "kind": pl.String,
    "value": pl.String,
    "source": pl.String,
    "confidence": pl.Float64,
}
EVENTS: Columns = {
    "user": pl.String,  # null: somebody unknown, then basket is given
    "basket": pl.String,
    "product": pl.String,
    "time": TIME,
    "position": pl.Float64,
    "type": pl.String,
    "quantity": pl.Float64,
    "price": pl.Float64,
    "rating": pl.Float64,
}
USERS: Columns = {"id": pl.String, "text": pl.String}
REJECTED: Columns = {
    "file": pl.String,
    "line": pl.UInt32,
    "reason": pl.String,
    "action": pl.String,  # "row left out" or "value left out"
    "content": pl.String,  # the row as JSON, or the text that was no row
}
TWINS: Columns = {"first": pl.String, "second": pl.String, "score": pl.Float64}
"""Pairs of products that are one product under two ids; ``score`` in (0, 1]."""
CATEGORY_MAP: Columns = {
    "category": pl.String,  # the shop's own path
    "taxonomy": pl.String,  # the taxonomy's path; null: the shop's category stays alone
    "found": pl.String,  # what was proposed; where `taxonomy` says something else, a person did
    "confidence": pl.Float64,  # of `taxonomy`, in (0, 1]; null where there is none
    "products": pl.UInt32,
    "decided": pl.String,  # "found" or "person"
}
"""A shop's own categories beside those of the taxonomy, a row a category."""


def _empty(columns: Columns) -> pl.DataFrame:
    return pl.DataFrame(schema=dict(columns))


@dataclass(frozen=True)
class Catalogue:
    """Products, what is known of them, and the log: one row a fact, nothing twice."""

    products: pl.DataFrame
    product_categories: pl.DataFrame = field(default_factory=lambda: _empty(PRODUCT_CATEGORIES))
    product_attributes: pl.DataFrame = field(default_factory=lambda: _empty(PRODUCT_ATTRIBUTES))
    events: pl.DataFrame = field(default_factory=lambda: _empty(EVENTS))
    users: pl.DataFrame = field(default_factory=lambda: _empty(USERS))
    rejected: pl.DataFrame = field(default_factory=lambda: _empty(REJECTED))
    purchases: tuple[str, ...] = ()
    """The types of events that count as purchases; empty: all do. Others stay out of the graph."""
    twins: pl.DataFrame = field(default_factory=lambda: _empty(TWINS))
    category_map: pl.DataFrame = field(default_factory=lambda: _empty(CATEGORY_MAP))
    notes: tuple[str, ...] = ()
    """Sentences for the person who loads: what was assumed, merged, found."""

    def rejected_counts(self) -> Iterable[tuple[str, str, int]]:
        """Return (reason, action, rows), the most frequent first."""
        counts = (
            self.rejected.group_by("reason", "action")
            .len()
            .sort("len", "reason", descending=[True, False])
        )
        return [(row["reason"], row["action"], row["len"]) for row in counts.iter_rows(named=True)]
