import base64
import gzip
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from crossaisle.fusion.terms import PathNode
from crossaisle.reports import (
    AisleCount,
    CustomerList,
    Purchase,
    Ranked,
    Report,
    ReportError,
    as_html,
)
from crossaisle.reports import page as page_module

VOID = {"meta", "input", "rect", "link", "br"}


class Outline(HTMLParser):
    """Reads a page strictly: what opens is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_is_well_formed_and_has_its_parts(shop: SimpleNamespace, lang: str) -> None:
    report = shop.report(3)
    outline = Outline(as_html(report, lang))
    assert outline.all("html")[0]["lang"] == {"en": "en", "zh": "zh-CN"}[lang]
    for landmark in ("header", "nav", "main", "footer", "search"):
        assert len(outline.all(landmark)) == 1
    assert len(outline.all("h1")) == 1
    customers = [tag for tag in outline.all("details") if tag.get("class") == "customer"]
    assert len(customers) == 3
    pictures = [tag for tag in outline.all("svg") if tag.get("class") == "picture"]
    assert len(pictures) == sum(
        bool(ranked.explanation.terms) for each in report.customers for ranked in each.ranked
    )
    assert all(tag.get("role") == "img" and tag.get("aria-label") for tag in pictures)
    assert all(tag.get("scope") for tag in outline.all("th"))
    identifiers = [tag["id"] for _, tag in outline.tags if "id" in tag]
    assert len(identifiers) == len(set(identifiers))
    links = {tag["href"] for tag in outline.all("a")}
    assert links <= {f"#{name}" for name in identifiers}


def test_nothing_is_loaded_and_only_its_own_style_and_script_are_allowed(
    shop: SimpleNamespace,
) -> None:
    text = as_html(shop.report(1))
    outline = Outline(text)
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text
    assert "@import" not in text
    loading = {"src", "srcset", "data", "poster", "action", "xlink:href", "style"}
    for tag, attributes in outline.tags:
        assert not loading & attributes.keys(), tag
        assert not any(name.startswith("on") for name in attributes), tag
        assert tag == "a" or "href" not in attributes
    policy = next(t["content"] for t in outline.all("meta") if t.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


HOSTILE = (
    '"><script>alert(1)</script>',
    "</style></title><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "כוס תה \u202e gnp.exe",
    "👩‍👩‍👧 mug &amp; <b>bold</b>",
    "LONG " * 200_000,
    "\u0000\u0007\ud800'`",
)


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_names_are_text_everywhere(shop: SimpleNamespace, title: str) -> None:
    explanation = replace(shop.napkins(), user_id=title)
    swapped = tuple(
        replace(
            term,
            path=tuple(
                step if isinstance(step, str) else PathNode(step.label, step.id, title)
                for step in term.path
            ),
        )
        for term in explanation.terms
    )
    ranked = Ranked(1, title, replace(explanation, terms=swapped), title)
    customer = CustomerList(title, title, (Purchase("x", title, title),), (ranked,))
    base = shop.report(0)
    (table,) = base.accuracy
    method = replace(table.methods[0], name=title)
    table = replace(table, task=title, command=title, methods=(method,))
    whole = replace(base, title=title, made=title, model=title, accuracy=(table,))
    aisles = (AisleCount(title, 1, 1),)
    text = as_html(replace(whole, aisles=aisles, customers=(customer,)))
    outline = Outline(text)
    assert outline.all("script") == [{}]
    assert not outline.all("img")
    assert not outline.all("b") or "bold" not in "".join(outline.text).split()
    assert "49" not in "".join(outline.text).split()
    assert "\u202e" not in text
    assert len(text) < 90_000
    text.encode()


def figures_of(text: str) -> list[list[int]]:
    """Return the printed figures of each table of terms, in thousandths."""
    tables = re.findall(r'<table class="terms">(.*?)</table>', text, re.DOTALL)
    return [
        [
            round(float(cell.replace("−", "-").replace(",", "")) * 1000)
            for cell in re.findall(r'<td class="n">([^<]*)</td>', table)
        ]
        for table in tables
    ]


def test_every_printed_column_adds_up_to_the_score(shop: SimpleNamespace) -> None:
    report = shop.report(2)
    columns = figures_of(as_html(report))
    scores = [ranked.explanation.score for each in report.customers for ranked in each.ranked]
    assert len(columns) == len(scores)
    for column, score in zip(columns, scores, strict=True):
        assert sum(column[:-1]) == column[-1] == round(score * 1000)


def long_list(shop: SimpleNamespace, user: str) -> CustomerList:
    """Ten products with five terms each, and a history of 80 purchases."""
    customer = shop.customer(user)
    parts = [shop.napkins(user), *(shop.bunting(user),) * 9]
    ranked = tuple(
        Ranked(rank, f"PRODUCT NUMBER {rank} OF {user} WITH A LONG TITLE", part, "Party")
        for rank, part in enumerate(parts, start=1)
    )
    return replace(customer, history=customer.history * 8, ranked=ranked)


def test_a_hundred_customers_fit_in_two_megabytes(shop: SimpleNamespace) -> None:
    customers = tuple(long_list(shop, str(number)) for number in range(100))
    text = as_html(replace(shop.report(0), customers=customers))
    assert len(text.encode()) < 2_000_000
    assert "<noscript>" in text


def test_packed_lists_hold_just_what_plain_ones_show(
    shop: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = shop.report(3)
    plain = as_html(report)
    monkeypatch.setattr(page_module, "PLAIN_BYTES", 0)
    packed = as_html(report)
    lists = re.findall(r'data-packed="([^"]*)"', packed)
    assert len(lists) == 3
    for entry in lists:
        assert gzip.decompress(base64.b64decode(entry)).decode() in plain
    assert packed == as_html(report), "the same report is the same file"


def test_parts_that_are_not_there_are_left_out(shop: SimpleNamespace) -> None:
    outline = Outline(as_html(Report("Nothing yet")))
    assert not outline.all("table")
    assert not outline.all("search")
    lonely = CustomerList("u", "", (), ())
    text = as_html(Report("One", (lonely,)))
    assert "Nothing yet." in text
    assert "There is nothing left to show in this aisle." in text
    assert "any aisle" in text
    assert "No reason in your history" in as_html(
        Report("x", (CustomerList("14911", "Party", (), (Ranked(1, "X", shop.popular()),)),))
    )


def test_unknown_language_is_a_sentence(shop: SimpleNamespace) -> None:
    with pytest.raises(ReportError, match="choose one of"):
        as_html(shop.report(1), "xx")
