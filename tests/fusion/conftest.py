"""A small shop whose right answers are known: themes carry people from aisle to aisle."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from crossaisle.fusion import Recommender, TrainConfig
from crossaisle.fusion.channels import WalkTable
from crossaisle.fusion.images import image_table
from crossaisle.fusion.parts import fit_parts
from crossaisle.fusion.people import fit_people
from crossaisle.fusion.regression import regression_tables
from crossaisle.fusion.train import _lore
from crossaisle.graph import Graph, bought_with

SMALL = TrainConfig(embedding_size=8, epochs=2, batch_size=64)


def make_shop(
    *,
    people: int = 240,
    products: int = 40,
    aisles: int = 3,
    themes: int = 8,
    new: int = 2,
    attributes: bool = True,
    seed: int = 0,
) -> Graph:
    """Everybody has one theme and buys products of it in about 70 % of the aisles.

    Product k of an aisle has the theme k % themes; the last ``new`` of each aisle nobody bought.
    """
    rng = np.random.default_rng(seed)
    rows = [(f"p{a}_{k:03d}", f"aisle{a}", k) for a in range(aisles) for k in range(products + new)]
    events = []
    for person in range(people):
        theme = rng.integers(themes)
        for a in range(aisles):
            own = [p for p, x, k in rows if x == f"aisle{a}" and k % themes == theme]
            own = own[: -(-(products - theme) // themes)]
            if rng.random() < 0.7 and own:
                chosen = rng.permutation(len(own))[:3]
                when = float(len(events))
                events += [(f"u{person:04d}", own[c], when + n) for n, c in enumerate(chosen)]
    ids = [p for p, _, _ in rows]
    tables = {
        "products": pl.DataFrame(
            {"id": ids, "title": [f"thing {p}" for p in ids], "aisle": [a for _, a, _ in rows]}
        ),
        "customers": pl.DataFrame({"id": [f"u{p:04d}" for p in range(people)]}),
        "bought": pl.DataFrame(events, schema=["head", "tail", "position"], orient="row"),
    }
    if attributes:
        tables |= {
            "attributes": pl.DataFrame(
                {
                    "id": [f"theme:{t}" for t in range(themes)],
                    "kind": ["theme"] * themes,
                    "value": [f"T{t}" for t in range(themes)],
                }
            ),
            "has_attribute": pl.DataFrame(
                {
                    "head": ids,
                    "tail": [f"theme:{k % themes}" for _, _, k in rows],
                    "confidence": [1.0] * len(ids),
                }
            ),
            "categories": pl.DataFrame({"id": ["root", "c0", "c1", "c2"], "name": list("rabc")}),
            "part_of": pl.DataFrame({"head": ["c0", "c1"], "tail": ["root", "root"]}),
            "in_category": pl.DataFrame(
                {
                    "head": ids,
                    "tail": [f"c{k % 3}" for _, _, k in rows],
                    "confidence": [1.0] * len(ids),
                }
            ),
        }
    graph = Graph.from_ids(tables)
    return graph.replace(bought_with=bought_with(graph, min_count=1, per_aisle=5))


@pytest.fixture(scope="session")
def shop() -> Callable[..., Graph]:
    return make_shop


@pytest.fixture(scope="session")
def small() -> TrainConfig:
    return SMALL


@pytest.fixture(scope="session")
def graph() -> Graph:
    return make_shop()


@pytest.fixture(scope="session")
def text(graph: Graph) -> np.ndarray:
    vectors = np.random.default_rng(1).standard_normal((graph.products.height, 6))
    vectors[::7] = 0
    length = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return (vectors / length).astype(np.float32)


@pytest.fixture(scope="session")
def images(graph: Graph) -> np.ndarray:
    """Of every fifth product there is no picture."""
    vectors = np.random.default_rng(2).standard_normal((graph.products.height, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::5] = 0
    return vectors.astype(np.float32)


@pytest.fixture(scope="session")
def recommender(graph: Graph, text: np.ndarray) -> Recommender:
    return Recommender.train(graph, SMALL, text=text, seed=3)


@pytest.fixture(scope="session")
def every_channel(recommender: Recommender, text: np.ndarray, images: np.ndarray) -> Recommender:
    """The same model with every channel at work in every situation (weights made up)."""
    model = recommender.model
    graph, config = model.graph, model.config
    looks = image_table(images, graph.aisle_of, per_aisle=config.neighbours)
    lore = replace(_lore(graph, text), looks=looks)
    rng = np.random.default_rng(0)
    people = fit_people(lore, config, (30.0,), rng, lambda *_: None)[0]
    ones = np.ones(graph.products.height, np.float32)
    regressions = {
        name: WalkTable(
            regression_tables(graph.purchases, graph.aisle_of, (300.0,), across=across)[0], ones
        )
        for name, across in (("regression", False), ("crossing regression", True))
    }
    fitted = fit_parts(lore, config, people, regressions, rng, lambda *_: None, "")
    weights = np.random.default_rng(5).uniform(0.5, 2, model.weights.shape).astype(np.float32)
    kept = images.astype(np.float16)
    made = replace(model, channels=fitted.channels, weights=weights, half_life=2.0, images=kept)
    return Recommender(made)
