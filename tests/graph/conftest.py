"""A real Neo4j server for the tests that are marked ``neo4j``, empty at the start of each."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from crossaisle.graph import Store, open_store

ROOT = Path(__file__).parents[2]


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
    not_in_ci(how)


def not_in_ci(why: str) -> NoReturn:
    """Skip a test that lacks something here; in CI, which must have it, fail."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


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
    # Relationships first: a node with all of its own can be too much for one transaction.
    while store.query("MATCH ()-[r]->() RETURN count(r) AS left")["left"][0]:
        store.update("UNWIND $rows AS row MATCH ()-[r]->() WITH r LIMIT 20000 DELETE r", [{}])
    while store.query("MATCH (n) RETURN count(n) AS left")["left"][0]:
        store.update("UNWIND $rows AS row MATCH (n) WITH n LIMIT 20000 DELETE n", [{}])


@dataclass(frozen=True)
class SpareServer:
    """A server of the test's own, that it may stop, kill and set up as it likes."""

    home: Path
    bolt: int
    http: int

    @property
    def address(self) -> str:
        return f"neo4j://localhost:{self.bolt}"

    def start(self) -> None:
        command = ["bash", "neo4j/start.sh", str(self.home), str(self.bolt), str(self.http)]
        subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)

    def stop(self) -> None:
        subprocess.run(["bash", "neo4j/stop.sh", str(self.home)], cwd=ROOT, check=True)

    def kill(self) -> None:
        """Kill it as a power cut would, and wait until its port is free."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((self.home / "run" / "neo4j.pid").read_text()), signal.SIGKILL)
        (self.home / "run" / "neo4j.pid").unlink()
        while _answers(self.bolt):
            time.sleep(0.05)

    def set_up(self, settings: str) -> None:
        (self.home / "conf").mkdir(exist_ok=True)
        (self.home / "conf" / "local.conf").write_text(settings)


@pytest.fixture
def spare_server(
    neo4j_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SpareServer]:
    """A second server from the jars that `make neo4j` fetched; starting it makes the password."""
    jars = Path(os.environ.get("CROSSAISLE_NEO4J_HOME", ROOT / ".neo4j")) / "lib"
    if not jars.is_dir():
        how = f"{neo4j_address} is not from `make neo4j`: no jars in {jars} to start another"
        not_in_ci(how)
    home = tmp_path / "neo4j"
    home.mkdir()
    (home / "lib").symlink_to(jars.resolve())
    server = SpareServer(home, _free_port(), _free_port())
    monkeypatch.delenv("CROSSAISLE_NEO4J_PASSWORD", raising=False)
    monkeypatch.setenv("CROSSAISLE_NEO4J_PASSWORD_FILE", str(home / "password"))
    try:
        yield server
    finally:
        if (home / "run" / "neo4j.pid").exists():
            server.kill()


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
