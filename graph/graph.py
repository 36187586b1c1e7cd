"""The graph in memory: a polars frame for each label and relationship type, rows for ids."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Self

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.graph.schema import EDGE, EDGES, NODE, NODES, EdgeTable, NodeTable
from crossaisle.graph.visits import first_moments, visits_since

ALWAYS = 1000
"""Of that many products a share is held out whatever their lots are."""


class GraphError(ValueError):
    """A graph that breaks its own schema: which table, which column, what is wrong."""


@dataclass(frozen=True)
class Graph:
    """A product-attribute-category graph with the log that it learns from.

    Node frames are sorted by ``id`` (so that one graph has one form); a node's *row* is its
    position there. Edge frames carry ``head`` and ``tail`` (uint32 rows of the tables that
    :data:`crossaisle.graph.schema.EDGES` names), then the properties, sorted by head, tail and
    time. ``bought_with`` is undirected and holds each pair once, ``head < tail``.
    """

    products: pl.DataFrame
    categories: pl.DataFrame
    attributes: pl.DataFrame
    customers: pl.DataFrame
    baskets: pl.DataFrame
    in_category: pl.DataFrame
    part_of: pl.DataFrame
    has_attribute: pl.DataFrame
    bought: pl.DataFrame
    contains: pl.DataFrame
    bought_with: pl.DataFrame

    @classmethod
    def from_ids(cls, tables: Mapping[str, pl.DataFrame]) -> Self:
        """Make a graph from frames whose edges name their ends by id (columns ``head``, ``tail``).

        Missing tables and columns are empty. Nodes are sorted by id, edges by row.

        Raises:
            GraphError: an id stands twice in a node table, or an edge ends at an unknown id.
        """
        frames = {table.name: _node_frame(table, tables.get(table.name)) for table in NODES}
        for table in EDGES:
            frames[table.name] = _edge_frame(table, tables.get(table.name), frames)
        return cls(**frames)

    def replace(self, **tables: pl.DataFrame) -> Self:
        """Return the graph with some tables exchanged (edges by row, already in their form)."""
        return replace(self, **tables)

    def edges_by_id(self, name: str) -> pl.DataFrame:
        """Return one edge table with ids (strings) in place of rows."""
        table = EDGE[name]
        frame: pl.DataFrame = getattr(self, name)
        heads: pl.Series = getattr(self, table.head)["id"]
        tails: pl.Series = getattr(self, table.tail)["id"]
        return frame.with_columns(
            head=heads.gather(frame["head"]), tail=tails.gather(frame["tail"])
        )

    @cached_property
    def aisles(self) -> list[str]:
        """Names of the aisles, sorted. A product whose aisle is null is in none."""
        return sorted(self.products["aisle"].drop_nulls().unique().to_list())

    @cached_property
    def aisle_of(self) -> np.ndarray:
        """Aisle of each product: int32 (products,), an index into :attr:`aisles`, -1 for none."""
        codes = {name: code for code, name in enumerate(self.aisles)}
        return (
            self.products["aisle"]
            .replace_strict(codes, default=-1, return_dtype=pl.Int32)
            .fill_null(-1)
            .to_numpy()
        )

    @cached_property
    def lots(self) -> np.ndarray:
        """A lot of each product, drawn by its id: float64 (products,) in [0, 1).

        Products with the lowest lots are held out (:func:`lowest`). Whatever is trained on this
        graph, or on another with the same ids, holds out the same ones: an encoder must not have
        learned what the recommender then asks about as new.
        """
        drawn = (blake2b(name.encode(), digest_size=6).digest() for name in self.products["id"])
        return np.array([int.from_bytes(lot) for lot in drawn], np.float64) / 2**48

    @cached_property
    def purchases(self) -> sparse.csr_array:
        """Who bought what: float32 (customers, products), 1 where there is at least one event."""
        return _binary(self.bought, (self.customers.height, self.products.height))

    @cached_property
    def first_moments(self) -> sparse.csr_array:
        """See :func:`crossaisle.graph.visits.first_moments`: float64 (customers, products)."""
        shape = (self.customers.height, self.products.height)
        return first_moments(self.bought, shape, clock=self.has_clock)

    @cached_property
    def visits_since(self) -> sparse.csr_array:
        """Histories with their order: float32 (customers, products).

        0 where nothing was bought, else 1 + how many visits ago: of all visits where events have
        dates, else of those to the product's aisle.
        """
        return self.count_visits(self.first_moments)

    def count_visits(self, first: sparse.csr_array) -> sparse.csr_array:
        """:attr:`visits_since` of other histories, whose moments are on the same clock."""
        return visits_since(first, None if self.has_clock else self.aisle_of)

    @cached_property
    def anonymous_baskets(self) -> sparse.csr_array:
        """What lay in one basket of nobody we know: float32 (baskets, products), 0 or 1."""
        return _binary(self.contains, (self.baskets.height, self.products.height))

    @cached_property
    def product_attributes(self) -> sparse.csr_array:
        """Confidence of each product's attributes: float32 (products, attributes)."""
        return _weighted(self.has_attribute, "confidence", (self.products, self.attributes))

    @cached_property
    def product_categories(self) -> sparse.csr_array:
        """Confidence of each product's categories, ancestors not included: float32."""
        return _weighted(self.in_category, "confidence", (self.products, self.categories))

    @cached_property
    def category_ancestors(self) -> sparse.csr_array:
        """Reach of PART_OF: float32 (categories, categories), 1 for itself and each ancestor."""
        count = self.categories.height
        step = _binary(self.part_of, (count, count))
        reach = sparse.eye_array(count, dtype=np.float32, format="csr")
        frontier = reach
        while frontier.nnz:
            frontier = frontier @ step
            fresh = frontier - frontier.multiply(reach)
            fresh = sparse.csr_array(fresh)
            fresh.eliminate_zeros()
            fresh.data[:] = 1
            reach, frontier = sparse.csr_array(reach + fresh), fresh
        return reach

    @cached_property
    def has_clock(self) -> bool:
        """Whether events carry dates (else, at best, a number that only orders)."""
        return self.bought.height > 0 and self.bought["time"].null_count() == 0

    def counts(self) -> dict[str, int]:
        """Rows of every table, by label or relationship type."""
        nodes = {table.label: int(getattr(self, table.name).height) for table in NODES}
        edges = {table.relationship: int(getattr(self, table.name).height) for table in EDGES}
        return nodes | edges

    def equals(self, other: "Graph") -> bool:
        """Whether every table is the same, value for value."""
        return all(getattr(self, name).equals(getattr(other, name)) for name in NODE | EDGE)


