"""The likeness channel: how near a product that nobody has bought stands to what somebody bought.

    c(i, j) = X_i . X_j + CONTENT_WEIGHT F_i . F_j + TEXT_WEIGHT max(0, t_i . t_j)^2
    A[i, j] = near_i max(0, c(i, j))^POWER far_j  where j is new, else 0

F: what products are (features), t: their text vectors, X: where people have put them. A bought
product's X is its factor of the log; a new one's is what ridge regression makes of its features and
text, corrected by how far that is off for its nearest likes:

    X_j ~ F_j B + t_j C + SUM_k s_jk (X_k - F_k B - t_k C),

brought to length 1. The power is taken pair by pair, so a score is still a sum over the history;
within a pair each part, and each feature, carries its share of c.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import CELLS, POWER, alike, inner, steep
from crossaisle.fusion.content import POPULARITY, Features, farness
from crossaisle.fusion.newcomers import learn_weights, taught_by
from crossaisle.fusion.ridge import unit

CONTENT_WEIGHT, TEXT_WEIGHT = 0.6, 0.5
"""Weights of the parts beside X_i . X_j; chosen on held-out new products of two shops."""

LIKES = 50
"""Bought products that correct a new one's vector."""

SLICE = 256


@dataclass(frozen=True)
class Parts:
    """What c is made of, of single pairs: float64 (n,) each."""

    people: np.ndarray  # X_i . X_j
    features: np.ndarray  # CONTENT_WEIGHT F_i . F_j
    text: np.ndarray  # TEXT_WEIGHT max(0, t_i . t_j)^2

    @property
    def total(self) -> np.ndarray:
        """max(0, c): float64, of the same shape."""
        return np.asarray(np.maximum(self.people + self.features + self.text, 0))


