"""The whole evaluation, where the answer is known."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console
from scipy import sparse

from crossaisle.evaluation import Results, Split, evaluate, markdown, rich_table, twin_customers
from crossaisle.evaluation.metrics import METRICS, ndcg
from crossaisle.evaluation.neighbours import Rp3Beta
from crossaisle.evaluation.popularity import Popularity
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.fusion.scorer import Scorer
from crossaisle.graph import Graph


class Nothing:
    """Knows nothing: everything is a tie."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        return np.zeros((histories.shape[0], len(candidates)), np.float32)


class Listener(Nothing):
    """Remembers the histories it is given."""

    def __init__(self, graph: Graph, *, ordered: bool) -> None:
        super().__init__(graph)
        self.ordered = ordered
        self.given: list[np.ndarray] = []

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        self.given.append(histories.toarray())
        return super().scores(histories, candidates)


def walks(graph: Graph) -> Scorer:
    return Rp3Beta(graph, alpha=1.0, beta=0.0)


@pytest.fixture(scope="module")
def results(bridge: Graph) -> Results:
    return evaluate(
        bridge,
        "aisle-cold",
        walks,
        arms={"nothing": Nothing},
        baselines="popularity,item-knn",
        seed=3,
    )


def test_the_bridge_is_crossed_and_popularity_does_not_cross_it(results: Results) -> None:
    model, popularity = results.method("crossaisle"), results.method("popularity")
    for name in METRICS:
        if name not in ("precision@10", "f1@10"):
            assert model.metrics[name].value == pytest.approx(1), name
    assert model.metrics["precision@10"].value == pytest.approx(0.2)
    assert model.metrics["f1@10"].value == pytest.approx(2 * 0.2 / 1.2)
    assert model.metrics["ndcg@10"].low == pytest.approx(1)
    assert popularity.metrics["ndcg@10"].high < 0.7
    assert results.method("item-knn").metrics["ndcg@10"].value == pytest.approx(1)
    assert popularity.by_aisle.keys() == {"left", "right"}
    assert 0.2 < results.method("nothing").metrics["auc"].value < 0.8
    with pytest.raises(KeyError):
        results.method("who")


def test_the_first_method_is_compared_with_each_other(results: Results) -> None:
    names = [method.name for method in results.methods]
    assert names == [
        "crossaisle", "nothing", "popularity", "item-knn", "item-knn+popularity",
    ]  # fmt: skip
    assert [(c.first, c.second) for c in results.comparisons] == [
        ("crossaisle", name) for name in names[1:]
    ]
    gap = results.comparisons[1]
    theirs = results.method("popularity").metrics["ndcg@10"].value
    assert gap.difference["ndcg@10"].value == pytest.approx(1 - theirs)
    assert gap.ratio["ndcg@10"].value == pytest.approx(1 / theirs)
    assert gap.ratio["ndcg@10"].low > 1


def test_the_model_sees_the_tests_graph_only(bridge: Graph) -> None:
    seen = []

    def fit(graph: Graph) -> Scorer:
        seen.append(graph)
        return Nothing(graph)

    split = Split.make(bridge, "aisle-warm", seed=1)
    evaluate(bridge, "aisle-warm", fit, baselines="none", split=split)
    assert len(seen) == 1
    assert seen[0].equals(split.test.graph)


def test_the_same_seed_gives_the_same_figures(bridge: Graph, results: Results) -> None:
    again = evaluate(
        bridge,
        "aisle-cold",
        walks,
        arms={"nothing": Nothing},
        baselines="popularity,item-knn",
        seed=3,
    )
    assert figures(again) == figures(results)
    other = evaluate(bridge, "aisle-cold", walks, baselines="popularity", seed=4)
    assert other.fingerprint == results.fingerprint
    assert figures(other) != figures(results)


