"""Baselines that compare products: by what the catalogue says, and by the vectors of their texts.

They need no events of the candidates, so they can rank products that nobody has bought.
"""

import numpy as np
from scipy import sparse

from crossaisle.graph import Graph

SLICE = 1024  # candidates compared at a time


class ContentKnn:
    """score_uj = SUM_{i in h} cosine(f_i, f_j), f the TF-IDF of title, categories and attributes.

    The features are those of :func:`crossaisle.fusion.content.features`; ``attributes`` and
    ``categories`` weigh their blocks, words weigh 1.
    """

    def __init__(self, graph: Graph, *, attributes: float, categories: float) -> None:
        """Make the features."""
        from crossaisle.fusion.content import SHARES, features, unit_rows  # loads torch

        found = features(graph)
        weight = np.ones(found.matrix.shape[1], np.float32)
        weight[: found.attributes] = attributes / SHARES["attribute"]
        after = found.attributes + found.categories
        weight[found.attributes : after] = categories / SHARES["category"]
        self.features = unit_rows(sparse.csr_array(found.matrix @ sparse.diags_array(weight)))

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        ends = sparse.csc_array(self.features[candidates].T)
        scores: np.ndarray = (histories @ self.features @ ends).toarray()
        return scores.astype(np.float32)


class TextKnn:
    """score_uj = SUM_{i in h} max(0, cosine(t_i, t_j))^power, t the vectors of the texts.

    With ``centre`` the mean of all vectors is taken away first: what all texts share says nothing.
    """

    def __init__(self, graph: Graph, *, text: np.ndarray, centre: bool, power: float) -> None:
        """Keep the vectors at length 1; ``text`` is float (products, numbers)."""
        vectors = text.astype(np.float32)
        if centre and len(vectors):
            vectors -= vectors.mean(axis=0)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors, self.power = vectors / np.maximum(length, 1e-12), power

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        known = np.unique(histories.indices)
        weight, starts = sparse.csr_array(histories[:, known]), self.vectors[known]
        result = np.empty((histories.shape[0], len(candidates)), dtype=np.float32)
        for start in range(0, len(candidates), SLICE):
            near = starts @ self.vectors[candidates[start : start + SLICE]].T
            result[:, start : start + SLICE] = weight @ np.maximum(near, 0) ** self.power
        return result