@dataclass(frozen=True)
class LikenessTable:
    """A :class:`crossaisle.fusion.channels.Channel`; see the module's formula."""

    matrix: sparse.csr_array  # float32 (products, features): F
    text: np.ndarray | None  # float16 (products, numbers): t
    vectors: np.ndarray  # float32 (products, d): X, rows of length 1 or 0
    nodes: np.ndarray  # float32 (attributes + categories, d): their rows of B
    share: np.ndarray  # float32 (products,): 1 / length of X_j before it was 1; 0 for bought ones
    near: np.ndarray  # float32 (products,), > 0
    far: np.ndarray  # float32 (products,): 0 for bought ones

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """SUM_i histories[u, i] A[i, j]: (users, m), of the histories' type."""
        result = np.zeros((histories.shape[0], len(candidates)), histories.dtype)
        new = self._new(candidates)
        used = np.unique(histories.indices)
        step = max(CELLS // max(len(new), 1), 1)
        for start in range(0, len(used) if len(new) else 0, step):
            items = used[start : start + step]
            table = self._pairs(items, candidates[new], histories.dtype)
            result[:, new] += sparse.csr_array(histories[:, items]) @ table
        return result

    def pairs(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """A[i, j] for every item and candidate: float64 (n, m)."""
        result = np.zeros((len(items), len(candidates)))
        new = self._new(candidates)
        result[:, new] = self._pairs(items, candidates[new], result.dtype)
        return result

    def entries(self, items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """A[i, j] of each item and the candidate at its place: float64 (n,)."""
        result, new = np.zeros(len(items)), self._new(candidates)
        mine, theirs = items[new], candidates[new]
        parts = self.parts_of(mine, theirs, alike(self.matrix, mine, theirs))
        result[new] = parts.total * self.steepness(mine, theirs, parts)
        return result

    def _new(self, candidates: np.ndarray) -> np.ndarray:
        """Places of those that A is not 0 for."""
        return np.flatnonzero(self.far[candidates] > 0)

    def _pairs(self, items: np.ndarray, candidates: np.ndarray, dtype: np.dtype) -> np.ndarray:
        people = self.vectors[items].astype(dtype) @ self.vectors[candidates].astype(dtype).T
        total = np.maximum(people + self.described(items, candidates, dtype), 0)
        return np.asarray(steep(total) * self._factors(items, candidates, dtype))

    def steepness(self, items: np.ndarray, candidates: np.ndarray, parts: Parts) -> np.ndarray:
        """A[i, j] / c(i, j), what each of :meth:`parts_of` is multiplied by: float64 (n,)."""
        factors = self.near[items].astype(np.float64) * self.far[candidates]
        return np.asarray(parts.total ** (POWER - 1) * factors)

    def parts_of(self, items: np.ndarray, candidates: np.ndarray, cosine: np.ndarray) -> Parts:
        """Return the three parts of c for each item and the candidate at its place.

        Args:
            items: int (n,), rows.
            candidates: int (n,), rows.
            cosine: float64 (n,), F_i . F_j.
        """
        text = np.zeros(len(items))
        if self.text is not None:
            text = TEXT_WEIGHT * np.maximum(inner(self.text[items], self.text[candidates]), 0) ** 2
        people = inner(self.vectors[items], self.vectors[candidates])
        return Parts(people, CONTENT_WEIGHT * cosine, text)

    def described(self, items: np.ndarray, candidates: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """What features and text say of c, for every item and candidate: ``dtype`` (n, m)."""
        left, right = self.matrix[items].astype(dtype), self.matrix[candidates].astype(dtype)
        total: np.ndarray = dtype.type(CONTENT_WEIGHT) * (left @ right.T).toarray()
        if self.text is not None:
            text = self.text[items].astype(dtype) @ self.text[candidates].astype(dtype).T
            total += dtype.type(TEXT_WEIGHT) * np.maximum(text, 0) ** 2
        return total

    def _factors(self, items: np.ndarray, candidates: np.ndarray, dtype: np.dtype) -> np.ndarray:
        return np.asarray(np.outer(self.near[items].astype(dtype), self.far[candidates]), dtype)

    def towards(self, items: np.ndarray, nodes: np.ndarray) -> np.ndarray:
        """X_i . B_f of each item and the node (attributes, then categories) at its place."""
        return inner(self.vectors[items], self.nodes[nodes])


def likeness_table(
    factors: np.ndarray, made: Features, text: np.ndarray | None, bought: np.ndarray
) -> LikenessTable:
    """Fit X for new products, then the factors, as the content channel has them.

    Args:
        factors: float32 (products, d), factors of the log; rows of any length.
        made: what products are.
        text: float32 (products, numbers), rows of length 1 or 0, or None.
        bought: float64 (products,), people who bought each.
    """
    new = bought == 0
    vectors = unit(np.where(new[:, None], np.float32(0), factors))
    learned = learn_weights(vectors, taught_by(bought), made.matrix, text)
    guess = learned.said(made.matrix, text)
    rows, known = np.flatnonzero(new), np.flatnonzero(~new)
    share = np.zeros(len(new), np.float32)
    half = None if text is None else text.astype(np.float16)
    near = np.maximum(bought, 1).astype(np.float32) ** np.float32(-POPULARITY)
    table = LikenessTable(
        made.matrix,
        half,
        vectors,
        learned.features[: made.attributes + made.categories],
        share,
        near,
        new.astype(np.float32),
    )
    place_new(table, guess, rows, known)
    log = sparse.csr_array(bought[None].astype(np.float32))
    mass = table.scores(log, rows)[0].astype(np.float64)
    table.far[rows] = farness(mass, float(mass.mean()) if len(rows) else 0.0)
    return table


def place_new(table: LikenessTable, guess: np.ndarray, rows: np.ndarray, known: np.ndarray) -> None:
    """Write X of new products, and its share, into the table.

    Args:
        table: with X of bought products.
        guess: float32 (products, d), F_j B + t_j C.
        rows: int, the new products.
        known: int, the bought ones.
    """
    off = table.vectors[known] - guess[known]
    for start in range(0, len(rows), SLICE):
        some = rows[start : start + SLICE]
        mean = guess[some]
        if len(known):
            mean = mean + _nearest(table, some, known) @ off
        length = np.linalg.norm(mean, axis=1)
        table.share[some] = np.where(length > 0, 1 / np.maximum(length, 1e-12), 0)
        table.vectors[some] = mean * table.share[some][:, None]


def _nearest(table: LikenessTable, new: np.ndarray, known: np.ndarray) -> sparse.csr_array:
    """Shares of each new product's nearest bought ones, by what they are: (new, known)."""
    close = table.described(new, known, np.dtype(np.float32))
    most = min(LIKES, len(known))
    top = np.argpartition(-close, most - 1, axis=1)[:, :most]
    share = steep(np.take_along_axis(close, top, axis=1).astype(np.float64))
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-30)
    ends = (np.repeat(np.arange(len(new)), most), top.ravel())
    return sparse.csr_array((share.ravel().astype(np.float32), ends), shape=close.shape)
