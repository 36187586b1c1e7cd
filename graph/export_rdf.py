"""The catalogue as RDF, in the words of schema.org. The only door to ``rdflib``.

A product is a schema:Product with schema:productID, schema:name, schema:description, schema:image,
a schema:Offer with its schema:price, and its aisle. A category is a schema:CategoryCode that
products name with schema:category, its parent with skos:broader. An attribute is a
schema:PropertyValue (schema:propertyID is its kind) that products name with
schema:additionalProperty. Products bought together are schema:isRelatedTo. What schema.org has no
word for is in our own namespace: the properties of a relationship stand on a node of its own, with
ca:head and ca:tail. People are left out: no customers, no baskets, no log.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import rdflib
from rdflib.namespace import RDF, SKOS, XSD
from rdflib.plugins.serializers.turtle import TurtleSerializer

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGE, NODE

BASE = "urn:crossaisle:"
SCHEMA = rdflib.Namespace("https://schema.org/")
OURS = rdflib.Namespace(f"{BASE}vocabulary:")
PREFIXES = {"schema": SCHEMA, "skos": str(SKOS), "xsd": str(XSD), "ca": OURS}
SLICE = 5_000  # rows made into triples at a time: rdflib takes about a kilobyte for each triple

TYPES = {
    "products": SCHEMA.Product,
    "categories": SCHEMA.CategoryCode,
    "attributes": SCHEMA.PropertyValue,
}
WORDS = {
    "products": {
        "id": SCHEMA.productID,
        "title": SCHEMA.name,
        "description": SCHEMA.description,
        "aisle": OURS.aisle,
        "image": SCHEMA.image,
    },
    "categories": {"id": SCHEMA.codeValue, "name": SCHEMA.name, "path": OURS.path},
    "attributes": {
        "id": SCHEMA.identifier,
        "kind": SCHEMA.propertyID,
        "value": SCHEMA.value,
    },
}
LINKS = {
    "in_category": SCHEMA.category,
    "part_of": SKOS.broader,
    "has_attribute": SCHEMA.additionalProperty,
    "bought_with": SCHEMA.isRelatedTo,
}


def iri(table: str, identity: str) -> rdflib.URIRef:
    """Return the address of a node: ``urn:crossaisle:product:...``, the id percent-encoded."""
    return rdflib.URIRef(f"{BASE}{NODE[table].label.lower()}:{quote(identity, safe='')}")


def export_turtle(graph: Graph, file: Path) -> None:
    """Write the catalogue as one Turtle file, UTF-8."""
    with file.open("wb") as out:
        for part in _parts(graph):
            _ExactTurtle(part).serialize(out, encoding="utf-8")


def export_json_ld(graph: Graph, file: Path) -> None:
    """Write the catalogue as one JSON-LD document, UTF-8: a context, and nodes in @graph."""
    with file.open("w", encoding="utf-8") as out:
        context = json.dumps({name: str(space) for name, space in PREFIXES.items()})
        out.write(f'{{"@context": {context},\n"@graph": [')
        between = "\n"
        for part in _parts(graph):
            for node in _compact(part):
                out.write(between + json.dumps(node, ensure_ascii=False, sort_keys=True))
                between = ",\n"
        out.write("\n]}\n")


def _parts(graph: Graph) -> Iterator[rdflib.Graph]:
    """Yield the triples, some thousand rows at a time."""
    for name in TYPES:
        frame: pl.DataFrame = getattr(graph, name)
        for rows in frame.iter_slices(SLICE):
            part = _empty()
            for row in rows.iter_rows(named=True):
                _add_node(part, name, row)
            yield part
    for name in LINKS:
        for rows in graph.edges_by_id(name).iter_slices(SLICE):
            part = _empty()
            for row in rows.iter_rows(named=True):
                _add_edge(part, name, row)
            yield part


def _empty() -> rdflib.Graph:
    part = rdflib.Graph(bind_namespaces="none")
    for name, space in PREFIXES.items():
        part.bind(name, space)
    return part


def _add_node(part: rdflib.Graph, name: str, row: dict[str, Any]) -> None:
    node = iri(name, row["id"])
    part.add((node, RDF.type, TYPES[name]))
    for column, word in WORDS[name].items():
        if row[column] is not None:
            part.add((node, word, rdflib.Literal(row[column])))
    if row.get("price") is not None:
        offer = rdflib.URIRef(f"{node}:offer")
        part.add((node, SCHEMA.offers, offer))
        part.add((offer, RDF.type, SCHEMA.Offer))
        part.add((offer, SCHEMA.price, rdflib.Literal(row["price"])))


def _add_edge(part: rdflib.Graph, name: str, row: dict[str, Any]) -> None:
    table = EDGE[name]
    head, tail = iri(table.head, row["head"]), iri(table.tail, row["tail"])
    part.add((head, LINKS[name], tail))
    given = {column: row[column] for column in table.columns if row[column] is not None}
    if not given:
        return
    ends = f"{quote(row['head'], safe='')}:{quote(row['tail'], safe='')}"
    node = rdflib.URIRef(f"{BASE}{name}:{ends}")
    part.add((node, RDF.type, OURS[table.relationship]))
    part.add((node, OURS.head, head))
    part.add((node, OURS.tail, tail))
    for column, value in given.items():
        part.add((node, OURS[column], rdflib.Literal(value)))


class _ExactTurtle(TurtleSerializer):
    """Turtle whose numbers keep all digits: the short form has seven of them."""

    def label(self, node: rdflib.term.Node, position: int) -> str:
        """Return a term as Turtle writes it."""
        if isinstance(node, rdflib.Literal) and node.datatype == XSD.double:
            return node.n3(self.store.namespace_manager)
        return str(super().label(node, position))


def _compact(part: rdflib.Graph) -> list[dict[str, Any]]:
    """Return the nodes of a part as JSON-LD objects that use the prefixes, sorted."""
    context = {name: str(space) for name, space in PREFIXES.items()}
    found: Any = json.loads(part.serialize(format="json-ld", context=context))
    nodes: list[dict[str, Any]] = found.get("@graph", [found])
    kept = [
        {key: _exact(value) for key, value in node.items() if key != "@context"} for node in nodes
    ]
    return sorted(kept, key=lambda node: str(node["@id"]))


def _exact(value: object) -> object:
    """Say a double as such: to JSON-LD the number 4.0 is an integer, and there is no infinity."""
    if not isinstance(value, float):
        return value
    return {"@type": "xsd:double", "@value": str(rdflib.Literal(value)).replace("inf", "INF")}
