"""Two builds at once on one database: one writes, the other is refused; they never mix."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crossaisle.graph import Graph, Store, StoreError, open_store
from crossaisle.graph.neo4j_store import Neo4jStore
from tests.graph.test_neo4j_faults import some_graph

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.neo4j]

BUILDER = """
import sys
from crossaisle.graph import StoreError, neo4j_store, open_store
from tests.graph.test_neo4j_faults import some_graph

neo4j_store.BATCH = 50
graph = some_graph(200, 100, seed=int(sys.argv[2]))
with open_store(sys.argv[1]) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        store.write(graph, lambda stage, done, total: print(stage, flush=True))
        print("done", flush=True)
    except StoreError as error:
        print(error, flush=True)
"""


def _builder(address: str, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILDER, address, str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_two_processes_do_not_mix(neo4j_address: str, neo4j_store: Store) -> None:
    builders = [_builder(neo4j_address, seed) for seed in (1, 2)]
    for one in builders:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    for one in builders:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    last = [one.communicate(timeout=300)[0].splitlines()[-1] for one in builders]
    refused = f"another process is writing {neo4j_address}: wait until it is done"
    assert set(last) <= {"done", refused}
    assert "done" in last
    # Whoever was let in last wrote all of its graph; nothing of the claim is left.
    graphs = [some_graph(200, 100, seed) for seed in (1, 2)]
    held = neo4j_store.read()
    assert any(held.equals(graphs[i]) for i in (0, 1) if last[i] == "done")
    left = neo4j_store.query("MATCH (n:CrossaisleBuild) RETURN count(n) AS n")
    assert left["n"].item() == 0


def test_a_second_build_is_refused(
    neo4j_address: str, neo4j_store: Store, shop: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossaisle.graph.neo4j_store.WAIT", 0.5)
    tried = []

    def try_to_write(stage: str, done: int, total: int) -> None:
        if done and not tried:
            tried.append(done)
            with (
                open_store(neo4j_address) as second,
                pytest.raises(StoreError, match="another process is writing"),
            ):
                second.write(Graph.from_ids({}))

    neo4j_store.write(shop, try_to_write)
    assert tried
    assert neo4j_store.read().equals(shop)
    assert neo4j_store.write(shop).is_empty


def test_a_killed_build_leaves_no_claim(
    neo4j_address: str, neo4j_store: Store, shop: Graph
) -> None:
    builder = _builder(neo4j_address, 1)
    assert builder.stdin
    assert builder.stdout
    builder.stdin.write("\n")
    builder.stdin.flush()
    with builder.stdin, builder.stdout as lines:
        for _ in range(12):
            assert lines.readline() in {"ready\n", "writing to Neo4j\n"}
        builder.kill()
        builder.wait()
    neo4j_store.write(shop)
    assert neo4j_store.read().equals(shop)


def test_a_build_that_lost_its_claim_stops(
    neo4j_store: Store, shop: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of the server, when another build was let in."""
    monkeypatch.setattr("crossaisle.graph.neo4j_store.BATCH", 1)
    assert isinstance(neo4j_store, Neo4jStore)
    others = "MERGE (b:CrossaisleBuild {id: 'holder'}) SET b.token = 'of another build'"

    def take_over(stage: str, done: int, total: int) -> None:
        if done == 3:
            neo4j_store.make([others])

    with pytest.raises(StoreError, match="another build has begun meanwhile"):
        neo4j_store.write(shop, take_over)
    assert neo4j_store.read().products["id"].to_list() == ["a", "b", "c"]
