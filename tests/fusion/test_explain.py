"""Reasons: brute-force enumeration of walks, sums, paths that exist."""

import importlib.util
from collections.abc import Callable
from itertools import pairwise
from itertools import product as pairs_of
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from crossaisle.fusion import Explanation, Model, PathNode, Recommender, UnknownId
from crossaisle.fusion.channels import POWER, ContentTable, NetworkTables
from crossaisle.fusion.decompose import Decomposer
from crossaisle.fusion.explain import Explainer
from crossaisle.fusion.likeness import CONTENT_WEIGHT, TEXT_WEIGHT, LikenessTable
from crossaisle.fusion.model import BY_PEOPLE, CHANNELS
from crossaisle.fusion.terms import KINDS, SOFT
from crossaisle.fusion.walk_values import IMAGE, PAIR, PEOPLE, SHARED, TEXT
from crossaisle.graph import Graph

PRODUCTS = 126


def close(first: float, second: float) -> bool:
    return abs(first - second) <= 1e-5 * max(abs(first), abs(second), 1e-3)


@given(
    history=st.lists(st.integers(0, PRODUCTS - 1), max_size=12, unique=True),
    product=st.integers(0, PRODUCTS - 1),
    top=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_terms_and_rest_are_the_score(
    every_channel: Recommender, history: list[int], product: int, top: int
) -> None:
    ids = every_channel.model.graph.products["id"]
    found = every_channel.explain([ids[i] for i in history], ids[product], top=top)
    scored = every_channel.score([("", ids[product])], {"": [ids[i] for i in history]})
    assert found.score == pytest.approx(scored["score"][0], rel=1e-12, abs=1e-12)
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
        assert (term.kind == "image") == (soft == ["SIMILAR_IMAGE"])
        assert (term.kind == "bridge") == (soft == ["LEARNED"])
        for (head, tail), step in zip(pairwise(nodes), steps, strict=True):
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
    assert kinds == set(KINDS)


Walks = dict[tuple[int, str, int, int], float]
SORTS = {PAIR: "pair", PEOPLE: "people", SHARED: "shared", TEXT: "text", IMAGE: "image"}


DIRECT = {"self": "people", "text": "text", "image": "image"}


def leaf_name(model: Model, leaf: int) -> str | int:
    """ "self", "text", or the number of the attribute or category."""
    nodes = model.graph.attributes.height + model.graph.categories.height
    if leaf < PRODUCTS:
        return "self"
    return (leaf - PRODUCTS) % nodes if leaf < PRODUCTS + 2 * nodes else "text"


def walk_of(item: int, mine: str | int, theirs: str | int) -> tuple[int, str, int, int]:
    if mine == theirs:
        known = {end: (item, sort, -1, -1) for end, sort in DIRECT.items()}
        return known[mine] if isinstance(mine, str) else (item, "shared", mine, mine)
    ends = (-1 if isinstance(end, str) else end for end in (mine, theirs))
    return (item, "pair", *ends)


def slow_walks(model: Model, item: int, product: int, scale: dict[str, float]) -> Walks:
    """Each walk of one history product, by loops over the dense matrices."""
    tables = model.channels["network"]
    assert isinstance(tables, NetworkTables)
    total: Walks = {}

    def add(mine: str | int, theirs: str | int, value: float) -> None:
        walk = walk_of(item, mine, theirs)
        total[walk] = total.get(walk, 0.0) + value

    for name in (*(name for name in BY_PEOPLE if name != "network"), "image"):
        end = "image" if name == "image" else "self"
        pair = model.channels[name].pairs(*np.array([[item], [product]]))[0, 0]
        add(end, end, scale[name] * pair)
    mine, theirs = (
        m[[r]].toarray()[0] for m, r in ((tables.mix_in, item), (tables.mix_out, product))
    )
    for n, m in pairs_of(np.flatnonzero(mine), np.flatnonzero(theirs)):
        dot = float(tables.leaves_in[n].astype(float) @ tables.leaves_out[m].astype(float))
        value = scale["network"] * float(mine[n]) * float(theirs[m]) * dot
        add(leaf_name(model, n), leaf_name(model, m), value)
    nodes = model.graph.attributes.height + model.graph.categories.height
    if model.is_new[product]:
        slow_likeness(model, item, product, scale["likeness"], add)
    left, right = (model.features.matrix[[r]].toarray()[0].astype(float) for r in (item, product))
    cosine, content = float(left @ right), model.channels["content"]
    assert isinstance(content, ContentTable)
    factor = scale["content"] * float(content.near[item]) * float(content.far[product])
    for f in np.flatnonzero(left * right).tolist():
        node = f if f < nodes else "text"
        share = left[f] * right[f] / cosine
        add(node, node, factor * cosine**POWER * share)
    return total


def slow_likeness(
    model: Model,
    item: int,
    product: int,
    scale: float,
    add: Callable[[str | int, str | int, float], None],
) -> None:
    """Each part of c, and of the learned part what each node of the product brings."""
    table = model.channels["likeness"]
    assert isinstance(table, LikenessTable)
    assert table.text is not None
    nodes = model.graph.attributes.height + model.graph.categories.height
    left, right = (table.matrix[[r]].toarray()[0].astype(float) for r in (item, product))
    mine, theirs = (table.vectors[r].astype(float) for r in (item, product))
    said = table.text[item].astype(float) @ table.text[product].astype(float)
    parts = {
        ("text", "text"): TEXT_WEIGHT * max(said, 0) ** 2,
        ("self", "text"): float(mine @ theirs),
    }
    for f in np.flatnonzero(right).tolist():
        if left[f]:
            node = f if f < nodes else "text"
            parts[node, node] = parts.get((node, node), 0) + CONTENT_WEIGHT * left[f] * right[f]
        if f < nodes:
            brought = float(mine @ table.nodes[f].astype(float)) * right[f]
            parts["self", f] = brought * float(table.share[product])
            parts["self", "text"] -= parts["self", f]
    c = sum(parts.values())
    factor = float(table.near[item]) * float(table.far[product]) * max(c, 0) ** (POWER - 1)
    for (near, far), value in parts.items():
        add(near, far, scale * factor * value)


@pytest.mark.parametrize("product", [0, 50, 41, 125])  # two that were bought, two new ones
def test_walks_by_brute_force(every_channel: Recommender, product: int) -> None:
    model = every_channel.model
    history = model.graph.visits_since[[np.argmax(np.diff(model.graph.purchases.indptr))]]
    situation = model.situations(history, np.array([product]))[0]
    chosen = model.weights[situation, int(model.is_new[product])]
    age = history.data.astype(float) - 1
    fades = situation and not model.is_new[product]
    fading = 0.5 ** (age / model.half_life) if fades else np.ones(len(age))
    assert fading.min() < 1 or not fades
    slow: Walks = {}
    for item, weight in zip(history.indices.tolist(), fading / fading.sum() ** 0.25, strict=True):
        scale = {n: float(w) * weight for n, w in zip(CHANNELS, chosen, strict=True)}
        slow |= slow_walks(model, item, product, scale)
    walks = next(Decomposer(model).walks(history, np.array([product])))
    names = zip(walks.item, (SORTS[s] for s in walks.sort), walks.mine, walks.theirs, strict=True)
    fast = dict(zip(names, walks.value, strict=True))
    assert len(fast) == len(walks.value)  # no walk is there twice
    arrays = zip(walks.item, walks.sort, walks.mine, walks.theirs, strict=True)
    assert [walks.walk(at) for at in range(len(walks.value))] == list(arrays)
    for walk in fast.keys() | slow.keys():
        assert fast.get(walk, 0.0) == pytest.approx(slow.get(walk, 0.0), rel=1e-9, abs=1e-12)


class SlowExplainer(Protocol):
    def explain(
        self, history: sparse.csr_array, product: int, user_id: str, top: int
    ) -> Explanation: ...


def slow_explainer(model: Model) -> SlowExplainer:
    path = Path(__file__).parents[2] / "benchmarks/slow_explainer.py"
    spec = importlib.util.spec_from_file_location("slow_explainer", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    slow: SlowExplainer = module.SlowExplainer(model)
    return slow


def by_path(found: Explanation) -> dict[tuple[str, str], float]:
    """Contributions added up by history product and path; two ways may look the same."""
    sums: dict[tuple[str, str], float] = {}
    for term in found.terms:
        key = (term.history_product, repr(term.path))
        sums[key] = sums.get(key, 0.0) + term.contribution
    return sums


@pytest.mark.parametrize("top", [0, 1, 5, 10_000])
def test_a_list_is_what_the_slow_explainer_says(every_channel: Recommender, top: int) -> None:
    model = every_channel.model
    slow, fast = slow_explainer(model), Explainer(model)
    rng = np.random.default_rng(top)
    for user in (0, 4, 30):
        history = model.graph.visits_since[[user]]
        products = np.append(rng.permutation(PRODUCTS)[:6], [41, 125])  # two that are new
        found = fast.explain(history, np.zeros(8, np.int64), products, ["u"], top)
        for product, mine in zip(products.tolist(), found, strict=True):
            other = slow.explain(history, product, "u", top)
            assert (mine.product_id, mine.score, mine.bias) == (
                other.product_id,
                pytest.approx(other.score, rel=1e-12),
                other.bias,
            )
            # Vectors are stored in float32: the score is that of theirs, and the rest takes it up.
            assert mine.rest == pytest.approx(other.rest, rel=1e-9, abs=1e-6)
            known = {(t.history_product, t.path): t for t in other.terms}
            for place, term in enumerate(mine.terms):
                size = abs(other.terms[place].contribution)
                assert abs(term.contribution) == pytest.approx(size, rel=1e-9, abs=1e-12)
                if (same := known.get((term.history_product, term.path))) is not None:
                    assert (term.kind, term.count) == (same.kind, same.count)
            if top == 10_000:
                assert by_path(mine) == pytest.approx(by_path(other), rel=1e-9, abs=1e-12)


def test_an_empty_history_has_only_the_bias(recommender: Recommender) -> None:
    found = recommender.explain([], "p1_001")
    assert found.terms == ()
    assert found.rest == 0
    assert found.score == pytest.approx(found.bias)


def test_lists_of_several_users_are_explained_in_their_order(every_channel: Recommender) -> None:
    histories = {"a": ["p0_001", "p1_002"], "b": ["p2_003"], "nobody": []}
    pairs = [
        ("b", "p0_004"),
        ("a", "p0_004"),
        ("a", "p2_041"),
        ("nobody", "p1_001"),
        ("b", "p1_007"),
    ]
    found = list(every_channel.explain_lists(pairs, histories, top=3))
    assert [(one.user_id, one.product_id) for one in found] == pairs
    for (user, product), one in zip(pairs, found, strict=True):
        alone = every_channel.explain({user: histories[user]}, product, top=3)
        assert one.score == pytest.approx(alone.score, rel=1e-12)
        assert [t.path for t in one.terms] == [t.path for t in alone.terms]
        assert close(one.sum, one.score)
    assert list(every_channel.explain_lists([], histories)) == []
    with pytest.raises(UnknownId, match="'c'"):
        every_channel.explain_lists([("c", "p0_004")], histories)
