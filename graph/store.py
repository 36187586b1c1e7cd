"""Where a graph lives: the interface of the stores, and the choice of one by its address."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from crossaisle.graph.changes import Changes
from crossaisle.graph.graph import Graph

Progress = Callable[[str, int, int], None]
"""Called as work goes on with (what is being done, how much is done, of how much)."""


def silent(stage: str, done: int, total: int) -> None:
    """Show no progress."""


class StoreError(RuntimeError):
    """The store cannot be opened, read or written: a sentence that says why and what to do."""


class Store(ABC):
    """A place that holds one graph and answers Cypher. Use it as a context manager."""

    @abstractmethod
    def write(self, graph: Graph, progress: Progress = silent) -> Changes:
        """Make the store hold exactly ``graph`` and return what that changed.

        Writing the same graph again changes nothing. A write that is interrupted leaves a store
        that the next write completes.

        Raises:
            StoreError: no permission, no room, another process is writing.
        """

    @abstractmethod
    def read(self, progress: Progress = silent) -> Graph:
        """Return the graph; an empty store gives an empty graph."""

    @abstractmethod
    def query(self, statement: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Run one reading Cypher statement; nodes, relationships and paths become structs.

        Raises:
            StoreError: the statement does not parse, a parameter is missing, or it would write.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()


_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


def open_store(address: str | Path, *, create: bool = False) -> Store:
    """Open a store by its address: a path of an embedded store, or the address of a Neo4j server.

    Args:
        address: ``shop.lbdb``, or ``neo4j://host:7687`` (``neo4j+s://`` for TLS).
        create: whether an embedded store that is not there yet is welcome.

    Raises:
        StoreError: there is nothing at that address, or it cannot be read.
    """
    scheme, separator, _ = str(address).partition("://")
    if separator and scheme not in _SCHEMES:
        known = ", ".join(f"{name}://" for name in _SCHEMES)
        raise StoreError(f"{address}: stores are files, or servers at {known}")
    where = "neo4j_store:Neo4jStore" if separator else "ladybug_store:LadybugStore"
    module, _, name = where.partition(":")
    kind = getattr(import_module(f"crossaisle.graph.{module}"), name)
    store: Store = kind(str(address)) if separator else kind(Path(address), create=create)
    return store
