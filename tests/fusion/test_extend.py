"""Products added after training: what the training's own code gives them, and nothing moves."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from scipy import sparse, special

from crossaisle.encoders.network import GraphNetwork
from crossaisle.fusion import ModelError, Recommender, TrainConfig, newcomers
from crossaisle.fusion.channels import NetworkTables, PeopleTables
from crossaisle.fusion.content import (
    HUBNESS,
    SHARES,
    SMALLEST_MASS,
    WORD,
    extended_features,
    features,
)
from crossaisle.fusion.extend import extend
from crossaisle.fusion.images import image_table
from crossaisle.fusion.level import _drawn, _mass, level
from crossaisle.fusion.model import CHANNELS, Model
from crossaisle.fusion.newcomers import freeze
from crossaisle.fusion.parts import _relations, fit_parts
from crossaisle.fusion.people import fit_people
from crossaisle.fusion.placed import Places
from crossaisle.fusion.train import _lore
from crossaisle.graph import Graph, GraphError
from crossaisle.graph.extend import extended

NEW = ["a new thing", "p0_040", "p1_041x", "p2_040", "p2_041", "somewhere else"]
"""Ids before, between and after those that the model knows; aisle2 had no new product, the last
one's aisle had none at all."""


@pytest.fixture(scope="module", autouse=True)
def solved() -> Iterator[None]:
    """Solve ridge regressions to the last digit: it is formulas that are compared here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(newcomers, "TOLERANCE", 1e-6)
        yield


@pytest.fixture(scope="module")
def before(graph: Graph) -> Graph:
    """The shop without some of what it will have: p0_041, p1_040, p1_041 stay as new ones."""
    gone = pl.Series(["p0_040", "p2_040", "p2_041"])
    ids = graph.products["id"]
    left = graph.products.filter(~ids.is_in(gone.implode()))
    tables = {name: getattr(graph, name) for name in ("categories", "attributes", "customers")}
    for name in ("in_category", "part_of", "has_attribute", "bought", "bought_with"):
        tables[name] = graph.edges_by_id(name)
    for name in ("in_category", "has_attribute"):
        tables[name] = tables[name].filter(~tables[name]["head"].is_in(gone.implode()))
    return Graph.from_ids({**tables, "products": left})


@pytest.fixture(scope="module")
def store(graph: Graph) -> Graph:
    """What the shop has later: the new products, with an attribute and a category nobody knew."""
    products = pl.DataFrame(
        {
            "id": NEW,
            "title": ["thing p1_003 gadget", "thing p0", "p1_041 thing", "thing", None, "gadget"],
            "aisle": ["aisle1", "aisle0", "aisle1", "aisle2", "aisle2", "attic"],
        }
    )
    wears = [("a new thing", "theme:3"), ("a new thing", "theme:new"), ("p0_040", "theme:0")]
    wears += [("p2_040", "theme:0"), ("p2_041", "theme:1"), ("somewhere else", "theme:new")]
    tables = {
        "products": pl.concat([graph.products.head(5), products], how="diagonal"),
        "attributes": pl.DataFrame(
            {"id": ["a first", "theme:new"], "kind": ["theme"] * 2, "value": ["F", "N"]}
        ),
        "categories": pl.DataFrame({"id": ["a1", "c9", "root"], "name": ["a", "nine", "r"]}),
        "part_of": pl.DataFrame({"head": ["c9"], "tail": ["root"]}),
        "in_category": pl.DataFrame(
            {"head": ["a new thing", "p2_040"], "tail": ["c9", "c9"], "confidence": [1.0, 0.5]}
        ),
        "has_attribute": pl.DataFrame(wears, schema=["head", "tail"], orient="row").with_columns(
            confidence=pl.lit(1.0)
        ),
    }
    tables["attributes"] = pl.concat([graph.attributes, tables["attributes"]])
    return Graph.from_ids(tables)


@pytest.fixture(scope="module")
def half_text(before: Graph) -> np.ndarray:
    """Vectors that half precision holds exactly, as it is what a model keeps."""
    vectors = np.random.default_rng(1).standard_normal((before.products.height, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::7] = 0
    return vectors.astype(np.float16).astype(np.float32)


@pytest.fixture(scope="module")
def new_text() -> np.ndarray:
    vectors = np.random.default_rng(7).standard_normal((len(NEW), 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float16).astype(np.float32)


@pytest.fixture(scope="module")
def half_images(before: Graph) -> np.ndarray:
    return unit_rows(before.products.height, 8)


@pytest.fixture(scope="module")
def new_images() -> np.ndarray:
    return unit_rows(len(NEW), 9)


def unit_rows(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::4] = 0
    return vectors.astype(np.float16).astype(np.float32)


@pytest.fixture(scope="module")
def trained(
    before: Graph, half_text: np.ndarray, half_images: np.ndarray, small: TrainConfig
) -> Model:
    """Every channel at work, with made-up weights; then leveled as training does."""
    model = Recommender.train(before, small, text=half_text, seed=0).model
    lore, rng = _lore(before, half_text), np.random.default_rng(0)
    looks = image_table(half_images, before.aisle_of, per_aisle=small.neighbours)
    lore = replace(lore, looks=looks)
    people = fit_people(lore, small, (30.0,), rng, lambda *_: None)[0]
    fitted = fit_parts(lore, small, people, {}, rng, lambda *_: None, "")
    weights = np.random.default_rng(5).uniform(0.5, 2, model.weights.shape).astype(np.float32)
    place = CHANNELS.index("network")
    resting = np.outer(weights[:, 1, place], fitted.biases["network"]).astype(np.float32)
    bias = np.where(model.is_new, resting, model.bias)
    model = replace(
        model,
        channels=fitted.channels,
        weights=weights,
        bias=bias,
        network_bias=fitted.biases["network"],
        half_life=2.0,
        images=half_images.astype(np.float16),
    )
    return level(model, 0)


@pytest.fixture(scope="module")
def joined(before: Graph, store: Graph) -> Graph:
    return extended(before, store)


@pytest.fixture(scope="module")
def later(trained: Model, joined: Graph, new_text: np.ndarray, new_images: np.ndarray) -> Model:
    return extend(trained, joined, new_text, images=new_images)


@pytest.fixture(scope="module")
def places(before: Graph, joined: Graph) -> Places:
    return Places.between(before, joined)


def test_the_joined_graph(before: Graph, store: Graph, joined: Graph, places: Places) -> None:
    ids = joined.products["id"]
    assert ids.gather(places.products).equals(before.products["id"])
    assert sorted(ids.gather(places.added)) == sorted(NEW)
    assert set(joined.attributes["id"]) - set(before.attributes["id"]) == {"theme:new"}
    assert set(joined.categories["id"]) - set(before.categories["id"]) == {"a1", "c9"}
    assert (joined.purchases[:, places.products] - before.purchases).nnz == 0
    assert extended(before, before).equals(before)
    assert extended(joined, store).equals(joined)


def test_whoever_is_in_the_store_has_its_history(before: Graph, store: Graph) -> None:
    bought = {"head": ["u0001", "a stranger"], "tail": ["p2_040", "p0_001"]}
    more = Graph.from_ids(
        {
            "products": store.products,
            "customers": pl.DataFrame({"id": ["a stranger", "u0001", "u0002"]}),
            "bought": pl.DataFrame({**bought, "position": [1.0, 1.0]}),
        }
    )
    joined = extended(before, more)
    log = joined.edges_by_id("bought").group_by("head").agg("tail")
    found = dict(log.iter_rows())
    assert found["u0001"] == ["p2_040"]
    assert found["a stranger"] == ["p0_001"]
    old = before.edges_by_id("bought").filter(head="u0002")["tail"]
    assert sorted(found["u0002"]) == sorted(old)
    dated = more.edges_by_id("bought").with_columns(time=pl.lit("2024-01-01").str.to_datetime())
    tables = {"products": more.products, "customers": more.customers, "bought": dated}
    with pytest.raises(GraphError, match="every event of it has a date, those of the model"):
        extended(before, Graph.from_ids(tables))


def holders(graph: Graph, kind: str) -> list[dict[str, float]]:
    """What each product has of a kind, and how sure that is."""
    if kind == "word":
        titles = graph.products["title"].fill_null("")
        return [dict.fromkeys(WORD.findall(title.lower()), 1.0) for title in titles]
    held: list[dict[str, float]] = [{} for _ in range(graph.products.height)]
    parents = dict(graph.edges_by_id("part_of").select("head", "tail").iter_rows())
    place = {name: row for row, name in enumerate(graph.products["id"])}
    table = {"attribute": "has_attribute", "category": "in_category"}[kind]
    edges = graph.edges_by_id(table).select("head", "tail", "confidence")
    for head, tail, sure in edges.iter_rows():
        node: str | None = tail
        while node is not None:
            known = held[place[head]].get(node, 0.0)
            held[place[head]][node] = min(known + sure, 1.0)
            node = parents.get(node) if kind == "category" else None
    return held


def test_features_by_loops(before: Graph, joined: Graph, places: Places) -> None:
    """log(n / df) of the training for what it knew, of the larger graph for what is new."""
    made = features(before)
    larger = extended_features(made, joined, places)
    width = joined.attributes.height + joined.categories.height
    columns = np.append(places.nodes, width + np.arange(len(made.words)))
    rows = larger.matrix[places.products].toarray()
    assert np.array_equal(rows[:, columns], made.matrix.toarray())
    assert np.count_nonzero(rows) == made.matrix.nnz

    names = [*joined.attributes["id"], *joined.categories["id"], *made.words]
    starts = {"attribute": 0, "category": joined.attributes.height, "word": width}
    for row in places.added:
        expected = np.zeros(len(names))
        for kind, share in SHARES.items():
            old, new = holders(before, kind), holders(joined, kind)
            block = np.zeros(len(names))
            for name, sure in new[row].items():
                at = [p for p, n in enumerate(names) if n == name and p >= starts[kind]]
                if not at:
                    assert kind == "word"  # which the training did not know
                    continue
                df, n = sum(name in held for held in old), len(old)
                if not df:
                    df, n = sum(name in held for held in new), len(new)
                block[at[0]] = sure * np.log(n / df)
            expected += share * block / max(np.linalg.norm(block), 1e-12)
        expected /= max(np.linalg.norm(expected), 1e-12)
        np.testing.assert_allclose(larger.matrix[[row]].toarray()[0], expected, atol=1e-6)


def test_old_scores_do_not_move(trained: Model, later: Model, places: Places) -> None:
    old = np.arange(len(trained.is_new))
    log = trained.graph.visits_since
    expected = trained.scores(log, old, np.float64)
    found = later.scores(later.graph.visits_since, places.products, np.float64)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert expected.std() > 0.1


def test_closed_forms_are_those_of_a_training_with_the_product_and_without_its_events(
    trained: Model, later: Model, joined: Graph, places: Places, small: TrainConfig
) -> None:
    """All but the mean mass that farness is measured by: training counts the new products in it."""
    assert later.text is not None
    lore = _lore(joined, later.text.astype(np.float32))
    lore = replace(lore, features=later.features)
    without_network = small.model_copy(update={"network": False})
    people = fit_people(lore, small, (30.0,), np.random.default_rng(0), lambda *_: None)[0]
    rng = np.random.default_rng(0)
    oracle = fit_parts(lore, without_network, people, {}, rng, lambda *_: None, "").channels
    everything = np.arange(joined.products.height)
    for name in ("walks", "niche walks"):
        expected = oracle[name].pairs(everything, everything)
        np.testing.assert_allclose(later.channels[name].pairs(everything, everything), expected)
    bought = sparse.csr_array(later.bought[None])
    for name, counted in (("content", np.ones(len(everything), bool)), ("likeness", later.is_new)):
        whole, found = oracle[name], later.channels[name]
        mass = replace(whole, far=np.ones_like(whole.far)).scores(bought, everything)[0]
        mean, of_old = mass[counted].mean(), mass[places.products][counted[places.products]].mean()
        expected = whole.pairs(everything, places.added) * (of_old / mean) ** HUBNESS
        least = np.isclose(whole.far[places.added], SMALLEST_MASS**-HUBNESS)
        assert 0 < least.sum() < 3 or name == "likeness"
        expected[:, least] /= (of_old / mean) ** HUBNESS
        assert abs(of_old / mean - 1) > 0.01
        np.testing.assert_allclose(
            found.pairs(everything, places.added), expected, rtol=1e-3, atol=1e-6
        )
    crossed = later.channels["people"]
    assert isinstance(crossed, PeopleTables)
    assert not crossed.pairs(everything, places.added).any()
    assert not crossed.pairs(places.added, everything).any()
    assert not np.abs(oracle["people"].pairs(everything, places.added)).max() > 1e-6


def test_pictures_are_where_a_training_puts_them(
    later: Model, joined: Graph, places: Places, small: TrainConfig, new_images: np.ndarray
) -> None:
    """With so few products in an aisle nobody is pushed out: the table is the whole one."""
    assert later.images is not None
    assert np.array_equal(later.images[places.added], new_images)
    vectors = later.images.astype(np.float32)
    expected = image_table(vectors, joined.aisle_of, per_aisle=small.neighbours).toarray()
    everything = np.arange(joined.products.height)
    found = later.channels["image"].pairs(everything, everything)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)
    assert (expected[:, places.added] > 0).any()


def test_the_network_is_what_freezing_it_with_the_products_gives(
    trained: Model, joined: Graph, half_text: np.ndarray, new_text: np.ndarray, places: Places
) -> None:
    """A network of made-up numbers, frozen without and with the added products' rows."""
    lore = _lore(trained.graph, half_text)
    generator = torch.Generator().manual_seed(3)
    start = np.random.default_rng(3).standard_normal((len(lore.bought), 4)).astype(np.float32)
    nodes = lore.features.attributes + lore.features.categories
    relations = _relations(lore)
    names = tuple(r.name for r in relations)
    network = GraphNetwork(start, nodes, names, np.log1p(lore.bought))
    with torch.no_grad():
        for side in ("in", "out"):
            network.tables[f"node_{side}"].copy_(torch.randn(nodes, 4, generator=generator))
    tables, bias = freeze(network, relations, lore.features, half_text, lore.bought)
    base = replace(trained, channels={"network": tables}, network_bias=bias)
    later = extend(replace(base, images=None), joined, new_text)
    found = later.channels["network"]
    assert isinstance(found, NetworkTables)

    whole = replace(_lore(joined, np.zeros((joined.products.height, 1))), features=later.features)
    count, width = joined.products.height, joined.attributes.height + joined.categories.height
    larger = GraphNetwork(np.zeros((count, 4), np.float32), width, names, np.zeros(count))
    with torch.no_grad():
        for side in ("in", "out"):
            product, node = larger.tables[f"product_{side}"], larger.tables[f"node_{side}"]
            product[places.products] = network.tables[f"product_{side}"]
            node[places.nodes] = network.tables[f"node_{side}"]
        larger.bias[places.products] = network.bias
    text = np.zeros((count, 6), np.float32)
    text[places.products], text[places.added] = half_text, new_text
    oracle, expected = freeze(larger, _relations(whole), later.features, text, whole.bought)
    for side in ("vectors_in", "vectors_out"):
        np.testing.assert_allclose(getattr(found, side), getattr(oracle, side), atol=1e-4)
    assert later.network_bias is not None
    np.testing.assert_allclose(later.network_bias, expected, atol=1e-4)
    assert np.abs(expected[places.added]).max() > 0.1


