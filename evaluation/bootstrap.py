"""95 % percentile intervals by drawing users, not cases: one user's cases stay together."""

from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
STEP = 50  # resamples in memory at a time


@dataclass(frozen=True)
class Interval:
    """A figure and the range that holds 95 % of its resampled values; NaN = not defined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Resampled:
    """Means of several columns under the same draws of users, so that columns can be compared."""

    means: np.ndarray  # float64 (columns,): over all cases
    draws: np.ndarray  # float64 (resamples, columns)

    def mean(self, column: int) -> Interval:
        """Mean of a column over cases."""
        return _interval(float(self.means[column]), self.draws[:, column])

    def difference(self, first: int, second: int) -> Interval:
        """Difference first - second, paired: both means of a draw come from the same users."""
        value = float(self.means[first] - self.means[second])
        return _interval(value, self.draws[:, first] - self.draws[:, second])

    def ratio(self, first: int, second: int) -> Interval:
        """Ratio first / second, paired; NaN where the second is 0 in the data or in any draw."""
        with np.errstate(divide="ignore", invalid="ignore"):
            value = self.means[first] / self.means[second]
            draws = self.draws[:, first] / self.draws[:, second]
        draws = np.where(np.isfinite(draws), draws, np.nan)
        return _interval(float(value) if np.isfinite(value) else float("nan"), draws)


def resample(
    values: np.ndarray, users: np.ndarray, *, seed: int = 0, resamples: int = RESAMPLES
) -> Resampled:
    """Draw users with replacement, as many as there are, and average their cases.

    A draw's mean is SUM_u w_u SUM_{c of u} value_c / SUM_u w_u n_u with w ~ multinomial: the
    percentile bootstrap of a ratio of sums (Efron and Tibshirani, 1993, ch. 13).

    Args:
        values: float (cases, columns).
        users: (cases,), who each case belongs to.
        seed: of the draws.
        resamples: how many.
    """
    people, owner = np.unique(users, return_inverse=True)
    sums = np.zeros((len(people), values.shape[1] + 1))
    np.add.at(sums, owner, np.column_stack([values, np.ones(len(values))]))
    rng = np.random.default_rng(seed)
    chance = np.full(len(people), 1 / len(people))
    draws = []
    for start in range(0, resamples, STEP):
        weights = rng.multinomial(len(people), chance, size=min(STEP, resamples - start))
        total = weights @ sums
        draws.append(total[:, :-1] / total[:, -1:])
    return Resampled(values.mean(axis=0), np.concatenate(draws))


def _interval(value: float, draws: np.ndarray) -> Interval:
    low, high = np.percentile(draws, [2.5, 97.5]) if not np.isnan(draws).any() else (np.nan,) * 2
    return Interval(value, float(low), float(high))
