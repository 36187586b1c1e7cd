"""Groups, contrast, what-if: against sums over all terms, and against leaves set to zero."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from crossaisle.fusion import Explanation, FusionError, Model, Recommender, Term, UnknownId
from crossaisle.fusion.channels import ContentTable, NetworkTables
from crossaisle.fusion.decompose import Decomposer
from crossaisle.fusion.likeness import LikenessTable
from crossaisle.fusion.terms import By, PathNode

ALL = 100_000
USERS, TARGETS = ("u0004", "u0031"), ("p0_001", "p1_011", "p2_041")  # the last one is new


def key_of(term: Term, by: By) -> tuple[str, str]:
    """The group of a term, read off its path."""
    if by == "history":
        return ("Product", term.history_product)
    middle = [step for step in term.path[1:-1] if isinstance(step, PathNode)]
    if by == "kind" or term.kind in ("people", "text", "image") or not middle:
        return ("Kind", term.kind)
    if term.kind == "bridge":
        near, far = (term.path[term.path.index("LEARNED") + step] for step in (-1, 1))
        node = near if far == term.path[-1] else far
    else:
        node = middle[len(middle) // 2]  # both ways up are equally long in this shop
    assert isinstance(node, PathNode)
    return (node.label, node.id)


@pytest.mark.parametrize("by", ["history", "attribute", "kind"])
@pytest.mark.parametrize("product", TARGETS)
def test_groups_are_sums_of_all_terms(every_channel: Recommender, by: By, product: str) -> None:
    for user in USERS:
        found = every_channel.explain(user, product, top=2)
        slow: dict[tuple[str, str], float] = defaultdict(float)
        for term in every_channel.explain(user, product, top=ALL).terms:
            slow[key_of(term, by)] += term.contribution
        groups = found.grouped(by)
        fast = {(group.node.label, group.node.id): group.contribution for group in groups}
        assert fast == pytest.approx(slow, rel=1e-9, abs=1e-12)
        assert sum(fast.values()) == pytest.approx(found.score - found.bias, abs=1e-6)
        sizes = [abs(group.contribution) for group in groups]
        assert sizes == sorted(sizes, reverse=True)


def test_groups_need_a_model() -> None:
    with pytest.raises(FusionError, match="made"):
        Explanation("u", "p", 0.0, 0.0, (), 0.0).grouped("kind")


@pytest.mark.parametrize("top", [0, 4, ALL])
def test_a_contrast_is_the_difference_of_two_explanations(
    every_channel: Recommender, top: int
) -> None:
    for user in USERS:
        first, second = (every_channel.explain(user, p, top=ALL) for p in TARGETS[:2])
        found = every_channel.contrast(user, *TARGETS[:2], top=top)
        assert found.score == pytest.approx(first.score - second.score, rel=1e-9)
        assert found.sum == pytest.approx(found.score, rel=1e-6)
        assert found.bias == first.bias - second.bias
        assert len(found.terms) <= top
        sizes = [abs(term.contribution) for term in found.terms]
        assert sizes == sorted(sizes, reverse=True)
        for term in found.terms:
            gained = term.first.contribution if term.first else 0.0
            lost = term.second.contribution if term.second else 0.0
            assert term.contribution == pytest.approx(gained - lost, rel=1e-9, abs=1e-15)
            ends = [term.first, term.second]
            assert {end.history_product for end in ends if end} != set()
        if top == ALL:
            for side, whole in (("first", first), ("second", second)):
                shown = [getattr(term, side) for term in found.terms]
                values = sorted(term.contribution for term in shown if term)
                assert values == pytest.approx(sorted(t.contribution for t in whole.terms))


def test_a_product_against_itself_is_nothing(every_channel: Recommender) -> None:
    found = every_channel.contrast("u0004", "p1_011", "p1_011")
    assert (found.score, found.bias, found.terms, found.rest) == (0, 0, (), 0)


def place_in_aisle(
    recommender: Recommender, history: list[str], product: str, user: str | None = None
) -> tuple[int, int]:
    """Of a history as it stands, or of a known user's, who has this one, with its dates."""
    aisles = dict(recommender.model.graph.products.select("id", "aisle").iter_rows())
    pool = sorted(p for p, a in aisles.items() if a == aisles[product])
    pool = [p for p in pool if p not in history or p == product]
    pairs = [(user or "", p) for p in pool]
    scores = recommender.score(pairs, None if user else {"": history})["score"].to_list()
    order = sorted(zip([-score for score in scores], pool, strict=True))
    return [p for _, p in order].index(product) + 1, len(pool)


