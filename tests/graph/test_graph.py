"""The graph against slower statements of the same: networkx, loops."""

from itertools import combinations
from math import sqrt

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.graph import Graph, GraphError, bought_with, compare, lowest


def test_ids_twice_and_unknown_ends_are_refused() -> None:
    products = pl.DataFrame({"id": ["a", "a"]})
    with pytest.raises(GraphError, match="'a' stands 2 times"):
        Graph.from_ids({"products": products})
    edge = pl.DataFrame({"head": ["u"], "tail": ["zzz"]})
    with pytest.raises(GraphError, match="BOUGHT: tail 'zzz' is not in products"):
        Graph.from_ids({"customers": pl.DataFrame({"id": ["u"]}), "bought": edge})


def test_a_lot_is_drawn_by_id_alone() -> None:
    ids = [f"p{number}" for number in range(5000)]
    many = Graph.from_ids({"products": pl.DataFrame({"id": ids})})
    few = Graph.from_ids({"products": pl.DataFrame({"id": ids[1000:1100], "title": "another"})})
    assert (
        dict(zip(few.products["id"], few.lots, strict=True)).items()
        <= dict(zip(many.products["id"], many.lots, strict=True)).items()
    )
    assert np.histogram(many.lots, 10, (0, 1))[0] == pytest.approx(500, abs=100)
    # The same in every process, on every machine: 48 bits of BLAKE2b.
    assert Graph.from_ids({"products": pl.DataFrame({"id": ["p0"]})}).lots[0] == pytest.approx(
        0.9043291606049593
    )


def test_a_small_shop_holds_out_its_share_whatever_the_lots() -> None:
    lots = np.array([0.9, 0.31, 0.5, 0.3, 0.7, 0.8, 0.6, 0.4, 0.95, 0.99, 0.35])
    assert np.flatnonzero(lowest(lots, 0.1)).tolist() == [1, 3]  # a tenth of eleven, rounded up
    many = np.arange(5000) / 5000
    assert np.array_equal(lowest(many, 0.1), many < 0.1)
    late = 0.2 + many / 2
    assert np.flatnonzero(lowest(late, 0.1)).tolist() == list(range(100))


def test_aisles(shop: Graph) -> None:
    assert shop.aisles == ["play", "wear"]
    assert shop.aisle_of.tolist() == [1, 1, 1, 0, 0, 0]
    assert shop.has_clock


def test_category_ancestors_are_what_networkx_reaches() -> None:
    rng = np.random.default_rng(3)
    names = [f"k{i:02}" for i in range(40)]
    parents = [(names[i], names[int(rng.integers(0, i))]) for i in range(1, 40)]
    graph = Graph.from_ids(
        {
            "categories": pl.DataFrame({"id": names}),
            "part_of": pl.DataFrame(parents, schema=["head", "tail"], orient="row"),
        }
    )
    tree = nx.DiGraph(parents)
    reach = graph.category_ancestors.toarray()
    for row, name in enumerate(names):
        expected = {name} | nx.descendants(tree, name)
        assert {names[i] for i in np.flatnonzero(reach[row])} == expected
    assert set(np.unique(reach)) <= {0.0, 1.0}


_log = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(_log, _log, st.integers(1, 3))
def test_bought_with_is_counting_pairs(
    log: list[tuple[int, int]], baskets: list[tuple[int, int]], least: int
) -> None:
    graph = _graph(log, baskets)
    groups = [{p for u, p in pairs if u == who} for pairs in (log, baskets) for who in range(7)]
    together = bought_with(graph, min_count=least, per_product=100)
    found = {
        (row["head"], row["tail"]): (row["count"], row["weight"]) for row in together.to_dicts()
    }
    for i, j in combinations(range(8), 2):
        count = sum(i in group and j in group for group in groups)
        if count < least:
            assert (i, j) not in found
        else:
            buyers = [sum(k in group for group in groups) for k in (i, j)]
            assert found[i, j][0] == count
            assert found[i, j][1] == pytest.approx(count / sqrt(buyers[0] * buyers[1]))


@settings(max_examples=30, deadline=None)
@given(_log, st.integers(1, 3))
def test_each_product_keeps_its_strongest_pairs_of_each_aisle(
    log: list[tuple[int, int]], per_aisle: int
) -> None:
    graph = _graph(log, [])
    everything = bought_with(graph, min_count=1, per_product=100)
    kept = set(
        bought_with(graph, min_count=1, per_product=0, per_aisle=per_aisle)
        .select("head", "tail")
        .rows()
    )
    aisle = graph.aisle_of
    for product in range(8):
        for target in range(2):
            pairs = []
            for row in everything.to_dicts():
                ends = (row["head"], row["tail"])
                if product in ends:
                    other = ends[0] + ends[1] - product
                    if aisle[other] == target:
                        pairs.append((-row["weight"], other, ends))
            for _, _, ends in sorted(pairs)[:per_aisle]:
                assert ends in kept


def _graph(log: list[tuple[int, int]], baskets: list[tuple[int, int]]) -> Graph:
    def edges(pairs: list[tuple[int, int]]) -> pl.DataFrame:
        rows = [(str(u), str(p)) for u, p in sorted(set(pairs))]
        return pl.DataFrame(rows, schema={"head": pl.String, "tail": pl.String}, orient="row")

    people = pl.DataFrame({"id": [str(i) for i in range(7)]})
    products = pl.DataFrame({"id": [str(i) for i in range(8)], "aisle": ["x"] * 4 + ["y"] * 4})
    return Graph.from_ids(
        {
            "products": products,
            "customers": people,
            "baskets": people,
            "bought": edges(log),
            "contains": edges(baskets),
        }
    )


def test_compare_finds_nothing_where_nothing_is(shop: Graph) -> None:
    assert compare(shop, shop).is_empty
    assert compare(shop, shop).lines() == ["nothing changed: the store already holds this graph"]
    counted = compare(Graph.from_ids({}), shop)
    assert {name: change.added for name, change in counted.tables.items()} == shop.counts()
