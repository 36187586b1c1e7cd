"""Do the terms add up, and do the shown paths exist? For random (customer, product) pairs.

    python benchmarks/exactness.py MODEL [PAIRS]

Prints the worst relative error of bias + terms + rest, and of bias + every single walk, against
the score (float64), and what is wrong with the paths shown.
"""

import sys
from pathlib import Path

import numpy as np

from crossaisle.evaluation.path_measures import PathMeasures
from crossaisle.fusion import Recommender


def measure(recommender: Recommender, pairs: int, seed: int = 0) -> tuple[float, int, list[str]]:
    """Return the worst relative error, the terms shown, and what is wrong with them."""
    graph = recommender.model.graph
    rng = np.random.default_rng(seed)
    paths = PathMeasures(graph)
    worst, shown, wrong = 0.0, 0, []
    users = graph.customers["id"].gather(rng.integers(0, graph.customers.height, pairs)).to_list()
    products = graph.products["id"].gather(rng.integers(0, graph.products.height, pairs)).to_list()
    asked = list(zip(users, products, strict=True))
    scores = recommender.score(asked)["score"]
    for (user, product), score in zip(asked, scores, strict=True):
        explanation = recommender.explain(user, product, top=5)
        every = explanation.bias + sum(group.contribution for group in explanation.grouped("kind"))
        for whole in (explanation.sum, every):
            worst = max(worst, abs(whole - score) / max(abs(score), 1e-6))
        shown += len(explanation.terms)
        for term in explanation.terms:
            wrong += paths.missing_steps(term.path) + paths.wrong_ends(term, product)
    return worst, shown, wrong


if __name__ == "__main__":
    model = Recommender.from_pretrained(Path(sys.argv[1]))
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    error, terms, faults = measure(model, count)
    print(
        f"{count:,} pairs: worst relative error {error:.1e}; {terms:,} terms shown, "
        f"{len(faults):,} steps that are no edge or paths that end elsewhere"
    )
