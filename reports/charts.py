"""The small pictures inside tables: intervals on one scale, shares, steps from bias to score."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from crossaisle.fusion.terms import Explanation
from crossaisle.reports.report import Accuracy, Interval

SPAN = 100.0
"""Width of every small picture, in its own units; a page stretches it to the column."""


@dataclass(frozen=True)
class Bar:
    """From where to where, on a scale of 0 to :data:`SPAN`; ``mark`` is a point on it."""

    start: float
    end: float
    mark: float | None = None

    @property
    def width(self) -> float:
        """Return the length; never nothing, so that a tiny share is still seen."""
        return max(self.end - self.start, 0.4)


def interval_bars(accuracy: Accuracy, metric: str) -> list[Bar | None]:
    """Place each method's interval of ``metric`` on one scale from 0 to the highest end."""
    found = [method.metrics.get(metric) for method in accuracy.methods]
    top = max((_ends(interval)[1] for interval in found if interval), default=0.0)
    if top <= 0:
        return [None] * len(found)
    scale = SPAN / (top * 1.04)
    return [_placed(interval, scale) if interval else None for interval in found]


def share_bar(share: float) -> Bar:
    """Return the bar of a share in [0, 1]."""
    return Bar(0.0, share * SPAN)


def steps(explanation: Explanation, contributions: Sequence[float]) -> list[Bar]:
    """Place each contribution where the running sum stands when it is added.

    The scale spans every running sum from the bias on, so that the first bar begins at the bias
    and the last ends at the score.

    Args:
        explanation: whose bias the sum starts from.
        contributions: in the order in which they are shown, the rest last.
    """
    sums = [explanation.bias]
    for contribution in contributions:
        sums.append(sums[-1] + contribution)
    low, high = min(sums), max(sums)
    scale = SPAN / (high - low) if high > low else 0.0
    places = [(value - low) * scale for value in sums]
    return [Bar(min(pair), max(pair), mark=pair[1]) for pair in pairwise(places)]


def _placed(interval: Interval, scale: float) -> Bar:
    low, high = _ends(interval)
    return Bar(low * scale, high * scale, mark=interval.value * scale)


def _ends(interval: Interval) -> tuple[float, float]:
    low = interval.value if interval.low is None else interval.low
    return low, interval.value if interval.high is None else interval.high
