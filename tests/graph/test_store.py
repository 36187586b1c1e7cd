"""What every store must do: one contract, inherited by each store."""

import datetime as dt
import multiprocessing
import time
from abc import ABC, abstractmethod
from pathlib import Path

import polars as pl
import pytest

from crossaisle.graph import Graph, Store, StoreError, open_store
from crossaisle.graph.queries import load, names


class StoreContract(ABC):
    """Inherit, and give an empty store."""

    @pytest.fixture
    @abstractmethod
    def store(self, tmp_path: Path) -> Store: ...

    def test_an_empty_store_gives_an_empty_graph(self, store: Store) -> None:
        assert store.read().equals(Graph.from_ids({}))

    def test_what_is_written_is_read(self, store: Store, shop: Graph) -> None:
        store.write(shop)
        read = store.read()
        assert read.counts() == shop.counts()
        assert read.equals(shop)

    def test_writing_again_changes_nothing(self, store: Store, shop: Graph) -> None:
        first = store.write(shop)
        assert not first.is_empty
        assert first.tables["Product"].added == 6
        again = store.write(shop)
        assert again.is_empty
        assert store.read().equals(shop)

    def test_a_changed_graph_updates_and_removes(self, store: Store, shop: Graph) -> None:
        store.write(shop)
        tables = {name: getattr(shop, name) for name in ("products", "customers", "attributes")}
        products = tables["products"].with_columns(
            title=pl.when(pl.col("id") == "c").then(pl.lit("cap")).otherwise("title")
        )
        edges = {
            name: shop.edges_by_id(name).filter(pl.col("head") != "e", pl.col("tail") != "e")
            for name in ("bought", "in_category", "has_attribute", "bought_with")
        }
        smaller = Graph.from_ids(
            {
                **tables,
                **edges,
                "products": products.filter(pl.col("id") != "e"),
                "categories": shop.categories,
            }
        )
        changes = store.write(smaller)
        assert store.read().equals(smaller)
        product = changes.tables["Product"]
        assert (product.changed, product.removed) == (1, 1)
        assert changes.tables["Basket"].removed == 1
        assert any("Product: 0 added, 1 changed, 1 removed, 4" in line for line in changes.lines())

    def test_the_same_pair_bought_twice_is_two_events(self, store: Store, shop: Graph) -> None:
        log = shop.edges_by_id("bought")
        later = log.head(1).with_columns(time=pl.lit(dt.datetime(2025, 6, 1)))
        nodes = {name: getattr(shop, name) for name in ("products", "customers")}
        twice = Graph.from_ids({**nodes, "bought": pl.concat([log, later])})
        store.write(twice)
        assert store.read().equals(twice)
        assert twice.purchases.nnz == log.height

    def test_it_answers_cypher_with_parameters(self, store: Store, shop: Graph) -> None:
        store.write(shop)
        frame = store.query(
            "MATCH (p:Product)-[:HAS_ATTRIBUTE]->(a:Attribute) WHERE a.value = $value "
            "RETURN p.id AS id ORDER BY id",
            {"value": "red"},
        )
        assert frame["id"].to_list() == ["a", "d"]

    def test_it_says_what_is_wrong_with_a_statement(self, store: Store, shop: Graph) -> None:
        store.write(shop)
        with pytest.raises(StoreError, match="statement"):
            store.query("MATCH (p:Product RETURN p")

    def test_a_query_cannot_write(self, store: Store, shop: Graph) -> None:
        store.write(shop)
        with pytest.raises(StoreError):
            store.query("CREATE (:Product {id: 'intruder'})")
        assert store.read().equals(shop)

    @pytest.mark.parametrize("name", names())
    def test_every_query_for_people_runs(self, store: Store, shop: Graph, name: str) -> None:
        store.write(shop)
        query = load(name)
        values = {"source": "wear", "target": "play", "product": "a", "customer": "ann"}
        given = {key: values.get(key, "red") for key in query.required}
        frame = store.query(query.statement, query.bind(given))
        assert query.question.endswith("?")
        assert frame.width > 0


class TestLadybug(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return open_store(tmp_path / "shop.lbdb", create=True)

    def test_a_missing_store_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="there is no store at .*none.lbdb"):
            open_store(tmp_path / "none.lbdb")

    def test_a_damaged_store_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "bad.lbdb").write_bytes(b"not a database" * 100)
        with pytest.raises(StoreError, match=r"bad\.lbdb"):
            open_store(tmp_path / "bad.lbdb").read()

    def test_a_write_that_fails_leaves_the_old_graph(self, tmp_path: Path, shop: Graph) -> None:
        path = tmp_path / "shop.lbdb"
        with open_store(path, create=True) as store:
            store.write(shop)

        def stop(stage: str, done: int, total: int) -> None:
            if stage == "writing the store" and done == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            open_store(path).write(
                shop.replace(baskets=shop.baskets.clear(), contains=shop.contains.clear()), stop
            )
        assert open_store(path).read().equals(shop)
        assert [item.name for item in tmp_path.iterdir()] == ["shop.lbdb"]

    def test_a_second_writer_is_refused(self, tmp_path: Path, shop: Graph) -> None:
        path = tmp_path / "shop.lbdb"

        def try_to_write(stage: str, done: int, total: int) -> None:
            with pytest.raises(StoreError, match="another process is writing"):
                open_store(path, create=True).write(shop)

        open_store(path, create=True).write(shop, try_to_write)
        assert open_store(path).read().equals(shop)

    def test_no_permission_is_said(self, tmp_path: Path, shop: Graph) -> None:
        with pytest.raises(StoreError, match="cannot write"):
            open_store("/proc/shop.lbdb", create=True).write(shop)


@pytest.mark.neo4j
class TestNeo4j(StoreContract):
    @pytest.fixture
    def store(self, neo4j_store: Store) -> Store:
        return neo4j_store


def _write_forever(path: Path, graph: Graph) -> None:
    other = graph.replace(contains=graph.contains.clear(), baskets=graph.baskets.clear())
    while True:
        for one in (graph, other):
            with open_store(path, create=True) as store:
                store.write(one)


def test_killed_writers_leave_a_whole_graph(
    tmp_path: Path, shop: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A spawned process finds this module by the path that it inherits.
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    path = tmp_path / "shop.lbdb"
    open_store(path, create=True).write(shop)
    spawn = multiprocessing.get_context("spawn")
    for delay in (0, 0.1, 0.2):
        old = path.stat().st_ino
        process = spawn.Process(target=_write_forever, args=(path, shop))
        process.start()
        while process.is_alive() and path.stat().st_ino == old:
            time.sleep(0.01)  # until it has put a first graph there and writes the second
        process.join(delay)
        assert process.is_alive()
        process.kill()
        process.join()
        read = open_store(path).read()
        assert read.counts()["Product"] == 6
        assert read.counts()["Basket"] in {0, 1}
    open_store(path).write(shop)
    assert open_store(path).read().equals(shop)
