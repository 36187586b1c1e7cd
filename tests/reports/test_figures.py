import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.fusion.terms import Explanation, PathNode, Term
from crossaisle.reports import ReportError
from crossaisle.reports.figures import figures

sizes = st.floats(-1e4, 1e4, allow_nan=False)


def explained(bias: float, rest: float, *contributions: float) -> Explanation:
    ends = (PathNode("Product", "a", "A"), "BOUGHT_WITH", PathNode("Product", "b", "B"))
    terms = tuple(Term(size, "people", "a", ends) for size in contributions)
    return Explanation("u", "b", bias + sum(contributions) + rest, bias, terms, rest)


@settings(deadline=None, max_examples=60)
@given(sizes, sizes, st.lists(sizes, max_size=10))
def test_printed_figures_add_up_and_are_the_rounded_ones(
    bias: float, rest: float, contributions: list[float]
) -> None:
    explanation = explained(bias, rest, *contributions)
    printed = figures(explanation)
    unit = 10.0**-printed.decimals
    assert printed.bias + sum(printed.terms) + printed.rest == printed.score
    assert abs(printed.score * unit - explanation.score) <= unit * 0.501
    for shown, true in zip(printed.terms, contributions, strict=True):
        assert abs(shown * unit - true) <= unit * 0.501
    assert abs(printed.rest * unit - rest) <= unit * 0.501 * (len(contributions) + 3)


def test_small_scores_are_given_more_decimals() -> None:
    assert figures(explained(0.00021, 0.0, 0.00012)).decimals == 6
    assert figures(explained(2.0, 0.0)).decimals == 3
    assert figures(explained(0.0, 0.0)).decimals == 3


def test_signs() -> None:
    printed = figures(explained(-1.5, 0.0, 0.25))
    assert printed.signed(printed.terms[0]) == "+0.250"
    assert printed.signed(printed.bias) == "−1.500"
    assert printed.signed(0) == "0.000"
    assert printed.plain(1234567) == "1,234.567"


def test_a_sum_that_is_not_the_score_is_refused(shop: SimpleNamespace) -> None:
    explanation = shop.napkins()
    with pytest.raises(ReportError, match=r"add up to .* the score is"):
        figures(replace(explanation, score=explanation.score + 0.01))
    with pytest.raises(ReportError, match="is not a number"):
        figures(replace(explanation, bias=math.nan))
