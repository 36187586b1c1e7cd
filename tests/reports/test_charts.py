import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.fusion.terms import Explanation
from crossaisle.reports import Accuracy, Interval, Method
from crossaisle.reports.charts import SPAN, interval_bars, steps


def test_intervals_stand_on_one_scale() -> None:
    methods = (
        Method("a", {"m": Interval(0.2, 0.1, 0.3)}),
        Method("b", {"m": Interval(0.1)}),
        Method("c", {}),
    )
    first, second, third = interval_bars(Accuracy("t", 3, methods), "m")
    assert first is not None
    assert second is not None
    assert third is None
    assert first.mark is not None
    assert first.end / first.start == pytest.approx(3)
    assert first.mark / first.start == pytest.approx(2)
    assert second.mark == pytest.approx(first.start)
    assert first.end < SPAN


def test_nothing_measured_draws_nothing() -> None:
    assert interval_bars(Accuracy("t", 0, (Method("a", {"m": Interval(0.0)}),)), "m") == [None]


@settings(deadline=None, max_examples=60)
@given(st.floats(-5, 5), st.lists(st.floats(-5, 5).filter(lambda x: abs(x) > 1e-3), min_size=1))
def test_steps_follow_the_running_sum(bias: float, contributions: list[float]) -> None:
    explanation = Explanation("u", "p", bias + sum(contributions), bias, (), 0.0)
    bars = steps(explanation, contributions)
    lengths = [bar.end - bar.start for bar in bars]
    scale = lengths[0] / abs(contributions[0])
    for bar, length, contribution in zip(bars, lengths, contributions, strict=True):
        assert length == pytest.approx(abs(contribution) * scale, abs=1e-6)
        assert -1e-9 <= bar.start <= bar.end <= SPAN + 1e-9
        assert bar.mark == (bar.end if contribution > 0 else bar.start)
