"""What Neo4j adds to the store contract: sentences for what is wrong, values as they were."""

import logging
import os
import socket
import threading
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossaisle.commands.neo4j_schema import schema_lines
from crossaisle.graph import Graph, Store, StoreError, open_store
from crossaisle.graph.neo4j_access import Access
from crossaisle.graph.neo4j_sentences import unreachable
from crossaisle.graph.neo4j_store import Neo4jStore
from tests.graph.conftest import not_in_ci

HOSTILE = {
    "quotes": "\"'`´“”",
    "braces": "{x} ${y} {{z}} $param",
    "cypher": "x'}) DETACH DELETE n //",
    "html": "<img src=x onerror=alert(1)>&amp;",
    "emoji": "🧦👩‍👩‍👧",
    "right to left": "‮مرحبا עברית",
    "nul": "a\0b\0",
    "lines": "one\r\ntwo\n\tthree\\",
    "empty": "",
    "long": "x" * 1_000_000,
}


def _catalogue() -> Graph:
    products = pl.DataFrame({"id": list(HOSTILE), "title": list(HOSTILE.values())})
    attributes = pl.DataFrame({"id": ["k=" + text[:50] for text in HOSTILE.values()]})
    return Graph.from_ids(
        {
            "products": products,
            "attributes": attributes.with_columns(value=pl.col("id"), kind=pl.lit("k")),
            "has_attribute": pl.DataFrame({"head": list(HOSTILE), "tail": attributes["id"]}),
        }
    )


@pytest.mark.neo4j
def test_hostile_texts_are_texts(neo4j_store: Store, tmp_path: Path) -> None:
    graph = _catalogue()
    with open_store(tmp_path / "shop.lbdb", create=True) as embedded:
        for store in (neo4j_store, embedded):
            store.write(graph)
            assert store.read().equals(graph)
            found = store.query("MATCH (p:Product) WHERE p.id = $id RETURN p.title", {"id": "nul"})
            assert found.item() == HOSTILE["nul"]


@pytest.mark.neo4j
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    events=st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.sampled_from("xy"),
            st.none() | st.integers(0, 3),
            st.none() | st.sampled_from([1.0, 2.0]),
        ),
        max_size=12,
    ),
    before=st.integers(0, 12),
)
def test_any_log_becomes_any_other(
    neo4j_store: Store, events: list[tuple[str, str, int | None, float | None]], before: int
) -> None:
    """Also logs in which one relationship stands twice, or has no key at all."""

    def log(rows: list[tuple[str, str, int | None, float | None]]) -> Graph:
        columns = ["head", "tail", "position", "quantity"]
        kinds = [pl.String, pl.String, pl.Float64, pl.Float64]
        return Graph.from_ids(
            {
                "customers": pl.DataFrame({"id": ["a", "b"]}),
                "products": pl.DataFrame({"id": ["x", "y"]}),
                "bought": pl.DataFrame(
                    rows, schema=dict(zip(columns, kinds, strict=True)), orient="row"
                ),
            }
        )

    neo4j_store.write(log(events[:before]))
    neo4j_store.write(log(events[::-1]))
    assert neo4j_store.read().equals(log(events))


@pytest.mark.neo4j
def test_a_relationship_that_stands_twice_is_put_right(neo4j_store: Store, shop: Graph) -> None:
    neo4j_store.write(shop)
    assert isinstance(neo4j_store, Neo4jStore)
    twice = (
        "UNWIND $rows AS row "
        "MATCH (h:Customer {id: row.head})-[r:BOUGHT]->(t:Product {id: row.tail}) "
        "CREATE (h)-[s:BOUGHT]->(t) SET s = properties(r)"
    )
    assert neo4j_store.update(twice, [{"head": "ann", "tail": "a"}]) == 1
    assert not neo4j_store.read().equals(shop)
    neo4j_store.write(shop)
    assert neo4j_store.read().equals(shop)


@pytest.mark.neo4j
def test_what_others_put_there_stays(neo4j_store: Store, shop: Graph) -> None:
    neo4j_store.write(shop)
    assert isinstance(neo4j_store, Neo4jStore)
    neo4j_store.update(
        "UNWIND $rows AS row MATCH (p:Product {id: row.id}) SET p.embedding = [1.0] "
        "CREATE (:Note)-[:ABOUT]->(p)",
        [{"id": "a"}],
    )
    changed = shop.products.with_columns(title=pl.lit("new"))
    neo4j_store.write(shop.replace(products=changed))
    row = neo4j_store.query("MATCH (:Note)-[:ABOUT]->(p) RETURN p.embedding AS e, p.title AS t")
    assert row.to_dicts() == [{"e": [1.0], "t": "new"}]


@pytest.mark.neo4j
def test_a_row_that_fails_for_good_is_named(neo4j_store: Store) -> None:
    ids = [f"p{number:03}" for number in range(100)]
    ids[70] = "p070" + "y" * 9_000  # more than an index takes
    with pytest.raises(StoreError, match=r"Product, row 70 \(id='p070y+…\).*too large"):
        neo4j_store.write(Graph.from_ids({"products": pl.DataFrame({"id": ids})}))
    kept = neo4j_store.read().products["id"].to_list()
    assert kept == ids[:70]


