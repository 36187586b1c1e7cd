"""The graph: its schema, the graph itself, its stores, Cypher by name, walks."""

from crossaisle.graph.bought_with import bought_with
from crossaisle.graph.changes import Changes, compare
from crossaisle.graph.graph import Graph, GraphError, lowest
from crossaisle.graph.store import Progress, Store, StoreError, open_store, silent

__all__ = [
    "Changes",
    "Graph",
    "GraphError",
    "Progress",
    "Store",
    "StoreError",
    "bought_with",
    "compare",
    "lowest",
    "open_store",
    "silent",
]
