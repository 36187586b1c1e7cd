"""Baselines that walk over people: item-kNN and RP3beta."""

import numpy as np
from scipy import sparse

from crossaisle.graph import Graph

SLICE = 4096  # product rows multiplied at a time
USERS = 256  # users walked at a time


class ItemKnn:
    """score_uj = SUM_{i in h} w_ij, w_ij = c_ij / (sqrt(n_i n_j) + shrinkage).

    c_ij counts who bought both, n_i who bought i (anonymous baskets are buyers too). Of each
    history product only the ``neighbours`` heaviest w_ij *in each aisle* are kept: a common limit
    would drop those that cross aisles (Sarwar et al., 2001; the limit per aisle is ours).
    """

    def __init__(self, graph: Graph, *, shrinkage: float, neighbours: int) -> None:
        """Count who bought what together, weigh, and keep the heaviest."""
        log = training_log(graph)
        count = np.asarray(log.sum(axis=0)).ravel()
        transposed = sparse.csr_array(log.T)
        aisle = graph.aisle_of
        rows, columns, weights = [], [], []
        for start in range(0, log.shape[1], SLICE):
            block = sparse.coo_array(transposed[start : start + SLICE] @ log)
            row, tail = block.coords
            head = row + start
            weight = block.data / (np.sqrt(count[head] * count[tail]) + shrinkage)
            keep = head != tail
            row, tail, weight = row[keep], tail[keep], weight[keep]
            keep = heaviest(row, aisle[tail], weight, neighbours)
            rows.append(row[keep] + start)
            columns.append(tail[keep])
            weights.append(weight[keep].astype(np.float32))
        ends = (np.concatenate(rows), np.concatenate(columns))
        shape = (log.shape[1], log.shape[1])
        self.similar = sparse.csc_array((np.concatenate(weights), ends), shape=shape)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        scores: np.ndarray = (histories @ self.similar[:, candidates]).toarray()
        return scores.astype(np.float32)


class Rp3Beta:
    """score_uj = SUM_{walks i - v - j, i in h} n_i^-alpha n_v^-alpha n_j^-beta.

    Three random steps from user to product, less the popularity of where they end (Paudel et al.,
    2017). ``beta`` may be negative: across aisles popular ends can be the better ones. No walk is
    cut off: the sum is taken over people when it is asked for, without a product-by-product
    table.
    """

    def __init__(self, graph: Graph, *, alpha: float, beta: float) -> None:
        """Keep the log and the factor of each walk's start, person and end."""
        log = training_log(graph)
        sold = np.maximum(np.asarray(log.sum(axis=0)).ravel(), 1)
        basket = np.maximum(np.asarray(log.sum(axis=1)).ravel(), 1)
        self.start = (sold**-alpha).astype(np.float32)
        self.end = (sold**-beta).astype(np.float32)
        step = sparse.diags_array((basket**-alpha).astype(np.float32)) @ log
        self.to_people = sparse.csr_array(log.T)
        self.to_products = sparse.csc_array(step)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        ends = sparse.csr_array(self.to_products[:, candidates])
        result = np.empty((histories.shape[0], len(candidates)), dtype=np.float32)
        weighted = sparse.csr_array(histories @ sparse.diags_array(self.start))
        for row in range(0, histories.shape[0], USERS):
            people = sparse.csr_array(weighted[row : row + USERS]) @ self.to_people
            result[row : row + USERS] = (people @ ends).toarray()
        result *= self.end[candidates]
        return result


def training_log(graph: Graph) -> sparse.csr_array:
    """Customers, then anonymous baskets, by products: float32 0/1."""
    return sparse.csr_array(sparse.vstack([graph.purchases, graph.anonymous_baskets]))


def heaviest(head: np.ndarray, group: np.ndarray, weight: np.ndarray, limit: int) -> np.ndarray:
    """Mask of the ``limit`` heaviest entries of each (head, group).

    Args:
        head: ints below 2^16 (entries,).
        group: ints from -1 to below 2^15 (entries,).
        weight: positive floats (entries,): their bits order like unsigned numbers.
        limit: entries kept.
    """
    place = (head.astype(np.uint64) << np.uint64(16)) | (group + 1).astype(np.uint64)
    bits = ~weight.astype(np.float32).view(np.uint32)
    order = np.argsort((place << np.uint64(32)) | bits)
    place = place[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = place[1:] != place[:-1]
    starts = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    mask = np.zeros(len(order), dtype=bool)
    mask[order] = np.arange(len(order)) - starts < limit
    return mask
