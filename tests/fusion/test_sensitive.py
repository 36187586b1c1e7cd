"""Sensitive categories: out of the score as if never bought, out of every reason."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from crossaisle.commands import report
from crossaisle.commands.settings import SettingsError, read_settings
from crossaisle.fusion import PathNode, Recommender, UnknownId
from crossaisle.fusion.sensitive import sensitive
from crossaisle.fusion.terms import Explanation, Term
from crossaisle.fusion.terms import Path as Walk
from crossaisle.graph import Graph

ALL = 100_000
USER = "u0004"


@pytest.fixture(params=[("c0",), ("T3",), ("theme:3", "aisle0"), ("root",)], ids=" ".join)
def private(request: pytest.FixtureRequest, every_channel: Recommender) -> Recommender:
    return Recommender(replace(every_channel.model, sensitive=request.param))


def marked(graph: Graph, names: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """Products and nodes, found edge by edge."""
    nodes = {
        node["id"]
        for frame in (graph.categories, graph.attributes)
        for node in frame.to_dicts()
        if set(names) & {node["id"], node.get("name"), node.get("value")}
    }
    for _ in range(5):
        up = graph.edges_by_id("part_of").select("head", "tail").iter_rows()
        nodes |= {head for head, tail in up if tail in nodes}
    products = {row["id"] for row in graph.products.to_dicts() if row["aisle"] in names}
    for table in ("in_category", "has_attribute"):
        edges = graph.edges_by_id(table).select("head", "tail").iter_rows()
        products |= {head for head, tail in edges if tail in nodes}
    return products, nodes


def ids(walk: Walk) -> set[tuple[str, str]]:
    return {(step.label, step.id) for step in walk if isinstance(step, PathNode)}


def test_what_a_name_means(private: Recommender) -> None:
    graph, names = private.model.graph, private.model.sensitive
    products, nodes = marked(graph, names)
    found = sensitive(graph, names)
    assert set(graph.products["id"].to_numpy()[found.products]) == products
    every = [*graph.attributes["id"], *graph.categories["id"]]
    assert {every[row] for row in np.flatnonzero(found.nodes)} == nodes
    assert private.model.private_products == products


def test_scores_are_those_of_a_history_without(
    private: Recommender, every_channel: Recommender
) -> None:
    graph = private.model.graph
    row = graph.customers["id"].to_list().index(USER)
    history = graph.products["id"].gather(graph.purchases[[row]].indices).to_list()
    left = [name for name in history if name not in private.model.private_products]
    pairs = [(USER, product) for product in ("p0_001", "p1_011", "p2_041")]
    told = private.score(pairs)["score"].to_numpy()
    whole = graph.visits_since[[row]].toarray()
    whole[0, [p not in left for p in graph.products["id"]]] = 0  # the others keep their dates
    asked = np.array([private.product_row(product) for _, product in pairs])
    plain = every_channel.model.scores(sparse.csr_array(whole), asked, np.float64)[0]
    np.testing.assert_allclose(told, plain, rtol=1e-12)
    assert set(private.recommend([USER], k=500)["product_id"]).isdisjoint(history)


def test_no_reason_names_them_and_the_sum_holds(private: Recommender) -> None:
    products, nodes = marked(private.model.graph, private.model.sensitive)
    for user in (USER, "u0031"):
        for product in ("p0_001", "p1_011", "p2_003", "p2_041"):
            found: Explanation = private.explain(user, product, top=ALL)
            score = private.score([(user, product)])["score"][0]
            assert found.sum == pytest.approx(score, abs=1e-6)
            for term in found.terms:
                clean(term, products, nodes)
            for by in ("history", "attribute", "kind"):
                groups = found.grouped(by)
                assert not {group.node.id for group in groups} & (products | nodes)
                total = sum(group.contribution for group in groups)
                assert total == pytest.approx(found.score - found.bias, abs=1e-6)
        contrast = private.contrast(user, "p1_011", "p2_003", top=ALL)
        assert contrast.sum == pytest.approx(contrast.score, abs=1e-6)
        for difference in contrast.terms:
            for side in (difference.first, difference.second):
                if side is not None:
                    clean(side, products, nodes)


def clean(term: Term, products: set[str], nodes: set[str]) -> None:
    assert not {ident for label, ident in ids(term.path) if label != "Product"} & nodes
    assert not {ident for label, ident in ids(term.path[:-1]) if label == "Product"} & products


def test_without_the_setting_they_are_named(every_channel: Recommender) -> None:
    """The test above can fail: the same explanations name all of them."""
    named = set()
    for product in ("p0_001", "p1_011", "p2_003", "p2_041"):
        for term in every_channel.explain(USER, product, top=ALL).terms:
            named |= {ident for _, ident in ids(term.path[:-1])}
    assert {"c0", "root"} <= named
    assert any(name.startswith("theme:") for name in named)


def test_a_report_does_not_show_them(private: Recommender) -> None:
    asked = pl.DataFrame({"user_id": [USER], "aisle": ["aisle2"]})
    made = report.make(private, asked, k=3, accuracy=(), progress=lambda *_: None)
    shown = {purchase.product_id for purchase in made.customers[0].history}
    assert not shown & private.model.private_products


def test_it_is_saved_with_the_model(private: Recommender, tmp_path: Path) -> None:
    private.save(tmp_path / "model")
    loaded = Recommender.from_pretrained(tmp_path / "model")
    assert loaded.model.sensitive == private.model.sensitive
    assert loaded.explain(USER, "p1_011") == private.explain(USER, "p1_011")


def test_a_wrong_name_is_told(every_channel: Recommender) -> None:
    with pytest.raises(UnknownId, match=r"reasons\.sensitive names 'Helth'"):
        sensitive(every_channel.model.graph, ("Helth",))


def test_settings_read_the_list(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[reasons]\nsensitive = ["Health & Beauty"]\n')
    assert read_settings(file).reasons.sensitive == ("Health & Beauty",)
    assert read_settings(None, ['reasons.sensitive=["a", "b"]']).reasons.sensitive == ("a", "b")
    with pytest.raises(SettingsError, match="sensitive"):
        read_settings(None, ["reasons.sensitive=3"])
