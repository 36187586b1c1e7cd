import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from crossaisle.loaders.find_agreement import DOUBT, FLOOR, agree, features
from crossaisle.loaders.find_categories import softmax


def slow(words: np.ndarray, shares: np.ndarray, coarse: np.ndarray, power: float) -> np.ndarray:
    """The formula of agree, title by title and word by word."""
    counts = words.sum(0)
    result = np.zeros_like(shares)
    for title in range(len(words)):
        total = 0.0
        for feature in np.flatnonzero(words[title]):
            having = np.flatnonzero(words[:, feature])
            summed = shares[having].sum(0)
            purity = ((summed @ coarse).max() / (counts[feature] + 0.5)) ** power
            others = summed - shares[title]
            result[title] += purity * others / max(counts[feature] - 0.5, 0.5)
            total += purity
        result[title] = result[title] / (total + DOUBT)
    return np.where(result < FLOOR, 0.0, result)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 1.0, 2.0]))
def test_agree_is_its_formula(seed: int, power: float) -> None:
    rng = np.random.default_rng(seed)
    words = (rng.random((7, 5)) < 0.4).astype(float)
    shares = rng.random((7, 4)) * (rng.random((7, 4)) < 0.5)
    shares /= np.maximum(shares.sum(1, keepdims=True), 1)
    coarse = np.eye(2)[[0, 0, 1, 1]]
    got = agree(*(sparse.csr_array(one) for one in (words, shares, coarse)), power=power)
    np.testing.assert_allclose(got.toarray(), slow(words, shares, coarse, power), atol=1e-9)


def test_features_are_words_and_pairs() -> None:
    found = features([("red", "mug"), ("red", "mug", "12"), ()])
    assert found.shape == (3, 4)  # red, mug, (red, mug), (mug, 12); a number alone says nothing
    assert found.sum(axis=1).tolist() == [3, 4, 0]


@given(st.dictionaries(st.integers(0, 9), st.floats(-2, 2), max_size=6))
def test_shares_leave_room_for_none(scores: dict[int, float]) -> None:
    shares = softmax(scores, 6.0, 0.55)
    assert sum(shares.values()) < 1
    assert sorted(shares, key=shares.__getitem__) == sorted(scores, key=shares.__getitem__)
    assert all(shares[one] > 0 for one in scores)
