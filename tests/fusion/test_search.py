"""Search by words, and lists for people of whom only a text is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crossaisle.commands.recommend import histories_of, rank, search
from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.fusion import Recommender, TrainConfig
from crossaisle.fusion.search import Lexical, fuse
from crossaisle.graph import Graph

WORDS = ("dinosaur", "garden", "kitchen", "winter", "rocket", "spade", "whisk", "sledge")


def test_bm25_is_the_formula() -> None:
    """Of words alone: SUM idf tf / (tf + 1.5 (.25 + .75 |d| / mean)), idf as in Lucene."""
    texts = ["aa bb", "aa aa cc", "dd"]
    pieces = [
        [*text.split(), *(f"#^{w[0]}{w[1]}" for w in text.split()),
         *(f"#{w}$" for w in text.split())]
        for text in texts
    ]  # fmt: skip
    mean = sum(len(p) for p in pieces) / 3
    wanted = []
    for held in pieces:
        total = 0.0
        for token in ("aa", "#^aa", "#aa$"):
            df, tf = sum(token in other for other in pieces), held.count(token)
            idf = np.log(1 + (3 - df + 0.5) / (df + 0.5))
            total += idf * tf / (tf + 1.5 * (0.25 + 0.75 * len(held) / mean))
        wanted.append(total)
    assert Lexical(texts).scores("AA!") == pytest.approx(wanted, rel=1e-5)


def test_a_typo_still_finds_and_nothing_finds_nothing() -> None:
    index = Lexical(["red dinosaur lamp", "garden spade", ""])
    assert index.scores("dinosuar").argmax() == 0
    for query in ("", "🦕", "!!", "qqqq"):
        assert (index.scores(query) == 0).all()
    assert index.shared("a RED lamp and a spade", 0) == ["red", "lamp"]


def test_fusion_is_a_sum_of_shares_of_the_best() -> None:
    words, near = np.array([4.0, 2, 0, 0]), np.array([-0.1, 0.2, 0.8, 0.4])
    assert fuse(words, near) == pytest.approx([1, 0.5 + 0.3 / 4, 0.3, 0.15])
    assert (fuse(np.zeros(3), -np.ones(3)) == 0).all()


@pytest.fixture(scope="module")
def titled(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """Titles name the theme; the last two customers have bought nothing, one has a text."""
    themes = [WORDS[int(p[3:]) % 8] for p in graph.products["id"]]
    named = graph.replace(
        products=graph.products.with_columns(
            title=pl.Series(
                [f"{w} thing {p}" for w, p in zip(themes, graph.products["id"], strict=True)]
            )
        ),
        customers=pl.concat(
            [
                graph.customers,
                pl.DataFrame({"id": ["x1", "x2"], "text": ["loves the garden", None]}),
            ]
        ),
    )
    cache = tmp_path_factory.mktemp("cache")
    vectors = SentenceEncoder(cache=cache).encode(product_texts(named).to_list())
    small = TrainConfig(embedding_size=8, epochs=2, batch_size=64)
    trained = Recommender.train(named, small, text=vectors, seed=0)
    report = {**trained.model.report, "text encoder": "all-MiniLM-L6-v2"}
    return Recommender(replace(trained.model, report=report))


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSAISLE_CACHE", str(tmp_path))


@pytest.mark.usefixtures("own_cache")
def test_search_says_what_and_why(titled: Recommender) -> None:
    found = search(titled, "a thing for the gardn", 5, None)
    assert found.columns == ["rank", "product_id", "title", "score", "likeness", "words"]
    assert found["title"].str.contains("garden").all()
    assert found["words"].str.contains("thing").all()
    assert found["score"].is_sorted(descending=True)
    mine = search(titled, "thing", 5, titled.model.graph.customers["id"][0])
    assert mine["product_id"].to_list() != search(titled, "thing", 5, None)["product_id"].to_list()


@pytest.mark.usefixtures("own_cache")
def test_a_text_without_purchases_gets_its_theme(titled: Recommender) -> None:
    asked = pl.DataFrame({"user_id": ["x1", "x2", "stranger"], "aisle": ["aisle1"] * 3})
    known = histories_of(titled, asked, None)
    of = {user: known.filter(user_id=user) for user in asked["user_id"]}
    assert of["x1"]["told"].all()
    assert of["x1"]["product_id"].null_count() == 0
    for nobody in ("x2", "stranger"):
        assert of[nobody].select("product_id", "told").rows() == [(None, None)]
    lists = rank(titled, asked, known, k=4)
    theme = {
        u: [int(p[3:]) % 8 for p in own["product_id"]] for (u,), own in lists.group_by("user_id")
    }
    assert theme["x1"].count(1) >= 3
    assert theme["x2"] == theme["stranger"]  # what the bias says
    assert theme["x2"].count(1) < 3


@pytest.mark.usefixtures("own_cache")
def test_what_a_text_tells_may_be_recommended(titled: Recommender) -> None:
    asked = pl.DataFrame(
        {"user_id": ["x1"], "aisle": [None]}, schema_overrides={"aisle": pl.String}
    )
    known = histories_of(titled, asked, None)
    found = rank(titled, asked, known, k=200)["product_id"]
    assert set(known["product_id"]) <= set(found)
