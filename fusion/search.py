"""Search: words (BM25) and text vectors, added up."""

import re

import bm25s
import numpy as np
import polars as pl

from crossaisle.encoders import product_texts
from crossaisle.fusion.errors import UnknownId
from crossaisle.fusion.model import Model
from crossaisle.fusion.ranking import best

WORD = re.compile(r"[^\W_]+")
GRAM = 3  # letters in a piece of a word: what a typo leaves of it still matches
NEAR = 0.3  # weight of the vectors beside the words
SHOWN = 6


class Lexical:
    """BM25 (Robertson et al.; variant of Lucene) over words and their three-letter pieces."""

    def __init__(self, texts: list[str]) -> None:
        """Index the texts, one a product."""
        self.words = [frozenset(WORD.findall(text.lower())) for text in texts]
        self.index = bm25s.BM25(method="lucene", backend="numpy")
        self.index.index([_tokens(text) or ["#"] for text in texts], show_progress=False)

    def scores(self, query: str) -> np.ndarray:
        """float32 (products,), 0 where nothing matches."""
        tokens = _tokens(query)
        if not tokens:
            return np.zeros(len(self.words), np.float32)
        return np.asarray(self.index.get_scores(tokens), np.float32)

    def shared(self, query: str, row: int) -> list[str]:
        """Words of the query that a product's text has: why it was found."""
        return [w for w in dict.fromkeys(WORD.findall(query.lower())) if w in self.words[row]][
            :SHOWN
        ]


class Search:
    """Finds a model's products by words."""

    def __init__(self, model: Model) -> None:
        """Index the products' texts.

        Raises:
            UnknownId: the model was trained without text.
        """
        if model.text is None:
            raise UnknownId("This model was trained without text: train it with text to search.")
        self.text = model.text.astype(np.float32)
        self.products = model.graph.products.select(product_id="id", title="title")
        self.lexical = Lexical(product_texts(model.graph).fill_null("").to_list())

    def near(self, vector: np.ndarray, k: int) -> pl.DataFrame:
        """Products whose text is nearest (cosine) to a text vector: product_id, title, score."""
        return self._frame(self.likeness(vector), k)

    def find(self, words: str, vector: np.ndarray, k: int) -> pl.DataFrame:
        """Products for some words: BM25 and likeness of texts, added up (see :func:`fuse`).

        Args:
            words: what somebody looks for.
            vector: float (numbers,), the words' text vector.
            k: products at most.

        Returns:
            product_id, title, score, likeness (cosine), words (those of the
            query that the product's text has).
        """
        near = self.likeness(vector)
        found = self._frame(fuse(self.lexical.scores(words), near), k, near)
        rows = found["_row"].to_list()
        shared = [" ".join(self.lexical.shared(words, row)) for row in rows]
        return found.drop("_row").with_columns(words=pl.Series(shared, dtype=pl.String))

    def likeness(self, vector: np.ndarray) -> np.ndarray:
        """Cosine of each product's text with a text vector: float32 (products,)."""
        length = max(float(np.linalg.norm(vector)), 1e-12)
        scores: np.ndarray = self.text @ (
            np.asarray(vector, np.float32).ravel() / np.float32(length)
        )
        return scores

    def _frame(self, scores: np.ndarray, k: int, near: np.ndarray | None = None) -> pl.DataFrame:
        rows, values = best(scores[None], np.arange(len(scores)), k)
        found = self.products[rows[0]].with_columns(score=pl.Series(values[0], dtype=pl.Float32))
        if near is None:
            return found
        return found.with_columns(
            pl.Series("likeness", near[rows[0]], dtype=pl.Float32),
            pl.Series("_row", rows[0]),
        )


def fuse(words: np.ndarray, near: np.ndarray) -> np.ndarray:
    """W / max w + .3 max(0, n) / max n, each maximum over the products: in [0, 1.3].

    On known titles with typos (benchmarks/search.py, other titles than it draws) a sum of scores
    found more than reciprocal ranks (.977 against .964 in the first ten); weights .1 to .5 are
    alike.

    Args:
        words: float (products,), BM25.
        near: float (products,), cosines.
    """
    parts = [np.maximum(one, 0) / max(float(one.max(initial=0)), 1e-12) for one in (words, near)]
    total: np.ndarray = (parts[0] + NEAR * parts[1]).astype(np.float32)
    return total


def _tokens(text: str) -> list[str]:
    words = WORD.findall(text.lower())
    pieces = [
        f"#{edged[at : at + GRAM]}"
        for word in words
        for edged in [f"^{word}$"]
        for at in range(len(edged) - GRAM + 1)
    ]
    return words + pieces
