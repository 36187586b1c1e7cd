"""New events and new products from the command line: at once, and as the formula says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crossaisle.cli import main
from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.fusion import Recommender, TrainConfig
from crossaisle.fusion.model import CHANNELS, Model
from crossaisle.graph import Graph, open_store


@pytest.fixture(scope="module")
def folder(graph: Graph, small: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a half-life, saved."""
    made = tmp_path_factory.mktemp("shop")
    text = SentenceEncoder(cache=made / "cache").encode(product_texts(graph).to_list())
    config = small.model_copy(update={"network": False})
    model = Recommender.train(graph, config, text=text, seed=0).model
    report = {**model.report, "text encoder": "all-MiniLM-L6-v2"}
    weights = np.random.default_rng(5).uniform(0.5, 2, model.weights.shape).astype(np.float32)
    model = replace(model, weights=weights, half_life=1.5, report=report)
    Recommender(model).save(made / "model", card="# The card\n")
    return made


def by_formula(model: Model, history: list[tuple[str, float]], product: str) -> float:
    """bias + SUM_c w_c |h|^-1/4 SUM_i h_i A_c[i, j], by loops; ``history``: product, moment."""
    ids = model.graph.products["id"].to_list()
    moment = dict(sorted(history, key=lambda event: -event[1]))  # the first of each
    j, known = ids.index(product), [(ids.index(p), when) for p, when in moment.items() if p in ids]
    inside = [i for i, _ in known if model.aisle_of[i] == model.aisle_of[j]]
    situation, fresh = int(bool(inside)), int(model.is_new[j])
    weight = {}
    for i, when in known:
        # The log only orders: visits are counted in the product's own aisle.
        later = {w for p, w in known if model.aisle_of[p] == model.aisle_of[i] and w > when}
        fades = situation == 1 and not fresh
        weight[i] = 2.0 ** (-len(later) / model.half_life) if fades else 1.0
    total = float(model.bias[situation, j])
    for place, name in enumerate(CHANNELS):
        if name in model.channels:
            for i, h in weight.items():
                pair = model.channels[name].pairs(np.array([i]), np.array([j]))[0, 0]
                size = sum(weight.values())
                total += model.weights[situation, fresh, place] * size**-0.25 * h * float(pair)
    return total


def recommend(folder: Path, model: str, histories: list[str], *users: str) -> pl.DataFrame:
    (folder / "requests.csv").write_text("user_id,aisle\n" + "".join(f"{u},\n" for u in users))
    (folder / "histories.csv").write_text("\n".join(["user_id,product_id,timestamp", *histories]))
    files = {"--model": model, "--requests": "requests.csv", "--histories": "histories.csv"}
    command = [part for option, name in files.items() for part in (option, str(folder / name))]
    assert main(["recommend", *command, "--k", "200", "--output", str(folder / "r.parquet")]) == 0
    return pl.read_parquet(folder / "r.parquet")


def test_new_events_change_the_lists_of_known_and_unknown_people_at_once(folder: Path) -> None:
    model = Recommender.from_pretrained(folder / "model").model
    first = [("p0_003", 1.0), ("p1_011", 2.0), ("p1_019", 3.0)]
    second = [*first, ("p1_004", 4.0)]
    stranger = [("p2_005", 1.0), ("unheard of", 2.0)]
    shown: dict[str, pl.DataFrame] = {}
    for name, bought in (("first", first), ("second", second)):
        rows = [f"u0001,{p},{when:.0f}" for p, when in bought]
        rows += [f"stranger,{p},{when:.0f}" for p, when in stranger]
        found = shown[name] = recommend(folder, "model", rows, "u0001", "stranger", "u0002")
        for user, history in (("u0001", bought), ("stranger", stranger)):
            own = dict(found.filter(user_id=user).select("product_id", "score").iter_rows())
            assert len(own) == model.graph.products.height - len(
                {p for p, _ in history} & set(model.graph.products["id"])
            )
            for product, score in list(own.items())[::7]:
                assert score == pytest.approx(by_formula(model, history, product), rel=1e-4)
    of = {name: found.filter(user_id="u0001") for name, found in shown.items()}
    assert "p1_004" in of["first"]["product_id"]
    assert "p1_004" not in of["second"]["product_id"]
    for same in ("stranger", "u0002"):
        assert shown["first"].filter(user_id=same).equals(shown["second"].filter(user_id=same))


