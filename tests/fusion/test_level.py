"""New products stand beside known ones as so many average ones would."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from crossaisle.fusion import TrainConfig
from crossaisle.fusion.level import level
from crossaisle.fusion.train import train
from crossaisle.graph import Graph


def test_new_products_get_their_share_whatever_level_they_had(
    shop: Callable[..., Graph], small: TrainConfig
) -> None:
    model = train(shop(new=4), small)
    model.bias[:, model.is_new] += 50  # all lists would be theirs
    levelled = level(model, 0)
    aisle = levelled.aisle_of == 0
    histories = sparse.csr_array(levelled.graph.purchases)
    for situation in (0, 1):
        buyers = np.diff(histories.indptr) > 0
        rows = np.flatnonzero((levelled.visited(histories)[:, 0] == situation) & buyers)
        if not len(rows):
            continue
        rest = levelled.scores(histories[rows], np.flatnonzero(aisle & ~levelled.is_new))
        rest[histories[rows][:, aisle & ~levelled.is_new].toarray() > 0] = -np.inf
        new = levelled.scores(histories[rows], np.flatnonzero(aisle & levelled.is_new))
        gap = np.log(np.exp(new).sum(1)) - np.log(np.exp(rest).sum(1))
        expected = np.log((aisle & levelled.is_new).sum() / (aisle & ~levelled.is_new).sum())
        assert abs(gap.mean() - expected) < 0.05
