"""``crossaisle graph schema``: labels, relationships, properties, and what guards them."""

from crossaisle.graph.neo4j_store import Neo4jStore
from crossaisle.graph.queries import statement
from crossaisle.graph.schema import EDGES, NODE, NODES
from crossaisle.graph.store import Store


def schema_lines(store: Store) -> list[str]:
    """Describe the graph's schema, a line a label and type, then constraints and indexes."""
    lines = [f"(:{node.label} {{{', '.join(node.columns)}}})" for node in NODES]
    for edge in EDGES:
        head, tail = NODE[edge.head].label, NODE[edge.tail].label
        properties = f" {{{', '.join(edge.columns)}}}" if edge.columns else ""
        lines.append(f"(:{head})-[:{edge.relationship}{properties}]->(:{tail})")
    if not isinstance(store, Neo4jStore):
        return [*lines, "id is the primary key of each label"]
    for name in ("constraints", "indexes"):
        for row in store.query(statement(f"neo4j/{name}")).to_dicts():
            on = ", ".join(row["properties"])
            lines.append(f"{row['kind'].lower()} {row['name']}: {row['label']}({on})")
    return lines
