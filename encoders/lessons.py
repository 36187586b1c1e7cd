"""What the purchase log teaches about texts: pairs, vectors, and questions on held-out products."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.graph import Graph, lowest

ACROSS = 0.5  # share of the pairs that lead from one aisle to another, where the log has enough
POOL, HELD, ASKED = 800, 300, 1000  # at most: products of histories, held-out ones, people asked
POWER = 4  # of the cosine in the quiz: several close neighbours say more than many far ones


@dataclass(frozen=True)
class Quiz:
    """Do texts find what people bought of products that training did not see?"""

    known: np.ndarray  # int64 (m,), product rows of the histories
    held: np.ndarray  # int64 (n,), product rows to be ranked
    history: sparse.csr_array  # float32 (people, m), 1 = bought
    hidden: sparse.csr_array  # float32 (people, n), 1 = bought

    def ask(self, known: np.ndarray, held: np.ndarray) -> float:
        """Mean nDCG@10 of SUM_{i in h} max(0, cosine(t_i, t_j))^4, vectors centred: [0, 1].

        Args:
            known: float32 (m, d), the texts' vectors.
            held: float32 (n, d).
        """
        middle = known.mean(axis=0)
        near = _unit(known - middle) @ _unit(held - middle).T
        scores = self.history @ np.maximum(near, 0) ** POWER
        place = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
        wanted = self.hidden.toarray() > 0
        gain = 1 / np.log2(np.arange(10) + 2.0)
        won = np.where(wanted & (place < 10), gain[np.minimum(place, 9)], 0).sum(axis=1)
        ideal = np.cumsum(gain)[np.minimum(wanted.sum(axis=1), 10) - 1]
        return float((won / ideal).mean())


@dataclass(frozen=True)
class Lessons:
    """All that fine-tuning learns from; no event of a held-out product is in it but the quiz's."""

    pairs: np.ndarray  # int64 (n, 3): two products of one person, one of the same category
    sampled: np.ndarray  # float64 (products,), its share of all seconds and hard negatives
    people: np.ndarray  # float32 (products, rank), length 1; 0 where nobody we may know bought it
    bought: np.ndarray  # int64 (products,), by how many
    quiz: Quiz | None  # none where too few products are sold


def draw_lessons(graph: Graph, config: FinetuneConfig, count: int, seed: int) -> Lessons:
    """Draw ``count`` pairs and everything else from a graph's log.

    A pair is two products of one person (or basket), drawn by sqrt(size of the history): who buys
    a thousand things does not teach a thousand times as much. Half of the pairs cross from aisle
    to aisle.

    Raises:
        ValueError: nobody has bought two products.
    """
    rng = np.random.default_rng([seed, 7])
    log = sparse.csr_array(
        sparse.vstack([graph.purchases, graph.anonymous_baskets], format="csr"), dtype=np.float32
    )
    sold = np.flatnonzero(np.asarray(log.sum(axis=0)).ravel() > 0)
    held = sold[lowest(graph.lots, config.held_out)[sold]]
    asked = np.sort(rng.permutation(held)[:HELD])
    quiz = _quiz(log, held, asked, rng) if len(held) >= 2 else None
    if quiz is not None:
        open_ = np.ones(log.shape[1], np.float32)
        open_[held] = 0
        log = sparse.csr_array(log @ sparse.diags_array(open_))
        log.eliminate_zeros()
    log.sort_indices()
    pairs = _pairs(log, graph.aisle_of, count, rng)
    none = np.full(len(pairs), -1)
    hard = _hard(pairs, log, graph, rng) if config.hard_negatives else none
    pairs = np.column_stack([pairs, hard])
    # Whatever a first is compared with counts: a hard negative that is never a second would else
    # look as if it was hardly ever drawn, and the correction would put it above all seconds.
    drawn = pairs[:, 1:]
    drawn = drawn[drawn >= 0]
    sampled = np.bincount(drawn, minlength=log.shape[1]) / max(len(drawn), 1)
    bought = np.asarray(log.sum(axis=0)).ravel().astype(np.int64)
    return Lessons(pairs, sampled, people_vectors(log, config.people_rank, seed), bought, quiz)


