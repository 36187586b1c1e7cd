"""New products stand beside known ones as what is new in the shop, or as what did not sell."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from crossaisle.fusion import TrainConfig
from crossaisle.fusion.level import _constant, level, mass_of_new
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
        share = np.exp(new).sum(1) / (np.exp(new).sum(1) + np.exp(rest).sum(1))
        events = np.asarray(model.graph.purchases.sum(axis=0)).ravel()[aisle & ~levelled.is_new]
        ratio = mass_of_new(events, int((aisle & levelled.is_new).sum()))
        assert share.mean() == pytest.approx(ratio / (1 + ratio), rel=0.02)


def test_a_share_is_an_average_over_people_however_much_they_differ() -> None:
    gap = np.random.default_rng(0).normal(3, 2, 1000)
    for ratio in (0.01, 0.2, 3.0):
        constant = _constant(gap, ratio)
        share = 1 / (1 + np.exp(gap - constant))
        assert share.mean() == pytest.approx(ratio / (1 + ratio), rel=1e-6)
    assert _constant(np.full(3, 2.0), 0.1) == pytest.approx(2 + np.log(0.1))


def test_products_beyond_what_stays_unsold_by_chance_count_as_average_ones() -> None:
    often = np.full(100, 50.0)
    assert mass_of_new(often, 10) == pytest.approx(0.1)  # nothing sold once: all ten came later
    assert mass_of_new(np.zeros(0), 3) == 1.0
    assert mass_of_new(often, 0) == 0.0


def test_unsold_products_get_the_share_that_the_next_purchases_give_them() -> None:
    """A shop of 2,000 products, all on offer, of which a short log misses many."""
    rng = np.random.default_rng(0)
    chance = rng.lognormal(0, 0.5, 2000)
    chance /= chance.sum()
    for purchases in (1500, 3000):
        events = rng.multinomial(purchases, chance, size=20)
        known = [row[row > 0].astype(float) for row in events]
        told = np.mean([mass_of_new(row, 2000 - len(row)) for row in known])
        missed = [chance[row == 0].sum() for row in events]
        assert told == pytest.approx(np.mean([m / (1 - m) for m in missed]), rel=0.3)
