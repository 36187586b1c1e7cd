"""What to tell a Neo4j database so that it holds a graph: statements with rows, in order."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from crossaisle.graph import queries
from crossaisle.graph.changes import Changes
from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGES, NODES, EdgeTable


@dataclass(frozen=True)
class Step:
    """One statement for rows of one table; ``created``: each row makes a relationship."""

    name: str  # label or relationship type
    statement: str
    rows: pl.DataFrame
    created: bool = False


def plan(old: Graph, new: Graph, changes: Changes) -> Iterator[Step]:
    """Yield the steps that turn a database that holds ``old`` into one that holds ``new``.

    Relationships leave before nodes and come after them. Relationships have no identity of their
    own in Neo4j, so those whose properties changed are made anew; so are all of one identity (ends
    and :attr:`EdgeTable.key`) when it stands there a wrong number of times.
    """
    wrong = {table.name: _wrong(table, old, new) for table in EDGES}
    gone = zip(EDGES, queries.statements("neo4j/delete_edges"), strict=True)
    for edge, statement in gone:
        yield Step(edge.relationship, statement, wrong[edge.name])
    for node, statement in zip(NODES, queries.statements("neo4j/delete_nodes"), strict=True):
        yield Step(node.label, statement, changes.tables[node.label].removed.select("id"))
    for node, statement in zip(NODES, queries.statements("neo4j/put_nodes"), strict=True):
        change = changes.tables[node.label]
        yield Step(node.label, statement, pl.concat([change.added, change.changed]))
    fresh = zip(EDGES, queries.statements("neo4j/create_edges"), strict=True)
    for edge, statement in fresh:
        key = _identity(edge)
        if getattr(old, edge.name).is_empty():  # a first build: nothing to look for, no copies
            yield Step(edge.relationship, statement, changes.tables[edge.relationship].added, True)
            continue
        rows = new.edges_by_id(edge.name)
        again = rows.join(wrong[edge.name], on=key, how="semi", nulls_equal=True)
        there = old.edges_by_id(edge.name).select(key)
        added = rows.join(there, on=key, how="anti", nulls_equal=True)
        yield Step(edge.relationship, statement, pl.concat([added, again]), created=True)


def _identity(edge: EdgeTable) -> list[str]:
    return ["head", "tail", *edge.key]


def _wrong(edge: EdgeTable, old: Graph, new: Graph) -> pl.DataFrame:
    """Return identities in ``old`` whose relationships are not, as a multiset, those of ``new``."""
    before, after = old.edges_by_id(edge.name), new.edges_by_id(edge.name)
    key = _identity(edge)
    if before.is_empty():
        return before.select(key)
    counted = pl.concat(
        [
            before.with_columns(_times=pl.lit(1, pl.Int32)),
            after.with_columns(_times=pl.lit(-1, pl.Int32)),
        ]
    )
    uneven = counted.group_by(before.columns).agg(pl.col("_times").sum())
    identities = uneven.filter(pl.col("_times") != 0).select(key).unique()
    return identities.join(before.select(key), on=key, how="semi", nulls_equal=True)
