"""What a product is: its words, categories and attributes, weighted by how rare they are."""

import re
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import ContentTable
from crossaisle.graph import Graph

WORD = re.compile(r"[^\W_]{2,}")

SHARES = {"attribute": 1.0, "category": 0.5, "word": 1.0}
"""Weight of each kind of feature before the row is brought to length 1."""


POPULARITY, HUBNESS = 0.25, 0.4
"""Exponents of the content channel's factors."""

SLICE = 4096


@dataclass(frozen=True)
class Features:
    """Features of every product, columns in three runs: attributes, categories, words.

    A category stands for itself and its ancestors. ``matrix`` has rows of length 1 (or 0).
    """

    matrix: sparse.csr_array  # float32 (products, attributes + categories + words)
    attributes: int
    categories: int
    words: tuple[str, ...]

    def kind(self, column: int) -> tuple[str, int]:
        """Return ("attribute" | "category" | "word", row of that node)."""
        if column < self.attributes:
            return "attribute", column
        if column < self.attributes + self.categories:
            return "category", column - self.attributes
        return "word", column - self.attributes - self.categories


def features(graph: Graph) -> Features:
    """Make them: weight = share x confidence x log(products / products that have it).

    What every product has tells nothing (idf 0); a word of one product alone joins nothing and is
    left out.
    """
    categories = _capped(graph.product_categories @ graph.category_ancestors)
    words, vocabulary = _words(graph.products["title"].fill_null("").to_list())
    blocks = (("attribute", graph.product_attributes), ("category", categories), ("word", words))
    weighted = [_rare(block) * np.float32(SHARES[kind]) for kind, block in blocks]
    return Features(
        unit_rows(sparse.csr_array(sparse.hstack(weighted, format="csr"))),
        graph.attributes.height,
        graph.categories.height,
        vocabulary,
    )


def content_table(made: Features, bought: np.ndarray) -> ContentTable:
    """Make the content channel: what many bought says less, what resembles everything counts less.

    near_i = n_i^-.25, n_i who bought i (1 at the least). far_j = (m_j / mean m)^-.4, m_j the mean
    A[i, j] over all purchases before it is divided (hubs are near to every history); m_j is no
    less than a fiftieth of the mean. Both exponents were chosen on held-out products of two shops.
    """
    near = (np.maximum(bought, 1) ** -POPULARITY).astype(np.float32)
    plain = ContentTable(made.matrix, near, np.ones_like(near))
    log = sparse.csr_array(bought[None].astype(np.float32))
    parts = [
        plain.scores(log, np.arange(start, min(start + SLICE, len(near))))[0]
        for start in range(0, len(near), SLICE)
    ]
    mass = np.concatenate([np.zeros(0, np.float32), *parts])
    relative = np.maximum(mass / max(float(mass.mean()) if len(mass) else 1.0, 1e-30), 0.02)
    return ContentTable(made.matrix, near, (relative**-HUBNESS).astype(np.float32))


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Bring every row to length 1; empty rows stay empty."""
    matrix = sparse.csr_array(matrix).astype(np.float32)
    norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = sparse.csr_array(sparse.diags_array(1 / np.maximum(norm, 1e-12)) @ matrix)
    scaled = scaled.astype(np.float32)
    scaled.eliminate_zeros()
    scaled.sort_indices()
    return scaled


def _rare(block: sparse.csr_array) -> sparse.csr_array:
    """Multiply each column by log(n / df), and bring each row's block to length 1."""
    held = np.bincount(block.indices, minlength=block.shape[1])
    idf = np.log(block.shape[0] / np.maximum(held, 1))
    return unit_rows(sparse.csr_array(block @ sparse.diags_array(idf.astype(np.float32))))


def _capped(matrix: sparse.csr_array) -> sparse.csr_array:
    matrix = sparse.csr_array(matrix)
    matrix.data = np.minimum(matrix.data, 1)
    matrix.sort_indices()
    return matrix


def _words(titles: list[str]) -> tuple[sparse.csr_array, tuple[str, ...]]:
    split = [sorted(set(WORD.findall(title.lower()))) for title in titles]
    count: dict[str, int] = {}
    for words in split:
        for word in words:
            count[word] = count.get(word, 0) + 1
    vocabulary = tuple(sorted(word for word, held in count.items() if held > 1))
    column = {word: place for place, word in enumerate(vocabulary)}
    known = [[column[word] for word in words if word in column] for words in split]
    ends = np.cumsum([0, *(len(row) for row in known)])
    indices = np.array([place for row in known for place in row], dtype=np.int32)
    data = np.ones(len(indices), dtype=np.float32)
    return sparse.csr_array((data, indices, ends), shape=(len(titles), len(vocabulary))), vocabulary
