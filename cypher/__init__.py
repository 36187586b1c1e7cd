"""Cypher, one statement per file: read by crossaisle.graph.queries."""
