"""Are the shown reasons the reasons? Take them away, keep only them, and score again.

    python benchmarks/faithfulness.py MODEL [LISTS] [--top 5] [--seed 0]

For random customers' best product of a random aisle, the history products of the ``top`` largest
terms that speak for it are taken out of the history (comprehensiveness, fid+ of GraphFramEx), or
everything else is (sufficiency, fid-); as a control, as many random history products. The model
scores what is left. Reported: how much the score falls, how many places the product falls in its
aisle, with 95 % bootstrap intervals over customers. A reason is faithful when taking it away costs
more than taking away the same number of other purchases, and keeping it alone costs less.

A score has |h|^-1/2 in front, so a smaller history alone moves it: that is what the control is for.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from crossaisle.fusion import Recommender

DRAWS = 2000  # bootstrap samples


def falls(
    recommender: Recommender, user: str, product: str, top: int, rng: np.random.Generator
) -> dict[str, tuple[float, int]] | None:
    """Return how much score and how many places each deletion costs; None: too few purchases."""
    explanation = recommender.explain(user, product, top=10 * top)
    speaking = [term for term in explanation.terms if term.contribution > 0][:top]
    shown = list(dict.fromkeys(term.history_product for term in speaking))
    graph = recommender.model.graph
    row = int(np.flatnonzero((graph.customers["id"] == user).to_numpy())[0])
    history = graph.products["id"].gather(graph.purchases[[row]].indices).to_list()
    others = [bought for bought in history if bought not in set(shown)]
    if not shown or len(others) < len(shown):
        return None
    random = rng.choice(others, len(shown), replace=False).tolist()
    gone: dict[str, Sequence[str]] = {
        "without the shown": shown,
        "without as many others": random,
        "only the shown": others,
        "only as many others": [bought for bought in history if bought not in set(random)],
    }
    found = {}
    for name, without in gone.items():
        changed = recommender.what_if(user, product, without=without)
        found[name] = (changed.score - changed.new_score, changed.new_rank - changed.rank)
    return found


def interval(values: np.ndarray, rng: np.random.Generator) -> str:
    """Mean and 95 % percentile bootstrap interval."""
    drawn = values[rng.integers(len(values), size=(DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{values.mean():8.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("lists", type=int, nargs="?", default=500)
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    recommender = Recommender.from_pretrained(asked.model)
    graph, rng = recommender.model.graph, np.random.default_rng(asked.seed)
    people = rng.permutation(graph.customers["id"].to_numpy())[: asked.lists].tolist()
    aisles = {user: graph.aisles[int(rng.integers(len(graph.aisles)))] for user in people}
    best = recommender.recommend(people, aisle=aisles, k=1)
    pairs = best.select("user_id", "product_id").iter_rows()
    measured = [falls(recommender, *pair, asked.top, rng) for pair in pairs]
    found = [one for one in measured if one is not None]
    print(
        f"{len(found):,} lists of {len(measured):,} (the others: too few purchases to compare), "
        f"the history products of the {asked.top} largest terms"
    )
    print(f"{'':24}{'fall in score':>28}{'fall in places':>28}")
    for name in found[0]:
        columns = np.array([one[name] for one in found], float)
        told = [f"{interval(columns[:, at], rng):>28}" for at in (0, 1)]
        print(f"{name:24}{told[0]}{told[1]}")
    for first, second in (
        ("without the shown", "without as many others"),
        ("only as many others", "only the shown"),
    ):
        gap = np.array([np.subtract(one[first], one[second]) for one in found], float)
        told = [f"{interval(gap[:, at], rng):>28}" for at in (0, 1)]
        print(f"{first} - {second}: {told[0].strip()} {told[1].strip()}")


if __name__ == "__main__":
    main()
