import re
from types import SimpleNamespace
from unicodedata import east_asian_width

import pytest

from crossaisle.reports import as_text


def columns(line: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("which", ["napkins", "bunting", "popular"])
def test_the_column_adds_up_to_the_score(shop: SimpleNamespace, lang: str, which: str) -> None:
    explanation = getattr(shop, which)()
    text = as_text(explanation, lang)
    table = text[text.index("─") :].splitlines()
    assert len({columns(line) for line in table}) == 1
    found = [re.search(r"([+−]?[\d,]+\.\d+)$", line) for line in table]
    units = [round(float(m[1].replace("−", "-").replace(",", "")) * 1000) for m in found if m]
    assert sum(units[:-1]) == units[-1] == round(explanation.score * 1000)
    assert len(units) == len(explanation.terms) + 3


def test_heading_reasons_and_paths(shop: SimpleNamespace) -> None:
    lines = as_text(shop.napkins()).splitlines()
    assert lines[0] == "Set/20 Red Retrospot Paper Napkins · Score −0.878"
    assert lines[2].startswith("  Because you bought Lunch Bag Red Retrospot")
    assert any("colour pink → theme fairy" in line and "+0.222" in line for line in lines)
    assert any("Food Storage" in line and "−0.151" in line for line in lines)


def test_title_is_given_where_no_path_tells_it(shop: SimpleNamespace) -> None:
    assert as_text(shop.popular(), title="CAKE CASES").startswith("Cake Cases")
    assert as_text(shop.popular()).startswith("72741")
