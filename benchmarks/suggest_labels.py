"""Do suggested labels say more than drawn ones?

    python benchmarks/suggest_labels.py STORE [COUNT]

All categories of a store's products are forgotten but those of COUNT products; every other product
gets the categories of the likest labelled one (cosine of texts, without categories and
attributes). The score is F1 of a product's set of categories, the mean over its events and the
mean over products. Labels: suggested, drawn (20 times), the most sold.
"""

import sys

import numpy as np
import polars as pl
from graph_worth import removed
from scipy import sparse

from crossaisle.commands.suggest import suggested
from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.graph import open_store

DRAWS = 20


def f1(truth: sparse.csr_array, vectors: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """F1 of the categories copied from the likest labelled product: float64 (products,)."""
    nearest = labelled[np.argmax(vectors @ vectors[labelled].T, axis=1)]
    size = np.asarray(truth.sum(axis=1)).ravel()
    hits = np.asarray(truth.multiply(truth[nearest]).sum(axis=1)).ravel()
    return np.asarray(2 * hits / np.maximum(size + size[nearest], 1))


def main(store: str, count: int = 32) -> None:
    """Compare."""
    with open_store(store) as place:
        graph = place.read()
    truth = sparse.csr_array(graph.product_categories > 0, dtype=np.float32)
    bare = removed(graph)
    vectors = SentenceEncoder().encode(product_texts(bare).to_list())
    tails = np.concatenate([graph.bought["tail"].to_numpy(), graph.contains["tail"].to_numpy()])
    events = np.bincount(tails.astype(np.int64), minlength=len(vectors))
    able = np.flatnonzero((np.diff(truth.indptr) > 0) & vectors.any(axis=1))
    bare = bare.replace(products=bare.products.with_columns(
        title=pl.when(pl.int_range(pl.len()).is_in(able)).then("title")))  # fmt: skip
    rng = np.random.default_rng(0)
    place_of = {name: row for row, name in enumerate(graph.products["id"].to_list())}
    found = [place_of[name] for name in suggested(bare, count)["product_id"]]
    sold = able[np.argsort(-events[able], kind="stable")[:count]]
    arms = {"suggested": [np.array(found)], "most sold": [sold]}
    arms["drawn"] = [rng.choice(able, count, replace=False) for _ in range(DRAWS)]
    chance = events[able] / events[able].sum()
    arms["drawn by events"] = [
        rng.choice(able, count, replace=False, p=chance) for _ in range(DRAWS)
    ]
    for name, choices in arms.items():
        each = []
        for chosen in choices:
            left = np.setdiff1d(able, chosen)
            score = f1(truth, vectors, chosen)[left]
            each.append((np.average(score, weights=events[left]), score.mean()))
        means, spread = np.mean(each, axis=0), np.std(each, axis=0)
        print(
            f"{name:16s} by events {means[0]:.3f} +- {spread[0]:.3f},"
            f" by products {means[1]:.3f} +- {spread[1]:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1], *(int(n) for n in sys.argv[2:3]))
