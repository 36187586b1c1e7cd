"""From weights to log probabilities: a temperature, and constants that make aisles comparable."""

from dataclasses import dataclass

import numpy as np

from crossaisle.fusion.holdout import HeldOut
from crossaisle.fusion.lore import Lore, aisle_table
from crossaisle.fusion.parts import Parts
from crossaisle.fusion.weigh import Sheet

TEMPERATURES = np.geomspace(0.05, 20, 25)


@dataclass(frozen=True)
class Calibration:
    """Weights of one situation on the scale of log probabilities."""

    weights: dict[str, float]  # "popularity" and channels
    constants: np.ndarray  # float64 (aisles,), added to every product of the aisle


Choice = dict[tuple[int, int], Calibration]
"""(situation, 1 for new products) -> what was chosen."""


@dataclass(frozen=True)
class Questions:
    """The questions of one situation, aisle by aisle."""

    sheets: list[Sheet]
    aisles: list[int]

    @property
    def count(self) -> int:
        """How many."""
        return sum(sheet.shape[0] for sheet in self.sheets)


def calibrate(
    weights: dict[str, float],
    questions: Questions,
    share: np.ndarray,
    aisle_of: np.ndarray,
    trial: Parts,
    held: HeldOut,
    *,
    fresh: bool,
) -> Calibration:
    """Bring the scores to the scale of log probabilities, aisle by aisle.

    The temperature tau maximises the likelihood of the answers, SUM log softmax(tau S); an aisle's
    constant is log(its share of what is bought in this situation) - mean log-sum-exp of its scores.
    For new products the mass is that of as many average known ones.

    Args:
        weights: channel -> weight, as the search found them.
        questions: what they were found by.
        share: float64 (aisles,), the situation's of :func:`shares`.
        aisle_of: int (products,), -1 for none.
        trial: the channels that answered.
        held: which products were made new.
        fresh: for new products.
    """
    tau = _temperature(questions, weights)
    scaled = {name: tau * weight for name, weight in weights.items()}
    level = {
        aisle: float(np.mean(_logsumexp(sheet.total(scaled))))
        for aisle, sheet in zip(questions.aisles, questions.sheets, strict=True)
    }
    asked = held.is_new if fresh else ~held.is_new
    resting = sum(
        (scaled.get(n, 0.0) * b.astype(np.float64) for n, b in trial.biases.items()),
        np.zeros(len(asked)),
    )
    constants = np.zeros(len(share))
    for aisle in range(len(share)):
        inside = aisle_of == aisle
        here = asked & inside
        if aisle not in level:
            level[aisle] = float(_logsumexp(resting[here][None])[0]) if here.any() else 0.0
        known = max(int((~held.is_new & inside).sum()), 1)
        mass = np.log(max(int(here.sum()), 1) / known) if fresh else 0.0
        constants[aisle] = np.log(share[aisle]) + mass - level[aisle]
    return Calibration(scaled, constants)


def _temperature(questions: Questions, weights: dict[str, float]) -> float:
    """Maximise SUM log softmax(tau S) over the answers, on at most 200 tasks an aisle."""
    totals = [sheet.total(weights)[:200] for sheet in questions.sheets]
    if not totals:
        return 1.0
    spread = float(np.mean([np.where(np.isfinite(t), t, 0).std() for t in totals]))
    grid = TEMPERATURES / max(spread, 1e-9)
    likelihood = np.zeros(len(grid))
    for sheet, total in zip(questions.sheets, totals, strict=True):
        first = sheet.answers[0] < len(total)
        task, product = sheet.answers[0][first], sheet.answers[1][first]
        for place, tau in enumerate(grid):
            scaled = np.float32(tau) * total
            likelihood[place] += (scaled[task, product] - _logsumexp(scaled)[task]).sum()
    return float(grid[np.argmax(likelihood)])


def _logsumexp(scores: np.ndarray) -> np.ndarray:
    top = np.max(scores, axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.asarray(top[:, 0] + np.log(np.exp(scores - top).sum(axis=1) + 1e-300))


def shares(lore: Lore) -> tuple[np.ndarray, np.ndarray]:
    """Each aisle's share of purchases, for aisles new to the buyer and for known ones.

    Of all purchases after a person's first, how many open an aisle: that share of the whole goes
    to the aisles a history lacks.
    """
    aisles = int(lore.aisle_of.max(initial=-1)) + 1
    counts = (lore.purchases @ aisle_table(lore.aisle_of, aisles)).toarray().astype(np.float64)
    share = np.maximum(counts.sum(axis=0), 1) / max(counts.sum(), 1)
    opened = np.maximum((counts > 0).sum(axis=1) - 1, 0).sum()
    later = np.maximum(counts.sum(axis=1) - 1, 0).sum()
    crossing = float(np.clip(opened / max(later, 1), 1e-3, 1 - 1e-3))
    return crossing * share, (1 - crossing) * share
