"""What differs between the graph that a store holds and the one that is to be written."""

from dataclasses import dataclass

import polars as pl

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGES, NODES


@dataclass(frozen=True)
class TableChange:
    """Rows of one table, by id (edges: ``head`` and ``tail`` are ids)."""

    added: pl.DataFrame
    changed: pl.DataFrame
    """The new form of rows whose key was there with other properties."""
    removed: pl.DataFrame
    """The old form of rows whose key is gone."""
    same: int

    @property
    def is_empty(self) -> bool:
        """Whether the table stays as it is."""
        return not (self.added.height or self.changed.height or self.removed.height)


@dataclass(frozen=True)
class Changes:
    """The difference, table by table, keyed by label or relationship type."""

    tables: dict[str, TableChange]

    @property
    def is_empty(self) -> bool:
        """Whether both graphs are the same."""
        return all(change.is_empty for change in self.tables.values())

    def lines(self) -> list[str]:
        """Say it, a line a table that changed."""
        if self.is_empty:
            return ["nothing changed: the store already holds this graph"]
        return [
            f"{name}: {change.added.height:,} added, {change.changed.height:,} changed, "
            f"{change.removed.height:,} removed, {change.same:,} as before"
            for name, change in self.tables.items()
            if not change.is_empty
        ]


def compare(old: Graph, new: Graph) -> Changes:
    """Compare two graphs by id, whatever their rows."""
    tables = {
        table.label: _compare(getattr(old, table.name), getattr(new, table.name), ("id",))
        for table in NODES
    }
    for edge in EDGES:
        frames = (old.edges_by_id(edge.name), new.edges_by_id(edge.name))
        tables[edge.relationship] = _compare(*frames, ("head", "tail", *edge.key))
    return Changes(tables)


def _compare(old: pl.DataFrame, new: pl.DataFrame, key: tuple[str, ...]) -> TableChange:
    columns = new.columns
    fresh = new.join(old, on=columns, how="anti", nulls_equal=True)
    gone = old.join(new, on=columns, how="anti", nulls_equal=True)
    return TableChange(
        added=fresh.join(gone, on=key, how="anti", nulls_equal=True),
        changed=fresh.join(gone, on=key, how="semi", nulls_equal=True),
        removed=gone.join(fresh, on=key, how="anti", nulls_equal=True),
        same=new.height - fresh.height,
    )
