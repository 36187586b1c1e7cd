"""What a product is: its words, categories and attributes, weighted by how rare they are."""

import re
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import ContentTable, steep
from crossaisle.fusion.placed import Places, placed
from crossaisle.graph import Graph

WORD = re.compile(r"[^\W_]{2,}")

SHARES = {"attribute": 1.0, "category": 0.5, "word": 1.0}
"""Weight of each kind of feature before the row is brought to length 1."""


POPULARITY, HUBNESS = 0.25, 0.4
"""Exponents of the content channel's factors."""

SMALLEST_MASS = 0.02
"""Of the mean, that a product's mass counts as."""

SLICE = 2048


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
    vocabulary = _vocabulary(_split(graph))
    blocks = _blocks(graph, vocabulary)
    matrix = _weighted({kind: (block, _idf(block)) for kind, block in blocks.items()})
    return Features(matrix, graph.attributes.height, graph.categories.height, vocabulary)


def extended_features(made: Features, graph: Graph, places: Places) -> Features:
    """Features of a larger graph, on the scale of the first: its products' rows stay as they are.

    Idf and vocabulary are those of the first graph's products. An attribute or category that none
    of them has gets log(products / products that have it) of the larger graph.
    """
    weighted = {}
    for kind, block in _blocks(graph, made.words).items():
        before = sparse.csr_array(block[places.products])
        unseen = np.bincount(before.indices, minlength=block.shape[1]) == 0
        idf = np.where(unseen, _idf(block), _idf(before))
        weighted[kind] = sparse.csr_array(block[places.added]), idf
    fresh = _weighted(weighted)
    width = fresh.shape[1]
    columns = np.append(places.nodes, np.arange(width - len(made.words), width))
    matrix = placed(made.matrix, fresh, places, columns)
    return Features(matrix, graph.attributes.height, graph.categories.height, made.words)


def content_table(made: Features, bought: np.ndarray) -> ContentTable:
    """Make the content channel: what many bought says less, what resembles everything counts less.

    near_i = n_i^-.25, n_i who bought i (1 at the least). far_j = (m_j / mean m)^-.4, m_j the mean
    A[i, j] over all purchases before it is divided (hubs are near to every history); m_j is no
    less than a fiftieth of the mean. Both exponents were chosen on held-out products of two shops.
    """
    near = (np.maximum(bought, 1) ** -POPULARITY).astype(np.float32)
    mass = _mass(made.matrix, bought.astype(np.float32) * near)
    far = farness(mass, float(mass.mean()) if len(mass) else 1.0)
    return ContentTable(made.matrix, near, far)


def _mass(matrix: sparse.csr_array, weight: np.ndarray) -> np.ndarray:
    """m_j = SUM_i w_i (F_i . F_j)^POWER: float32 (products,).

    Likeness is symmetric, so each pair is met once: a block of rows with all that come after it.
    """
    mass = np.zeros_like(weight)
    for start in range(0, len(weight), SLICE):
        end = start + SLICE
        cosine = sparse.csr_array(matrix[start:end] @ sparse.csr_array(matrix[start:].T))
        cosine.data = steep(cosine.data)
        mass[start:end] += cosine @ weight[start:]
        mass[end:] += (weight[start:end] @ cosine)[SLICE:]
    return mass


def farness(mass: np.ndarray, mean: float) -> np.ndarray:
    """Return max(m_j / mean, .02)^-.4, less for hubs: float32 (products,)."""
    relative = np.maximum(mass / max(mean, 1e-30), SMALLEST_MASS)
    return np.asarray(relative**-HUBNESS, np.float32)


def mean_mass(mass: np.ndarray, far: np.ndarray) -> float | None:
    """Return the mean that :func:`farness` had, of some of its products; None: they do not tell."""
    told = (far < 0.99 * SMALLEST_MASS**-HUBNESS) & (mass > 0)
    if not told.any():
        return None
    return float(np.median(mass[told] * far[told].astype(np.float64) ** (1 / HUBNESS)))


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Bring every row to length 1; empty rows stay empty."""
    matrix = sparse.csr_array(matrix).astype(np.float32)
    norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = sparse.csr_array(sparse.diags_array(1 / np.maximum(norm, 1e-12)) @ matrix)
    scaled = scaled.astype(np.float32)
    scaled.eliminate_zeros()
    scaled.sort_indices()
    return scaled


def _blocks(graph: Graph, vocabulary: tuple[str, ...]) -> dict[str, sparse.csr_array]:
    """Who has what, kind by kind: float32 (products, features of the kind)."""
    return {
        "attribute": graph.product_attributes,
        "category": _capped(graph.product_categories @ graph.category_ancestors),
        "word": _words(_split(graph), vocabulary),
    }


def _idf(block: sparse.csr_array) -> np.ndarray:
    """log(n / df) of each column: float64 (features,)."""
    held = np.bincount(block.indices, minlength=block.shape[1])
    return np.asarray(np.log(max(block.shape[0], 1) / np.maximum(held, 1)))


def _weighted(blocks: dict[str, tuple[sparse.csr_array, np.ndarray]]) -> sparse.csr_array:
    """Multiply each column by its idf, bring each row's block to the length of its share."""
    parts = [
        unit_rows(sparse.csr_array(block @ sparse.diags_array(idf.astype(np.float32))))
        * np.float32(SHARES[kind])
        for kind, (block, idf) in blocks.items()
    ]
    return unit_rows(sparse.csr_array(sparse.hstack(parts, format="csr")))


def _capped(matrix: sparse.csr_array) -> sparse.csr_array:
    matrix = sparse.csr_array(matrix)
    matrix.data = np.minimum(matrix.data, 1)
    matrix.sort_indices()
    return matrix


def _split(graph: Graph) -> list[list[str]]:
    titles = graph.products["title"].fill_null("").to_list()
    return [sorted(set(WORD.findall(title.lower()))) for title in titles]


def _vocabulary(split: list[list[str]]) -> tuple[str, ...]:
    count: dict[str, int] = {}
    for words in split:
        for word in words:
            count[word] = count.get(word, 0) + 1
    return tuple(sorted(word for word, held in count.items() if held > 1))


def _words(split: list[list[str]], vocabulary: tuple[str, ...]) -> sparse.csr_array:
    column = {word: place for place, word in enumerate(vocabulary)}
    known = [[column[word] for word in words if word in column] for words in split]
    ends = np.cumsum([0, *(len(row) for row in known)])
    indices = np.array([place for row in known for place in row], dtype=np.int32)
    data = np.ones(len(indices), dtype=np.float32)
    return sparse.csr_array((data, indices, ends), shape=(len(split), len(vocabulary)))
