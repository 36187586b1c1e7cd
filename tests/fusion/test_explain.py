"""Reasons: brute-force enumeration of walks, sums, paths that exist."""

from itertools import product as pairs_of

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossaisle.fusion import Explanation, PathNode, Recommender
from crossaisle.fusion.channels import NetworkTables
from crossaisle.fusion.explain import Explainer
from crossaisle.fusion.model import CHANNELS
from crossaisle.fusion.terms import SOFT
from crossaisle.graph import Graph

PRODUCTS = 126


def close(first: float, second: float) -> bool:
    return abs(first - second) <= 1e-5 * max(abs(first), abs(second), 1e-3)


@given(
    history=st.lists(st.integers(0, PRODUCTS - 1), max_size=12, unique=True),
    product=st.integers(0, PRODUCTS - 1),
    top=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_terms_and_rest_are_the_score(
    every_channel: Recommender, history: list[int], product: int, top: int
) -> None:
    ids = every_channel.model.graph.products["id"]
    found = every_channel.explain([ids[i] for i in history], ids[product], top=top)
    scored = every_channel.score([("", ids[product])], {"": [ids[i] for i in history]})
    assert found.score == scored["score"][0]
    assert close(found.sum, found.score)
    assert len(found.terms) <= top
    sizes = [abs(term.contribution) for term in found.terms]
    assert sizes == sorted(sizes, reverse=True)


def edges(graph: Graph) -> set[tuple[str, str, str]]:
    """(head id, relationship, tail id) of every edge, both ways."""
    known = set()
    for name, relationship in (
        ("bought_with", "BOUGHT_WITH"),
        ("has_attribute", "HAS_ATTRIBUTE"),
        ("in_category", "IN_CATEGORY"),
        ("part_of", "PART_OF"),
    ):
        for head, tail in graph.edges_by_id(name).select("head", "tail").iter_rows():
            known |= {(head, relationship, tail), (tail, relationship, head)}
    return known


def check_path(found: Explanation, known: set[tuple[str, str, str]]) -> None:
    for term in found.terms:
        nodes, steps = term.path[0::2], term.path[1::2]
        assert all(isinstance(node, PathNode) for node in nodes)
        assert nodes[0].id == term.history_product
        assert nodes[-1].id == found.product_id
        soft = [step for step in steps if step in SOFT]
        assert (term.kind == "text") == (soft == ["SIMILAR_TEXT"])
        assert (term.kind == "bridge") == (soft == ["LEARNED"])
        for (head, tail), step in zip(zip(nodes, nodes[1:], strict=False), steps, strict=True):
            assert step in SOFT or (head.id, step, tail.id) in known


def test_every_hard_step_is_an_edge_of_the_graph(every_channel: Recommender) -> None:
    graph = every_channel.model.graph
    known = edges(graph)
    rng = np.random.default_rng(0)
    kinds = set()
    for _ in range(40):
        user = graph.customers["id"][int(rng.integers(graph.customers.height))]
        target = graph.products["id"][int(rng.integers(PRODUCTS))]
        found = every_channel.explain(user, target, top=10_000)
        check_path(found, known)
        kinds |= {term.kind for term in found.terms}
    assert kinds == {"people", "attribute", "category", "text", "bridge"}


def test_walks_by_brute_force(every_channel: Recommender) -> None:
    """Enumerate (item, leaf, leaf) in a Python loop and add up what each channel's matrix says."""
    model = every_channel.model
    explainer = Explainer(model)
    tables = model.channels["network"]
    assert isinstance(tables, NetworkTables)
    mix_in, mix_out = tables.mix_in.toarray(), tables.mix_out.toarray()
    matrix = model.features.matrix.toarray().astype(float)
    history = model.graph.purchases[[4]]
    items = history.indices
    for product in (0, 50, 41, 125):  # known, known, new, new
        scale = model.weights[model.situation(history, product), int(model.is_new[product])]
        scale = scale.astype(float) / np.sqrt(len(items))
        slow: dict[tuple[int, object], float] = {}

        def add(item: int, walk: object, value: float, slow=slow) -> None:
            slow[item, walk] = slow.get((item, walk), 0.0) + value

        nodes = model.graph.attributes.height + model.graph.categories.height

        def name(leaf: int) -> object:
            if leaf < PRODUCTS:
                return "self"
            return (leaf - PRODUCTS) % nodes if leaf < PRODUCTS + 2 * nodes else "text"

        for item in items.tolist():
            for place, channel in enumerate(CHANNELS[:3]):
                matrix_entry = model.channels[channel].pairs(np.array([item]), product)[0]
                add(item, ("self", "self"), scale[place] * matrix_entry)
            for n, m in pairs_of(np.flatnonzero(mix_in[item]), np.flatnonzero(mix_out[product])):
                dot = float(tables.leaves_in[n].astype(float) @ tables.leaves_out[m].astype(float))
                value = scale[3] * mix_in[item, n] * mix_out[product, m] * dot
                add(item, (name(n), name(m)), value)
            for f in np.flatnonzero(matrix[item] * matrix[product]):
                node = f if f < nodes else "text"
                add(item, (node, node), scale[4] * matrix[item, f] * matrix[product, f])
        fast = explainer.walks(history, product)
        grouped: dict[tuple[int, str], float] = {}
        for (item, sort, mine, theirs), value in fast.items():
            grouped[item, f"{sort} {mine} {theirs}"] = value
        expected: dict[tuple[int, str], float] = {}
        for (item, walk), value in slow.items():
            mine, theirs = walk
            if mine == theirs == "self":
                key = "people -1 -1"
            elif mine == theirs == "text":
                key = "text -1 -1"
            elif mine == theirs:
                key = f"shared {mine} {mine}"
            else:
                ends = [-1 if isinstance(end, str) else end for end in walk]
                key = f"pair {ends[0]} {ends[1]}"
            expected[item, key] = expected.get((item, key), 0.0) + value
        assert grouped.keys() == expected.keys()
        for key, value in expected.items():
            assert grouped[key] == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_an_empty_history_has_only_the_bias(recommender: Recommender) -> None:
    found = recommender.explain([], "p1_001")
    assert found.terms == ()
    assert found.rest == 0
    assert found.score == pytest.approx(found.bias)