def test_only_who_asks_for_the_order_is_told_it(log: Callable[..., Graph]) -> None:
    fold = Split.make(log(events=900), "aisle-warm", seed=1).test
    plain, ordered = (Listener(fold.graph, ordered=told) for told in (False, True))
    for scorer in (plain, ordered):
        rank_fold(scorer, fold)
    given, told = np.concatenate(plain.given), np.concatenate(ordered.given)
    assert set(np.unique(given)) == {0, 1}
    np.testing.assert_array_equal(told > 0, given > 0)
    rows = np.concatenate([np.flatnonzero(fold.aisles == a) for a in np.unique(fold.aisles)])
    np.testing.assert_array_equal(told, fold.graph.visits_since[fold.users[rows]].toarray())
    assert told.max() > 2


def figures(results: Results) -> dict[str, Any]:
    plain = results.to_json()
    for method in plain["methods"]:
        for name in ("seconds_tune", "seconds_fit", "seconds_score"):
            assert method.pop(name) >= 0
    return plain


def test_results_are_plain_json_with_all_that_is_needed(results: Results) -> None:
    plain = json.loads(results.dumps())
    assert plain["task"] == "aisle-cold"
    assert plain["seed"] == 3
    assert len(plain["fingerprint"]) == 64
    assert plain["counts"]["test_cases"] == plain["counts"]["test_users"] > 0
    assert plain["counts"]["BOUGHT"] == 960
    assert {"python", "crossaisle", "numpy"} <= plain["versions"].keys()
    tuned = plain["methods"][3]["tuned"]
    assert plain["methods"][3]["name"] == "item-knn"
    assert len(tuned["trials"]) == 8
    assert tuned["settings"] in [trial["settings"] for trial in tuned["trials"]]
    assert plain["methods"][0]["tuned"] is None
    assert plain["methods"][0]["calibration"].keys() == {"log_loss", "log_loss_even", "ece"}
    assert plain["methods"][3]["calibration"] is None
    assert 0 < plain["methods"][3]["gini"] < 1
    value = plain["methods"][0]["metrics"]["ndcg@10"]
    assert value["low"] <= value["value"] <= value["high"]


def test_what_is_not_defined_is_null(bridge: Graph) -> None:
    """A model that is never right: the ratio to it is no number, and JSON has none for it."""

    class Wrong:
        def __init__(self, graph: Graph) -> None:
            self.walk = walks(graph)

        def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
            return -self.walk.scores(histories, candidates)

    results = evaluate(bridge, "aisle-cold", walks, arms={"wrong": Wrong}, baselines="none")
    plain = json.loads(results.dumps())
    assert plain["comparisons"][0]["ratio"]["hit_rate@10"] == {
        "value": None, "low": None, "high": None,
    }  # fmt: skip


