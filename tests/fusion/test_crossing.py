"""The merchandiser's view: counts against loops over people, walks against single explanations."""

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from crossaisle.commands import report as command
from crossaisle.commands.files import UsageError
from crossaisle.fusion import PathNode, Recommender, UnknownId
from crossaisle.fusion.audience import audience
from crossaisle.fusion.crossing import FEWEST, Crossing, crossing, lift
from crossaisle.fusion.ideas import ideas, risk_ratio
from crossaisle.graph import Graph
from crossaisle.reports import as_html, as_markdown

PAIR = ("aisle0", "aisle1")


def baskets(graph: Graph) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for row in graph.bought.to_dicts():
        found[row["head"]].add(graph.products["id"][row["tail"]])
    return found


@pytest.fixture(scope="module")
def made(every_channel: Recommender) -> Crossing:
    return crossing(every_channel.model, *PAIR)


def test_people_and_lift_are_counted_right(every_channel: Recommender, made: Crossing) -> None:
    graph = every_channel.model.graph
    own = baskets(graph).values()
    came, went = ([any(p.startswith(f"p{a}_") for p in basket) for basket in own] for a in (0, 1))
    both = sum(x and y for x, y in zip(came, went, strict=True))
    assert (made.customers, made.from_source, made.both) == (
        graph.customers.height,
        sum(came),
        both,
    )
    assert made.lift == pytest.approx(both * made.customers / (sum(came) * sum(went)))
    assert lift(np.array([True, False]), np.array([False, False])) != lift(
        np.ones(2, bool), np.ones(2, bool)
    )
    themes = dict(
        graph.edges_by_id("has_attribute").select("head", "tail").iter_rows()
    )  # each has one
    for bridge in made.bridges:
        if any(node.label != "Attribute" for node in bridge.nodes):
            continue
        near, far = bridge.nodes[0].id, bridge.nodes[-1].id
        sides = [
            [any(p.startswith(f"p{a}_") and themes[p] == t for p in basket) for basket in own]
            for a, t in ((0, near), (1, far))
        ]
        people = sum(x and y for x, y in zip(*sides, strict=True))
        assert bridge.people == (people if people >= FEWEST else None)
    for pair in made.products:
        people = sum({node.id for node in pair.nodes} <= basket for basket in own)
        assert pair.people == (people if people >= FEWEST else None)


