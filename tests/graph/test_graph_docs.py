"""docs/graph.md names every label, type and property, and no others in its drawing."""

import re
from pathlib import Path

from crossaisle.graph.schema import EDGES, NODES

TEXT = (Path(__file__).parents[2] / "docs" / "graph.md").read_text(encoding="utf-8")
DRAWING = TEXT.partition("```mermaid")[2].partition("```")[0].replace("<br/>", " ")


def test_the_drawing_is_the_schema() -> None:
    for node in NODES:
        drawn = re.search(rf'{node.label}\(\("{node.label} ([^"]*)"\)\)', DRAWING)
        assert drawn
        assert re.findall(r"\w+", drawn[1]) == list(node.columns)
    labels = {node.name: node.label for node in NODES}
    for edge in EDGES:
        head, tail = labels[edge.head], labels[edge.tail]
        arrow = rf'{head} -- "?{edge.relationship}\b([^"\n]*?)"? --[->] {tail}'
        drawn = re.search(arrow, DRAWING)
        assert drawn, edge.relationship
        assert re.findall(r"\w+", drawn[1]) == list(edge.columns)


def test_every_property_is_in_a_table() -> None:
    tables = "\n".join(line for line in TEXT.splitlines() if line.startswith("|"))
    words = set(re.findall(r"\w+", tables))
    for table in (*NODES, *EDGES):
        assert set(table.columns) <= words