@pytest.mark.neo4j
def test_the_answer_is_a_frame_of_plain_values(neo4j_store: Store, shop: Graph) -> None:
    neo4j_store.write(shop)
    path = neo4j_store.query(
        "MATCH path = (c:Customer {id: 'ann'})-[:BOUGHT]->(p:Product {id: 'a'}) "
        "RETURN path, p, 1.5 AS half, [1, 'a'] AS mixed, p.image AS nothing"
    )
    row = path.to_dicts()[0]
    nodes, edges = row["path"]["nodes"], row["path"]["relationships"]
    assert [node["_label"] for node in nodes] == ["Customer", "Product"]
    assert (edges[0]["_type"], edges[0]["_head"], edges[0]["_tail"]) == ("BOUGHT", "ann", "a")
    assert row["p"]["title"] == "red sock"
    assert (row["half"], row["mixed"], row["nothing"]) == (1.5, '[1, "a"]', None)
    assert neo4j_store.query("MATCH (n:Product {id: 'none'}) RETURN n.id AS id").columns == ["id"]


@pytest.mark.neo4j
def test_constraints_come_first(neo4j_store: Store) -> None:
    neo4j_store.write(Graph.from_ids({}))
    lines = schema_lines(neo4j_store)
    for label in ("Product", "Category", "Attribute", "Customer", "Basket"):
        assert f"uniqueness {label.lower()}_id: {label}(id)" in lines
    assert "range product_aisle: Product(aisle)" in lines
    assert "(:Product)-[:BOUGHT_WITH {weight, count}]->(:Product)" in lines


@pytest.mark.neo4j
def test_a_wrong_password_is_said_and_never_shown(
    neo4j_address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CROSSAISLE_NEO4J_PASSWORD", "open-sesame-42")
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StoreError, match="does not let the user 'neo4j' in: check") as error:
        open_store(neo4j_address)
    assert "open-sesame-42" not in str(error.value)
    assert "open-sesame-42" not in caplog.text
    assert "open-sesame-42" not in repr(Access.from_environment())


@pytest.mark.neo4j
def test_a_database_that_is_not_there_is_named(
    neo4j_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSAISLE_NEO4J_DATABASE", "nowhere")
    with (
        pytest.raises(StoreError, match="CROSSAISLE_NEO4J_DATABASE"),
        open_store(neo4j_address) as store,
    ):
        store.read()


@pytest.mark.neo4j
def test_tls_to_a_server_without_it_is_said(neo4j_address: str) -> None:
    with pytest.raises(StoreError, match="neo4j\\+s://.*encrypted"):
        open_store(neo4j_address.replace("neo4j://", "neo4j+s://"))


@pytest.mark.parametrize(
    ("agent", "fine"),
    [
        ("Neo4j/5.25.1", False),
        ("Neo4j/4.4.40", False),
        ("Neo4j/5.26.0", True),
        ("Neo4j/2026.08.1", True),
        ("Neo4j/5.27-aura", True),
        ("Other/1.0", True),
    ],
)
def test_an_old_server_is_refused(agent: str, fine: bool) -> None:
    store = object.__new__(Neo4jStore)
    store.address = "neo4j://here"
    if fine:
        store._check_version(agent)
        return
    with pytest.raises(StoreError, match="too old: crossaisle needs 5.26"):
        store._check_version(agent)


def test_ci_skips_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no server"):
        not_in_ci("no server")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no server"):
        not_in_ci("no server")


def test_nobody_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSAISLE_NEO4J_PASSWORD", "any")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with pytest.raises(StoreError, match=f"no Neo4j server answers at neo4j://localhost:{port}"):
        open_store(f"neo4j://localhost:{port}")


def test_something_else_at_the_port_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSAISLE_NEO4J_PASSWORD", "any")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_nonsense, args=(server,), daemon=True).start()
        with pytest.raises(StoreError, match="no Neo4j server answers"):
            open_store(f"bolt://localhost:{server.getsockname()[1]}")


def _answer_nonsense(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.recv(64)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_certificate_that_nobody_vouches_for_is_said() -> None:
    error = ConnectionError("no connection")
    error.__cause__ = OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert "neo4j+ssc://" in unreachable("neo4j+s://shop", error)


def test_an_address_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSAISLE_NEO4J_PASSWORD", "any")
    with pytest.raises(StoreError, match="http://shop: stores are files, or servers at"):
        open_store("http://shop")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "no password for Neo4j: set CROSSAISLE_NEO4J_PASSWORD"),
        ({"CROSSAISLE_NEO4J_PASSWORD_FILE": "/nowhere/password"}, "cannot be read"),
        ({"CROSSAISLE_NEO4J_PASSWORD_FILE": os.devnull}, "is empty"),
    ],
)
def test_a_missing_password_is_said(
    variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CROSSAISLE_NEO4J_PASSWORD", "CROSSAISLE_NEO4J_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StoreError, match=said):
        open_store("neo4j://localhost:7687")
