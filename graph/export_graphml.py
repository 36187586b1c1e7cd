"""The graph as GraphML, for Gephi, yEd, Cytoscape and the like. The only door to ``networkx``."""

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
    nx.write_graphml(_networkx(graph), file, encoding="utf-8")


def _networkx(graph: Graph) -> nx.MultiDiGraph:
    net = nx.MultiDiGraph()
    for node in NODES:
        frame: pl.DataFrame = getattr(graph, node.name)
        for row in frame.iter_rows(named=True):
            net.add_node(_name(node.label, row["id"]), label=node.label, **_plain(row))
    for edge in EDGES:
        head, tail = NODE[edge.head].label, NODE[edge.tail].label
        for row in graph.edges_by_id(edge.name).iter_rows(named=True):
            ends = (_name(head, row.pop("head")), _name(tail, row.pop("tail")))
            net.add_edge(*ends, relationship=edge.relationship, **_plain(row))
    return net


def _name(label: str, identity: str) -> str:
    return NOT_XML.sub("\ufffd", f"{label}:{identity}")


def _plain(row: dict[str, Any]) -> dict[str, str | int | float]:
    """Return the properties that are there, as what GraphML has a type for."""
    found: dict[str, str | int | float] = {}
    for name, value in row.items():
        if isinstance(value, str):
            found[name] = NOT_XML.sub("\ufffd", value)
        elif isinstance(value, int | float):
            found[name] = value
        elif value is not None:
            found[name] = value.isoformat()
    return found
