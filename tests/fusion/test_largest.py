"""The largest walks, found without the others, are those that sorting all walks finds."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from crossaisle.fusion import Model, Recommender
from crossaisle.fusion.channels import NetworkTables
from crossaisle.fusion.explain import Explainer
from crossaisle.fusion.largest import FEW, Largest
from crossaisle.fusion.leaves import Leaves
from crossaisle.fusion.walk_values import IMAGE, PAIR, PEOPLE, SHARED, TEXT

PRODUCTS = 126


@pytest.fixture(scope="module")
def explainer(every_channel: Recommender) -> Explainer:
    return Explainer(every_channel.model)


def agree(found: Largest, slow: Largest) -> None:
    """The same walks, or such as weigh the same; the same scores but for float32 vectors."""
    assert found.start.tolist() == slow.start.tolist()
    assert found.bias.tolist() == slow.bias.tolist()
    assert found.score == pytest.approx(slow.score, rel=1e-12, abs=1e-12)
    assert found.rest == pytest.approx(slow.rest, rel=1e-9, abs=1e-6)
    assert found.walks.value == pytest.approx(slow.walks.value, rel=1e-9, abs=1e-12)
    same = np.stack(found.walks[2:]) == np.stack(slow.walks[2:])
    differ = np.flatnonzero(~same.all(axis=0))
    sizes = np.abs(slow.walks.value)
    for at in differ.tolist():  # only where two walks weigh the same
        others = np.delete(sizes, at)
        assert np.isclose(others, sizes[at], rtol=1e-9).any() or at + 1 in slow.start


def asked(
    model: Model, histories: list[list[int]], products: list[int]
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Every history with every product that is not new, users one after the other."""
    table = np.zeros((len(histories), PRODUCTS), np.float32)
    for row, items in enumerate(histories):
        table[row, items] = 1 + np.arange(len(items)) % 4
    known = [product for product in products if not model.is_new[product]]
    users = np.repeat(np.arange(len(histories)), len(known))
    return sparse.csr_array(table), users, np.tile(np.array(known, np.int64), len(histories))


@given(
    histories=st.lists(
        st.lists(st.integers(0, PRODUCTS - 1), max_size=30, unique=True), min_size=1, max_size=4
    ),
    products=st.lists(st.integers(0, PRODUCTS - 1), min_size=1, max_size=24, unique=True),
    top=st.integers(1, FEW),
)
@settings(max_examples=40, deadline=None)
def test_they_are_what_sorting_finds(
    explainer: Explainer, histories: list[list[int]], products: list[int], top: int
) -> None:
    table, users, rows = asked(explainer.model, histories, products)
    if len(rows):
        assert explainer.finder.able(rows, top).all()
        found = explainer._largest(table, users, rows, top)
        agree(found, explainer._sorted(table, users, rows, top))


CHANGES: dict[str, Callable[[Model], Model]] = {
    "only the network": lambda m: replace(m, channels={"network": m.channels["network"]}),
    "no network": lambda m: replace(
        m, channels={name: c for name, c in m.channels.items() if name != "network"}
    ),
    "only content": lambda m: replace(m, channels={"content": m.channels["content"]}),
    "weights that speak against": lambda m: replace(m, weights=-m.weights),
    "two aisles apart": lambda m: replace(m, linked=~np.eye(len(m.graph.aisles), dtype=bool)),
    "a sensitive attribute": lambda m: replace(m, sensitive=("theme:3",)),
    "nothing": lambda m: replace(m, channels={}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_the_model_has(every_channel: Recommender, name: str) -> None:
    model = CHANGES[name](every_channel.model)
    explainer, rng = Explainer(model), np.random.default_rng(0)
    sizes = (1, 3, 60)
    histories = [rng.permutation(PRODUCTS)[:size].tolist() for size in sizes]
    table, users, rows = asked(model, histories, list(range(0, PRODUCTS, 3)))
    table = explainer._drawn_on(table)
    told = ~model.kept_back.products[rows]
    for top in (1, 5):
        found = explainer._largest(table, users[told], rows[told], top)
        agree(found, explainer._sorted(table, users[told], rows[told], top))


def test_every_sort_of_walk_is_found(explainer: Explainer) -> None:
    model = explainer.model
    histories = [list(range(6)), list(range(0, 120, 2))]
    table, users, rows = asked(model, histories, list(range(1, 120, 2)))
    found = explainer._largest(table, users, rows, FEW)
    assert set(found.walks.sort.tolist()) == {PAIR, PEOPLE, SHARED, TEXT, IMAGE}


def test_new_products_and_long_lists_of_walks_are_left_to_sorting(explainer: Explainer) -> None:
    products = np.arange(PRODUCTS)
    assert (explainer.finder.able(products, 5) == ~explainer.model.is_new).all()
    assert not explainer.finder.able(products, 0).any()
    assert not explainer.finder.able(products, FEW + 1).any()


def test_leaves_that_are_one_node_twice_are_not_plain(explainer: Explainer) -> None:
    model = explainer.model
    tables = model.channels["network"]
    assert isinstance(tables, NetworkTables)
    assert Leaves(model, tables).plain
    nodes = model.graph.attributes.height + model.graph.categories.height
    mix = tables.mix_in.tolil()
    node = int(tables.mix_in[[0]].indices.max()) % PRODUCTS
    mix[0, [PRODUCTS, PRODUCTS + nodes]] = 1.0 + node  # the first and the second vector of a node
    twice = replace(tables, mix_in=sparse.csr_array(mix))
    assert not Leaves(model, twice).plain
