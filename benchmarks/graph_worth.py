"""What the graph is worth: the same training on the real graph, a shuffled one, and without it.

    python benchmarks/graph_worth.py demo/graph.lbdb --task product-cold --output FILE.json
        [--arms shuffled,removed]

Arms, each trained and weighed anew on the same split:

real        as `crossaisle evaluate` trains
shuffled    every product has as many attributes and categories as before, and every attribute and
            category as many products, but which ones is drawn (so is what the text encoder reads)
removed     no attributes, no categories; titles stay
no text     no sentence vectors and no titles; attributes and categories stay
nothing     neither: only who bought what

The first arm is called crossaisle in the table; ratios and paired differences are to it.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from crossaisle.commands.evaluate import table, write_results
from crossaisle.commands.settings import Settings, read_settings
from crossaisle.commands.train import text_vectors
from crossaisle.evaluation import Split, evaluate
from crossaisle.fusion import Recommender
from crossaisle.fusion.scorer import Scorer
from crossaisle.graph import Graph, open_store

Change = Callable[[Graph], Graph]
NONE = "none"


def shuffled(graph: Graph) -> Graph:
    """Draw who has which attribute and category; all degrees stay, but for pairs drawn twice."""
    rng = np.random.default_rng(0)
    drawn = {}
    for name in ("has_attribute", "in_category"):
        edges: pl.DataFrame = getattr(graph, name)
        tail = pl.Series("tail", rng.permutation(edges["tail"].to_numpy()))
        drawn[name] = edges.with_columns(tail).unique(["head", "tail"]).sort("head", "tail")
    return graph.replace(**drawn)


def removed(graph: Graph) -> Graph:
    """Return the graph without attributes and categories."""
    empty = {name: getattr(graph, name).clear() for name in ("has_attribute", "in_category")}
    return graph.replace(**empty)


def untitled(graph: Graph) -> Graph:
    """Return the graph without titles and descriptions."""
    nothing = pl.lit(None, pl.String)
    return graph.replace(products=graph.products.with_columns(title=nothing, description=nothing))


def fit(change: Change, settings: Settings, seed: int) -> Callable[[Graph], Scorer]:
    """Return a fit on a changed graph, whose texts say what the changed graph says."""

    def train(graph: Graph) -> Scorer:
        changed = change(graph)
        text = text_vectors(changed, settings, progress)
        return Recommender.train(
            changed, settings.train, text=text, seed=seed, progress=progress
        ).model

    return train


def asked(split: Split, settings: Settings) -> Settings:
    """Settings of the training, as `crossaisle evaluate` has them for the split's task."""
    if split.in_time:
        return settings
    config = settings.train.model_copy(update={"forecast": False})
    return settings.model_copy(update={"train": config})


def progress(stage: str, done: int, total: int) -> None:
    """Name each stage once."""
    if done == 0:
        print(stage, file=sys.stderr, flush=True)


def main() -> None:
    """Measure each task and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--task", nargs="+", default=["product-cold", "aisle-cold"])
    parser.add_argument("--set", action="append", default=[], help="as `crossaisle evaluate --set`")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--arms", default="shuffled,removed,no text,nothing")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    settings = read_settings(None, options.set)
    wordless = settings.model_copy(
        update={"text": settings.text.model_copy(update={"encoder": NONE})}
    )
    with open_store(options.store) as store:
        graph = store.read()
    results = []
    for task in options.task:
        split = Split.make(graph, task, seed=options.seed)
        of_task, of_wordless = (asked(split, one) for one in (settings, wordless))
        arms = {
            "shuffled": fit(shuffled, of_task, options.seed),
            "removed": fit(removed, of_task, options.seed),
            "no text": fit(untitled, of_wordless, options.seed),
            "nothing": fit(lambda graph: untitled(removed(graph)), of_wordless, options.seed),
        }
        arms = {name: arms[name] for name in options.arms.split(",")}
        real = fit(lambda graph: graph, of_task, options.seed)
        results.append(
            evaluate(graph, task, real, arms=arms, baselines=NONE, split=split, seed=options.seed)
        )
        print(table(results[-1]), flush=True)
    if options.output:
        write_results(results, options.output)


if __name__ == "__main__":
    main()
