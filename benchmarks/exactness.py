"""Do the terms add up, and do the shown paths exist? For random (customer, product) pairs.

    python benchmarks/exactness.py MODEL [PAIRS]

Prints the worst relative error of bias + terms + rest (float64) against the score that ranks
(float32), and what is wrong with the paths shown.
"""

import sys
from pathlib import Path

import numpy as np

from crossaisle.fusion import Explanation, PathNode, Recommender
from crossaisle.fusion.terms import SOFT
from crossaisle.graph import Graph
from crossaisle.graph.schema import EDGES, NODE


def edges(graph: Graph) -> set[tuple[str, str, str]]:
    """Every edge as (relationship, label and id of one end, of the other), in both directions."""
    found = set()
    for table in EDGES:
        if table.name in {"bought", "contains"}:
            continue
        labels = (NODE[table.head].label, NODE[table.tail].label)
        for head, tail in graph.edges_by_id(table.name).select("head", "tail").iter_rows():
            ends = (f"{labels[0]}:{head}", f"{labels[1]}:{tail}")
            found |= {(table.relationship, *ends), (table.relationship, *ends[::-1])}
    return found


def missing_steps(explanation: Explanation, known: set[tuple[str, str, str]]) -> list[str]:
    """Say which shown steps are no edge, and which paths end elsewhere."""
    wrong = []
    for term in explanation.terms:
        first, last = term.path[0], term.path[-1]
        assert isinstance(first, PathNode)
        assert isinstance(last, PathNode)
        if last.id != explanation.product_id or first.id != term.history_product:
            wrong.append(f"ends at {last.id} in place of {explanation.product_id}")
        for at in range(1, len(term.path), 2):
            before, step, after = term.path[at - 1], term.path[at], term.path[at + 1]
            assert isinstance(before, PathNode)
            assert isinstance(after, PathNode)
            assert isinstance(step, str)
            ends = (f"{before.label}:{before.id}", f"{after.label}:{after.id}")
            if step not in SOFT and (step, *ends) not in known:
                wrong.append(f"{ends[0]} -{step}- {ends[1]}")
    return wrong


def measure(recommender: Recommender, pairs: int, seed: int = 0) -> tuple[float, int, list[str]]:
    """Return the worst relative error, the terms shown, and what is wrong with them."""
    graph = recommender.model.graph
    rng = np.random.default_rng(seed)
    known = edges(graph)
    worst, shown, wrong = 0.0, 0, []
    users = graph.customers["id"].gather(rng.integers(0, graph.customers.height, pairs)).to_list()
    products = graph.products["id"].gather(rng.integers(0, graph.products.height, pairs)).to_list()
    asked = list(zip(users, products, strict=True))
    scores = recommender.score(asked)["score"]
    for (user, product), score in zip(asked, scores, strict=True):
        explanation = recommender.explain(user, product, top=5)
        error = abs(explanation.sum - score) / max(abs(score), 1e-6)
        worst = max(worst, error)
        shown += len(explanation.terms)
        wrong += missing_steps(explanation, known)
    return worst, shown, wrong


if __name__ == "__main__":
    model = Recommender.from_pretrained(Path(sys.argv[1]))
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    error, terms, faults = measure(model, count)
    print(
        f"{count:,} pairs: worst relative error {error:.1e}; {terms:,} terms shown, "
        f"{len(faults):,} steps that are no edge or paths that end elsewhere"
    )
