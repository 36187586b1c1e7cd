"""The largest entries of each row, dense and sparse, against sorting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from crossaisle.fusion import strongest as module
from crossaisle.fusion.strongest import strongest


@pytest.mark.parametrize("dense", [0.0, 2.0])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), keep=st.integers(1, 9))
def test_it_is_sorting(dense: float, seed: int, keep: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 4, (7, 8)).astype(np.float32)  # few values: many ties
    before, module.DENSE = module.DENSE, dense
    try:
        found = strongest(sparse.csr_array(table), keep).toarray()
    finally:
        module.DENSE = before
    expected = np.zeros_like(table)
    for row, values in enumerate(table):
        best = sorted(range(8), key=lambda c: (-values[c], c))[:keep]
        expected[row, best] = values[best]
    np.testing.assert_array_equal(found, expected)