def test_levels(trained: Model, later: Model, places: Places) -> None:
    """An aisle's new products keep the level of the training; where it had none it is measured."""
    resting = np.outer(later.weights[:, 1, CHANNELS.index("network")], later.network_bias)
    level_of = (later.bias - resting)[:, later.is_new]
    aisles = later.aisle_of[later.is_new]
    names = later.graph.aisles
    for name in ("aisle0", "aisle1", "aisle2", "attic"):
        some = level_of[:, aisles == names.index(name)]
        assert some.shape[1] > 0
        np.testing.assert_allclose(some, some[:, :1] * np.ones(some.shape[1]), atol=1e-4)
    histories = _drawn(later, 0)
    visited = later.visited(histories)[:, names.index("aisle2")]
    inside = later.aisle_of == names.index("aisle2")
    new, old = np.flatnonzero(inside & later.is_new), np.flatnonzero(inside & ~later.is_new)
    for situation in (0, 1):
        some = sparse.csr_array(histories[np.flatnonzero(visited == situation)])
        gap = _mass(later, some, new) - _mass(later, some, old)
        share = len(new) / (len(new) + len(old))
        assert special.expit(gap).mean() == pytest.approx(share, rel=1e-3)
    alone, known = np.flatnonzero(later.aisle_of == names.index("attic")), ~later.is_new
    gap = _mass(later, histories, alone) - _mass(later, histories, np.flatnonzero(known))
    assert special.expit(gap).mean() == pytest.approx(1 / (1 + known.sum()), rel=1e-3)


