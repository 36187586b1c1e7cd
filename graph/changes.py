"""What differs between the graph that a store holds and the one that is to be written."""

from dataclasses import dataclass

import polars as pl

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGES, NODES


@dataclass(frozen=True)
class TableChange:
    """How many rows of one table differ; numbers only, so that they cost no memory."""

    added: int = 0
    changed: int = 0
    """Rows whose key was there with other properties."""
    removed: int = 0
    same: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the table stays as it is."""
        return not (self.added or self.changed or self.removed)

    def __add__(self, other: "TableChange") -> "TableChange":
        """Return the change of two parts of a table."""
        return TableChange(
            self.added + other.added,
            self.changed + other.changed,
            self.removed + other.removed,
            self.same + other.same,
        )


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
            f"{name}: {change.added:,} added, {change.changed:,} changed, "
            f"{change.removed:,} removed, {change.same:,} as before"
            for name, change in self.tables.items()
            if not change.is_empty
        ]


@dataclass(frozen=True)
class Difference:
    """The rows of one table that differ, by id (edges: ``head`` and ``tail`` are ids)."""

    added: pl.DataFrame
    changed: pl.DataFrame
    """The new form of rows whose key was there with other properties."""
    removed: pl.DataFrame
    """The old form of rows whose key is gone."""
    same: int

    @property
    def counts(self) -> TableChange:
        """How many rows of each kind."""
        return TableChange(self.added.height, self.changed.height, self.removed.height, self.same)


def compare(old: Graph, new: Graph) -> Changes:
    """Compare two graphs by id, whatever their rows."""
    tables = {}
    for table in NODES:
        frames = (getattr(old, table.name), getattr(new, table.name))
        tables[table.label] = difference(*frames, ("id",)).counts
    for edge in EDGES:
        frames = (old.edges_by_id(edge.name), new.edges_by_id(edge.name))
        tables[edge.relationship] = difference(*frames, ("head", "tail", *edge.key)).counts
    return Changes(tables)


def difference(old: pl.DataFrame, new: pl.DataFrame, key: tuple[str, ...]) -> Difference:
    """Compare two forms of one table whose rows are told apart by ``key``."""
    none = new.clear()
    if old.is_empty():
        return Difference(new, none, none, 0)
    if old.equals(new):
        return Difference(none, none, none, new.height)
    columns = new.columns
    fresh = new.join(old, on=columns, how="anti", nulls_equal=True)
    gone = old.join(new, on=columns, how="anti", nulls_equal=True)
    return Difference(
        added=fresh.join(gone, on=key, how="anti", nulls_equal=True),
        changed=fresh.join(gone, on=key, how="semi", nulls_equal=True),
        removed=gone.join(fresh, on=key, how="anti", nulls_equal=True),
        same=new.height - fresh.height,
    )