@pytest.mark.parametrize("product", TARGETS)
def test_another_history_is_scored_by_the_model(every_channel: Recommender, product: str) -> None:
    history = ["p0_003", "p1_003", "p1_004"]
    found = every_channel.what_if(
        history, product, without=["p1_003", "p1_004"], with_=["p2_005", "p0_003"]
    )
    changed = ["p0_003", "p2_005"]
    for bought, score, rank, of in (
        (history, found.score, found.rank, found.of),
        (changed, found.new_score, found.new_rank, found.new_of),
    ):
        told = every_channel.score([("", product)], {"": bought})["score"][0]
        assert score == pytest.approx(told, rel=1e-9)
        assert (rank, of) == place_in_aisle(every_channel, bought, product)


@pytest.mark.parametrize("product", TARGETS)
@pytest.mark.parametrize("without", [(), ("likeness",), ("likeness", "content")])
def test_without_an_attribute_its_walks_are_gone(
    every_channel: Recommender, product: str, without: tuple[str, ...]
) -> None:
    left = {n: c for n, c in every_channel.model.channels.items() if n not in without}
    every_channel = Recommender(replace(every_channel.model, channels=left))
    model = every_channel.model
    theme = f"theme:{int(product[-3:]) % 8}"
    row = model.graph.attributes["id"].to_list().index(theme)
    for user in USERS:
        found = every_channel.what_if(user, product, without_attributes=[theme])
        history = model.graph.visits_since[[model.graph.customers["id"].to_list().index(user)]]
        walks = next(
            Decomposer(model).walks(history, np.array([every_channel.product_row(product)]))
        )
        through = (walks.mine == row) | (walks.theirs == row)
        assert walks.value[through].any()
        lost = found.score - walks.value[through].sum() - found.new_score
        if "likeness" in without:  # there a learned step may speak against, and c's power gains
            assert lost >= -1e-6  # what a cosine's power loses beyond the attribute's share
        if "content" in without:
            assert lost == pytest.approx(0, abs=1e-6)
        zeroed = Recommender(leaves_at_zero(every_channel, theme))
        told = zeroed.score([(user, product)])["score"][0]
        assert found.new_score == pytest.approx(told, rel=1e-6, abs=1e-9)
        bought = zeroed.model.graph.products["id"].gather(history.indices).to_list()
        assert (found.new_rank, found.new_of) == place_in_aisle(zeroed, bought, product, user)


def leaves_at_zero(recommender: Recommender, theme: str) -> Model:
    """The model with an attribute's leaves and features set to 0, by loops over dense tables."""
    model = recommender.model
    row = model.graph.attributes["id"].to_list().index(theme)
    nodes = model.graph.attributes.height + model.graph.categories.height
    network, content = model.channels["network"], model.channels.get("content")
    assert isinstance(network, NetworkTables)
    x_in, x_out = network.leaves_in.copy(), network.leaves_out.copy()
    for leaf in (row, nodes + row):
        x_in[model.graph.products.height + leaf] = x_out[model.graph.products.height + leaf] = 0
    channels = dict(model.channels)
    channels["network"] = NetworkTables.from_leaves(x_in, x_out, network.mix_in, network.mix_out)
    if isinstance(content, ContentTable):
        dense = content.matrix.toarray()
        dense[:, row] = 0
        channels["content"] = replace(content, matrix=type(content.matrix)(dense))
    likeness = channels.get("likeness")
    if isinstance(likeness, LikenessTable):
        dense, vectors = likeness.matrix.toarray(), likeness.vectors.copy()
        for product in range(len(vectors)):
            vectors[product] -= likeness.share[product] * dense[product, row] * likeness.nodes[row]
        dense[:, row] = 0
        matrix = type(likeness.matrix)(dense)
        channels["likeness"] = replace(likeness, matrix=matrix, vectors=vectors)
    return replace(model, channels=channels)


def test_what_cannot_be_changed_is_said(every_channel: Recommender) -> None:
    for change, words in (
        ({"without": ["p0_001"]}, "not in the history"),
        ({"without": ["x"]}, "'x'"),
        ({"with_": ["x"]}, "'x'"),
        ({"without_attributes": ["theme:99"]}, "attribute 'theme:99'"),
    ):
        with pytest.raises(UnknownId, match=words):
            every_channel.what_if(["p0_003"], "p1_003", **change)
