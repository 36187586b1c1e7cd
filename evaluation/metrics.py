"""Metrics of a ranking, one value per case; averages and intervals are made elsewhere.

Notation: n hidden products and m ranked candidates of one case, R the ranks (0 = first) of the
hidden ones. A hidden product that could not be ranked counts as a miss in n. All return float64
(cases,) in [0, 1].
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from crossaisle.evaluation.ranking import Ranking


def ndcg(ranking: Ranking, k: int = 10) -> np.ndarray:
    """nDCG@k = SUM_{r in R, r < k} 1/log2(r + 2) / SUM_{i < min(k, n)} 1/log2(i + 2).

    The ideal is min(k, n) hits, never what was retrieved (Jarvelin and Kekalainen, 2002).
    """
    gains = np.where(ranking.rank < k, 1 / np.log2(ranking.rank + 2.0), 0)
    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(k) + 2.0))])
    return _over(_sum(ranking, gains), ideal[np.minimum(ranking.hidden, k)])


def recall(ranking: Ranking, k: int = 20) -> np.ndarray:
    """recall@k = |{r in R: r < k}| / n."""
    return _over(_sum(ranking, ranking.rank < k), ranking.hidden)


def precision(ranking: Ranking, k: int = 10) -> np.ndarray:
    """precision@k = |{r in R: r < k}| / k, also where fewer than k could be ranked."""
    return _sum(ranking, ranking.rank < k) / k


def f1(ranking: Ranking, k: int = 10) -> np.ndarray:
    """F1@k = 2 P R / (P + R) = 2 |{r in R: r < k}| / (k + n), of precision@k and recall@k."""
    return _over(2 * _sum(ranking, ranking.rank < k), ranking.hidden + k)


def hit_rate(ranking: Ranking, k: int = 10) -> np.ndarray:
    """HR@k = 1 if any r < k, else 0."""
    return (_sum(ranking, ranking.rank < k) > 0).astype(np.float64)


def mrr(ranking: Ranking) -> np.ndarray:
    """MRR = 1 / (min R + 1), over the whole list; 0 where nothing could be ranked."""
    best = np.zeros(len(ranking.hidden))
    np.maximum.at(best, ranking.case, 1 / (ranking.rank + 1.0))
    return best


def average_precision(ranking: Ranking, k: int = 10) -> np.ndarray:
    """MAP@k = SUM_{r in R, r < k} precision@(r + 1) / min(k, n)."""
    found = _order_within(ranking) + 1
    gains = np.where(ranking.rank < k, found / (ranking.rank + 1.0), 0)
    return _over(_sum(ranking, gains), np.minimum(ranking.hidden, k))


def auc(ranking: Ranking) -> np.ndarray:
    """AUC = share of (hidden, other) pairs of candidates in the right order.

    With h hidden among m candidates: 1 - (SUM R - h (h - 1) / 2) / (h (m - h)). Equal scores were
    put in a random order, so a tie is right half of the time on average. .5 where there is nothing
    to compare (an aisle of one product).
    """
    h = _sum(ranking, np.ones(len(ranking.rank)))
    wrong = _sum(ranking, ranking.rank) - h * (h - 1) / 2
    pairs = h * (ranking.candidates - h)
    return np.where(pairs > 0, 1 - wrong / np.maximum(pairs, 1), 0.5)


def coverage(top: np.ndarray, candidates: int) -> float:
    """Catalogue coverage@k: distinct products in the lists / distinct candidates of the run."""
    return len(np.unique(top[top >= 0])) / candidates if candidates else 0.0


def gini(top: np.ndarray, candidates: int) -> float:
    """Gini coefficient of how often each candidate is recommended: 0 = all equally, 1 = one only.

    G = SUM_i (2 i - n - 1) x_i / (n SUM x), x the counts in ascending order, i = 1..n, over all n
    candidates of the run, those that are in no list too.
    """
    count = np.sort(np.bincount(np.unique(top[top >= 0], return_inverse=True)[1]))
    if not len(count):
        return 0.0
    place = np.arange(candidates - len(count) + 1, candidates + 1)  # before them only zeros
    return float(((2 * place - candidates - 1) * count).sum() / (candidates * count.sum()))


METRICS: dict[str, Callable[[Ranking], np.ndarray]] = {
    "ndcg@10": partial(ndcg, k=10),
    "recall@20": partial(recall, k=20),
    "hit_rate@10": partial(hit_rate, k=10),
    "mrr": mrr,
    "auc": auc,
    "precision@10": partial(precision, k=10),
    "f1@10": partial(f1, k=10),
    "map@10": partial(average_precision, k=10),
}


def _sum(ranking: Ranking, values: np.ndarray) -> np.ndarray:
    weights = values.astype(np.float64)
    total: np.ndarray = np.bincount(ranking.case, weights=weights, minlength=len(ranking.hidden))
    return total


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    share: np.ndarray = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return share


def _order_within(ranking: Ranking) -> np.ndarray:
    """How many hidden products of the same case stand before each one."""
    order = np.lexsort((ranking.rank, ranking.case))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - np.searchsorted(ranking.case[order], ranking.case[order])
    return place
