"""The plan, carried out on a database of plain lists: it becomes the new graph, page by page."""

from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.graph import Graph, compare, neo4j_plan
from crossaisle.graph.changes import TableChange
from crossaisle.graph.neo4j_plan import plan
from crossaisle.graph.neo4j_store import SHAPES
from crossaisle.graph.queries import statements
from crossaisle.graph.schema import EDGE, EDGES, NODE, NODES

Row = dict[str, Any]
KINDS = ("put_nodes", "delete_nodes", "create_edges", "delete_edges")
WHICH = {
    text: (kind, tables[place].name)
    for kind in KINDS
    for tables in [NODES if kind.endswith("nodes") else EDGES]
    for place, text in enumerate(statements(f"neo4j/{kind}"))
}


class Lists:
    """What the statements do, in loops over lists."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {name: [] for name in SHAPES}
        self.largest = 0

    def read(self, name: str, ids: pl.Series | None) -> pl.DataFrame:
        rows = self.tables[name]
        if ids is not None:
            self.largest = max(self.largest, len(ids))
            rows = [row for one in ids for row in rows if row["head"] == one]
        return pl.DataFrame(rows, schema=dict(SHAPES[name]))

    def carry_out(self, statement: str, rows: list[Row]) -> None:
        kind, name = WHICH[statement]
        held = self.tables[name]
        if kind == "put_nodes":
            new = {row["id"]: row for row in rows}
            assert len(new) == len(rows)
            held[:] = [row for row in held if row["id"] not in new] + rows
        elif kind == "delete_nodes":
            gone = {row["id"] for row in rows}
            held[:] = [row for row in held if row["id"] not in gone]
            for edge in EDGES:
                for end, table in (("head", edge.head), ("tail", edge.tail)):
                    if table == name:
                        assert not gone & {row[end] for row in self.tables[edge.name]}
        elif kind == "create_edges":
            for end in ("head", "tail"):
                known = {row["id"] for row in self.tables[getattr(EDGE[name], end)]}
                assert {row[end] for row in rows} <= known
            held += rows
        else:
            key = list(rows[0])
            gone = {tuple(row.values()) for row in rows}
            held[:] = [row for row in held if tuple(row[one] for one in key) not in gone]

    def become(self, graph: Graph) -> dict[str, TableChange]:
        tally: dict[str, TableChange] = {}
        done = 0
        for step in plan(graph, self.read, tally):
            done += step.done
            if step.rows.height:
                self.carry_out(step.statement, step.rows.to_dicts())
        assert done == sum(graph.counts().values())
        return tally

    def graph(self) -> Graph:
        return Graph.from_ids({name: self.read(name, None) for name in SHAPES})


events = st.lists(
    st.tuples(
        st.sampled_from("abcdé🧦"),
        st.sampled_from("xyz"),
        st.none() | st.integers(0, 2),
        st.none() | st.sampled_from([1.0, 2.0]),
    ),
    max_size=12,
)
pairs = st.sets(st.tuples(st.sampled_from("xyz"), st.sampled_from("xyz")), max_size=4)


def _graph(log: list[tuple[str, str, int | None, float | None]], near: set[Any]) -> Graph:
    schema = {"head": pl.String, "tail": pl.String, "position": pl.Float64, "quantity": pl.Float64}
    ends = {"head": pl.String, "tail": pl.String}
    products = {one for _, one, *_ in log} | {one for pair in near for one in pair}
    together = {(min(pair), max(pair)) for pair in near if pair[0] != pair[1]}
    return Graph.from_ids(
        {
            "customers": pl.DataFrame({"id": sorted({row[0] for row in log})}),
            "products": pl.DataFrame({"id": sorted(products)}),
            "bought": pl.DataFrame(log, schema=schema, orient="row"),
            "bought_with": pl.DataFrame(sorted(together), schema=ends, orient="row"),
        }
    )


@settings(deadline=None, max_examples=30)
@given(before=events, after=events, near=pairs, nearer=pairs)
def test_any_graph_becomes_any_other(
    before: list[Any], after: list[Any], near: set[Any], nearer: set[Any]
) -> None:
    old, new = _graph(before, near), _graph(after, nearer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neo4j_plan, "PAGE", 2)
        lists = Lists()
        lists.become(old)
        assert lists.graph().equals(old)
        tally = lists.become(new)
    assert lists.graph().equals(new)
    assert lists.largest <= 2
    assert tally == compare(old, new).tables
    assert set(tally) == {table.label for table in NODE.values()} | {
        table.relationship for table in EDGE.values()
    }


def test_a_page_holds_whole_nodes_and_few_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neo4j_plan, "PAGE", 10)
    log = [(f"c{number % 7}", "x", number, 1.0) for number in range(70)]
    log += [("hub", "x", number, 1.0) for number in range(35)]
    graph = _graph(log, set())
    made = [
        Counter(step.rows["head"])
        for step in plan(graph, Lists().read, {})
        if step.name == "BOUGHT" and step.created and step.rows.height
    ]
    assert sum(made, Counter()) == Counter(row[0] for row in log)
    assert all(page.total() <= 10 or len(page) == 1 for page in made)
    assert len(made) == 8
