"""``crossaisle graph write-back``: vectors, lists and their reasons into Neo4j."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crossaisle.fusion import Recommender
from crossaisle.fusion.channels import NetworkTables
from crossaisle.fusion.terms import Explanation, PathNode
from crossaisle.graph.neo4j_store import Neo4jStore
from crossaisle.graph.queries import statement, statements
from crossaisle.graph.store import Progress, Store, StoreError, open_store, silent

Row = dict[str, Any]

TERMS = 12  # walks written for each recommendation; the others are one number, the rest
NEAREST = 5  # SIMILAR edges of each recommended product
VECTORS = 2_000  # vectors in a transaction


@dataclass(frozen=True)
class Written:
    """What a write-back put there."""

    vectors: int
    lists: int
    recommendations: int
    walks: int


def write_back(
    store: Store,
    recommender: Recommender,
    customers: Sequence[str],
    k: int = 10,
    aisle: str | None = None,
    progress: Progress = silent,
    *,
    now: dt.datetime | None = None,
) -> Written:
    """Write the model's vectors, and lists with their reasons for the customers named.

    For each list: (:Customer)-[:RECEIVED]->(:Recommendation {score})-[:RECOMMENDS]->(:Product),
    and for each term of the score (:Product)-[:LEADS]->(:Walk)-[:ADDS {contribution}]->
    (:Recommendation), so that score = SUM of ADDS.contribution, the bias and the rest among them
    (kinds ``bias`` and ``rest``); (:Walk)-[:THROUGH {step, by}]-> what the walk passes. Earlier
    lists of these customers go; nobody else's are touched.

    Args:
        store: a Neo4j store that holds the graph the model was trained on.
        recommender: a trained model.
        customers: ids of those the lists are for.
        k: length of the lists.
        aisle: the aisle asked for; None: any.
        progress: called as it goes on.
        now: when the lists were made (UTC).

    Raises:
        StoreError: the store is not Neo4j, or lacks a customer or product of the lists.
        UnknownId: the model does not know a customer or the aisle.
    """
    if not isinstance(store, Neo4jStore):
        raise StoreError("write-back needs Neo4j: an embedded store keeps the graph only")
    made = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(tzinfo=None)
    store.make(statements("neo4j/write_back_schema"))
    vectors = write_vectors(store, recommender, progress)
    names = list(dict.fromkeys(customers))
    lists = recommender.recommend(names, aisle=aisle, k=k) if names else None
    rows = lists.to_dicts() if lists is not None else []
    _write(store, statement("neo4j/forget_lists"), [{"customer": name} for name in names], None)
    found = [
        {
            "id": f"{row['user_id']} > {row['product_id']}",
            "customer": row["user_id"],
            "product": row["product_id"],
            "aisle": row["aisle"],
            "rank": row["rank"],
            "score": float(row["score"]),
            "made": made,
        }
        for row in rows
    ]
    _write(store, statement("neo4j/put_lists"), found, 2)
    walks: list[Row] = []
    asked = [(row["customer"], row["product"]) for row in found]
    told = recommender.explain_lists(asked, top=TERMS)
    for done, (row, explanation) in enumerate(zip(found, told, strict=True)):
        progress("explaining", done, len(found))
        walks += _terms(row["id"], explanation)
    progress("explaining", len(found), len(found))
    _write_walks(store, walks)
    if vectors:
        products = sorted({row["product"] for row in found})
        near = [{"id": product, "nearest": NEAREST} for product in products]
        _write(store, statement("neo4j/put_similar"), near, None)
    return Written(vectors, len(names), len(found), len(walks))


def write_back_to(
    address: str,
    recommender: Recommender,
    customers: Sequence[str],
    k: int,
    aisle: str | None,
    progress: Progress,
) -> Written:
    """Open the store at an address and write back into it."""
    with open_store(address) as store:
        return write_back(store, recommender, customers, k, aisle, progress)


def write_vectors(store: Neo4jStore, recommender: Recommender, progress: Progress = silent) -> int:
    """Write each product's vector and index them (cosine); return how many there are.

    The vector is the graph network's for a product in a history; a model without the network
    gives its text vectors, and one without either gives none. A vector of zeros has no direction
    and is left out.
    """
    vectors = vectors_of(recommender)
    if vectors is None:
        return 0
    ids = recommender.model.graph.products["id"]
    there = np.flatnonzero(np.abs(vectors).sum(axis=1) > 0)
    options = {
        "indexConfig": {
            "vector.dimensions": vectors.shape[1],
            "vector.similarity_function": "cosine",
            # A catalogue's vectors fit in memory whole: no reason to blur them.
            "vector.quantization.enabled": False,
        }
    }
    store.make(statements("neo4j/vector_index"), {"options": options})
    for start in range(0, len(there), VECTORS):
        progress("writing vectors", start, len(there))
        block = there[start : start + VECTORS]
        named = zip(ids.gather(block).to_list(), vectors[block].tolist(), strict=True)
        store.update(
            statement("neo4j/embed"), [{"id": one, "vector": vector} for one, vector in named]
        )
    progress("writing vectors", len(there), len(there))
    store.make((statement("neo4j/embeddings_ready"),))
    return len(there)


def vectors_of(recommender: Recommender) -> np.ndarray | None:
    """Return the vectors that are written: float32 (products, d), or None if the model has none."""
    network = recommender.model.channels.get("network")
    if isinstance(network, NetworkTables):
        return network.vectors_in
    text = recommender.model.text
    return None if text is None else text.astype(np.float32)


def _terms(recommendation: str, explanation: Explanation) -> Iterator[Row]:
    """Yield a row for each term, the bias and the rest among them."""
    terms: list[tuple[str, float, tuple[PathNode | str, ...]]] = [
        (term.kind, term.contribution, term.path) for term in explanation.terms
    ]
    terms += [("bias", explanation.bias, ()), ("rest", explanation.rest, ())]
    for number, (kind, contribution, path) in enumerate(terms, start=1):
        yield {
            "id": f"{recommendation} #{number}",
            "recommendation": recommendation,
            "kind": kind,
            "number": number,
            "contribution": contribution,
            "path": path,
        }


def _write_walks(store: Neo4jStore, walks: list[Row]) -> None:
    put_terms, put_starts, *put_steps = statements("neo4j/put_walks")
    _write(store, put_terms, [_without_path(row) for row in walks], 1)
    starts = [{"id": row["id"], "product": row["path"][0].id} for row in walks if row["path"]]
    _write(store, put_starts, starts, 1)
    passed: dict[str, list[Row]] = {"Product": [], "Category": [], "Attribute": []}
    for row in walks:
        nodes, relationships = row["path"][::2], row["path"][1::2]
        # The first node has LEADS, the last is the product recommended: between them is the walk.
        for step, node in enumerate(nodes[1:-1], start=1):
            by = {"step": step, "relationship": relationships[step - 1]}
            passed[node.label].append({"id": row["id"], "node": node.id, **by})
    for put_step, rows in zip(put_steps, passed.values(), strict=True):
        _write(store, put_step, rows, 1)


def _without_path(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "path"}


def _write(store: Neo4jStore, text: str, rows: list[Row], edges: int | None) -> None:
    """Run a statement for all rows; each must make ``edges`` relationships, if that is said."""
    for start in range(0, len(rows), VECTORS):
        block = rows[start : start + VECTORS]
        made = store.update(text, block)
        if edges is not None and made != edges * len(block):
            raise StoreError(
                f"{store.address} lacks customers or products that the lists name: build it from "
                "the graph that the model was trained on, with its customers"
            )
