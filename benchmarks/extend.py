"""What a training is worth that has seen a new product, against an extension by it.

    python benchmarks/extend.py STORE [--seed 0] [--set train.network=false]

A tenth of the products of each aisle lose all events (the validation part of product-cold) and are
ranked for people who bought them: by a model that was trained with these products in the graph, and
by one that was trained without them and extended.
"""

import argparse
import time

import numpy as np
import polars as pl
from scipy import stats

from crossaisle.commands.screen import progress_bars
from crossaisle.commands.settings import read_settings
from crossaisle.commands.train import text_vectors
from crossaisle.evaluation.bootstrap import resample
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.splits import Split
from crossaisle.fusion.extend import extend
from crossaisle.fusion.train import train
from crossaisle.graph import Graph, bought_with, open_store
from crossaisle.graph.extend import extended
from crossaisle.graph.schema import EDGES, NODES


def without(graph: Graph, gone: pl.Series) -> Graph:
    """Take products, and attributes that only they have, out of a graph."""
    tables = {table.name: getattr(graph, table.name) for table in NODES}
    tables["products"] = graph.products.filter(~pl.col("id").is_in(gone.implode()))
    for table in EDGES:
        edges = graph.edges_by_id(table.name)
        lost = [~pl.col(end).is_in(gone.implode()) for end in ("head", "tail")]
        ends = zip(lost, (table.head, table.tail), strict=True)
        tables[table.name] = edges.filter(
            *(kept for kept, owner in ends if owner == "products"), True
        )
    used = tables["has_attribute"].select(id="tail")
    tables["attributes"] = graph.attributes.join(used, on="id", how="semi")
    return Graph.from_ids(tables)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[])
    asked = parser.parse_args()
    settings = read_settings(None, asked.set)
    with open_store(asked.store) as place:
        whole = place.read()
    fold = Split.make(whole, "product-cold", seed=asked.seed).validation
    assert fold.held.cold is not None
    new = fold.held.cold
    with progress_bars() as progress:
        text = text_vectors(fold.graph, settings, progress)
        seen = train(fold.graph, settings.train, text, asked.seed, progress)
        smaller = without(fold.graph, fold.graph.products["id"].gather(new))
        old = np.delete(np.arange(fold.graph.products.height), new)
        kept = None if text is None else text[old]
        first = train(smaller, settings.train, kept, asked.seed, progress)
    start = time.perf_counter()
    joined = extended(smaller, fold.graph)
    joined = joined.replace(bought_with=bought_with(joined))
    larger = extend(first, joined, None if text is None else text[new], asked.seed)
    took = time.perf_counter() - start
    assert joined.products.equals(fold.graph.products)
    models = {"trained with them": seen, "trained without, extended": larger}
    values = np.stack([ndcg(rank_fold(model, fold)) for model in models.values()], axis=1)
    found = resample(values, fold.users, seed=asked.seed)
    print(f"{len(new)} of {whole.products.height} products added in {took:.1f} s")
    for column, name in enumerate(models):
        one = found.mean(column)
        print(f"{name}: nDCG@10 {one.value:.4f} [{one.low:.4f}, {one.high:.4f}]")
    apart = found.difference(1, 0)
    print(f"difference: {apart.value:+.4f} [{apart.low:+.4f}, {apart.high:+.4f}]")
    log = joined.visits_since[fold.users[:300]]
    scores = [model.scores(log, new) for model in models.values()]
    alike = [stats.spearmanr(*rows).statistic for rows in zip(*scores, strict=True)]
    print(f"rank correlation of a person's scores of new products: {np.mean(alike):.3f}")
