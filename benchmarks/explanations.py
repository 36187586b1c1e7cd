"""The measures of ``crossaisle evaluate --explanations`` for a model that is trained already.

    python benchmarks/explanations.py MODEL [CASES] [--seed 0]

A case is a customer drawn at random and a random aisle (the model knows their purchases, as it does
when it explains in a shop; what is asked is how true the reasons are, not how good the list is).
"""

import argparse
from pathlib import Path

import numpy as np

from crossaisle.commands.screen import progress_bars
from crossaisle.evaluation.explanations import Cases, faithfulness
from crossaisle.evaluation.randomised import sanity
from crossaisle.evaluation.tables import explanations_text
from crossaisle.fusion import Recommender

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("cases", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    model = Recommender.from_pretrained(asked.model).model
    graph, rng = model.graph, np.random.default_rng(asked.seed)
    people = rng.permutation(graph.customers.height)[: 2 * asked.cases]
    drawn = Cases(
        graph.visits_since[people], rng.integers(len(graph.aisles), size=len(people)), people
    )
    with progress_bars() as progress:
        found = faithfulness(model, drawn, seed=asked.seed, most=asked.cases, progress=progress)
        checked = sanity(model, drawn, seed=asked.seed, most=asked.cases)
    print(explanations_text(found, checked))