def test_scores_are_the_formula_and_reasons_add_up(later: Model, places: Places) -> None:
    shop = Recommender(later)
    ids = later.graph.products["id"].to_list()
    asked = [*NEW, "p0_041", "p2_003"]
    for history in (["p0_003", "p1_011"], ["a new thing", "p2_003"], ["u"]):
        rows = [ids.index(one) for one in history if one in ids]
        for product in asked:
            if product in history:
                continue
            j = ids.index(product)
            aisles = later.aisle_of[rows] == later.aisle_of[j]
            situation, fresh = int(aisles.any()), int(later.is_new[j])
            expected = float(later.bias[situation, j])
            for place, name in enumerate(CHANNELS):
                if name in later.channels:
                    pairs = later.channels[name].pairs(np.array(rows, int), np.array([j]))
                    weight = later.weights[situation, fresh, place]
                    expected += weight * len(rows) ** -0.25 * pairs.sum() if rows else 0.0
            found = shop.explain(history, product, top=4)
            assert found.score == pytest.approx(expected, rel=1e-5, abs=1e-6)
            assert found.sum == pytest.approx(found.score, rel=1e-6, abs=1e-6)
            total = found.bias + sum(term.contribution for term in found.terms) + found.rest
            assert total == pytest.approx(found.score, rel=1e-6, abs=1e-6)
    through = {
        getattr(node, "id", None)
        for term in shop.explain(["a new thing"], "somewhere else", top=50).terms
        for node in term.path
    }
    assert "theme:new" in through


