"""A real Neo4j server for the tests that are marked ``neo4j``, empty at the start of each."""

import os
from collections.abc import Iterator

import pytest

from crossaisle.graph import Store, open_store


@pytest.fixture(scope="session")
def neo4j_address() -> str:
    """Address in CROSSAISLE_NEO4J_URI: a throw-away server, its database is wiped."""
    address = os.environ.get("CROSSAISLE_NEO4J_URI")
    if address:
        return address
    how = (
        "no Neo4j server to test with: `make neo4j` starts one; then set "
        "CROSSAISLE_NEO4J_URI=neo4j://localhost:7687 and "
        "CROSSAISLE_NEO4J_PASSWORD_FILE=.neo4j/password"
    )
    if os.environ.get("CI"):
        pytest.fail(how)
    pytest.skip(how)


@pytest.fixture
def neo4j_store(neo4j_address: str) -> Iterator[Store]:
    """A store whose database holds nothing."""
    with open_store(neo4j_address) as store:
        wipe(store)
        yield store


def wipe(store: Store) -> None:
    """Take everything out of the database, whoever put it there."""
    from crossaisle.graph.neo4j_store import Neo4jStore

    assert isinstance(store, Neo4jStore)
    while store.query("MATCH (n) RETURN count(n) AS left")["left"][0]:
        store.update("UNWIND $rows AS row MATCH (n) WITH n LIMIT 20000 DETACH DELETE n", [{}])
