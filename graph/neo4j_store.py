"""The graph on a Neo4j server, 5.26 or newer. The only door to the ``neo4j`` driver."""

import contextlib
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import polars as pl

import neo4j
from crossaisle.graph import neo4j_sentences as say
from crossaisle.graph import queries
from crossaisle.graph.changes import Changes, TableChange
from crossaisle.graph.graph import Graph
from crossaisle.graph.neo4j_access import Access
from crossaisle.graph.neo4j_plan import Step, plan
from crossaisle.graph.neo4j_values import answer_frame, table_frame
from crossaisle.graph.schema import EDGE, EDGES, NODES, Columns
from crossaisle.graph.store import Progress, Store, StoreError, silent
from neo4j import exceptions as refused

BATCH = 10_000  # rows a transaction: past this, commits no longer cost, and a retry is still cheap
FETCH = 10_000  # records asked for, and turned into columns, at a time when reading
WAIT = 10.0  # seconds that a build waits for another one to end before it is refused
GAVE_UP = ("LockClientStopped", "TransactionTimedOutClientConfiguration")  # what it then says
RETRY = 60.0  # seconds that a managed transaction is tried again: a server restarts in less
OLDEST = (5, 26)
WRITING, READING = "writing to Neo4j", "reading from Neo4j"
ENDS: Columns = {"head": pl.String, "tail": pl.String}
SHAPES = {table.name: table.columns for table in NODES}
SHAPES |= {table.name: ENDS | table.columns for table in EDGES}

Answer = TypeVar("Answer")

# What the driver logs reaches people as our sentences; those who set up logging see it as well.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class Neo4jStore(Store):
    """A graph in one Neo4j database.

    Labels, relationship types and properties are those of :mod:`crossaisle.graph.schema`; whatever
    else the database holds is left alone. A write compares what is there, page by page, and changes
    the difference in batches, each one managed transaction. If it is cut off, the next write does
    what is left. One write at a time: a second is refused.
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
        self.make_schema()
        total = sum(graph.counts().values())
        done = 0
        tally: dict[str, TableChange] = {}
        progress(WRITING, done, total)
        with self._claim() as token:
            for step in plan(graph, self._read_table, tally):
                for start in range(0, step.rows.height, BATCH):
                    batch = step.rows.slice(start, BATCH)
                    self._write(step, step.first + start, batch, token)
                    progress(WRITING, done + min(start + BATCH, step.done), total)
                done += step.done
                progress(WRITING, done, total)
        return Changes(tally)

    def read(self, progress: Progress = silent) -> Graph:
        """See :meth:`Store.read`."""
        tables = {}
        for done, name in enumerate(SHAPES):
            progress(READING, done, len(SHAPES))
            tables[name] = self._read_table(name)
        progress(READING, len(SHAPES), len(SHAPES))
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
        for statement in statements:
            given = dict(parameters or {}) if "$" in statement else {}
            with self._errors():
                try:
                    self._make_one(statement, given)
                except refused.ClientError as error:
                    # Another build made it between the server's look and its making.
                    if not (error.code or "").endswith("EquivalentSchemaRuleAlreadyExists"):
                        raise

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

    def _make_one(self, statement: str, parameters: dict[str, Any]) -> None:
        def work(transaction: neo4j.ManagedTransaction) -> None:
            transaction.run(statement, parameters).consume()

        self._execute_write(work)

    @contextlib.contextmanager
    def _claim(self) -> Iterator[str]:
        """Let nobody else build meanwhile; yield what each batch proves its right with.

        A transaction that stays open holds a node that it has not committed. It ends with its
        client, killed or not, so there is no claim to expire. Should the server lose it (a restart)
        while we go on, another build may begin: it then names itself the holder, and our next
        batch, which makes sure of the holder in its own transaction, is refused.
        """
        _, hold, _, release = queries.statements("neo4j/claim")
        token = uuid.uuid4().hex
        with self._session(neo4j.WRITE_ACCESS) as session:
            with self._errors():
                transaction = self._claimed(session)
                self._make_one(hold, {"token": token})
            try:
                yield token
            finally:
                with contextlib.suppress(refused.Neo4jError, refused.DriverError, OSError):
                    transaction.run(release, {"token": token}).consume()
                    transaction.commit()

    def _claimed(self, session: neo4j.Session) -> neo4j.Transaction:
        """Return the open transaction that is the claim."""
        claim = queries.statements("neo4j/claim")[0]
        try:
            with session.begin_transaction(timeout=WAIT) as attempt:
                attempt.run(claim).consume()
                attempt.rollback()
        except refused.Neo4jError as error:
            if (error.code or "").endswith(GAVE_UP):
                raise StoreError(say.claimed(self.address)) from None
            raise
        transaction = session.begin_transaction(timeout=0)  # for as long as it takes
        transaction.run(claim).consume()
        return transaction

    def _write(self, step: Step, start: int, batch: pl.DataFrame, token: str) -> None:
        """Write a batch; where it fails for good, halve it until the row is found; name that."""
        columns = _parameters(batch)
        holds = queries.statements("neo4j/claim")[2]

        def work(transaction: neo4j.ManagedTransaction) -> None:
            if not list(transaction.run(holds, {"token": token})):
                raise StoreError(say.lost(self.address))
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
            self._write(step, start, batch.head(middle), token)
            self._write(step, start + middle, batch.slice(middle), token)

    def _read_table(self, name: str, heads: pl.Series | None = None) -> pl.DataFrame:
        """Read a table; of an edge table, with ``heads``, only what leaves the nodes so named."""
        columns = SHAPES[name]
        if heads is None:
            statement, given = queries.statement(f"read/{name}"), {}
        else:
            statement = queries.statements("neo4j/read_edges")[list(EDGE).index(name)]
            given = {"id": heads.to_list()}

        def work(transaction: neo4j.ManagedTransaction) -> pl.DataFrame:
            result = transaction.run(statement, given)
            chunks = [table_frame([], columns)]
            while records := result.fetch(FETCH):
                chunks.append(table_frame(records, columns))
            return pl.concat(chunks)

        try:
            with self._errors(), self._session(neo4j.READ_ACCESS) as session:
                return session.execute_read(work)
        except (TypeError, AttributeError, pl.exceptions.PolarsError) as error:
            raise StoreError(
                f"{self.address}: {name} hold a value of another type than crossaisle writes "
                f"({say.first_line(error)}): is this another program's database?"
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

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return say.as_sentences(self.address, self._access.user)


def _parameters(batch: pl.DataFrame) -> dict[str, list[Any] | None]:
    """Return a batch by columns: half as much to send as rows that repeat the names."""
    return {
        column.name: None if column.null_count() == batch.height else column.to_list()
        for column in batch.iter_columns()
    }