def every_text(known: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Pair all products in passes through the catalogue: int64 (count, 3) without hard negatives.

    Args:
        known: int64 (n,), the products that have a text.
        count: how many pairs.
        seed: of the order.
    """
    rng = np.random.default_rng([seed, 8])
    passes = [rng.permutation(known) for _ in range(2 * count // len(known) + 1)]
    pairs = np.concatenate(passes)[: 2 * count].reshape(count, 2)
    return np.column_stack([pairs, np.full(count, -1)]).astype(np.int64)


def people_vectors(log: sparse.csr_array, rank: int, seed: int) -> np.ndarray:
    """Say by whom a product is bought: float32 (products, rank), rows of length 1 or 0.

    Right singular vectors V of D_u^-1/2 X D_i^-1/2, without their singular values (whitened: tastes
    that few have count like those that all have) and without the first, which is popularity.
    """
    from sklearn.utils.extmath import randomized_svd  # slow to import

    size, sold = (np.asarray(log.sum(axis=axis)).ravel() for axis in (1, 0))
    left, right = (sparse.diags_array(1 / np.sqrt(np.maximum(n, 1))) for n in (size, sold))
    even = sparse.csr_array(left @ log @ right).astype(np.float32)
    wanted = min(rank + 1, min(even.shape) - 1)
    _, _, found = randomized_svd(even, wanted, random_state=seed, n_iter=3)
    vectors = _unit(np.ascontiguousarray(found[1:].T, np.float32))
    vectors[sold == 0] = 0
    return vectors


def _pairs(
    log: sparse.csr_array, aisle_of: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    size = np.diff(log.indptr)
    if not (size >= 2).any():
        raise ValueError("nobody in the log has bought two products: there is no pair to learn")
    chance = np.where(size >= 2, np.sqrt(size), 0.0)
    found: list[np.ndarray] = []
    have = {True: 0, False: 0}
    limit = {True: int(ACROSS * count), False: count - int(ACROSS * count)}
    for _ in range(20):
        who = rng.choice(len(size), size=2 * count, p=chance / chance.sum())
        first = (rng.random(len(who)) * size[who]).astype(np.int64)
        step = 1 + (rng.random(len(who)) * (size[who] - 1)).astype(np.int64)
        second = (first + step) % size[who]
        drawn = log.indices[log.indptr[who][:, None] + np.stack([first, second], axis=1)]
        crosses = aisle_of[drawn[:, 0]] != aisle_of[drawn[:, 1]]
        for kind in (True, False):
            some = drawn[crosses == kind][: limit[kind] - have[kind]]
            have[kind] += len(some)
            found.append(some)
        if sum(have.values()) >= count:
            break
    missing = count - sum(have.values())
    if missing > 0:  # a log of one kind only
        found.append(drawn[rng.integers(0, len(drawn), missing)])
    return rng.permutation(np.concatenate(found)).astype(np.int64)


def _hard(
    pairs: np.ndarray, log: sparse.csr_array, graph: Graph, rng: np.random.Generator
) -> np.ndarray:
    """Draw for each pair a sold product of the second's category: int64 (pairs,), -1 = none.

    One that somebody bought together with the first is not taken (eight tries).
    """
    sold = np.asarray(log.sum(axis=0)).ravel() > 0
    edges = graph.in_category.unique(["head"], keep="first", maintain_order=True)
    group = graph.aisle_of.astype(np.int64) + 1 + graph.categories.height
    group[edges["head"].to_numpy()] = edges["tail"].to_numpy()
    members = np.flatnonzero(sold)
    members = members[np.argsort(group[members], kind="stable")]
    start, end = (np.searchsorted(group[members], group[pairs[:, 1]], side) for side in
                  ("left", "right"))  # fmt: skip
    together = sparse.csr_array(log.T @ log)
    result = np.full(len(pairs), -1, np.int64)
    for _ in range(8):
        left = np.flatnonzero(result < 0)
        if not len(left):
            break
        luck = start[left] + (rng.random(len(left)) * (end - start)[left]).astype(np.int64)
        tried = members[np.minimum(luck, len(members) - 1)]
        known = np.asarray(together[pairs[left, 0], tried]).ravel() > 0
        good = ~known & (tried != pairs[left, 0]) & (tried != pairs[left, 1])
        result[left[good]] = tried[good]
    return result


def _quiz(
    log: sparse.csr_array, held: np.ndarray, asked: np.ndarray, rng: np.random.Generator
) -> Quiz | None:
    hidden = sparse.csr_array(log[:, asked])
    people = np.flatnonzero(np.diff(hidden.indptr) > 0)
    people = np.sort(rng.permutation(people)[:ASKED])
    rest = np.asarray(log[people].sum(axis=0)).ravel()
    rest[held] = 0
    known = np.flatnonzero(rest)
    if len(known) > POOL:
        known = np.sort(rng.choice(known, POOL, replace=False, p=rest[known] / rest.sum()))
    history = sparse.csr_array(log[people][:, known])
    able = np.diff(history.indptr) > 0
    if not able.any():
        return None
    return Quiz(known, asked, history[able], sparse.csr_array(hidden[people][able]))


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    even: np.ndarray = (rows / np.maximum(length, 1e-12)).astype(np.float32)
    return even
