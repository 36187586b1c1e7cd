"""A build that is killed, a server that is killed, a database that is read-only, an import."""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from crossaisle.graph import Graph, Store, StoreError, bought_with, neo4j_store, open_store
from crossaisle.graph.export import export_neo4j_admin
from tests.graph.conftest import SpareServer, not_in_ci

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]


def some_graph(products: int = 400, customers: int = 300, seed: int = 7) -> Graph:
    """A random shop, large enough that writing it takes many transactions."""
    dice = random.Random(seed)
    ids = [f"p{number}" for number in range(products)]
    people = [f"c{number}" for number in range(customers)]
    pairs = {(dice.choice(people), dice.choice(ids)) for _ in range(customers * 6)}
    tastes = {(one, f"colour={dice.randrange(30)}") for one in ids for _ in range(2)}
    colours = sorted({tail for _, tail in tastes})
    graph = Graph.from_ids(
        {
            "products": pl.DataFrame(
                {"id": ids, "aisle": [f"aisle {number % 3}" for number in range(products)]}
            ),
            "customers": pl.DataFrame({"id": people}),
            "attributes": pl.DataFrame({"id": colours, "value": colours, "kind": "colour"}),
            "has_attribute": pl.DataFrame(sorted(tastes), schema=["head", "tail"], orient="row"),
            "bought": pl.DataFrame(sorted(pairs), schema=["head", "tail"], orient="row"),
        }
    )
    return graph.replace(bought_with=bought_with(graph))


BUILDER = """
import sys
from crossaisle.graph import neo4j_store, open_store
from tests.graph.test_neo4j_faults import some_graph

neo4j_store.BATCH = 50
with open_store(sys.argv[1]) as store:
    store.write(some_graph(), lambda stage, done, total: print(stage, done, flush=True))
"""


@pytest.mark.parametrize("after", sorted(random.Random(11).sample(range(1, 60), 10)))
def test_a_killed_build_is_completed_by_the_next(
    neo4j_address: str, neo4j_store: Store, after: int
) -> None:
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILDER, neo4j_address],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )
    assert builder.stdout
    with builder.stdout as lines:
        written = 0
        for line in lines:
            written += line.startswith("writing")
            if written == after:
                break
        assert written == after, "the build ended before it could be killed"
        builder.kill()  # SIGKILL, while a batch is under way
        builder.wait()
    graph = some_graph()
    interrupted = neo4j_store.read()
    assert not interrupted.equals(graph)
    neo4j_store.write(graph)
    assert neo4j_store.read().equals(graph)
    assert neo4j_store.write(graph).is_empty


def test_a_killed_server_loses_nothing(
    spare_server: SpareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_store, "BATCH", 50)
    graph = some_graph()
    restarts: list[threading.Thread] = []
    spare_server.start()

    def kill_once(stage: str, done: int, total: int) -> None:
        if stage == "writing to Neo4j" and done > total // 2 and not restarts:
            spare_server.kill()
            restarts.append(threading.Thread(target=spare_server.start))
            restarts[0].start()

    with open_store(spare_server.address) as store:
        # An error is fine: the server may be away for longer than a batch is tried again.
        with contextlib.suppress(StoreError):
            store.write(graph, kill_once)
        restarts[0].join()
        store.write(graph)
        assert store.read().equals(graph)


def test_a_read_only_database_is_said(spare_server: SpareServer) -> None:
    graph = some_graph(20, 10)
    spare_server.start()
    with open_store(spare_server.address) as store:
        store.write(graph)
    spare_server.stop()
    spare_server.set_up("server.databases.read_only=neo4j\n")
    spare_server.start()
    with open_store(spare_server.address) as store:
        assert store.read().equals(graph)
        with pytest.raises(StoreError, match="the database is read-only"):
            store.write(some_graph(30, 10))


TLS = """
server.bolt.tls_level=REQUIRED
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory=certificates/bolt
dbms.ssl.policy.bolt.private_key=private.key
dbms.ssl.policy.bolt.public_certificate=public.crt
dbms.ssl.policy.bolt.client_auth=NONE
"""


def test_a_certificate_is_verified(spare_server: SpareServer, shop: Graph) -> None:
    if not shutil.which("openssl"):
        not_in_ci("no openssl to make a certificate with: install it")
    folder = spare_server.home / "certificates" / "bolt"
    folder.mkdir(parents=True)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(folder / "private.key"), "-out", str(folder / "public.crt")]
    subprocess.run(command, check=True, capture_output=True)
    spare_server.set_up(TLS)
    spare_server.start()
    rest = spare_server.address.removeprefix("neo4j")
    with pytest.raises(StoreError, match="certificate cannot be verified"):
        open_store("neo4j+s" + rest)
    with open_store("neo4j+ssc" + rest) as store:
        store.write(shop)
        assert store.read().equals(shop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "public.crt"))
        with open_store("neo4j+s" + rest) as store:
            assert store.read().equals(shop)


def test_the_import_tool_makes_the_same_graph(
    spare_server: SpareServer, shop: Graph, tmp_path: Path
) -> None:
    tables = {name: getattr(shop, name) for name in ("categories", "attributes", "customers")}
    odd = ["", 'q"u"o,te', "two\r\nlines\\", None, "مرحبا", "x" * 100_000]
    prices = [float("inf"), 1e-9, -0.0, None, 1 / 3, 2.5]
    products = shop.products.with_columns(title=pl.Series(odd), price=pl.Series(prices))
    edges = ("in_category", "part_of", "has_attribute", "bought", "contains", "bought_with")
    hostile = Graph.from_ids(
        {**tables, "products": products, "baskets": shop.baskets}
        | {name: shop.edges_by_id(name) for name in edges}
    )
    arguments = export_neo4j_admin(hostile, tmp_path / "files")
    spare_server.start()
    spare_server.stop()
    command = ["bash", str(ROOT / "neo4j" / "java.sh"), str(spare_server.home), "admin"]
    command += ["database", "import", "full", f"@{arguments.name}", "neo4j"]
    subprocess.run(command, cwd=arguments.parent, check=True, stdin=subprocess.DEVNULL)
    spare_server.start()
    with open_store(spare_server.address) as store:
        assert store.read().equals(hostile)
        assert store.write(hostile).is_empty


def test_an_export_overwrites_nothing(shop: Graph, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("dear to me")
    with pytest.raises(StoreError, match="is not empty"):
        export_neo4j_admin(shop, tmp_path)
