"""The page as a person uses it, in headless Chromium."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from crossaisle.reports import as_html
from crossaisle.reports import page as page_module

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PATIENCE = 180_000  # milliseconds: the machine may be busy


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    browser: "Browser",
    complaints: list[str],
    shop: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator["Page"]:
    if "packed" in request.node.name:
        monkeypatch.setattr(page_module, "PLAIN_BYTES", 0)
    file = tmp_path / "report.html"
    file.write_text(as_html(shop.report(6)), "utf-8")
    opened = browser.new_page(viewport={"width": 360, "height": 740})
    opened.set_default_timeout(PATIENCE)
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda asked: complaints.append(asked.url))
    opened.goto(file.as_uri())
    yield opened
    opened.close()


def too_wide(page: "Page") -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize("form", ["plain", "packed"])
def test_find_open_and_read(page: "Page", complaints: list[str], form: str) -> None:
    lists = page.locator("details.customer")
    assert lists.count() == 6
    assert not too_wide(page)
    page.get_by_label("Find a customer, an aisle or a product").fill("14913 napkins")
    assert page.locator("details.customer:visible").count() == 1
    assert page.locator("#found").inner_text() == "1 list shown"

    page.locator("details.customer:visible > summary").click()
    entry = page.locator("details.customer:visible")
    entry.get_by_text("14 people who bought Regency Cakestand 3 Tier also bought this.").wait_for()
    assert not too_wide(page)
    entry.locator("details.sum > summary").first.click()
    assert entry.locator("svg.picture").first.is_visible()
    assert entry.locator(".terms").first.locator("tfoot").inner_text().split()[-1] == "−0.878"
    assert not too_wide(page)

    page.get_by_label("Find a customer, an aisle or a product").fill("no such thing")
    assert page.locator("#found").inner_text() == "0 lists shown"
    assert [told for told in complaints if not told.endswith("/report.html")] == []


def test_lists_sort_by_customer_and_back(page: "Page") -> None:
    def order() -> list[str]:
        return page.locator("details.customer h3").all_inner_texts()

    asked = order()
    page.get_by_label("Sort the lists").select_option("Aisle")
    by_aisle = page.locator("details.customer .aisle").all_inner_texts()
    assert by_aisle == sorted(by_aisle)
    assert order() != asked
    page.get_by_label("Sort the lists").select_option("Customer")
    assert order() == sorted(asked, key=int)
    page.get_by_label("Sort the lists").select_option("as they were asked for")
    assert order() == asked


def test_no_width_or_scheme_scrolls_sideways(page: "Page") -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    for width in (360, 768, 1280):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            assert not too_wide(page), f"{width} pixels, {scheme}"


OUTSIDE = """() => [...document.querySelectorAll(".picture text")].filter((text) => {
  const box = text.getBBox();
  return box.x < 0 || box.x + box.width > text.ownerSVGElement.viewBox.baseVal.width; }).length"""


def test_names_in_pictures_are_not_cut_off(page: "Page") -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert page.locator(".picture text").count() > 0
    assert page.evaluate(OUTSIDE) == 0


def test_keyboard_alone_opens_a_list(page: "Page") -> None:
    page.get_by_label("Find a customer, an aisle or a product").focus()
    page.keyboard.press("Tab")  # how lists are sorted
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("What we would show them").first.wait_for()
    assert page.evaluate("document.activeElement.closest('details').open")


CONTRAST = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((v) => {
      v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const worst = {};
  for (const node of document.querySelectorAll("p, th, td, li, dt, dd, span, em, h1, h2, h3")) {
    const ink = light(getComputedStyle(node).color);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) worst[node.tagName + "." + node.className] = ratio; }
  return worst; }"""


def test_text_has_contrast_in_light_and_dark(page: "Page") -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(CONTRAST) == {}, scheme
