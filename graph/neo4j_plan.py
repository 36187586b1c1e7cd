"""What to tell a Neo4j database so that it holds a graph: statements with rows, in order.

Relationships, of which there are most, are read and compared a page at a time, so that memory does
not grow with their number. A page is some nodes with all relationships that leave them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from crossaisle.graph import queries
from crossaisle.graph.changes import TableChange, difference
from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGES, NODES, EdgeTable

PAGE = 10_000  # nodes or relationships, whichever are more: what is compared at a time

Read = Callable[[str, pl.Series | None], pl.DataFrame]
"""Reads a table of the database by name; of an edge table, what leaves the nodes with some ids."""


@dataclass(frozen=True)
class Step:
    """One statement for rows of one table; ``created``: each row makes a relationship."""

    name: str  # label or relationship type
    statement: str
    rows: pl.DataFrame
    created: bool = False
    first: int = 0  # row of the new table where ``rows`` begin
    done: int = 0  # rows of the new graph that are dealt with when this has been done


def plan(new: Graph, read: Read, tally: dict[str, TableChange]) -> Iterator[Step]:
    """Yield the steps that make a database hold ``new``; each must be done before the next.

    Nodes come first and go last, so that every relationship has its ends. Relationships have no
    identity of their own in Neo4j, so those whose properties changed are made anew; so are all of
    one identity (ends and :attr:`EdgeTable.key`) when it stands there a wrong number of times.

    Args:
        new: the graph that the database shall hold.
        read: reads what it holds.
        tally: filled with what changed, by label or relationship type.
    """
    gone, before = [], {}
    put, delete = (queries.statements(f"neo4j/{name}") for name in ("put_nodes", "delete_nodes"))
    for node, put_one, delete_one in zip(NODES, put, delete, strict=True):
        old = read(node.name, None)
        frame: pl.DataFrame = getattr(new, node.name)
        change = difference(old.sort("id"), frame, ("id",))
        tally[node.label] = change.counts
        before[node.name] = old.select("id")
        yield Step(node.label, put_one, change.added, done=frame.height)
        yield Step(node.label, put_one, change.changed)
        gone.append(Step(node.label, delete_one, change.removed.select("id")))
    create, forget = (queries.statements(f"neo4j/{name}_edges") for name in ("create", "delete"))
    for edge, create_one, forget_one in zip(EDGES, create, forget, strict=True):
        tally[edge.relationship], first = TableChange(), 0
        for ids, after in _pages(new, edge, before[edge.head]):
            old = read(edge.name, ids) if len(ids) else after.clear()
            if old.height:
                old, after = old.sort(after.columns), after.sort(after.columns)
            tally[edge.relationship] += difference(old, after, _key(edge)).counts
            wrong, missing = _put_right(old, after, _key(edge))
            yield Step(edge.relationship, forget_one, wrong)
            yield Step(edge.relationship, create_one, missing, True, first, after.height)
            first += after.height
    yield from gone


def _key(edge: EdgeTable) -> tuple[str, ...]:
    return ("head", "tail", *edge.key)


def _pages(
    new: Graph, edge: EdgeTable, before: pl.DataFrame
) -> Iterator[tuple[pl.Series, pl.DataFrame]]:
    """Yield (heads that the database had before, new edges by id) until all heads were there."""
    frame: pl.DataFrame = getattr(new, edge.name)
    nodes: pl.DataFrame = getattr(new, edge.head).select("id")
    tails: pl.Series = getattr(new, edge.tail)["id"]

    def by_id(rows: pl.DataFrame) -> pl.DataFrame:
        ends = {"head": nodes["id"].gather(rows["head"]), "tail": tails.gather(rows["tail"])}
        return rows.with_columns(**ends)

    known = np.zeros(nodes.height, dtype=bool)
    known[nodes.with_row_index("row").join(before, on="id", how="semi")["row"].to_numpy()] = True
    # Edges are sorted by head: those of head h are rows first[h] to first[h + 1].
    first = np.searchsorted(frame["head"].to_numpy(), np.arange(nodes.height + 1))
    start = 0
    while start < nodes.height:
        full = int(np.searchsorted(first, first[start] + PAGE, side="right")) - 1
        stop = max(start + 1, min(full, start + PAGE, nodes.height))
        rows = frame.slice(first[start], first[stop] - first[start])
        ids = nodes["id"].slice(start, stop - start).filter(pl.Series(known[start:stop]))
        yield ids, by_id(rows)
        start = stop
    for others in before.join(nodes, on="id", how="anti").iter_slices(PAGE):
        yield others["id"], by_id(frame.clear())


def _put_right(
    old: pl.DataFrame, new: pl.DataFrame, key: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return identities to take out of the database, and relationships to make in it.

    Taken out: identities whose relationships are not, as a multiset, those of ``new``.
    """
    if old.is_empty() or old.equals(new):
        return old.select(key).clear(), new if old.is_empty() else new.clear()
    counted = pl.concat(
        [
            old.with_columns(_times=pl.lit(1, pl.Int32)),
            new.with_columns(_times=pl.lit(-1, pl.Int32)),
        ]
    )
    uneven = counted.group_by(new.columns).agg(pl.col("_times").sum())
    identities = uneven.filter(pl.col("_times") != 0).select(key).unique()
    wrong = identities.join(old.select(key), on=key, how="semi", nulls_equal=True)
    again = new.join(wrong, on=key, how="semi", nulls_equal=True)
    added = new.join(old.select(key), on=key, how="anti", nulls_equal=True)
    return wrong, pl.concat([added, again])