def test_places_for_new_products(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = Recommender.from_pretrained(folder / "model").model
    new = set(model.graph.products["id"].to_numpy()[model.is_new])
    (folder / "requests.csv").write_text("user_id,aisle\nu0001,\nu0002,\n")
    files = {"model": "model", "requests": "requests.csv", "output": "places.csv"}
    command = [f"--{name}={folder / file}" for name, file in files.items()]
    assert main(["recommend", *command, "--k", "6", "--new-places", "2"]) == 0
    found = pl.read_csv(folder / "places.csv")
    assert found["rank"].to_list() == [1, 2, 3, 4, 5, 6] * 2
    is_new = found["product_id"].is_in(new).to_list()
    assert is_new == [False, False, False, False, True, True] * 2
    capsys.readouterr()
    assert main(["recommend", *command, "--k", "6", "--new-places", "7"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "--new-places 7: lists of 6 have 0 to 6 places for them" in told


@pytest.fixture(scope="module")
def later(folder: Path, graph: Graph) -> Path:
    """The store after a week, and the model extended by it."""
    sold = [("u0001", "p1_004"), ("u0001", "brand new"), ("somebody", "p0_003")]
    log = graph.edges_by_id("bought")
    more = pl.DataFrame(sold, schema=["head", "tail"], orient="row").with_columns(
        position=pl.lit(float(log["position"].max() or 0) + 1)
    )
    tables = {n: getattr(graph, n) for n in ("products", "customers", "attributes", "categories")}
    tables |= {n: graph.edges_by_id(n) for n in ("has_attribute", "in_category", "part_of")}
    product = {"id": ["brand new"], "title": ["a lamp for the garden"], "aisle": ["aisle1"]}
    theme = {"head": ["brand new"], "tail": ["theme:3"], "confidence": [1.0]}
    for name, added in (
        ("products", pl.DataFrame(product)),
        ("has_attribute", pl.DataFrame(theme)),
        ("customers", pl.DataFrame({"id": ["somebody"]})),
    ):
        tables[name] = pl.concat([tables[name], added], how="diagonal")
    tables["bought"] = pl.concat([log, more], how="diagonal")
    with open_store(str(folder / "later.lbdb"), create=True) as place:
        place.write(Graph.from_ids(tables))
    return folder


@pytest.fixture
def own_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSAISLE_CACHE", str(folder / "cache"))


def extend(folder: Path, *, model: str = "model", store: str = "later.lbdb") -> int:
    files = {"--model": model, "--store": store, "--output": "larger"}
    command = [part for option, name in files.items() for part in (option, str(folder / name))]
    return main(["extend", *command])


@pytest.mark.usefixtures("own_cache")
def test_every_command_works_on_an_extended_model(
    later: Path, graph: Graph, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extend(later) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "added: 1 products, 0 attributes, 0 categories, 1 customers" in said
    assert f"purchases {graph.bought.height:,} -> {graph.bought.height + 3:,}" in said
    assert (later / "larger/README.md").read_text().startswith("# The card\n\n## Extended")
    old, new = (Recommender.from_pretrained(later / name) for name in ("model", "larger"))

    people = [user for user in graph.customers["id"] if user != "u0001"]
    pairs = [(user, product) for user in people[::20] for product in graph.products["id"]]
    scores = [shop.score(pairs)["score"].to_numpy() for shop in (old, new)]
    np.testing.assert_allclose(scores[1], scores[0], rtol=1e-9, atol=1e-9)
    log = new.model.graph
    for user in ("u0001", "somebody", "u0002"):
        bought = log.edges_by_id("bought").filter(head=user)
        history = list(bought.select("tail", "position").iter_rows())
        mine = {product for product, _ in history}
        for product in {"brand new", "p1_005", "p2_041"} - mine:
            expected = by_formula(new.model, history, product)
            assert new.score([(user, product)])["score"][0] == pytest.approx(expected, rel=1e-5)

    found = recommend(later, "larger", ["x,p1_003,"], "x", "u0001", "somebody")
    assert "brand new" in found.filter(user_id="x")["product_id"]
    assert "brand new" not in found.filter(user_id="u0001")["product_id"]
    arguments = ["--model", str(later / "larger")]
    command = ["explain", *arguments, "--user", "somebody", "--product", "brand new"]
    capsys.readouterr()
    assert main([*command, "--format", "json", "--top", "50"]) == 0
    told = json.loads(capsys.readouterr().out)
    total = told["bias"] + told["rest"] + sum(term["contribution"] for term in told["terms"])
    assert total == pytest.approx(told["score"], abs=1e-6)
    assert "theme:3" in json.dumps(told["terms"])
    assert main(["search", *arguments, "garden lamp", "--k", "1"]) == 0
    assert "brand new" in capsys.readouterr().out
    page = later / "report.html"
    asked = ["--requests", str(later / "requests.csv"), "--product", "brand new"]
    assert main(["report", *arguments, *asked, "--output", str(page)]) == 0
    assert "a lamp for the garden" in page.read_text()


@pytest.mark.usefixtures("own_cache")
def test_what_cannot_be_extended_is_said(
    later: Path, graph: Graph, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extend(later, model="none") == 2
    assert "no model" in capsys.readouterr().err
    assert extend(later, store="none.lbdb") == 1
    assert "no store" in capsys.readouterr().err
    old = Recommender.from_pretrained(later / "model").model
    Recommender(replace(old, bought=None)).save(later / "old")
    assert extend(later, model="old") == 1
    assert "Train it again" in capsys.readouterr().err
    with open_store(str(later / "dated.lbdb"), create=True) as place:
        times = pl.datetime(2024, 1, 1, time_unit="us")
        place.write(graph.replace(bought=graph.bought.with_columns(time=times)))
    assert extend(later, store="dated.lbdb") == 3
    assert "has a date" in capsys.readouterr().err
