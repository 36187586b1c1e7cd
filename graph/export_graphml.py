"""The graph for networkx, and as GraphML for Gephi, yEd and the like. The door to ``networkx``."""

import re
from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGES, NODE, NODES

NOT_XML = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def export_graphml(graph: Graph, file: Path) -> None:
    """Write one GraphML file: a directed multigraph of every node and relationship.

    A node is named ``Label:id`` and has its ``label`` and properties, an edge its
    ``relationship`` and properties. What is null is left out; times are ISO 8601 texts (UTC); a
    character that XML cannot hold becomes U+FFFD. networkx holds all of it in memory, about a
    kilobyte for each edge.
    """
    net = to_networkx(graph)
    # GraphML has no type for dates, and XML no place for some characters.
    for _, row in net.nodes(data=True):
        row.update({name: _plain(value) for name, value in row.items()})
    for _, _, row in net.edges(data=True):
        row.update({name: _plain(value) for name, value in row.items()})
    odd = {name: NOT_XML.sub("\ufffd", name) for name in net if NOT_XML.search(name)}
    nx.write_graphml(nx.relabel_nodes(net, odd, copy=False), file, encoding="utf-8")


def to_networkx(graph: Graph) -> nx.MultiDiGraph:
    """Return a directed multigraph of every node and relationship.

    A node is named ``Label:id``; it has its ``label`` and the properties that are not null, an edge
    its ``relationship`` and properties. BOUGHT_WITH, which is undirected, stands once, from the
    smaller id to the larger.
    """
    net = nx.MultiDiGraph()
    for node in NODES:
        frame: pl.DataFrame = getattr(graph, node.name)
        for row in frame.iter_rows(named=True):
            net.add_node(f"{node.label}:{row['id']}", label=node.label, **_given(row))
    for edge in EDGES:
        head, tail = NODE[edge.head].label, NODE[edge.tail].label
        for row in graph.edges_by_id(edge.name).iter_rows(named=True):
            ends = f"{head}:{row.pop('head')}", f"{tail}:{row.pop('tail')}"
            net.add_edge(*ends, relationship=edge.relationship, **_given(row))
    return net


def _given(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _plain(value: Any) -> str | int | float:  # noqa: ANN401 - whatever a property holds
    """Return a value as what GraphML has a type for."""
    if isinstance(value, str):
        return NOT_XML.sub("\ufffd", value)
    return value if isinstance(value, int | float) else str(value.isoformat())
