"""The measures of explanations, each against a slower statement of its definition."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crossaisle.commands import evaluate as command
from crossaisle.commands.settings import read_settings
from crossaisle.evaluation.explanations import (
    LIST,
    Cases,
    faithfulness,
    of_graph,
    overlap,
    places,
    popular_paths,
    random_walks,
)
from crossaisle.evaluation.path_measures import PathMeasures, diversity, learned, moving_average
from crossaisle.evaluation.randomised import randomised, sanity
from crossaisle.fusion import PathNode, Recommender, Term
from crossaisle.fusion.explain import Explainer
from crossaisle.fusion.model import CHANNELS
from crossaisle.fusion.walk_values import PEOPLE, SHARED
from crossaisle.graph import Graph, open_store

ROWS = [4, 31, 60]


@pytest.fixture(scope="module")
def cases(every_channel: Recommender) -> Cases:
    graph = every_channel.model.graph
    return Cases(graph.visits_since[ROWS], np.array([0, 1, 2]), np.array(ROWS))


def test_moving_average_by_hand() -> None:
    # 0, .7 * 0 + .3 * 10 = 3, .7 * 3 + .3 * 10 = 5.1; over 5.1
    assert moving_average(np.array([0.0, 10, 10])) == pytest.approx([0, 3 / 5.1, 1])
    assert moving_average(np.array([2.0, 2])).tolist() == [1, 1]
    assert moving_average(np.zeros(0)).tolist() == []


def test_recency_is_of_the_last_purchase_in_order_of_time(every_channel: Recommender) -> None:
    graph = every_channel.model.graph
    row = int(np.diff(graph.purchases.indptr).argmax())
    found = PathMeasures(graph).recency(row)
    last: dict[str, float] = {}
    for event in graph.bought.to_dicts():
        if event["head"] == row:
            ident = graph.products["id"][event["tail"]]
            last[ident] = max(last.get(ident, -1), event["position"])
    order = sorted(last, key=lambda ident: last[ident])
    value, slow = last[order[0]], []
    for ident in order:
        value = 0.7 * value + 0.3 * last[ident] if slow else last[ident]
        slow.append(value)
    low, high = slow[0], slow[-1]
    assert list(found) == order
    assert list(found.values()) == pytest.approx([(v - low) / (high - low) for v in slow])


def test_popularity_is_of_degrees_within_a_label(every_channel: Recommender) -> None:
    graph = every_channel.model.graph
    measures = PathMeasures(graph)
    degree = dict.fromkeys(graph.attributes["id"], 0)
    for tail in graph.edges_by_id("has_attribute")["tail"]:
        degree[tail] += 1
    assert measures.degrees["Attribute"] == degree
    inside = {ident: measures.popularity["Attribute", ident] for ident in degree}
    assert (min(inside.values()), max(inside.values())) == (0, 1)
    ordered = sorted(degree, key=lambda ident: (degree[ident], ident))
    assert [inside[ident] for ident in ordered] == sorted(inside.values())


def node(ident: str, label: str = "Product") -> PathNode:
    return PathNode(label, ident, ident)


def test_paths_that_are_not_there_are_found(every_channel: Recommender) -> None:
    measures = PathMeasures(every_channel.model.graph)
    theme = node("theme:1", "Attribute")
    true = (node("p0_001"), "HAS_ATTRIBUTE", theme, "HAS_ATTRIBUTE", node("p1_001"))
    wrong = (node("p0_001"), "HAS_ATTRIBUTE", theme, "HAS_ATTRIBUTE", node("p1_002"))
    assert measures.missing_steps(true) == []
    assert measures.missing_steps(wrong) == ["Attribute:theme:1 -HAS_ATTRIBUTE- Product:p1_002"]
    assert measures.missing_steps((node("p0_001"), "LEARNED", node("p1_002"))) == []
    assert learned((node("p0_001"), "LEARNED", node("p1_002")))
    assert not learned(true)
    assert measures.shared(true) == measures.popularity["Attribute", "theme:1"]
    term = Term(1.0, "attribute", "p0_001", true)
    assert measures.wrong_ends(term, "p1_001") == []
    assert measures.wrong_ends(term, "p1_002") == ["p1_001 in place of p1_002"]
    assert diversity([term, term]) == 0.5
    assert np.isnan(diversity([]))


def test_overlap_and_places_by_hand() -> None:
    scores = np.array([5.0, 4, 3, 2, 1])
    assert overlap(scores, np.array([1.0, 5, 4, 3, 2]), k=3) == pytest.approx(2 / 3)
    assert places(scores, 1, 2.5) == 2  # 4 falls to 1.5: below 3 and 2
    assert places(scores, 3, -10.0) == -3
    assert places(scores, 0, 0.0) == 0


def test_deletion_and_sufficiency_are_those_of_explanations_one_by_one(
    every_channel: Recommender, cases: Cases
) -> None:
    found = faithfulness(every_channel.model, cases, seed=1)
    graph = every_channel.model.graph
    slow: dict[str, list[float]] = {"fid-": [], "overlap": [], "fid+": [], "places": [], "ETD": []}
    for row, aisle in zip(ROWS, ["aisle0", "aisle1", "aisle2"], strict=True):
        user = graph.customers["id"][row]
        own = set(graph.products["id"].gather(graph.purchases[[row]].indices))
        every = graph.products.filter(aisle=aisle)["id"].to_list()
        told = [every_channel.explain(user, p, top=5) for p in every if p not in own]
        told.sort(key=lambda one: -one.score)
        kept = [one.bias + sum(term.contribution for term in one.terms) for one in told]
        best = sorted(range(len(told)), key=lambda at: -kept[at])[:LIST]
        slow["overlap"].append(len(set(best) & set(range(LIST))) / LIST)
        slow["fid-"].append(
            np.mean([abs(one.score - k) for one, k in zip(told, kept, strict=True)][:LIST])
        )
        fall = [sum(term.contribution for term in one.terms) for one in told[:LIST]]
        slow["fid+"].append(np.mean(fall))
        slow["places"].append(
            np.mean(
                [
                    sum(other.score > one.score - gone for other in told if other is not one) - at
                    for at, (one, gone) in enumerate(zip(told, fall, strict=False))
                ]
            )
        )
        slow["ETD"].append(np.mean([len({t.kind for t in one.terms}) / 5 for one in told[:LIST]]))
    terms = found.ways["terms"]
    for name, ours in {
        "fid-": "fid-, 5 shown",
        "overlap": "overlap@10, 5 shown",
        "fid+": "fid+",
        "places": "fid+ places",
        "ETD": "ETD",
    }.items():
        assert terms[ours].value == pytest.approx(np.mean(slow[name]), abs=1e-6), name
    assert (found.cases, found.products) == (3, 3 * LIST)
    assert found.worst_sum < 1e-5
    assert found.worst_purchase < 1e-5
    assert (found.wrong_steps, found.wrong_ends) == (0, 0)
    assert all(found.ways[way]["PFR"].value == 1 for way in found.ways)
    json.dumps(found.to_json(), allow_nan=False)


def test_other_ways_take_walks_of_the_graph(every_channel: Recommender) -> None:
    model, rng = every_channel.model, np.random.default_rng(0)
    explainer = Explainer(model)
    row = int(np.diff(model.graph.purchases.indptr).argmax())
    near = model.graph.purchases[[row]].indices[0]  # its own theme's products are joined to it
    product = every_channel.product_row(model.graph.products["id"][int(near)])
    walks = next(explainer.decomposer.walks(model.graph.visits_since[[row]], np.array([product])))
    able = of_graph(explainer, walks, product)
    kinds = [explainer.term(walks, at, product).kind for at in range(len(walks.value))]
    slow = [
        at
        for at, kind in enumerate(kinds)
        if walks.walk(at)[1] == SHARED or (walks.walk(at)[1] == PEOPLE and kind == "people")
    ]
    assert able.tolist() == slow
    drawn = random_walks(able, walks, 4, rng)
    assert len(set(drawn.tolist()) & set(able.tolist())) == 4
    assert len(random_walks(able[:0], walks, 4, rng)) == 0

    of_node = np.arange(explainer.decomposer.nodes + 1.0)
    popular = popular_paths(able, walks, (of_node, np.full(model.graph.products.height, -1.0)), 3)
    best = sorted((walks.walk(at)[2] for at in slow), reverse=True)[:3]
    assert [walks.walk(at)[2] for at in popular.tolist()] == best


def test_random_weights_give_other_explanations(every_channel: Recommender, cases: Cases) -> None:
    weights = every_channel.model.weights.copy()
    weights[:, :, CHANNELS.index("content")] = 0  # nothing is learned in it: it would stay
    model = replace(every_channel.model, weights=weights)
    before = dict(model.channels)
    found = sanity(model, cases)
    assert set(found) == {"none", *model.channels, "all"} - {"content"}
    assert (found["none"].shown.value, found["none"].order.value) == (1, pytest.approx(1))
    assert found["network"].order.value < 0.9
    assert found["all"].shown.value < 0.7
    assert model.channels == before
    rng = np.random.default_rng(0)
    other = randomised(model, ["people"], rng).channels
    assert [name for name in other if other[name] is not model.channels[name]] == ["people"]


@pytest.mark.slow
def test_evaluate_writes_them(graph: Graph, tmp_path: Path) -> None:
    with open_store(str(tmp_path / "shop.lbdb"), create=True) as store:
        store.write(graph)
    settings = read_settings(
        None, ["text.encoder=none", "train.embedding_size=8", "train.epochs=1"]
    )
    _, told = command.evaluate(
        str(tmp_path / "shop.lbdb"),
        "aisle-cold",
        tmp_path / "results.json",
        settings,
        baselines="none",
        seed=0,
        split_folder=None,
        progress=lambda *_: None,
        explanations=True,
    )
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["task"] == "aisle-cold"
    assert content["explanations"]["ways"]["terms"]["PFR"]["value"] == 1
    assert content["explanations"]["randomised"]["none"]["shown"]["value"] == 1
    assert "popular paths" in told
