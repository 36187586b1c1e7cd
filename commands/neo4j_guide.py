"""What Neo4j Browser is given: a guide to play, a style sheet, favourites to drop on it."""

import io
import json
import zipfile
from collections.abc import Mapping
from html import escape
from typing import Any

from crossaisle.graph.queries import Query, load, statement, statements
from crossaisle.graph.store import Store

SLIDES = {
    "Two aisles": ("connecting_paths", "bridges", "aisle_makers", "gateways", "aisle_pairs"),
    "A customer": ("customer_graph", "history", "customer_reach", "why"),
    "A product": ("neighbours", "across_from", "same_basket"),
    "A brand": ("brand_bridges", "brand_reach", "brand_audience"),
    "Categories": ("category_neighbourhood", "category_products"),
    "New, alone, or twice there": ("never_bought", "newest", "unreached", "near_twins"),
    "How good is the catalogue?": (
        "aisles",
        "coverage_holes",
        "hubs",
        "evidence",
        "low_confidence",
        "contradictions",
    ),
}
"""Title of a slide, and the queries on it by name: every query for people stands on one."""

PICTURES = ("connecting_paths", "customer_graph", "why", "brand_bridges", "category_neighbourhood")

LOOKS = {
    "Product": ("#2f5f94", "#1d4470", "{title}", 56),
    "Category": ("#4f7030", "#385121", "{name}", 46),
    "Attribute": ("#a8481f", "#7d3212", "{value}", 46),
    "Customer": ("#75427f", "#552d5d", "{id}", 66),
    "Basket": ("#86650f", "#634a09", "{id}", 36),
    "Recommendation": ("#9a3412", "#6f230a", "{score}", 60),
    "Walk": ("#665f55", "#453f37", "{contribution}", 36),
}
"""Fill, border, caption and diameter by label; white letters on each fill are easy to read."""

LINES = {
    "BOUGHT_WITH": "{count}",
    "RECEIVED": "{rank}",
    "ADDS": "{contribution}",
}
"""Captions of relationships that say more than their type."""


def example_values(store: Store) -> dict[str, Any]:
    """Return a value for each parameter of the queries: from the store, then their defaults."""
    asked = [load(name) for names in SLIDES.values() for name in names]
    values: dict[str, Any] = {name: "" for query in asked for name in query.required}
    for text in statements("neo4j/example_values"):
        rows = store.query(text).to_dicts()
        values |= {key: value for row in rows for key, value in row.items() if key in values}
    for query in asked:
        values |= query.defaults
    return values | {"limit": 40}


def parameters(values: Mapping[str, Any]) -> str:
    """Return the Browser commands that set ``values``; texts in Cypher's (and JSON's) quotes."""
    return "\n".join(
        f":param {name} => {json.dumps(value)};" for name, value in sorted(values.items())
    )


def guide(values: Mapping[str, Any], address: str) -> str:
    """Return the guide as HTML: what is typed on a slide runs at a click."""
    first = (
        "<h3>Across the aisles</h3>"
        "<p class='lead'>A shop as a graph: products, what they are, who bought them. "
        "Each slide asks it a few questions.</p>"
        "<h4>1. Dress the nodes</h4>" + _runnable(f":style {address}/style.grass") + "<h4>2. Set "
        "who and what the questions are about (change the values as you like)</h4>"
        + _runnable(parameters(values))
        + "<h4>3. Turn the page, click a question, run it</h4>"
        f"<p>To keep the questions: drop <a href='{escape(address)}/favourites.zip'>"
        "favourites.zip</a> on this window.</p>"
    )
    slides = [first]
    for title, names in SLIDES.items():
        slides.append(
            f"<h3>{escape(title)}</h3>" + "".join(_question(load(n), values) for n in names)
        )
    body = "".join(
        f"<slide class='row-fluid'><div class='col-sm-12'>{slide}</div></slide>" for slide in slides
    )
    return (
        "<article class='guide'><title>crossaisle</title>"
        f"<carousel class='deck container-fluid'>{body}</carousel></article>"
    )


def style_sheet(store: Store) -> str:
    """Return the style sheet; where products have no titles their ids are the captions."""
    untitled = store.query(statement("neo4j/one_title"))
    blocks = []
    for label, (fill, border, caption, diameter) in LOOKS.items():
        shown = "{id}" if label == "Product" and untitled.is_empty() else caption
        blocks.append(
            f"node.{label} {{\n  diameter: {diameter}px;\n  color: {fill};\n"
            f"  border-color: {border};\n  border-width: 2px;\n  text-color-internal: #FFFFFF;\n"
            f"  font-size: 11px;\n  caption: '{shown}';\n}}\n"
        )
    blocks.append(
        "relationship {\n  color: #A5ABB6;\n  shaft-width: 1px;\n  font-size: 8px;\n"
        "  padding: 3px;\n  text-color-external: #000000;\n  text-color-internal: #FFFFFF;\n"
        "  caption: '<type>';\n}\n"
    )
    blocks += [
        f"relationship.{kind} {{\n  caption: '{shown}';\n}}\n" for kind, shown in LINES.items()
    ]
    return "".join(blocks)


def favourites(values: Mapping[str, Any]) -> bytes:
    """Return a zip that Neo4j Browser imports as a folder of favourites."""
    texts = {"0 set the parameters": f"// 0 Set the parameters\n{parameters(values)}\n"}
    for names in SLIDES.values():
        texts |= {name: _favourite(load(name)) for name in names}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            # A fixed date, so that the same queries give the same file.
            entry = zipfile.ZipInfo(f"crossaisle/{name}.cypher", (2020, 1, 1, 0, 0, 0))
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _favourite(query: Query) -> str:
    comment = "\n".join(f"// {line}" for line in query.comment.splitlines())
    return f"{comment}\n{query.statement};\n"


def _question(query: Query, values: Mapping[str, Any]) -> str:
    lacking = [name for name in query.required if values.get(name) == ""]
    if lacking:
        return f"<h4>{escape(query.question)}</h4><p>This graph has no {lacking[0]}.</p>"
    hints = [
        line.removeprefix("look at: ")
        for line in query.comment.splitlines()
        if line.startswith("look at: ")
    ]
    hint = f"<p><small>Look at {escape('; '.join(hints))}.</small></p>" if hints else ""
    return f"<h4>{escape(query.question)}</h4>{hint}{_runnable(query.statement)}"


def _runnable(text: str) -> str:
    return f"<pre class='pre-scrollable code runnable'>{escape(text, quote=False)}</pre>"
