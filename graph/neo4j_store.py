"""The graph on a Neo4j server, 5.26 or newer. The only door to the ``neo4j`` driver."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import polars as pl

import neo4j
from crossaisle.graph import neo4j_sentences as say
from crossaisle.graph import queries
from crossaisle.graph.changes import Changes, compare
from crossaisle.graph.graph import Graph
from crossaisle.graph.neo4j_access import Access
from crossaisle.graph.neo4j_plan import Step, plan
from crossaisle.graph.neo4j_values import answer_frame, table_frame
from crossaisle.graph.schema import EDGES, NODES, Columns, EdgeTable
from crossaisle.graph.store import Progress, Store, StoreError, silent
from neo4j import exceptions as refused

BATCH = 10_000  # rows a transaction: past this, commits no longer cost, and a retry is still cheap
FETCH = 20_000  # records asked for at a time when reading
CHUNK = 200_000  # records turned into columns at a time: what is in memory as Python objects
RETRY = 60.0  # seconds that a managed transaction is tried again: a server restarts in less
OLDEST = (5, 26)

Answer = TypeVar("Answer")

# What the driver logs reaches people as our sentences; those who set up logging see it as well.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class Neo4jStore(Store):
    """A graph in one Neo4j database.

    Labels, relationship types and properties are those of :mod:`crossaisle.graph.schema`; whatever
    else the database holds is left alone. A write reads what is there, then changes the difference
    in batches, each one managed transaction. If it is cut off, the next write does what is left.
    """

    def __init__(self, address: str, access: Access | None = None) -> None:
        """Connect to ``address``; user and password come from the environment.

        Raises:
            StoreError: no server answers, the password is wrong, the server is too old.
        """
        self.address = address
        self._access = access or Access.from_environment()
        with self._errors():
            self._driver = self._connect(address)
        try:
            with self._errors():
                self._verify()
        except BaseException:
            self._driver.close()
            raise

    def write(self, graph: Graph, progress: Progress = silent) -> Changes:
        """See :meth:`Store.write`."""
        empty = self.query(queries.statement("neo4j/any_node")).is_empty()
        old = Graph.from_ids({}) if empty else self.read(progress)
        changes = compare(old, graph)
        self.make_schema()
        steps = [step for step in plan(old, graph, changes) if step.rows.height]
        total = sum(step.rows.height for step in steps)
        done = 0
        for step in steps:
            for start in range(0, step.rows.height, BATCH):
                progress("writing to Neo4j", done, total)
                batch = step.rows.slice(start, BATCH)
                self._write(step, start, batch)
                done += batch.height
        if total:
            progress("writing to Neo4j", total, total)
        return changes

    def read(self, progress: Progress = silent) -> Graph:
        """See :meth:`Store.read`."""
        tables = {}
        shapes: dict[str, Columns] = {table.name: _columns(table) for table in EDGES}
        shapes |= {table.name: table.columns for table in NODES}
        for done, (name, columns) in enumerate(shapes.items()):
            progress("reading from Neo4j", done, len(shapes))
            tables[name] = self._read_table(name, columns)
        progress("reading from Neo4j", len(shapes), len(shapes))
        return Graph.from_ids(tables)

    def query(self, statement: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """See :meth:`Store.query`. The server itself refuses to write in a reading session."""

        def work(transaction: neo4j.ManagedTransaction) -> pl.DataFrame:
            result = transaction.run(statement, dict(parameters or {}))
            return answer_frame(result.keys(), list(result))

        with self._errors(), self._session(neo4j.READ_ACCESS) as session:
            return session.execute_read(work)

    def make_schema(self) -> None:
        """Make the constraints and indexes that are not there yet; wait until they are ready."""
        self.make(queries.statements("neo4j/schema"))

    def make(self, statements: Sequence[str], parameters: Mapping[str, Any] | None = None) -> None:
        """Run our own statements that change the schema, each in a transaction of its own."""
        with self._errors(), self._session(neo4j.WRITE_ACCESS) as session:
            for statement in statements:
                given = dict(parameters or {}) if "$" in statement else {}
                session.run(statement, given).consume()

    def update(self, statement: str, rows: list[dict[str, Any]]) -> int:
        """Run one of our own writing statements for ``rows`` (its parameter) in one transaction.

        Returns:
            How many relationships it made.
        """

        def work(transaction: neo4j.ManagedTransaction) -> int:
            summary = transaction.run(statement, {"rows": rows}).consume()
            return summary.counters.relationships_created

        with self._errors():
            return self._execute_write(work)

    def close(self) -> None:
        """See :meth:`Store.close`."""
        self._driver.close()

    def _connect(self, address: str) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(
            address,
            auth=(self._access.user, self._access.password),
            max_transaction_retry_time=RETRY,
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )

    def _verify(self) -> None:
        try:
            self._driver.verify_connectivity()
        except refused.ServiceUnavailable:
            # A routing driver does not say why: ask the one server directly.
            with self._connect(self.address.replace("neo4j", "bolt", 1)) as direct:
                direct.verify_connectivity()
            raise
        self._check_version(self._driver.get_server_info().agent)

    def _session(self, access: str) -> neo4j.Session:
        return self._driver.session(
            database=self._access.database, default_access_mode=access, fetch_size=FETCH
        )

    def _execute_write(self, work: Callable[[neo4j.ManagedTransaction], Answer]) -> Answer:
        with self._session(neo4j.WRITE_ACCESS) as session:
            return session.execute_write(work)

    def _write(self, step: Step, start: int, batch: pl.DataFrame) -> None:
        """Write a batch; where it fails for good, halve it until the row is found; name that."""
        columns = _parameters(batch)

        def work(transaction: neo4j.ManagedTransaction) -> None:
            summary = transaction.run(step.statement, columns).consume()
            made = summary.counters.relationships_created
            if step.created and made != batch.height:  # rolls the batch back
                raise StoreError(
                    f"{step.name}: {batch.height - made:,} of rows {start:,} to "
                    f"{start + batch.height - 1:,} have an end that is no longer in the database: "
                    "does someone else write to it? Run the build again"
                )

        try:
            with self._errors():
                self._execute_write(work)
        except say.RefusedError as error:
            if batch.height == 1:
                row = say.short(batch.row(0, named=True))
                raise StoreError(f"{step.name}, row {start:,} ({row}): {error}") from None
            middle = batch.height // 2
            self._write(step, start, batch.head(middle))
            self._write(step, start + middle, batch.slice(middle))

    def _read_table(self, name: str, columns: Columns) -> pl.DataFrame:
        def work(transaction: neo4j.ManagedTransaction) -> pl.DataFrame:
            result = transaction.run(queries.statement(f"read/{name}"))
            chunks = [table_frame([], columns)]
            while records := result.fetch(CHUNK):
                chunks.append(table_frame(records, columns))
            return pl.concat(chunks)

        try:
            with self._errors(), self._session(neo4j.READ_ACCESS) as session:
                return session.execute_read(work)
        except (TypeError, AttributeError, pl.exceptions.PolarsError) as error:
            raise StoreError(
                f"{self.address}: {name} hold a value of another type than crossaisle writes "
                f"({_message(error)}): is this another program's database?"
            ) from None

    def _check_version(self, agent: str) -> None:
        product, _, version = agent.partition("/")
        numbers = version.removeprefix("v").replace("-", ".").split(".")[:2]
        known = product == "Neo4j" and len(numbers) == 2 and all(map(str.isdecimal, numbers))
        if known and tuple(map(int, numbers)) < OLDEST:
            wanted = ".".join(map(str, OLDEST))
            raise StoreError(
                f"{self.address} runs Neo4j {version}, which is too old: crossaisle needs {wanted} "
                "or newer"
            )

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the driver's exceptions into a sentence."""
        where = self.address
        try:
            yield
        except refused.AuthError as error:
            raise StoreError(say.wrong_login(where, self._access.user, error.code or "")) from None
        except refused.ForbiddenOnReadOnlyDatabase:
            raise StoreError(say.read_only(where)) from None
        except refused.IncompleteCommit:
            raise StoreError(
                f"{where}: the connection broke during a commit; run it again, "
                "it goes on where it stopped"
            ) from None
        except (refused.ServiceUnavailable, refused.SessionExpired, OSError) as error:
            raise StoreError(say.unreachable(where, error)) from None
        except (refused.ClientError, refused.DatabaseError) as error:
            raise say.refusal(where, error.code or "", _message(error)) from None
        except refused.ConfigurationError as error:
            raise StoreError(f"{where} is not an address of Neo4j: {error}") from None
        except (refused.Neo4jError, refused.DriverError) as error:
            raise StoreError(f"{where}: {_message(error)}") from None


def _columns(edge: EdgeTable) -> Columns:
    return {"head": pl.String, "tail": pl.String, **edge.columns}


def _parameters(batch: pl.DataFrame) -> dict[str, list[Any] | None]:
    """Return a batch by columns: half as much to send as rows that repeat the names."""
    return {
        column.name: None if column.null_count() == batch.height else column.to_list()
        for column in batch.iter_columns()
    }


def _message(error: Exception) -> str:
    text = getattr(error, "message", None) or str(error)
    return str(text).strip().splitlines()[0]
