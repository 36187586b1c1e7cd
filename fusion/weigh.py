"""Fusion weights: a coordinate search on held-out people, from popularity upwards.

A total is SUM_c w_c S_c, S_c the scores of channel c (its own bias included). What is found is
kept only when its gain in nDCG over popularity alone exceeds one standard error of the paired
difference, so that on a log that teaches nothing popularity stands alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

from crossaisle.fusion.beside import each

CUTOFF = 100
"""nDCG's cut-off in the search: later ranks count too, which is steadier than the first ten."""

STEPS = (0.0, 0.1, 0.2, 0.35, 0.6, 1.0, 1.5, 2.5, 4.0, 7.0)
POPULARITY_STEPS = (-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0)
ROUNDS = 3
POPULARITY = "popularity"


@dataclass(frozen=True)
class Sheet:
    """The scores of one aisle's tasks: what the search adds up."""

    parts: dict[str, np.ndarray]  # channel -> float32 (tasks, candidates)
    answers: tuple[np.ndarray, np.ndarray]  # (task, candidate) of each product to be found
    barred: tuple[np.ndarray, np.ndarray]  # (task, candidate) of what is already in the history

    @property
    def shape(self) -> tuple[int, int]:
        """(tasks, candidates)."""
        shape = next(iter(self.parts.values())).shape
        return int(shape[0]), int(shape[1])

    def total(self, weights: dict[str, float]) -> np.ndarray:
        """SUM_c w_c S_c, what is barred at -inf: float32 (tasks, candidates)."""
        total = np.zeros(self.shape, np.float32)
        for name, weight in weights.items():
            if weight:
                total += np.float32(weight) * self.parts[name]
        total[self.barred] = -np.inf
        return total


def sheet_of(
    parts: dict[str, np.ndarray], histories: sparse.csr_array, targets: sparse.csr_array
) -> Sheet:
    """Wrap scores with the answers; both matrices are (tasks, candidates)."""
    wanted, seen = sparse.coo_array(targets), sparse.coo_array(histories)
    return Sheet(parts, (wanted.coords[0], wanted.coords[1]), (seen.coords[0], seen.coords[1]))


def ndcg(total: np.ndarray, answers: tuple[np.ndarray, np.ndarray], cutoff: int) -> np.ndarray:
    """NDCG of each task: float64 (tasks,). A tie counts half of those it is tied with before it."""
    task, product = answers
    mine = total[task, product]
    above = np.empty(len(task))
    for start in range(0, len(task), 64):  # blocks that stay in the processor's cache
        rows = task[start : start + 64]
        value = mine[start : start + 64, None]
        scores = total[rows]
        above[start : start + 64] = _true(scores > value) + 0.5 * (_true(scores == value) - 1)
    gain = np.where(above < cutoff, 1 / np.log2(above + 2), 0)
    count = np.bincount(task, minlength=len(total))
    ideal = np.cumsum(1 / np.log2(np.arange(max(cutoff, 1)) + 2))
    best = ideal[np.minimum(np.maximum(count, 1), cutoff) - 1]
    return np.asarray(np.bincount(task, weights=gain, minlength=len(total)) / best)


def _true(flags: np.ndarray) -> np.ndarray:
    """Count each row's True, three times as fast as ``flags.sum(axis=1)``: int64 (n,)."""
    counted: np.ndarray = np.bitwise_count(np.packbits(flags, axis=1)).sum(axis=1, dtype=np.int64)
    return counted


def quality(sheets: list[Sheet], weights: dict[str, float]) -> np.ndarray:
    """NDCG of every task of every sheet: float64 (tasks,)."""
    return _judged(sheets, lambda place: sheets[place].total(weights))


def _judged(sheets: list[Sheet], total: Callable[[int], np.ndarray]) -> np.ndarray:
    def one(place: int) -> np.ndarray:
        return ndcg(total(place), sheets[place].answers, CUTOFF)

    return np.concatenate(each(one, range(len(sheets))))


def better(new: np.ndarray, old: np.ndarray) -> bool:
    """Whether the mean gain exceeds one standard error of the paired difference."""
    gain = new - old
    return bool(gain.mean() > gain.std() / np.sqrt(len(gain))) and bool(gain.mean() > 0)


def search(sheets: list[Sheet], scales: dict[str, float]) -> dict[str, float]:
    """Choose weights.

    Args:
        sheets: the tasks of one situation; all have the same channels, popularity among them.
        scales: channel -> typical spread of its scores; weights are searched in their units.

    Returns:
        Channel -> weight; popularity alone where nothing else proves itself.
    """
    names = list(scales)
    popular = {name: 1.0 / scales[name] if name == POPULARITY else 0.0 for name in names}
    least = quality(sheets, popular)
    weights, best = popular, least
    for name in names:  # the best single channel is the second starting point
        alone = {other: 1.0 / scales[name] if other == name else 0.0 for other in names}
        score = quality(sheets, alone)
        if score.mean() > best.mean():
            weights, best = alone, score
    for _ in range(ROUNDS):
        before = dict(weights)
        for name in names:
            weights, best = _along(sheets, weights, best, name, scales[name])
        if weights == before:
            break
    return weights if better(best, least) else popular


def _along(
    sheets: list[Sheet], weights: dict[str, float], best: np.ndarray, name: str, scale: float
) -> tuple[dict[str, float], np.ndarray]:
    """Try one channel's weights, the others held."""
    steps = POPULARITY_STEPS if name == POPULARITY else STEPS
    found, found_score = weights, best
    others = [sheet.total(weights | {name: 0.0}) for sheet in sheets]
    for step in steps:
        trial = weights | {name: step / scale}
        if not any(trial.values()) or trial == weights:
            continue
        score = _judged(sheets, partial(_with, others, sheets, name, np.float32(trial[name])))
        if score.mean() > found_score.mean():
            found, found_score = trial, score
    return found, found_score


def _with(
    others: list[np.ndarray], sheets: list[Sheet], name: str, weight: np.float32, place: int
) -> np.ndarray:
    """Add one channel to the total of the others."""
    return np.asarray(others[place] + weight * sheets[place].parts[name])
