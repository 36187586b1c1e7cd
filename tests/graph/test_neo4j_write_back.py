"""Lists and reasons inside Neo4j: the numbers on the edges add up to the scores."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crossaisle.commands.write_back import vectors_of, write_back
from crossaisle.fusion import Recommender, TrainConfig
from crossaisle.graph import Graph, Store, StoreError, bought_with, open_store
from crossaisle.graph.queries import load, statement

CONFIG = TrainConfig(embedding_size=8, epochs=2, batch_size=64)


@pytest.fixture(scope="module")
def themed() -> Graph:
    """Three aisles and six themes; everybody buys what has their theme, in most aisles."""
    dice = np.random.default_rng(3)
    ids = [f"p{aisle}-{number:02}" for aisle in range(3) for number in range(30)]
    events = []
    for person in range(150):
        theme, aisles = dice.integers(6), dice.random(3) < 0.7
        own = [one for one in ids if int(one[3:]) % 6 == theme and aisles[int(one[1])]]
        events += [(f"c{person}", one) for one in own if dice.random() < 0.7]
    ends = ["head", "tail"]
    graph = Graph.from_ids(
        {
            "products": pl.DataFrame({"id": ids, "title": ids, "aisle": [one[:2] for one in ids]}),
            "customers": pl.DataFrame({"id": [f"c{person}" for person in range(150)]}),
            "attributes": pl.DataFrame({"id": [f"theme={t}" for t in range(6)], "kind": "theme"}),
            "categories": pl.DataFrame({"id": ["odd", "even", "all"]}),
            "part_of": pl.DataFrame({"head": ["odd", "even"], "tail": "all"}),
            "in_category": pl.DataFrame(
                {"head": ids, "tail": [("even", "odd")[int(one[3:]) % 2] for one in ids]}
            ).with_columns(confidence=1.0),
            "has_attribute": pl.DataFrame(
                {"head": ids, "tail": [f"theme={int(one[3:]) % 6}" for one in ids]}
            ).with_columns(confidence=1.0),
            "bought": pl.DataFrame(events, schema=ends, orient="row").with_row_index("position"),
        }
    )
    return graph.replace(bought_with=bought_with(graph))


@pytest.fixture(scope="module")
def recommender(themed: Graph) -> Recommender:
    return Recommender.train(themed, CONFIG, text=_texts(themed))


def _texts(graph: Graph) -> np.ndarray:
    """Unit vectors, in place of those of a text encoder."""
    vectors = np.random.default_rng(4).normal(size=(graph.products.height, 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.neo4j
def test_the_edges_add_up(neo4j_store: Store, themed: Graph, recommender: Recommender) -> None:
    neo4j_store.write(themed)
    now = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
    written = write_back(neo4j_store, recommender, ["c0", "c1"], k=4, now=now)
    assert (written.lists, written.recommendations) == (2, 8)
    lists = recommender.recommend(["c0", "c1"], k=4)
    kinds = set()
    for customer in ("c0", "c1"):
        rows = neo4j_store.query(statement("neo4j/adds_up"), {"customer": customer})
        wanted = lists.filter(pl.col("user_id") == customer)
        assert sorted(rows["product"]) == sorted(wanted["product_id"])
        assert rows["difference"].abs().max() < 1e-5 * max(1.0, rows["score"].abs().max())
        for product in rows["product"]:
            seen = neo4j_store.query(
                statement("neo4j/why_listed"), {"customer": customer, "product": product}
            )
            ends = [path["nodes"] for path in seen["path"].to_list()]
            kinds |= {nodes[0]["kind"] for nodes in ends}
            assert {nodes[1]["_label"] for nodes in ends} == {"Recommendation"}
    assert {"bias", "rest"} < kinds
    nobody_else = neo4j_store.query("MATCH (c:Customer)-[:RECEIVED]->() RETURN DISTINCT c.id AS c")
    assert sorted(nobody_else["c"]) == ["c0", "c1"]


@pytest.mark.neo4j
def test_writing_again_replaces(
    neo4j_store: Store, themed: Graph, recommender: Recommender
) -> None:
    neo4j_store.write(themed)
    first = write_back(neo4j_store, recommender, ["c0", "c1"], k=3)
    assert write_back(neo4j_store, recommender, ["c0"], k=3, aisle="p1").recommendations == 3
    count = "MATCH (c:Customer)-[:RECEIVED]->(r)-[:RECOMMENDS]->(p) RETURN c.id AS c, p.aisle AS a"
    rows = neo4j_store.query(count)
    assert rows.filter(pl.col("c") == "c0")["a"].unique().to_list() == ["p1"]
    assert rows.filter(pl.col("c") == "c1").height == 3
    loose = neo4j_store.query("MATCH (w:Walk) WHERE NOT (w)-[:ADDS]->() RETURN count(w) AS n")
    assert (first.recommendations, loose["n"].item()) == (6, 0)
    assert neo4j_store.read().equals(themed)  # the graph itself is as it was


@pytest.mark.neo4j
def test_the_vector_index_finds_what_numpy_finds(
    neo4j_store: Store, themed: Graph, recommender: Recommender
) -> None:
    neo4j_store.write(themed)
    assert write_back(neo4j_store, recommender, ["c0"], k=2).vectors == themed.products.height
    vectors = vectors_of(recommender)
    assert vectors is not None
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    query = load("neo4j/similar")
    found = neo4j_store.query(query.statement, query.bind({"product": "p0-00", "limit": "5"}))
    cosine = unit @ unit[0]
    best = np.argsort(-cosine[1:])[:5] + 1
    assert found["id"].to_list() == themed.products["id"].gather(best).to_list()
    np.testing.assert_allclose(found["score"], (1 + cosine[best]) / 2, atol=1e-3)
    similar = neo4j_store.query("MATCH (p)-[s:SIMILAR]->(q) RETURN p.id AS p, count(q) AS n")
    assert set(similar["n"]) == {5}
    assert sorted(similar["p"]) == sorted(recommender.recommend(["c0"], k=2)["product_id"])


@pytest.mark.neo4j
def test_a_database_without_the_customer_is_said(
    neo4j_store: Store, themed: Graph, recommender: Recommender
) -> None:
    empty = {name: getattr(themed, name).clear() for name in ("customers", "bought")}
    neo4j_store.write(themed.replace(**empty))
    with pytest.raises(StoreError, match="lacks customers or products"):
        write_back(neo4j_store, recommender, ["c0"], k=2)


@pytest.mark.neo4j
def test_training_from_either_store_gives_the_same_model(
    neo4j_store: Store, themed: Graph, tmp_path: Path
) -> None:
    files = []
    with open_store(tmp_path / "shop.lbdb", create=True) as embedded:
        for name, store in (("embedded", embedded), ("neo4j", neo4j_store)):
            store.write(themed)
            trained = Recommender.train(store.read(), CONFIG, text=_texts(themed))
            trained.save(tmp_path / name)
            files.append(json.loads((tmp_path / name / "manifest.json").read_text())["files"])
    assert {"model.safetensors", "products.parquet"} <= set(files[0])
    assert files[0] == files[1]  # the SHA-256 of every file


def test_an_embedded_store_takes_no_lists(tmp_path: Path, recommender: Recommender) -> None:
    with (
        open_store(tmp_path / "shop.lbdb", create=True) as store,
        pytest.raises(StoreError, match="needs Neo4j"),
    ):
        write_back(store, recommender, ["c0"])
