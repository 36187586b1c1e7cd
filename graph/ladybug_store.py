"""The embedded store: one LadybugDB file, no server. The only door to the ``ladybug`` library."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ladybug
import polars as pl

from crossaisle.graph import queries
from crossaisle.graph.changes import Changes, compare
from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGE, EDGES, NODES
from crossaisle.graph.store import Progress, Store, StoreError, silent

POOL = 1 << 29  # bytes of buffer pool: the library would take most of the machine's memory
LARGEST_POOL = 4 << 30  # bytes, for the time of writing; what is not needed of it is not taken
ROWS = 1_000_000  # nodes copied at a time
VALUE = 48  # bytes of pool for each value of a relationship: 27 are needed, more for long text
ROOM = 2  # a file has been up to 1.3 times its tables, and the log of what is written comes on top
SMALLEST = 8 << 20  # bytes: an empty file, its log, and a margin
MAX_SIZE = 1 << 36  # bytes of address space reserved for a file


class LadybugStore(Store):
    """A graph in one file.

    A write makes a whole new file beside the old one and renames it over: whoever reads meanwhile
    keeps the old graph, and a write that is cut off leaves the old file untouched. Bulk COPY of a
    million relationships takes seconds, so this costs less than merging row by row.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the file at ``path``; it may be missing only with ``create``."""
        self.path = path
        self._open: tuple[ladybug.Database, ladybug.Connection] | None = None
        if path.is_dir():
            raise StoreError(f"{path} is a folder, not a store: name a file, such as shop.lbdb")
        if not create and not path.exists():
            raise StoreError(
                f"there is no store at {path}: "
                f"make one with `crossaisle graph build --store {path}`"
            )

    def write(self, graph: Graph, progress: Progress = silent) -> Changes:
        """See :meth:`Store.write`."""
        changes = compare(self.read() if self.path.exists() else Graph.from_ids({}), graph)
        if changes.is_empty and self.path.exists():
            return changes
        self.close()
        lock = self._lock()
        try:
            # Left behind by a write that was killed: we hold the lock, so nobody is writing it.
            for stale in self.path.parent.glob(f".{self.path.name}.*.new*"):
                stale.unlink(missing_ok=True)
            self._write_anew(graph, progress)
        finally:
            os.close(lock)
            self._lock_path().unlink(missing_ok=True)
        return changes

    def read(self, progress: Progress = silent) -> Graph:
        """See :meth:`Store.read`."""
        if not self.path.exists():
            return Graph.from_ids({})
        tables = {}
        names = [table.name for table in (*NODES, *EDGES)]
        for done, name in enumerate(names):
            progress("reading the store", done, len(names))
            tables[name] = self.query(queries.statement(f"read/{name}"))
        progress("reading the store", len(names), len(names))
        return Graph.from_ids(tables)

    def query(self, statement: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """See :meth:`Store.query`."""
        return _run(self._connection(), statement, parameters).get_as_pl()

    def close(self) -> None:
        """See :meth:`Store.close`."""
        if self._open:
            database, connection = self._open
            self._open = None
            connection.close()
            database.close()

    def _connection(self) -> ladybug.Connection:
        if self._open is None:
            self._open = _connect(self.path, read_only=True)
        return self._open[1]

    def _lock_path(self) -> Path:
        return self.path.with_name(f".{self.path.name}.lock")

    def _lock(self) -> int:
        import fcntl

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._lock_path(), os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror or error}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise StoreError(
                f"another process is writing {self.path}: wait until it is done"
            ) from None
        return handle

    def _need_room(self, graph: Graph) -> None:
        """Refuse a disk that is too small: LadybugDB ends the whole process when it fills up."""
        tables = (getattr(graph, table.name) for table in (*NODES, *EDGES))
        needed = ROOM * sum(table.estimated_size() for table in tables) + SMALLEST
        free = shutil.disk_usage(self.path.parent).free
        if free < needed:
            raise StoreError(
                f"cannot write {self.path}: about {needed / 1e6:,.0f} MB are needed and "
                f"{free / 1e6:,.0f} MB are free: make space on that disk, then run it again"
            )

    def _write_anew(self, graph: Graph, progress: Progress) -> None:
        new: Path | None = None
        self._need_room(graph)
        try:
            handle, name = tempfile.mkstemp(
                prefix=f".{self.path.name}.", suffix=".new", dir=self.path.parent
            )
            os.close(handle)
            new = Path(name)
            new.unlink()
            _fill(new, graph, progress)
            with new.open("rb") as file:
                os.fsync(file.fileno())
            new.chmod(0o644)
            new.replace(self.path)
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror or error}") from None
        finally:
            if new is not None:
                for leftover in new.parent.glob(f"{new.name}*"):
                    with contextlib.suppress(OSError):
                        leftover.unlink()


def _fill(path: Path, graph: Graph, progress: Progress) -> None:
    # One copy a table where the pool may be large enough: each later copy of a relationship goes
    # through what is there already, so many small ones cost more than linear time.
    widths = {table.name: VALUE * (2 + len(table.columns)) for table in EDGES}
    needed = (getattr(graph, name).height * width for name, width in widths.items())
    pool = min(max(POOL, *needed), LARGEST_POOL)
    database, connection = _connect(path, read_only=False, pool=pool)
    try:
        for statement in queries.statements("ladybug/schema"):
            _run(connection, statement)
        tables = [table.name for table in (*NODES, *EDGES)]
        copies = queries.statements("ladybug/copy")
        for done, (name, statement) in enumerate(zip(tables, copies, strict=True)):
            progress("writing the store", done, len(tables))
            frame = graph.edges_by_id(name) if name in EDGE else getattr(graph, name)
            for rows in frame.iter_slices(pool // widths[name] if name in EDGE else ROWS):
                _run(connection, statement, {"frame": rows})
        _run(connection, "CHECKPOINT")
        progress("writing the store", len(tables), len(tables))
    finally:
        connection.close()
        database.close()


def _connect(
    path: Path, *, read_only: bool, pool: int = POOL
) -> tuple[ladybug.Database, ladybug.Connection]:
    try:
        database = ladybug.Database(
            path, buffer_pool_size=pool, max_db_size=MAX_SIZE, read_only=read_only
        )
        return database, ladybug.Connection(database)
    except RuntimeError as error:
        raise StoreError(f"{path} cannot be opened as a store: {_first_line(error)}") from None


def _run(
    connection: ladybug.Connection, statement: str, parameters: Mapping[str, Any] | None = None
) -> ladybug.QueryResult:
    try:
        result = connection.execute(statement, dict(parameters or {}))
    except RuntimeError as error:
        raise StoreError(f"the store refused the statement: {_first_line(error)}") from None
    if isinstance(result, list):
        raise StoreError("one statement at a time: take the `;` out")
    return result


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