def test_saved_loaded_and_extended_again(
    later: Model, new_text: np.ndarray, new_images: np.ndarray, tmp_path: pytest.TempPathFactory
) -> None:
    Recommender(later).save(f"{tmp_path}/model")
    again = Recommender.from_pretrained(f"{tmp_path}/model").model
    everything = np.arange(len(later.is_new))
    log = later.graph.purchases[:20]
    assert np.array_equal(again.scores(log, everything), later.scores(log, everything))
    same = extend(again, again.graph, new_text[:0], images=new_images[:0])
    assert same.graph.equals(later.graph)
    product = pl.DataFrame({"id": ["zz"], "title": ["thing"], "aisle": ["attic"]})
    larger = extended(again.graph, Graph.from_ids({"products": product}))
    once_more = extend(again, larger, new_text[:1], images=new_images[:1])
    found = once_more.scores(
        sparse.csr_array((20, len(everything) + 1), dtype=np.float32), np.array([len(everything)])
    )
    assert np.isfinite(found).all()


def test_what_does_not_fit_is_said(trained: Model, joined: Graph, new_text: np.ndarray) -> None:
    with pytest.raises(ModelError, match="Train it again"):
        extend(replace(trained, bought=None), joined, new_text)
    for wrong in (None, new_text[1:], new_text[:, :5], new_text * np.nan):
        with pytest.raises(ModelError, match="6 added products do not fit"):
            extend(trained, joined, wrong)
    with pytest.raises(ModelError, match="image vectors of the 6 added products do not fit"):
        extend(trained, joined, new_text)


