"""``crossaisle graph explore``: serve the guide, style sheet and favourites to Neo4j Browser."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlsplit

from crossaisle.commands import neo4j_guide
from crossaisle.graph.neo4j_store import Neo4jStore
from crossaisle.graph.store import Store, StoreError

Pages = dict[str, tuple[str, bytes]]
"""Path to (content type, content)."""


def serve_explore(
    store: Store,
    port: int = 8765,
    *,
    browser: str | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Serve until Ctrl-C, and say what a person must do: the address to open comes first.

    Args:
        store: a Neo4j store.
        port: where to listen, on this machine only; 0 takes a free one.
        browser: address of Neo4j Browser; the server's own at port 7474 if None.
        say: called with each line that the person is told.

    Raises:
        StoreError: the store is not Neo4j, or the port is taken.
    """
    with exploring(store, port, browser) as lines:
        for line in lines:
            say(line)
        threading.Event().wait()


@contextmanager
def exploring(store: Store, port: int, browser: str | None = None) -> Iterator[list[str]]:
    """Serve in the background and yield what to tell a person."""
    if not isinstance(store, Neo4jStore):
        raise StoreError(
            "only Neo4j has a Browser: build the graph with --store neo4j://localhost:7687, "
            "or ask the same questions with `crossaisle graph query`"
        )
    browser = (browser or _browser(store.address)).rstrip("/")
    pages: Pages = {}
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(pages, browser))
    except OSError as error:
        raise StoreError(f"cannot listen on port {port} ({error.strerror}): name another") from None
    here = f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        pages.update(_pages(store, here))
        guide = quote(f"{here}/guide.html", safe="")
        dbms = quote(_bolt(store.address), safe="")
        yield [
            f"open  {browser}/browser/?dbms={dbms}&cmd=play&arg={guide}",
            f"or type in Neo4j Browser  :play {here}/guide.html",
            f"colours and captions  :style {here}/style.grass",
            f"favourites: drop {here}/favourites.zip on the Browser's window",
            "Ctrl-C ends this",
        ]
    finally:
        server.shutdown()
        server.server_close()


def _pages(store: Store, here: str) -> Pages:
    values = neo4j_guide.example_values(store)
    return {
        "/guide.html": ("text/html; charset=utf-8", neo4j_guide.guide(values, here).encode()),
        "/style.grass": ("text/plain; charset=utf-8", neo4j_guide.style_sheet(store).encode()),
        "/favourites.zip": ("application/zip", neo4j_guide.favourites(values)),
    }


def _browser(address: str) -> str:
    return f"http://{urlsplit(address).hostname or 'localhost'}:7474"


def _bolt(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://neo4j@{rest}"


def _handler(pages: Pages, browser: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers GET for the three files. Neo4j Browser asks from another origin: hence CORS."""

        def do_GET(self) -> None:
            """Send a file."""
            kind, content = pages.get(self.path.partition("?")[0], ("", b""))
            if not kind:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self._allow()
            self.end_headers()
            self.wfile.write(content)

        def do_OPTIONS(self) -> None:
            """Answer the Browser's question whether it may ask."""
            self.send_response(204)
            self._allow()
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Say nothing: the terminal is for the person."""

        def _allow(self) -> None:
            # The guide names a customer and their purchases: only the Browser may read it.
            origin = self.headers.get("Origin", "")
            if origin in {browser, browser.replace("localhost", "127.0.0.1")}:
                self.send_header("Access-Control-Allow-Origin", origin)
                self.send_header("Vary", "Origin")
                self.send_header("Access-Control-Allow-Headers", "*")
                self.send_header("Access-Control-Allow-Private-Network", "true")

    return Handler
