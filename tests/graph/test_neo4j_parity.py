"""Embedded store, Neo4j and networkx agree on neighbours, shared attributes and walks."""

from collections import Counter
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl
import pytest

from crossaisle.graph import Graph, Store, open_store

PRODUCTS, ASKED = 12_000, 10_000

ONE_STEP = """
UNWIND $ids AS id
MATCH (p:Product)-[:IN_CATEGORY|HAS_ATTRIBUTE|BOUGHT_WITH]-(n:Product|Category|Attribute)
WHERE p.id = id RETURN p.id AS origin, n.id AS reached, count(*) AS walks
"""
SHARED = """
UNWIND $ids AS id
MATCH (p:Product)-[:HAS_ATTRIBUTE]->(:Attribute)<-[:HAS_ATTRIBUTE]-(q:Product)
WHERE p.id = id AND q.id <> p.id RETURN p.id AS origin, q.id AS reached, count(*) AS walks
"""
TWO_STEPS = """
UNWIND $ids AS id
MATCH (p:Product)-[:HAS_ATTRIBUTE|BOUGHT_WITH]-(n:Attribute|Product),
      (n)-[:HAS_ATTRIBUTE|BOUGHT_WITH]-(q:Product)
WHERE p.id = id AND q.id <> p.id RETURN p.id AS origin, q.id AS reached, count(*) AS walks
"""
THREE_STEPS = """
UNWIND $ids AS id
MATCH (p:Product)-[:BOUGHT_WITH]-(q:Product),
      (q)-[:HAS_ATTRIBUTE]->(:Attribute)<-[:HAS_ATTRIBUTE]-(r:Product)
WHERE p.id = id AND r.id <> q.id AND r.id <> p.id
RETURN p.id AS origin, r.id AS reached, count(*) AS walks
"""

Walks = Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def catalogue() -> Graph:
    """A random catalogue: two attributes and a category each, and 20,000 pairs bought together."""
    dice = np.random.default_rng(5)
    ids = [f"p{number:05}" for number in range(PRODUCTS)]
    tastes = {(ids[p], f"a{dice.integers(3_000)}") for p in range(PRODUCTS) for _ in range(2)}
    homes = [(one, f"c{dice.integers(3_000)}") for one in ids]
    pairs = {tuple(sorted(dice.choice(PRODUCTS, 2, replace=False).tolist())) for _ in range(20_000)}
    ends = ["head", "tail"]
    return Graph.from_ids(
        {
            "products": pl.DataFrame({"id": ids}),
            "attributes": pl.DataFrame({"id": sorted({a for _, a in tastes}), "kind": "k"}),
            "categories": pl.DataFrame({"id": sorted({c for _, c in homes})}),
            "has_attribute": pl.DataFrame(sorted(tastes), schema=ends, orient="row"),
            "in_category": pl.DataFrame(homes, schema=ends, orient="row"),
            "bought_with": pl.DataFrame(
                [(ids[i], ids[j]) for i, j in sorted(pairs)], schema=ends, orient="row"
            ),
        }
    )


def _networkx(graph: Graph) -> nx.Graph:
    net = nx.Graph()
    for name in ("in_category", "has_attribute", "bought_with"):
        net.add_edges_from(graph.edges_by_id(name).select("head", "tail").rows(), kind=name)
    return net


def _near(net: nx.Graph, node: str, *kinds: str) -> list[str]:
    return [end for end, edge in net[node].items() if edge["kind"] in kinds]


def _by_hand(net: nx.Graph, asked: list[str]) -> dict[str, Walks]:
    """Count the walks with loops over networkx."""
    statements = (ONE_STEP, SHARED, TWO_STEPS, THREE_STEPS)
    found: dict[str, Walks] = {text: Counter() for text in statements}
    for p in asked:
        found[ONE_STEP].update((p, n) for n in net[p])
        for n in _near(net, p, "has_attribute", "bought_with"):
            ends = _near(net, n, "has_attribute", "bought_with")
            others = [(p, q) for q in ends if q != p and q.startswith("p")]
            found[TWO_STEPS].update(others)
            found[SHARED].update(others if n.startswith("a") else [])
        for q in _near(net, p, "bought_with"):
            for a in _near(net, q, "has_attribute"):
                ends = _near(net, a, "has_attribute")
                found[THREE_STEPS].update((p, r) for r in ends if r not in {p, q})
    return found


def _asked(store: Store, statement: str, ids: list[str]) -> Walks:
    rows = store.query(statement, {"ids": ids}).rows()
    return Counter({(start, end): walks for start, end, walks in rows})


@pytest.mark.slow
@pytest.mark.neo4j
def test_three_engines_walk_alike(neo4j_store: Store, catalogue: Graph, tmp_path: Path) -> None:
    chosen = np.random.default_rng(6).choice(PRODUCTS, ASKED, replace=False)
    asked = catalogue.products["id"].gather(chosen).to_list()
    truth = _by_hand(_networkx(catalogue), asked)
    degrees = Counter(start for start, _ in truth[ONE_STEP].elements())
    with open_store(tmp_path / "shop.lbdb", create=True) as embedded:
        for store in (embedded, neo4j_store):
            store.write(catalogue)
            for statement, walks in truth.items():
                assert _asked(store, statement, asked) == walks
            one = _asked(store, ONE_STEP, asked)
            assert Counter(start for start, _ in one.elements()) == degrees
    assert min(len(walks) for walks in truth.values()) > ASKED


@pytest.mark.neo4j
def test_both_stores_answer_every_question_alike(
    neo4j_store: Store, shop: Graph, tmp_path: Path
) -> None:
    from crossaisle.graph.queries import load, names

    values = {"source": "wear", "target": "play", "product": "d", "customer": "ann"}
    values |= {"brand": "Zip", "category": "Play", "above": "0.3", "at_least": "1", "below": "0.9"}
    with open_store(tmp_path / "shop.lbdb", create=True) as embedded:
        embedded.write(shop)
        neo4j_store.write(shop)
        rows = 0
        for name in names():
            query = load(name)
            known = {*query.required, *query.defaults}
            bound = query.bind({key: value for key, value in values.items() if key in known})
            here, there = (s.query(query.statement, bound) for s in (embedded, neo4j_store))
            assert here.columns == there.columns
            assert here.height == there.height, name
            if here.columns != ["path"]:
                assert here.rows() == there.rows(), name
            rows += here.height
    assert rows > 40
