"""The bootstrap against a loop that really draws people."""

import numpy as np
import pytest

from crossaisle.evaluation.bootstrap import resample


def test_against_drawing_people_one_by_one() -> None:
    rng = np.random.default_rng(0)
    users = np.array([5, 5, 5, 9, 2, 2])
    values = rng.random((6, 2))
    drawn = resample(values, users, seed=3, resamples=200)
    weights = np.random.default_rng(3)
    people = [2, 5, 9]
    for number in range(200):
        if number % 50 == 0:
            counts = weights.multinomial(3, [1 / 3] * 3, size=50)
        chosen = [p for p, c in zip(people, counts[number % 50], strict=True) for _ in range(c)]
        cases = [case for person in chosen for case in np.flatnonzero(users == person)]
        assert drawn.draws[number] == pytest.approx(values[cases].mean(axis=0))
    assert drawn.means == pytest.approx(values.mean(axis=0))


def test_percentiles_hold_the_value() -> None:
    values = np.random.default_rng(1).random((500, 1))
    interval = resample(values, np.arange(500)).mean(0)
    spread = values.std() / np.sqrt(500)
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(interval.value - 1.96 * spread, abs=spread / 4)
    assert interval.high == pytest.approx(interval.value + 1.96 * spread, abs=spread / 4)


def test_pairing_removes_what_both_share() -> None:
    base = np.random.default_rng(2).random(300)
    drawn = resample(np.column_stack([base + 0.5, base, base * 2]), np.arange(300))
    gap = drawn.difference(0, 1)
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.5, 0.5, 0.5))
    ratio = drawn.ratio(2, 1)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2, 2, 2))


def test_cases_of_one_user_do_not_count_as_many_users() -> None:
    people = np.random.default_rng(3).random(100)
    alone = resample(people[:, None], np.arange(100)).mean(0)
    repeated = resample(np.repeat(people, 9)[:, None], np.repeat(np.arange(100), 9)).mean(0)
    assert (repeated.low, repeated.high) == pytest.approx((alone.low, alone.high))


def test_a_ratio_to_nothing_is_not_defined() -> None:
    drawn = resample(np.array([[1.0, 0.0], [2.0, 0.0]]), np.arange(2))
    ratio = drawn.ratio(0, 1)
    assert np.isnan([ratio.value, ratio.low, ratio.high]).all()
