"""Known-item search: is a title found again by some of its words, with typos?

    python benchmarks/search.py STORE [TITLES]

Of each drawn title (four words or more, no other product of the same title) about a third of the
words is dropped and each word of four letters or more gets a typo with chance .3: two letters
swapped, one lost, one doubled or one exchanged. Prints recall@1 and @10 of BM25 over words and
three-letter pieces, of the vectors, and of both together; equal scores count against it.
"""

import sys

import numpy as np
import polars as pl

from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.fusion.search import Lexical, fuse
from crossaisle.graph import open_store

DROPPED, WRONG = 1 / 3, 0.3


def spoilt(word: str, rng: np.random.Generator) -> str:
    """Put one typo into a word."""
    at = int(rng.integers(0, len(word) - 1))
    kind = rng.integers(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[: at + 1] + word[at:]
    return word[:at] + chr(97 + int(rng.integers(26))) + word[at + 1 :]


def query_of(title: str, rng: np.random.Generator) -> str:
    """Drop words and put typos in; two words are left at least."""
    words = title.lower().split()
    kept = [word for word in words if rng.random() > DROPPED]
    if len(kept) < 2:
        kept = words[:2]
    return " ".join(
        spoilt(word, rng) if len(word) >= 4 and rng.random() < WRONG else word for word in kept
    )


def main(store: str, titles: int = 1000) -> None:
    """Draw, spoil, search, count."""
    with open_store(store) as place:
        graph = place.read()
    rng = np.random.default_rng(0)
    frame = graph.products.select("title").with_row_index("row").drop_nulls()
    frame = frame.filter(
        (pl.col("title").str.split(" ").list.len() >= 4)
        & ~pl.col("title").str.to_lowercase().is_duplicated()
    )
    chosen = frame[rng.permutation(frame.height)[:titles]]
    queries = [query_of(title, rng) for title in chosen["title"]]
    texts = product_texts(graph).to_list()
    encoder = SentenceEncoder()
    text, asked, lexical = encoder.encode(texts), encoder.encode(queries), Lexical(texts)
    found: dict[str, list[int]] = {"BM25": [], "vectors": [], "both": []}
    for query, vector, row in zip(queries, asked, chosen["row"], strict=True):
        words, near = lexical.scores(query), text @ vector
        for name, scores in zip(found, (words, near, fuse(words, near)), strict=True):
            found[name].append(int((scores >= scores[row]).sum()) - 1)
    print(f"{len(queries)} titles among {len(texts):,} products; e.g. {queries[:3]}")
    for name, places in found.items():
        rank = np.array(places)
        print(f"{name:8s} recall@1 {np.mean(rank < 1):.3f}, recall@10 {np.mean(rank < 10):.3f}")


if __name__ == "__main__":
    main(sys.argv[1], *(int(n) for n in sys.argv[2:3]))