def lowest(lots: np.ndarray, share: float) -> np.ndarray:
    """Say which products are held out: bool (products,), those whose lot is below ``share``.

    Of a thousand lots a tenth or so are below .1; of fifty it can be one, and nothing is learned
    from one. So the lowest of ``share`` of the products (of a thousand at most) are held out
    whatever their lots are.
    """
    few = int(np.ceil(share * min(len(lots), ALWAYS)))
    held: np.ndarray = lots < share
    held[np.argsort(lots, kind="stable")[:few]] = True
    return held


def _node_frame(table: NodeTable, frame: pl.DataFrame | None) -> pl.DataFrame:
    frame = _with_columns(frame, table.columns).sort("id")
    doubled = frame.filter(frame["id"].is_duplicated() | frame["id"].is_null())
    if doubled.height:
        raise GraphError(
            f"{table.label}: the id {doubled['id'][0]!r} stands {doubled.height} times"
        )
    return frame


def _edge_frame(
    table: EdgeTable, frame: pl.DataFrame | None, nodes: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    frame = _with_columns(frame, {"head": pl.String, "tail": pl.String, **table.columns})
    for end, owner in (("head", table.head), ("tail", table.tail)):
        rows = nodes[owner].select(pl.col("id").alias(end)).with_row_index("_row")
        frame = frame.join(rows, on=end, how="left", maintain_order="left")
        lost = frame.filter(pl.col("_row").is_null())
        if lost.height:
            raise GraphError(f"{table.relationship}: {end} {lost[end][0]!r} is not in {owner}")
        frame = frame.drop(end).rename({"_row": end})
    frame = frame.select("head", "tail", *table.columns)
    if table.name == "bought_with":
        frame = frame.with_columns(
            head=pl.min_horizontal("head", "tail"), tail=pl.max_horizontal("head", "tail")
        )
    return frame.sort(frame.columns, maintain_order=True)


def _with_columns(
    frame: pl.DataFrame | None, columns: Mapping[str, type[pl.DataType] | pl.DataType]
) -> pl.DataFrame:
    if frame is None:
        return pl.DataFrame(schema=dict(columns))
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in columns.items()
    )


def _binary(frame: pl.DataFrame, shape: tuple[int, int]) -> sparse.csr_array:
    ends = frame.select("head", "tail").unique()
    ones = np.ones(ends.height, dtype=np.float32)
    rows = (ends["head"].to_numpy(), ends["tail"].to_numpy())
    matrix = sparse.csr_array((ones, rows), shape=shape)
    matrix.sort_indices()
    return matrix


def _weighted(
    frame: pl.DataFrame, weight: str, ends: tuple[pl.DataFrame, pl.DataFrame]
) -> sparse.csr_array:
    best = frame.group_by("head", "tail").agg(pl.col(weight).max())
    rows = (best["head"].to_numpy(), best["tail"].to_numpy())
    values = best[weight].to_numpy().astype(np.float32)
    matrix = sparse.csr_array((values, rows), shape=(ends[0].height, ends[1].height))
    matrix.sort_indices()
    return matrix
