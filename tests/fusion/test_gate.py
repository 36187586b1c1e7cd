"""Across aisles that nobody has in common people have no say, content and pictures a tenth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from crossaisle.fusion import Recommender
from crossaisle.fusion.by_purchase import by_purchase
from crossaisle.fusion.explain import Explainer
from crossaisle.fusion.model import APART, BY_PEOPLE, CHANNELS, Model, faded
from crossaisle.fusion.saved import load_model, save_model
from crossaisle.fusion.train import _linked, _lore


@pytest.fixture(scope="module")
def apart(every_channel: Recommender) -> Model:
    """The model, as if nobody had bought in both of its first two aisles."""
    model = every_channel.model
    linked = np.ones((len(model.graph.aisles),) * 2, bool)
    linked[0, 1] = linked[1, 0] = False
    return replace(model, linked=linked)


def histories(model: Model) -> sparse.csr_array:
    """Of people with purchases in the first aisle."""
    log = model.graph.visits_since
    here = (log[:, np.flatnonzero(model.aisle_of == 0)]).sum(axis=1) > 0
    return sparse.csr_array(log[np.flatnonzero(here)[:20]])


def test_scores_are_the_sum_without_what_is_shut(apart: Model) -> None:
    some = histories(apart)
    candidates = np.flatnonzero(apart.aisle_of == 1)
    found = apart.scores(some, candidates, np.float64)
    for row in range(some.shape[0]):
        history = sparse.csr_array(some[[row]])
        situation = apart.situations(history, candidates)
        for place, product in enumerate(candidates.tolist()):
            new = int(apart.is_new[product])
            life = apart.half_life if situation[place] and not new else np.inf
            weight = faded(history, life, np.float64).data
            score = float(apart.bias[situation[place], product])
            for column, name in enumerate(CHANNELS):
                if name not in apart.channels:
                    continue
                value = apart.channels[name].pairs(history.indices, np.array([product]))[:, 0]
                left = 0 if name in BY_PEOPLE else APART if name in ("content", "image") else 1
                value = np.where(apart.aisle_of[history.indices] == 0, left * value, value)
                score += float(apart.weights[situation[place], new, column]) * value @ weight
            assert found[row, place] == pytest.approx(score, rel=1e-6, abs=1e-7)


def test_terms_and_switches_agree(apart: Model) -> None:
    some = histories(apart)
    explainer = Explainer(apart)
    products = np.flatnonzero(apart.aisle_of == 1)[:6]
    moved = 0
    for row in range(min(some.shape[0], 6)):
        history = sparse.csr_array(some[[row]])
        scores = apart.scores(history, products, np.float64)[0]
        pairs = apart.pair_scores(history, np.zeros(len(products), np.int64), products)
        np.testing.assert_allclose(pairs, scores, rtol=1e-9)
        switches = by_purchase(apart, history, products)
        np.testing.assert_allclose(
            switches.scores(np.ones(history.nnz, bool)), scores, rtol=1e-6, atol=1e-7
        )
        users = np.zeros(len(products), np.int64)
        for place, told in enumerate(explainer.explain(history, users, products, ["u"], top=500)):
            assert told.sum == pytest.approx(scores[place], rel=1e-7, abs=1e-9)
        open_ = replace(apart, linked=None).scores(history, products, np.float64)[0]
        moved += int(np.abs(open_ - scores).max() > 1e-6)
    assert moved


def test_what_is_shut_is_saved(apart: Model, tmp_path: Path) -> None:
    save_model(apart, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.linked is not None
    assert apart.linked is not None
    np.testing.assert_array_equal(again.linked, apart.linked)


def test_linked_are_aisles_with_a_person_or_basket_in_common(every_channel: Recommender) -> None:
    graph = every_channel.model.graph
    lore = _lore(graph, None)
    assert _linked(lore, len(graph.aisles)) is None
    alone = replace(lore, purchases=lore.purchases[:0], baskets=lore.baskets[:0])
    found = _linked(alone, len(graph.aisles))
    assert found is not None
    np.testing.assert_array_equal(found, np.eye(len(graph.aisles), dtype=bool))
