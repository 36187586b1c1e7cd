import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from crossaisle.reports import Purchase, as_markdown
from crossaisle.reports.markdown import escaped


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_table_is_whole_and_every_sum_adds_up(shop: SimpleNamespace, lang: str) -> None:
    text = as_markdown(shop.report(2), lang)
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 4 + 3 + 1
    for table in tables:
        bars = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(bars) == 1
    for table in tables[4:]:
        last = [line.split("|")[-2].strip() for line in table.splitlines()[2:]]
        units = [round(float(cell.replace("−", "-")) * 1000) for cell in last]
        assert sum(units[:-1]) == units[-1]


def test_titles_are_text(shop: SimpleNamespace) -> None:
    report = shop.report(1)
    (customer,) = report.customers
    bad = Purchase("9", "<script>|*x*|[a](javascript:b)\n# head", "Bags")
    text = as_markdown(replace(report, customers=(replace(customer, history=(bad,)),)))
    assert "&lt;script\\>\\|\\*x\\*\\|\\[a\\]\\(javascript:b\\) \\# head" in text


def test_escape() -> None:
    assert escaped("a_b & <c>") == "a\\_b &amp; &lt;c\\>"
