"""Shared fixtures: a shop small enough to know by heart."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from crossaisle.graph import Graph, bought_with

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

CHROMIUM = Path(os.environ.get("CROSSAISLE_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HOSTILE = "\"'`{}$x; MATCH (n) DETACH DELETE n //<script>alert(1)</script> 🧦 مرحبا \\ \t"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, the slowest ahead: of two workers neither waits long."""
    lost = [i.nodeid for i in items if i.get_closest_marker("neo4j") and scope(i.nodeid) != "neo4j"]
    if lost:
        raise pytest.UsageError(f"tests of the Neo4j server have neo4j in their names, not {lost}")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.name != "test_journey.py", item.path not in slow))


def scope(nodeid: str) -> str:
    """What stays in one worker: a file, and all that wipes the one Neo4j server."""
    return "neo4j" if "neo4j" in nodeid.lower() else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadScopeScheduling":
    """Not ``--dist loadgroup``: it renames the tests, and ``--last-failed`` would not know them."""
    from xdist.scheduler import LoadScopeScheduling

    class ByScope(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid)

    config.option.loadscopereorder = False
    return ByScope(config, log)


@pytest.fixture
def shop() -> Graph:
    """Six products in two aisles, four customers and one anonymous basket; b's title is hostile."""
    day = dt.datetime(2024, 1, 1, 12, 30)
    bought = [
        ("ann", "a"), ("ann", "b"), ("ann", "d"), ("bob", "a"), ("bob", "d"),
        ("cid", "b"), ("cid", "d"), ("dan", "c"), ("dan", "e"),
    ]  # fmt: skip
    graph = Graph.from_ids(
        {
            "products": pl.DataFrame(
                {
                    "id": list("abcdef"),
                    "title": ["red sock", HOSTILE, "hat", "red ball", "net", "new ball"],
                    "aisle": ["wear", "wear", "wear", "play", "play", "play"],
                    "price": [1.0, 2.5, None, 4.0, 5.0, 6.0],
                }
            ),
            "categories": pl.DataFrame(
                {
                    "id": ["Play", "Play > Balls", "Wear"],
                    "name": ["Play", "Balls", "Wear"],
                    "path": ["Play", "Play > Balls", "Wear"],
                }
            ),
            "attributes": pl.DataFrame(
                {
                    "id": ["colour=red", "brand=zip"],
                    "kind": ["colour", "brand"],
                    "value": ["red", "Zip"],
                }
            ),
            "customers": pl.DataFrame({"id": ["ann", "bob", "cid", "dan", "eve"]}),
            "baskets": pl.DataFrame({"id": ["basket-1"]}),
            "in_category": pl.DataFrame(
                {
                    "head": list("abcdef"),
                    "tail": ["Wear"] * 3 + ["Play > Balls", "Play", "Play > Balls"],
                    "source": "feed",
                    "confidence": 1.0,
                }
            ),
            "part_of": pl.DataFrame({"head": ["Play > Balls"], "tail": ["Play"]}),
            "has_attribute": pl.DataFrame(
                {
                    "head": ["a", "d", "c", "f"],
                    "tail": ["colour=red", "colour=red", "brand=zip", "brand=zip"],
                    "source": ["title", "title", "feed", "feed"],
                    "confidence": [0.8, 0.8, 1.0, 1.0],
                }
            ),
            "bought": pl.DataFrame(
                {
                    "head": [user for user, _ in bought],
                    "tail": [product for _, product in bought],
                    "time": [day + dt.timedelta(days=number) for number in range(len(bought))],
                    "type": "purchase",
                    "quantity": 1.0,
                }
            ),
            "contains": pl.DataFrame(
                {"head": ["basket-1"] * 2, "tail": ["a", "d"], "time": day, "quantity": 2.0}
            ),
        }
    )
    return graph.replace(bought_with=bought_with(graph, min_count=2))


@pytest.fixture(scope="session")
def amazon14() -> Path:
    """Folder of the Amazon 2014 data, which is for research and not part of the project."""
    root = os.environ.get("CROSSAISLE_DATA")
    if not root:
        pytest.skip("set CROSSAISLE_DATA to the folder that holds amazon14/ to run this test")
    return Path(root) / "amazon14"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    if not CHROMIUM.exists():
        sentence = f"no Chromium at {CHROMIUM}: install it, or set CROSSAISLE_CHROMIUM"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(sentence)
    api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=ARGUMENTS, timeout=180_000
        )
        yield started
        started.close()
