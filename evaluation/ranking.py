"""Scores -> ranks: the whole aisle is ranked for every case, less what the user has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from crossaisle.evaluation.splits import Fold

if TYPE_CHECKING:  # fusion loads torch; the protocol is all that is needed of it
    from crossaisle.fusion.scorer import Scorer

BLOCK = 2**24  # scores held at a time
TOP = 10  # length of the lists kept for coverage
HALF, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class ScoreError(ValueError):
    """A scorer returned something that cannot be ranked."""


@dataclass(frozen=True)
class Ranking:
    """Where the hidden products came. Everything the metrics need, nothing else."""

    case: np.ndarray  # int64 (hits,): case of each hidden product that was a candidate, ascending
    rank: np.ndarray  # int64 (hits,): its rank, 0 = first
    hidden: np.ndarray  # int64 (cases,): how many products are hidden, candidates or not
    candidates: np.ndarray  # int64 (cases,): how many products were ranked
    top: np.ndarray  # int64 (cases, TOP): product rows of the list, best first; -1 = none
    product: np.ndarray  # int64 (hits,): the product row of each of them

    def of_products(self, chosen: np.ndarray) -> Ranking:
        """Take only some products, bool (products,), as answers.

        The other hidden ones are then wrong products like all others. An answer that could not be
        ranked is not counted.
        """
        keep = chosen[self.product]
        case, rank, product = self.case[keep], self.rank[keep], self.product[keep]
        hidden = np.bincount(case, minlength=len(self.hidden))
        return Ranking(case, rank, hidden, self.candidates, self.top, product)


def rank_block(
    scores: np.ndarray,
    hidden: sparse.csr_array,
    history: sparse.csr_array,
    tie: np.ndarray,
    top: int = TOP,
) -> Ranking:
    """Rank one block of cases over the same m candidates.

    The rank of a hidden product h is the number of candidates j outside the history with
    ``score_j > score_h``, or with an equal score and ``tie_j < tie_h``. ``tie`` is a random
    permutation, so equal scores favour nobody: neither the first rows nor the hidden. One sort
    of score-and-tie keys gives ranks and lists.

    Args:
        scores: float32 (cases, m), no NaN.
        hidden: 0/1 (cases, m).
        history: 0/1 (cases, m); these are not ranked.
        tie: int (m,), a permutation of 0..m-1.
        top: length of the lists.
    """
    known = history.toarray() != 0
    keys = np.sort(_keys(scores, known, tie), axis=1)
    order = sparse.coo_array(hidden)
    case, column = (np.asarray(side, dtype=np.int64) for side in order.coords)
    ranked = ~known[case, column]
    case, column = case[ranked], column[ranked]
    rank = _find(keys, case, _keys(scores[case, column], np.zeros(len(case), bool), tie[column]))
    counts = np.asarray(hidden.sum(axis=1)).ravel().astype(np.int64)
    best = keys[:, :top]
    columns = np.argsort(tie)[(best & LOW).astype(np.int64)]
    lists = np.full((len(scores), top), -1, dtype=np.int64)
    lists[:, : best.shape[1]] = np.where(best >> HALF == LOW, -1, columns)
    return Ranking(case, rank, counts, (~known).sum(axis=1), lists, column)


def rank_fold(
    scorer: Scorer, fold: Fold, *, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> Ranking:
    """Rank every case of a fold, block by block: at most about ``BLOCK`` scores in memory.

    Raises:
        ScoreError: the scorer returned another shape, or NaN.
    """
    cases, products = fold.hidden.shape
    luck = np.random.default_rng(seed).random(products)
    parts: list[Ranking] = []
    rows: list[np.ndarray] = []
    done = 0
    for block in score_blocks(scorer, fold):
        tie = np.argsort(np.argsort(luck[block.candidates]))
        part = rank_block(block.scores, block.hidden, block.known, tie)
        parts.append(_by_product(part, block.candidates))
        rows.append(block.cases)
        done += len(block.cases)
        if progress:
            progress(done, cases)
    return _join(parts, rows, fold)


@dataclass(frozen=True)
class Block:
    """Some cases of one aisle, scored."""

    cases: np.ndarray  # int64 (cases,)
    candidates: np.ndarray  # int64 (m,), product rows
    scores: np.ndarray  # float32 (cases, m)
    hidden: sparse.csr_array  # 0/1 (cases, m)
    known: sparse.csr_array  # 0/1 (cases, m): the history, which is not ranked


def score_blocks(scorer: Scorer, fold: Fold) -> Iterator[Block]:
    """Score the cases of a fold aisle by aisle, at most about ``BLOCK`` scores at a time.

    Raises:
        ScoreError: the scorer returned another shape, or NaN.
    """
    history = fold.visits_since if getattr(scorer, "ordered", False) else fold.history
    for aisle in np.unique(fold.aisles):
        candidates = fold.candidates(int(aisle))
        mine = np.flatnonzero(fold.aisles == aisle)
        step = max(1, BLOCK // max(1, len(candidates)))
        for start in range(0, len(mine), step):
            cases = mine[start : start + step]
            histories = sparse.csr_array(history[cases])
            scores = np.asarray(scorer.scores(histories, candidates), dtype=np.float32)
            _check(scores, (len(cases), len(candidates)))
            hidden = sparse.csr_array(fold.hidden[cases][:, candidates])
            known = sparse.csr_array(histories[:, candidates])
            yield Block(cases, candidates, scores, hidden, known)


def _check(scores: np.ndarray, shape: tuple[int, int]) -> None:
    if scores.shape != shape:
        raise ScoreError(f"scores of shape {scores.shape} where {shape} was asked for")
    if np.isnan(scores).any():
        raise ScoreError("a score is not a number (NaN): the model did not learn")


def _keys(scores: np.ndarray, known: np.ndarray, tie: np.ndarray) -> np.ndarray:
    """One number a candidate, the lower the better: float32 score inverted, then tie: uint64.

    The bits of a float32 order like an unsigned number once negative ones are flipped. What is
    known comes after everything, -inf included.
    """
    bits = (scores + np.float32(0)).view(np.uint32)  # + 0: -0 equals 0
    high = np.where(bits >> 31, bits, ~bits & np.uint32(0x7FFFFFFF))
    high = np.where(known, np.uint32(LOW), high)
    return (high.astype(np.uint64) << HALF) | tie.astype(np.uint64)


def _find(keys: np.ndarray, row: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Position of each wanted key in its sorted row, all searches in step: int64."""
    low, high = np.zeros(len(row), np.int64), np.full(len(row), keys.shape[1], np.int64)
    while (low < high).any():
        middle = (low + high) // 2
        below = keys[row, np.minimum(middle, keys.shape[1] - 1)] < wanted
        low, high = np.where(below & (low < high), middle + 1, low), np.where(below, high, middle)
    return low


def _by_product(part: Ranking, candidates: np.ndarray) -> Ranking:
    if not len(candidates):
        return part
    top = np.where(part.top < 0, -1, candidates[part.top])
    product = candidates[part.product]
    return Ranking(part.case, part.rank, part.hidden, part.candidates, top, product)


def _join(parts: list[Ranking], rows: list[np.ndarray], fold: Fold) -> Ranking:
    cases = len(fold.users)
    case = np.concatenate([block[part.case] for part, block in zip(parts, rows, strict=True)])
    rank = np.concatenate([part.rank for part in parts])
    product = np.concatenate([part.product for part in parts])
    candidates, top = np.zeros(cases, np.int64), np.full((cases, TOP), -1, np.int64)
    for part, block in zip(parts, rows, strict=True):
        candidates[block], top[block] = part.candidates, part.top
    hidden = np.diff(fold.hidden.indptr).astype(np.int64)
    order = np.lexsort((rank, case))
    return Ranking(case[order], rank[order], hidden, candidates, top, product[order])
