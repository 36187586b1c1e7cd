"""Shops at the edge: everything is finite, every list is whole."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from crossaisle.fusion import Recommender, TrainConfig
from crossaisle.graph import Graph


def one_aisle(shop: Callable[..., Graph]) -> Graph:
    graph = shop(people=80)
    return graph.replace(products=graph.products.with_columns(aisle=pl.lit("all")))


def no_aisle(shop: Callable[..., Graph]) -> Graph:
    graph = shop(people=80)
    return graph.replace(products=graph.products.with_columns(aisle=pl.lit(None, pl.String)))


def one_product_aisles(shop: Callable[..., Graph]) -> Graph:
    graph = shop(people=80)
    return graph.replace(products=graph.products.with_columns(aisle=pl.col("id")))


def thin(shop: Callable[..., Graph]) -> Graph:
    graph = shop(people=80)
    return graph.replace(bought=graph.bought[::60])


def single_event(shop: Callable[..., Graph]) -> Graph:
    graph = shop(people=80)
    return graph.replace(bought=graph.bought[:1])


def all_users_in_one_aisle(shop: Callable[..., Graph]) -> Graph:
    graph = shop(people=80)
    return graph.replace(bought=graph.bought.filter(pl.col("tail") < 42))


def a_user_of_everything(shop: Callable[..., Graph]) -> Graph:
    graph = shop(people=80)
    more = graph.bought[:1].clear()
    every = pl.DataFrame({"tail": np.arange(graph.products.height, dtype=np.uint32)})
    more = pl.concat([more, every.with_columns(head=pl.lit(0, pl.UInt32))], how="diagonal")
    return graph.replace(bought=pl.concat([graph.bought, more]).sort("head", "tail"))


def no_attributes(shop: Callable[..., Graph]) -> Graph:
    graph = shop(people=80, attributes=False)
    return graph.replace(products=graph.products.with_columns(title=pl.lit(None, pl.String)))


@pytest.mark.parametrize(
    "odd",
    [
        one_aisle,
        no_aisle,
        one_product_aisles,
        thin,
        single_event,
        all_users_in_one_aisle,
        a_user_of_everything,
        no_attributes,
    ],
)
def test_trains_scores_and_explains(
    odd: Callable[..., Graph], shop: Callable[..., Graph], small: TrainConfig
) -> None:
    graph = odd(shop)
    taught = Recommender.train(graph, small)
    scores = taught.model.scores(graph.purchases[:20], np.arange(graph.products.height))
    assert np.isfinite(scores).all()
    lists = taught.recommend({"a": ["p0_001", "p1_001"], "b": []}, k=4)
    assert lists["rank"].to_list() == [1, 2, 3, 4] * 2
    found = taught.explain(["p0_001", "p1_001"], "p2_001")
    assert found.sum == pytest.approx(found.score, rel=1e-5)


def test_the_same_seed_gives_the_same_model(graph: Graph, small: TrainConfig) -> None:
    first, second = (Recommender.train(graph, small, seed=4).model for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    everything = np.arange(graph.products.height)
    assert np.array_equal(
        first.scores(graph.purchases, everything), second.scores(graph.purchases, everything)
    )


def test_without_the_network_it_is_closed_form(graph: Graph) -> None:
    stages = []
    config = TrainConfig(network=False)
    taught = Recommender.train(graph, config, progress=lambda *step: stages.append(step))
    assert "network" not in taught.model.channels
    assert not any("network" in stage for stage, _, _ in stages)
    assert {stage for stage, done, total in stages if done == total} >= {"people", "walks"}
