"""Purchases switched off: the sums against the model's own what-if, in Python and in the page."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from crossaisle.commands import report
from crossaisle.fusion import Recommender
from crossaisle.fusion.by_purchase import ByPurchase
from crossaisle.reports import as_html
from crossaisle.reports import page as page_module
from crossaisle.reports.switches import switches_json

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

USER = "u0004"
PATIENCE = 180_000  # milliseconds: the machine may be busy


def history_of(recommender: Recommender, user: str) -> list[str]:
    graph = recommender.model.graph
    row = graph.customers["id"].to_list().index(user)
    return graph.products["id"].gather(graph.purchases[[row]].indices).to_list()


def part_of(recommender: Recommender, parts: ByPurchase, kept: np.ndarray) -> sparse.csr_array:
    """The user's history less what is not kept, float32 (1, products); ages stay."""
    graph = recommender.model.graph
    whole = graph.visits_since[[graph.customers["id"].to_list().index(USER)]].toarray()
    for name, keeps in zip(parts.purchases, kept, strict=True):
        if not keeps:
            whole[0, recommender.product_row(name)] = 0
    return sparse.csr_array(whole)


@pytest.mark.parametrize("aisle", ["aisle0", "aisle1", "aisle2"])
def test_any_part_of_a_history_is_scored_as_the_model_does(
    every_channel: Recommender, aisle: str
) -> None:
    products = every_channel.recommend([USER], aisle=aisle, k=4)["product_id"].to_list()
    parts = every_channel.by_purchase(USER, products)
    rows = np.array([every_channel.product_row(product) for product in products])
    rng = np.random.default_rng(2)
    for _ in range(6):
        kept = rng.random(len(parts.purchases)) < 0.6
        slow = every_channel.model.scores(part_of(every_channel, parts, kept), rows, np.float64)[0]
        assert parts.scores(kept) == pytest.approx(slow, abs=1e-5)


@pytest.mark.browser
@pytest.mark.parametrize("form", ["plain", "packed"])
def test_the_page_shows_what_the_model_says(
    every_channel: Recommender,
    browser: "Browser",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    """All aisles at once, so that switching off the last purchase of one changes the situation."""
    if form == "packed":
        monkeypatch.setattr(page_module, "PLAIN_BYTES", 0)
    asked = pl.DataFrame({"user_id": [USER], "aisle": [None]}, schema_overrides={"aisle": str})
    made = report.make(every_channel, asked, k=12, accuracy=(), progress=lambda *_: None)
    file = tmp_path / "report.html"
    file.write_text(as_html(made), "utf-8")
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(file.as_uri())
    page.locator("details.customer > summary").click()
    page.get_by_role("checkbox").first.wait_for()

    titles = {row["title"]: row["id"] for row in every_channel.model.graph.products.to_dicts()}
    listed = {entry.explanation.product_id for entry in made.customers[0].ranked}
    aisle_of = dict(every_channel.model.graph.products.select("id", "aisle").iter_rows())
    history = history_of(every_channel, USER)
    one_aisle = [name for name in history if aisle_of[name] == aisle_of[history[0]]]
    assert {aisle_of[name] for name in listed} & {aisle_of[history[0]]}
    for without in (history[:1], one_aisle, history[1:], history):
        for name in without:
            title = next(title for title, product in titles.items() if product == name)
            page.get_by_role("checkbox", name=title).uncheck()
        check(page, every_channel, listed, titles, without)
        page.get_by_role("button", name="All on again").click()
    assert page.locator(".then:visible").count() == 0
    assert page.locator(".rank").all_inner_texts() == [str(n) for n in range(1, len(listed) + 1)]
    page.close()
    if form == "plain":
        silent = browser.new_page(java_script_enabled=False)
        silent.set_default_timeout(PATIENCE)
        silent.goto(file.as_uri())
        silent.locator("details.customer > summary").click()
        assert silent.get_by_text("What they bought").is_visible()
        assert silent.get_by_role("checkbox").count() == 0
        silent.close()


def check(
    page: "Page",
    recommender: Recommender,
    listed: set[str],
    titles: dict[str, str],
    without: list[str],
) -> None:
    shown = {}
    for place, entry in enumerate(page.locator(".list > ol > li").all(), start=1):
        assert entry.locator(".rank").inner_text() == str(place)
        figure = entry.locator(".then").inner_text().split(",")[0].replace("\N{MINUS SIGN}", "-")
        shown[titles[entry.locator("h5").inner_text()]] = float(figure)
    true = {
        product: recommender.what_if(USER, product, without=without).new_score for product in listed
    }
    assert shown == pytest.approx(true, abs=1e-3)
    scores = [true[product] for product in shown]
    assert all(one >= other - 1e-4 for one, other in pairwise(scores))


def test_purchases_of_one_name_are_one_switch_and_the_rest_stays_on() -> None:
    parts = ByPurchase(
        purchases=("a", "b", "c"),
        size=np.array([[1.0, 1.0, 1.0], [1.0, 0.5, 0.25]]),
        fades=np.array([True]),
        adds=np.array([[[1.0], [2.0], [4.0]]] * 2),
        bias=np.zeros((2, 1)),
        same_aisle=np.zeros((3, 1), bool),
    )
    text = switches_json(parts, [("a", "b", "unknown")], [3])
    assert text == '{"n":[[2.0,1.0]],"d":[3],"p":0.25,"b":[[0]],"c":[[[300000],[400000]]]}'
