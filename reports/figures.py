"""Figures as they are printed: rounded so that a column still adds up to its score."""

import math
from dataclasses import dataclass

from crossaisle.fusion.terms import Explanation
from crossaisle.reports.errors import ReportError

MINUS = "\N{MINUS SIGN}"
_TOLERANCE = 1e-4  # relative to the largest part: what 32-bit sums may differ by


@dataclass(frozen=True)
class Figures:
    """An explanation in units of ``10 ** -decimals``; bias + terms + rest == score, exactly."""

    decimals: int
    score: int
    bias: int
    terms: tuple[int, ...]
    rest: int

    def plain(self, units: int) -> str:
        """Write a figure: "1.234", "−0.120"."""
        digits = f"{abs(units) / 10**self.decimals:,.{self.decimals}f}"
        return f"{MINUS}{digits}" if units < 0 else digits

    def signed(self, units: int) -> str:
        """Write a contribution, with its sign: "+0.123", "−0.120", "0.000"."""
        return f"+{self.plain(units)}" if units > 0 else self.plain(units)


def figures(explanation: Explanation) -> Figures:
    """Round an explanation for print.

    The largest part is given three significant digits or more (3 to 6 decimals for all parts).
    Score, bias and terms are rounded to the nearest unit; the rest takes up what rounding leaves,
    at most half a unit for each of them.

    Raises:
        ReportError: a part is not finite, or the parts do not add up to the score.
    """
    parts = (explanation.bias, *(term.contribution for term in explanation.terms), explanation.rest)
    who = f"{explanation.product_id!r} for {explanation.user_id!r}"
    if not all(math.isfinite(part) for part in (*parts, explanation.score)):
        raise ReportError(f"the score of {who} is not a number; the model needs training again")
    size = max(map(abs, (*parts, explanation.score)))
    if abs(explanation.sum - explanation.score) > _TOLERANCE * max(size, 1e-12):
        raise ReportError(
            f"the terms of {who} add up to {explanation.sum}, the score is {explanation.score}; "
            "explanation and score come from different models"
        )
    decimals = min(max(2 - math.floor(math.log10(size)), 3), 6) if size else 3
    score, bias, *terms = (round(part * 10**decimals) for part in (explanation.score, *parts[:-1]))
    return Figures(decimals, score, bias, tuple(terms), score - bias - sum(terms))
