"""How fast a graph gets into Neo4j: build, a bare driver loop, one MERGE a row, the import tool.

    python benchmarks/neo4j_load.py --relationships 100000 1000000 --output FILE.json

needs a throw-away server (`make neo4j`) at CROSSAISLE_NEO4J_URI: its database is wiped, and the
server is stopped for the import. All times are of one run on one machine; only their ratios are
meant to be read. The bare loop sends the very same batches with session.execute_write and nothing
else: no reading of what is there, no check, no progress. One MERGE a row is timed on a sample, in
one transaction for 1,000 rows, and its rate is compared. The memory shown is the peak of a process
of its own that builds, and builds again, beyond what it had when the graph was in memory.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

import neo4j
from crossaisle.graph import Graph, open_store
from crossaisle.graph.export import export_neo4j_admin
from crossaisle.graph.neo4j_access import Access
from crossaisle.graph.neo4j_plan import plan
from crossaisle.graph.neo4j_store import BATCH, Neo4jStore
from crossaisle.graph.neo4j_store import _parameters as parameters
from crossaisle.graph.schema import EDGES, NODES

ROOT = Path(__file__).parents[1]
SAMPLE = 5_000  # rows merged one by one
MERGE = """
MATCH (h:Customer {id: $head}) MATCH (t:Product {id: $tail})
MERGE (h)-[r:BOUGHT {position: $position}]->(t) SET r.quantity = $quantity
"""


def synthetic(relationships: int) -> Graph:
    """A log of so many purchases by a tenth as many customers, of a hundredth as many products."""
    dice = np.random.default_rng(0)
    products, customers = max(relationships // 100, 100), max(relationships // 10, 100)
    ids = pl.DataFrame({"id": [f"product-{number:07}" for number in range(products)]})
    titles = pl.Series([f"A thing that people buy, number {number}" for number in range(products)])
    bought = pl.DataFrame(
        {
            "head": dice.integers(customers, size=relationships, dtype=np.uint32),
            "tail": dice.zipf(1.3, size=relationships).astype(np.uint64) % products,
            "position": np.arange(relationships, dtype=np.float64),
            "quantity": 1.0,
        }
    )
    people = pl.DataFrame({"id": [f"customer-{number:07}" for number in range(customers)]})
    named = bought.with_columns(
        head=people["id"].gather(bought["head"]), tail=ids["id"].gather(bought["tail"])
    )
    return Graph.from_ids(
        {
            "products": ids.with_columns(title=titles, aisle=pl.lit("aisle")),
            "customers": people,
            "bought": named,
        }
    )


def wipe(driver: neo4j.Driver) -> None:
    """Empty the database, relationships first: a node with all of its own can be too much."""
    with driver.session() as session:
        for statement in (
            "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
            "MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
        ):
            session.run(statement).consume()


def timed(name: str, work: Callable[[], object]) -> float:
    """Return how long ``work`` takes, in seconds, and say so."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    print(f"{name}: {seconds:,.1f} s", file=sys.stderr, flush=True)
    return seconds


def bare_loop(driver: neo4j.Driver, batches: list[tuple[str, dict[str, object]]]) -> None:
    """Send prepared batches, one managed transaction each."""
    with driver.session() as session:
        for statement, rows in batches:
            session.execute_write(lambda tx, s=statement, r=rows: tx.run(s, r).consume())


def one_merge_a_row(driver: neo4j.Driver, graph: Graph) -> None:
    """Send rows of the log one by one, a thousand a transaction."""
    rows = graph.edges_by_id("bought").head(SAMPLE).to_dicts()

    def some(tx: neo4j.ManagedTransaction, part: list[dict[str, object]]) -> None:
        for row in part:
            tx.run(MERGE, row).consume()

    with driver.session() as session:
        for start in range(0, len(rows), 1000):
            session.execute_write(some, rows[start : start + 1000])


