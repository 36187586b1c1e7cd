"""The real Neo4j Browser in headless Chromium: connect, play the guide, click, see the nodes."""

import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from crossaisle.commands.neo4j_explore import exploring
from crossaisle.commands.neo4j_guide import LOOKS, SLIDES
from crossaisle.graph import Graph, Store, StoreError, open_store
from crossaisle.graph.queries import names

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.neo4j]

EDITOR = "() => document.querySelector('.view-lines').textContent.trim() "
PATIENCE = 180_000  # milliseconds: the machine may be busy
SAME = """(looks) => {
    const nodes = [...document.querySelectorAll('g.node')].map(x => x.getAttribute('transform'));
    const now = document.body.innerText + nodes.join();
    window.looked = now === window.seen ? window.looked + 1 : 0;
    window.seen = now;
    return window.looked >= looks;
}"""
LOOKS_ALIKE = 10  # looks in a row, 150 ms apart or as fast as a busy machine lets us look


@pytest.fixture
def lines(neo4j_store: Store, shop: Graph) -> Iterator[list[str]]:
    """What `graph explore` tells a person, served on a free port."""
    neo4j_store.write(shop)
    with exploring(neo4j_store, 0) as said:
        yield said


def _address(lines: list[str], name: str) -> str:
    found = re.search(rf"http://localhost:\d+/{name}", "\n".join(lines))
    assert found
    return found[0]


def test_every_query_for_people_is_on_a_slide() -> None:
    assert sorted(name for slide in SLIDES.values() for name in slide) == names()


def test_only_the_browser_may_read_the_guide(lines: list[str]) -> None:
    guide = _address(lines, "guide.html")
    for origin, allowed in (("http://localhost:7474", True), ("http://evil.example", False)):
        with urlopen(Request(guide, headers={"Origin": origin})) as answer:
            assert (answer.headers["Access-Control-Allow-Origin"] == origin) is allowed
            text = answer.read().decode()
    assert ':param source => "play";' in text.replace("&gt;", ">")


def test_the_favourites_are_the_queries(lines: list[str]) -> None:
    with urlopen(_address(lines, "favourites.zip")) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    stems = {Path(name).stem for name in archive.namelist()}
    assert stems == {*names(), "0 set the parameters"}
    first_lines = archive.read("crossaisle/why.cypher").decode().splitlines()
    assert first_lines[0] == "// Why this product for this customer, as a picture?"


def test_an_embedded_store_has_no_browser(tmp_path: Path) -> None:
    with (
        open_store(tmp_path / "shop.lbdb", create=True) as store,
        pytest.raises(StoreError, match="graph query"),
        exploring(store, 0),
    ):
        pass


@pytest.mark.browser
def test_a_person_explores(lines: list[str], browser: "Browser", tmp_path: Path) -> None:
    pictures = Path(os.environ.get("CROSSAISLE_PICTURES", tmp_path))
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(PATIENCE)
    page.goto(lines[0].split()[1])
    _log_in(page)
    page.wait_for_selector("text=Across the aisles")
    _settle(page)  # the other frames come
    _run(page, ":style")
    _run(page, ":param")
    page.screenshot(path=pictures / "guide.png")
    page.click("[data-testid=nextSlide]")
    page.wait_for_selector("text=Two aisles")
    _run(page, "RETURN path")
    page.wait_for_selector("g.node")
    _settle(page)
    page.screenshot(path=pictures / "aisles.png")
    drawn = _drawn(page)
    page.close()
    assert {"red", "Zip"} <= set(drawn)
    assert drawn["red"] == drawn["Zip"] == LOOKS["Attribute"][0]
    products = {text for text, fill in drawn.items() if fill == LOOKS["Product"][0]}
    assert any(text.startswith("red") for text in products - {"red"})


def _log_in(page: "Page") -> None:
    page.wait_for_selector("input[data-testid=password]")
    password = os.environ.get("CROSSAISLE_NEO4J_PASSWORD") or Path(
        os.environ["CROSSAISLE_NEO4J_PASSWORD_FILE"]
    ).read_text(encoding="utf-8")
    page.fill("input[data-testid=username]", os.environ.get("CROSSAISLE_NEO4J_USER", "neo4j"))
    page.fill("input[data-testid=password]", password.strip())
    page.click("button[data-testid=connect]")


def _run(page: "Page", text: str) -> None:
    """Click the guide's runnable block that holds ``text``: it goes to the editor; run that."""
    page.click(f"pre.runnable:has-text('{text}'):visible >> nth=0")
    page.wait_for_function(EDITOR + "!== ''")
    _settle(page)  # the Browser looks at what it was given
    page.click("[data-testid=editor-Run]")
    page.wait_for_function(EDITOR + "=== ''")
    _settle(page)  # several statements run one after the other


def _settle(page: "Page") -> None:
    """Wait until nothing that is shown has changed for some looks."""
    page.evaluate("() => { window.seen = null; window.looked = 0; }")
    page.wait_for_function(SAME, arg=LOOKS_ALIKE, polling=150)


def _drawn(page: "Page") -> dict[str, str]:
    """Return caption -> fill colour of the nodes that are drawn."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('g.node')].map(node => [
            [...node.querySelectorAll('text.caption')].map(t => t.textContent.trim()).join(' '),
            node.querySelector('circle.b-outline').getAttribute('fill').toLowerCase()]))"""
    )
    return {caption.strip(): fill for caption, fill in found.items()}