def test_tables_have_a_line_for_each_method(results: Results) -> None:
    lines = markdown(results).strip().splitlines()
    assert len(lines) == 2 + len(results.methods)
    assert lines[2].startswith("| crossaisle | 1.0000 [1.0000, 1.0000] |")
    assert len({line.count("|") for line in lines}) == 1
    console = Console(width=200, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(rich_table(results))
    text = console.export_text()
    assert "item-knn+popularity" in text
    console.file.close()


def test_baselines_alone(bridge: Graph) -> None:
    results = evaluate(bridge, "aisle-cold", None, baselines="popularity")
    assert [method.name for method in results.methods] == ["popularity"]
    assert results.comparisons == ()
    empty = evaluate(bridge, "aisle-cold", None, baselines="none")
    assert empty.methods == ()
    assert "nDCG@10" in markdown(empty)


def test_an_aisle_of_one_product_counts(log: Callable[..., Graph]) -> None:
    graph = log(8, users=60, products=20, events=600)
    one = graph.products.with_columns(
        aisle=pl.when(pl.col("id") == "p000").then(pl.lit("alone")).otherwise("aisle")
    )
    graph = graph.replace(products=one)
    results = evaluate(graph, "aisle-cold", walks, baselines="none", seed=2)
    alone = results.methods[0].by_aisle["alone"]
    assert alone["ndcg@10"].value == 1
    assert alone["auc"].value == 0.5


def test_parts_of_the_new_tasks_are_reported(log: Callable[..., Graph]) -> None:
    graph = log(8, users=90, products=40, events=900)
    sizes = evaluate(graph, "new-user", walks, baselines="popularity", seed=2)
    for method in sizes.methods:
        assert list(method.parts) == [f"history of {size}" for size in (1, 2, 3, 5)]
    cases = [sizes.counts[f"test_cases, history of {size}"] for size in (1, 2, 3, 5)]
    assert sum(cases) == sizes.counts["test_cases"]
    model = sizes.method("crossaisle")
    mean = np.average([part["ndcg@10"].value for part in model.parts.values()], weights=cases)
    assert model.metrics["ndcg@10"].value == pytest.approx(mean)
    mixed = evaluate(graph, "product-mixed", walks, baselines="popularity", seed=2)
    popular = mixed.method("popularity")
    assert set(popular.parts) == {"cold answers", "warm answers"}
    # Nobody bought what is cold: popularity ranks it below everything that was sold.
    assert popular.parts["cold answers"]["auc"].value < 0.25
    assert popular.parts["warm answers"]["auc"].value > 0.5
    assert popular.metrics["cold@10"].value < popular.metrics["cold_candidates"].value
    every = evaluate(graph, "any-aisle", walks, baselines="popularity", seed=2)
    assert every.method("popularity").by_aisle.keys() == {"any"}


def test_customers_that_are_the_same_are_taken_out() -> None:
    """Pairs of customers who bought the same, and others: the part has the others only."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(60):
        products = rng.choice(12, 5, replace=False)
        copies = (f"u{user:02d}", f"v{user:02d}") if user < 20 else (f"u{user:02d}",)
        rows += [(name, f"p{product:02d}") for name in copies for product in products]
    graph = Graph.from_ids(
        {
            "products": pl.DataFrame(
                {"id": [f"p{n:02d}" for n in range(12)], "aisle": ["ab"[n % 2] for n in range(12)]}
            ),
            "customers": pl.DataFrame({"id": sorted({name for name, _ in rows})}),
            "bought": pl.DataFrame(rows, schema=["head", "tail"], orient="row"),
        }
    )
    split = Split.make(graph, "aisle-cold")
    results = evaluate(graph, "aisle-cold", walks, baselines="none", split=split)
    twin = twin_customers(graph)
    assert results.twin_customers == twin.sum() >= 40
    found = results.methods[0].parts["without twin customers"]["ndcg@10"]
    cases = ndcg(rank_fold(walks(split.test.graph), split.test))
    assert 0 < results.counts["test_cases, without twin customers"] < len(cases)
    assert found.value == pytest.approx(cases[~twin[split.test.users]].mean())


def test_progress_is_heard(bridge: Graph) -> None:
    heard = []
    evaluate(
        bridge,
        "product-cold",
        walks,
        baselines="popularity",
        progress=lambda what, done, total: heard.append((what, done, total)),
    )
    said = {what for what, _, _ in heard}
    assert {"hiding purchases", "training crossaisle", "tuning popularity"} <= said
    assert all(0 <= done <= total for _, done, total in heard)


def test_torch_stays_outside() -> None:
    code = "import sys, crossaisle.evaluation; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


@pytest.mark.slow
def test_walks_lead_popularity_across_the_departments_of_amazon() -> None:
    """Validation users of a real log, whole catalogue ranked: a narrow band."""
    folder = os.environ.get("CROSSAISLE_DATA")
    if not folder:
        pytest.skip("set CROSSAISLE_DATA to a folder that holds amazon14/")
    place = Path(folder) / "amazon14"
    items, events = (
        pl.read_csv(place / name, separator="\t", quote_char=None, infer_schema=False)
        for name in ("items.tsv.gz", "interactions.tsv.gz")
    )
    graph = Graph.from_ids(
        {
            "products": items.select(id="item", aisle="domain"),
            "customers": events.select(id="user").unique(),
            "bought": events.select(
                head="user", tail="item", position=pl.col("rank_in_domain").cast(pl.Float64)
            ),
        }
    )
    fold = Split.make(graph, "aisle-cold").validation
    popular = ndcg(rank_fold(Popularity(fold.graph), fold)).mean()
    walked = ndcg(rank_fold(Rp3Beta(fold.graph, alpha=0.6, beta=-0.4), fold)).mean()
    assert 0.011 < popular < 0.0135
    assert 0.029 < walked < 0.032