def test_the_models_share_is_that_of_explanations(every_channel: Recommender) -> None:
    graph = every_channel.model.graph
    made = crossing(every_channel.model, *PAIR, people=3, seed=4)
    rows = [
        row
        for row, basket in sorted(baskets(graph).items())
        if any(p.startswith("p0_") for p in basket) and not any(p.startswith("p1_") for p in basket)
    ]
    assert len(rows) > 3
    drawn = np.random.default_rng(4).permutation(rows)[:3].tolist()
    able = [graph.customers["id"][row] for row in drawn]
    assert made.asked == 3
    sums: dict[str, float] = defaultdict(float)
    pairs: dict[tuple[str, str], float] = defaultdict(float)
    kinds: dict[str, float] = defaultdict(float)
    for user in able:
        listed = every_channel.recommend([user], aisle="aisle1", k=10)["product_id"]
        for product in listed:
            for term in every_channel.explain(user, product, top=100_000).terms:
                if term.contribution > 0 and term.history_product.startswith("p0_"):
                    pairs[term.history_product, product] += term.contribution
                    kinds[term.kind] += term.contribution
                    if term.kind in ("attribute", "category"):
                        node = term.path[len(term.path) // 2]
                        assert isinstance(node, PathNode)
                        sums[node.id] += term.contribution
    total = sum(pairs.values())
    for bridge in made.bridges:
        if len(bridge.nodes) == 1:
            assert bridge.share == pytest.approx(sums[bridge.nodes[0].id] / total, rel=1e-6)
    assert made.products[0].share == pytest.approx(max(pairs.values()) / total, rel=1e-6)
    assert {kind: share for kind, share in made.kinds if share} == pytest.approx(
        {kind: value / total for kind, value in kinds.items()}, rel=1e-6
    )


@pytest.mark.parametrize("every", [1, 7])
def test_kinds_are_those_of_explanations(every_channel: Recommender, every: int) -> None:
    """With every seventh edge of BOUGHT_WITH, some people walks have no path and are bridges."""
    graph = every_channel.model.graph
    fewer = graph.replace(bought_with=graph.bought_with.gather_every(every))
    model = replace(every_channel.model, graph=fewer)
    made = crossing(model, *PAIR, people=3, seed=4)
    came, went = (
        np.asarray(graph.purchases[:, graph.aisle_of == aisle].sum(axis=1)) for aisle in (0, 1)
    )
    drawn = np.random.default_rng(4).permutation(np.flatnonzero((came > 0) & (went == 0)))[:3]
    explained = Recommender(model)
    sums: dict[str, float] = defaultdict(float)
    for user in [graph.customers["id"][row] for row in drawn.tolist()]:
        for product in explained.recommend([user], aisle="aisle1", k=10)["product_id"]:
            for term in explained.explain(user, product, top=100_000).terms:
                if term.contribution > 0 and term.history_product.startswith("p0_"):
                    sums[term.kind] += term.contribution
    total = sum(sums.values())
    assert {kind for kind, _ in made.kinds} == set(sums)
    for kind, share in made.kinds:
        assert share == pytest.approx(sums[kind] / total, rel=1e-6), kind


def test_holes_are_products_without_that_kind(every_channel: Recommender) -> None:
    model = every_channel.model
    graph = model.graph
    bare = ["p0_000", "p0_008", "p1_000"]
    keep = graph.edges_by_id("has_attribute")["head"].is_in(bare).not_()
    thinner = replace(model, graph=graph.replace(has_attribute=graph.has_attribute.filter(keep)))
    (hole,) = crossing(thinner, *PAIR).holes
    assert (hole.kind, hole.without, hole.products) == ("theme", 3, 84)
    assert {node.id for node in hole.most_bought} == set(bare)


def test_risk_ratio_by_hand_and_by_drawing() -> None:
    value, low, high = risk_ratio(30, 100, 15, 150)
    assert value == pytest.approx(3)
    # Katz: exp(log 3 -+ 1.96 sqrt(1/30 - 1/100 + 1/15 - 1/150))
    assert (low, high) == pytest.approx((1.70373, 5.28253), rel=1e-5)
    _, low, high = risk_ratio(300, 1000, 150, 1500)
    rng = np.random.default_rng(0)
    drawn = rng.binomial(1000, 0.3, 100_000) / 1000 / (rng.binomial(1500, 0.1, 100_000) / 1500)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx([low, high], rel=0.02)
    assert risk_ratio(0, 20, 5, 100)[:2] == (0, 0)
    assert risk_ratio(0, 20, 5, 100)[2] > 0


def test_ideas_are_found_on_one_half_and_measured_on_the_other(graph: Graph) -> None:
    sides = [graph.aisle_of == a for a in (0, 1)]
    found = ideas(graph, graph.purchases, sides, seed=3)
    assert found
    people = np.flatnonzero(np.asarray(graph.purchases @ sides[0].astype(np.float32)).ravel())
    order = np.random.default_rng(3).permutation(people)
    held = np.sort(np.array_split(order, 2)[1])
    own = baskets(graph)
    for idea in found:
        had = [row for row in held.tolist() if idea.bought.id in own[row]]
        others = [row for row in held.tolist() if idea.bought.id not in own[row]]
        assert idea.people == len(had)
        assert idea.took == pytest.approx(sum(idea.offer.id in own[r] for r in had) / len(had))
        assert idea.base == pytest.approx(
            sum(idea.offer.id in own[row] for row in others) / len(others)
        )
        assert idea.low <= idea.uplift <= idea.high or idea.uplift == 0
    assert len({idea.offer for idea in found}) == len(found)


def test_chance_gives_no_uplift() -> None:
    """Where purchases are independent, what looks good in one half is not good in the other."""
    rng = np.random.default_rng(1)
    log = sparse.csr_array((rng.random((4000, 40)) < 0.1).astype(np.float32))
    ids = [f"p{row}" for row in range(40)]
    graph = Graph.from_ids({"products": pl.DataFrame({"id": ids, "title": ids, "aisle": "a"})})
    sides = [np.arange(40) < 20, np.arange(40) >= 20]
    found = ideas(graph, log, sides)
    assert len(found) == 8
    assert np.mean([idea.uplift for idea in found]) == pytest.approx(1, abs=0.2)


def test_an_audience_is_those_with_the_largest_share(every_channel: Recommender) -> None:
    model = every_channel.model
    graph = model.graph
    row = every_channel.product_row("p1_011")
    found = audience(model, row, people=12)
    inside = np.flatnonzero(model.aisle_of == model.aisle_of[row])
    shares = {}
    for person, basket in baskets(graph).items():
        if "p1_011" not in basket:
            scores = model.scores(graph.visits_since[[person]], inside, np.float64)[0]
            odds = np.exp(scores - scores.max())
            shares[person] = odds[list(inside).index(row)] / odds.sum()
    chosen = sorted(shares, key=lambda person: -shares[person])[:12]
    assert (found.people, found.able) == (12, len(shares))
    own = baskets(graph)
    every = list(own.values())
    for one in found.aisles:
        prefix = f"p{one.node.id[-1]}_"
        people = sum(any(p.startswith(prefix) for p in own[person]) for person in chosen)
        rate = sum(any(p.startswith(prefix) for p in b) for b in every) / graph.customers.height
        assert (one.people, one.lift) == (people, pytest.approx(people / 12 / rate))
    assert all(one.people >= FEWEST for one in (*found.aisles, *found.purchases))


def test_sensitive_things_are_not_in_it(every_channel: Recommender) -> None:
    model = replace(every_channel.model, sensitive=("theme:3", "c0"))
    private = model.private_products
    made, who = crossing(model, *PAIR), audience(model, 5)
    nodes = [n for c in (*made.bridges, *made.products) for n in c.nodes]
    nodes += [node for node, _ in who.bridges] + [one.node for one in who.purchases]
    nodes += [idea.bought for idea in made.ideas]
    shown = {node.id for node in nodes if node.label != "Product"}
    assert not shown & {"theme:3", "c0"}
    bought = {c.nodes[0].id for c in made.products} | {one.node.id for one in who.purchases}
    assert not (bought | {idea.bought.id for idea in made.ideas}) & private


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_is_written_in_every_form(every_channel: Recommender, tmp_path: Path, lang: str) -> None:
    file = tmp_path / "out"
    for form in ("html", "markdown", "json"):
        command.write(
            every_channel, None, file, lang, None, 10, lambda *_: None, form, [PAIR], ["p1_011"]
        )
        text = file.read_text("utf-8")
        assert "{" not in text or form != "markdown"
        if form == "json":
            content = json.loads(text)
            assert content["crossings"][0]["source"] == "aisle0"
            assert content["audiences"][0]["product"]["id"] == "p1_011"
        else:
            assert "aisle0" in text
        for customer in every_channel.model.graph.customers["id"]:
            assert customer not in text


def test_cells_of_the_map_link_to_their_pair(every_channel: Recommender) -> None:
    asked = pl.DataFrame({"user_id": ["u0004", "u0031"], "aisle": ["aisle1", "aisle0"]})
    made = command.make(every_channel, asked, k=5, accuracy=(), progress=lambda *_: None)
    pairs = command._carrying(made)
    assert pairs
    page = as_html(replace(made, crossings=(crossing(every_channel.model, *pairs[0]),)))
    assert page.count('href="#pair-1"') == 1
    assert 'id="pair-1"' in page
    assert 'href="#pair-' not in as_html(made)
    assert pairs[0][1] in as_markdown(made)


def test_wrong_pairs_are_told(every_channel: Recommender, tmp_path: Path) -> None:
    with pytest.raises(UnknownId, match="aisle 'nowhere'"):
        crossing(every_channel.model, "nowhere", "aisle1")
    with pytest.raises(UnknownId, match="twice"):
        crossing(every_channel.model, "aisle1", "aisle1")
    with pytest.raises(UsageError, match="--requests FILE, --aisles FROM TO, or --product"):
        command.write(every_channel, None, tmp_path / "x", "en", None, 10, lambda *_: None)
