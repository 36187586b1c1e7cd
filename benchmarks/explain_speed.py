"""How many lists are explained in a second, beside plain ranking and walk by walk, in one run.

    python benchmarks/explain_speed.py MODEL [USERS]

Each user's ten products of one random aisle are explained, five terms each. The slow explainer has
the first of them only, as many as take some seconds; its scoring and its paths are today's, so the
ratio is a lower bound. Seconds are those of the processor.
"""

import sys
import time
from pathlib import Path

import numpy as np
from slow_explainer import SlowExplainer

from crossaisle.fusion import Recommender
from crossaisle.reports import reasons

SLOW = 200  # products for the slow explainer
TOP = 5

if __name__ == "__main__":
    recommender = Recommender.from_pretrained(Path(sys.argv[1]))
    model = recommender.model
    rng = np.random.default_rng(0)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    people = rng.permutation(model.graph.customers["id"].to_numpy())[:count].tolist()
    aisles = {
        user: model.graph.aisles[int(rng.integers(len(model.graph.aisles)))] for user in people
    }
    began = time.process_time()
    ranked = recommender.recommend(people, aisle=aisles, k=10)
    ranking = time.process_time() - began
    asked = list(ranked.select("user_id", "product_id").iter_rows())
    recommender.explain(*asked[0])  # tables that are made once

    began = time.process_time()
    found = list(recommender.explain_lists(ranked, top=TOP))
    explaining = time.process_time() - began
    fast = len(found) / explaining
    print(
        f"{count:,} lists of ten: ranked {count / ranking:,.0f} a second, explained"
        f" {count / explaining:,.0f} a second; {1 + explaining / ranking:.1f} times the time"
    )
    began = time.process_time()
    for explanation in found:
        reasons(explanation)
    words = time.process_time() - began

    slow = SlowExplainer(model)
    rows = {user: row for row, user in enumerate(model.graph.customers["id"])}
    began = time.process_time()
    for user, product in asked[:SLOW]:
        slow.explain(
            model.graph.visits_since[[rows[user]]], recommender.product_row(product), top=TOP
        )
    before = SLOW / (time.process_time() - began)
    print(
        f"with arrays {fast:,.0f} products a second ({len(found):,}), walk by walk {before:,.0f} "
        f"({SLOW}): {fast / before:.1f} times; in words: {words:.1f} s more"
    )