def test_a_shop_without_attributes_titles_or_text_takes_whatever_comes(
    shop: Callable[..., Graph], small: TrainConfig
) -> None:
    bare = shop(people=80, attributes=False, new=0)
    bare = bare.replace(products=bare.products.with_columns(title=pl.lit(None, pl.String)))
    more = {
        "products": pl.DataFrame(
            {
                "id": ["nothing", "nowhere", "x"],
                "aisle": ["aisle0", None, "new"],
                "title": ["a", "b", None],
            }
        ),
        "attributes": pl.DataFrame({"id": ["brand:Z"], "kind": ["brand"], "value": ["Z"]}),
        "has_attribute": pl.DataFrame(
            {"head": ["x", "nowhere"], "tail": ["brand:Z"] * 2, "confidence": [1.0] * 2}
        ),
    }
    taught = Recommender.train(bare, small).model
    larger = Recommender(extend(taught, extended(bare, Graph.from_ids(more))))
    scores = larger.model.scores(larger.model.graph.purchases[:20], np.arange(123))
    assert np.isfinite(scores).all()
    new = larger.model.is_new
    assert scores[:, new].max(axis=1).mean() < scores[:, ~new].max(axis=1).mean()  # fill no list
    found = larger.explain(["p0_001", "nowhere"], "x")
    assert found.sum == pytest.approx(found.score, rel=1e-5)
