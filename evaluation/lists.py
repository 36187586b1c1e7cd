"""What the lists are like beyond being right: novel, varied, surprising, cold.

One value per case, float64 (cases,), of the lists of length k = 10 that a ranking keeps. A list
that is shorter (a small aisle) is taken as it is; an empty one gives 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from crossaisle.evaluation.popularity import Popularity
from crossaisle.evaluation.ranking import Ranking, rank_fold
from crossaisle.evaluation.splits import Fold


@dataclass(frozen=True)
class Shelf:
    """What the lists of a fold are held against."""

    information: np.ndarray  # float64 (products,): -log2 of the share of customers who bought it
    content: sparse.csr_array  # float32 (products, features), rows of length 1 or 0
    popular: np.ndarray  # int64 (cases, k): the most bought candidates, -1 = none
    cold: np.ndarray  # bool (products,)
    share: np.ndarray  # float64 (cases,): cold candidates / candidates

    @classmethod
    def make(cls, fold: Fold, content: sparse.csr_array, seed: int) -> Self:
        """Count buyers in the fold's graph; popularity lists leave out histories, as all do."""
        buyers = np.asarray(fold.graph.purchases.sum(axis=0)).ravel()
        people = max(int((fold.graph.purchases.sum(axis=1) > 0).sum()), 1)
        popular = rank_fold(Popularity(fold.graph), fold, seed=seed)
        cold = np.zeros(len(buyers), dtype=bool)
        if fold.held.cold is not None:
            cold[fold.held.cold] = True
        inside = {aisle: cold[fold.candidates(aisle)].sum() for aisle in set(fold.aisles.tolist())}
        count = np.array([inside[aisle] for aisle in fold.aisles.tolist()], dtype=np.float64)
        return cls(
            -np.log2((buyers + 1) / (people + 1)),
            content,
            popular.top,
            cold,
            count / np.maximum(popular.candidates, 1),
        )


def novelty(ranking: Ranking, shelf: Shelf) -> np.ndarray:
    """Mean self-information -log2 p_j of the list, p_j = (buyers + 1) / (customers + 1).

    Zhou et al. (2010), Vargas and Castells (2011); the ones keep products without buyers finite.
    """
    return _mean(shelf.information[ranking.top], ranking.top >= 0)


def diversity(ranking: Ranking, shelf: Shelf) -> np.ndarray:
    """Intra-list diversity: mean of 1 - cosine(f_i, f_j) over the pairs i < j of the list.

    Ziegler et al. (2005), f the content features. 0 for a list of one. With s = SUM f over the
    list, the cosines of all pairs sum to (|s|^2 - SUM |f|^2) / 2.
    """
    place, column = np.nonzero(ranking.top >= 0)
    products = ranking.top[place, column]
    shape = (len(ranking.top), shelf.content.shape[0])
    lists = sparse.csr_array((np.ones(len(place), np.float64), (place, products)), shape=shape)
    total = sparse.csr_array(lists @ shelf.content)
    squares = np.asarray(shelf.content.multiply(shelf.content).sum(axis=1)).ravel()
    cosines = (np.asarray(total.multiply(total).sum(axis=1)).ravel() - lists @ squares) / 2
    size = np.bincount(place, minlength=len(ranking.top))
    pairs = size * (size - 1) / 2
    return np.where(pairs > 0, 1 - cosines / np.maximum(pairs, 1), 0.0)


def serendipity(ranking: Ranking, shelf: Shelf) -> np.ndarray:
    """|{j in the list: j was hidden, j not among the k most bought candidates}| / k.

    Ge, Delgado-Battenfeld and Jannach (2010), |unexpected and useful| / |list|, where what is
    expected is the list of a primitive model: popularity in the aisle, without the history.
    """
    k = ranking.top.shape[1]
    hit = ranking.rank < k
    case, product = ranking.case[hit], ranking.product[hit]
    expected = (shelf.popular[case] == product[:, None]).any(axis=1)
    found = np.bincount(case[~expected], minlength=len(ranking.hidden))
    return np.asarray(found / k)


def cold_share(ranking: Ranking, shelf: Shelf) -> np.ndarray:
    """Share of the list that is cold products."""
    return _mean(shelf.cold[ranking.top], ranking.top >= 0)


def cold_candidates(ranking: Ranking, shelf: Shelf) -> np.ndarray:
    """Share of the candidates that is cold products: what a list drawn at random would have."""
    return shelf.share


LISTS: dict[str, Callable[[Ranking, Shelf], np.ndarray]] = {
    "novelty@10": novelty,
    "diversity@10": diversity,
    "serendipity@10": serendipity,
}
COLD_LISTS = {"cold@10": cold_share, "cold_candidates": cold_candidates}
"""Of product-mixed only."""


def _mean(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    count = there.sum(axis=1)
    total = np.where(there, values, 0).sum(axis=1)
    return np.asarray(total / np.maximum(count, 1), dtype=np.float64)