def offline(graph: Graph, home: Path) -> float:
    """Export, stop the server, import, start it again; return the seconds of export and import."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        export = timed("export", lambda: export_neo4j_admin(graph, files))
        subprocess.run(["bash", "neo4j/stop.sh", str(home)], cwd=ROOT, check=True)
        command = ["bash", str(ROOT / "neo4j" / "java.sh"), str(home.resolve()), "admin"]
        command += ["database", "import", "full", "@import.args", "neo4j"]
        imported = timed(
            "import",
            lambda: subprocess.run(command, cwd=files, check=True, stdout=subprocess.DEVNULL),
        )
        subprocess.run(["bash", "neo4j/start.sh", str(home)], cwd=ROOT, check=True)
    return export + imported


class Memory:
    """Peak of the process's resident memory while the block runs, beyond its start, in MiB."""

    def __enter__(self) -> "Memory":
        """Begin to watch."""
        self._start = self._now()
        self.peak = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, self._now() - self._start)

    @staticmethod
    def _now() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20


def growth(folder: Path, address: str) -> tuple[float, float]:
    """Return the growth in MiB of this process as it builds, and as it builds again."""
    names = [table.name for table in (*NODES, *EDGES)]
    graph = Graph(**{name: pl.read_parquet(folder / name) for name in names})
    with Neo4jStore(address) as store:
        with Memory() as first:
            store.write(graph)
        with Memory() as again:
            store.write(graph)
    return first.peak, again.peak


def in_a_process(graph: Graph, address: str) -> tuple[float, float]:
    """Return :func:`growth` of a fresh process: ours has freed memory that it would use again."""
    with (
        tempfile.TemporaryDirectory() as folder,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        for table in (*NODES, *EDGES):
            getattr(graph, table.name).write_parquet(Path(folder) / table.name)
        return pool.apply(growth, (Path(folder), address))


def measure(relationships: int, address: str, home: Path, repeats: int) -> dict[str, float]:
    """Measure one size; build and bare loop take turns, and the best of each counts."""
    access = Access.from_environment()
    graph = synthetic(relationships)
    empty = Graph.from_ids({})
    steps = plan(graph, lambda name, ids: getattr(empty, name), {})
    batches = [
        (step.statement, parameters(step.rows.slice(start, BATCH)))
        for step in steps
        for start in range(0, step.rows.height, BATCH)
    ]
    bare, build = [], []
    with (
        neo4j.GraphDatabase.driver(address, auth=(access.user, access.password)) as driver,
        Neo4jStore(address, access) as store,
    ):
        store.make_schema()
        wipe(driver)
        memory, memory_again = in_a_process(graph, address)
        for _ in range(repeats):
            wipe(driver)
            bare.append(timed("bare loop", lambda: bare_loop(driver, batches)))
            wipe(driver)
            build.append(timed("build", lambda: store.write(graph)))
        again = timed("build again", lambda: store.write(graph))
        reading = timed("read", store.read)
        wipe(driver)
        nodes = graph.replace(bought=graph.bought.clear())
        store.write(nodes)
        merged = timed("one merge a row", lambda: one_merge_a_row(driver, graph))
    imported = offline(graph, home)
    with open_store(address) as store:
        if not store.read().equals(graph):
            sys.exit("the imported graph is not the one that was exported")
    return {
        "relationships": relationships,
        "build_s": min(build),
        "bare_loop_s": min(bare),
        "build_again_s": again,
        "read_s": reading,
        "export_and_import_s": imported,
        "relationships_per_s": relationships / min(build),
        "build_over_bare": min(build) / min(bare),
        "faster_than_one_merge_a_row": (merged / SAMPLE) / (min(build) / relationships),
        "import_faster_than_build": min(build) / imported,
        "memory_MiB": memory,
        "memory_again_MiB": memory_again,
    }


def main() -> None:
    """Measure each size and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--relationships", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--home", type=Path, default=ROOT / ".neo4j")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    address = os.environ.get("CROSSAISLE_NEO4J_URI", "neo4j://localhost:7687")
    rows = [measure(size, address, options.home, options.repeats) for size in options.relationships]
    for row in rows:
        print("\n".join(f"{name:>28} {value:,.2f}" for name, value in row.items()), "\n")
    if options.output:
        options.output.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
