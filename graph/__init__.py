"""The graph: its schema, the graph itself, its stores, Cypher by name, walks."""

from crossaisle.graph.bought_with import bought_with
from crossaisle.graph.graph import Graph, GraphError

__all__ = ["Graph", "GraphError", "bought_with"]
