import re
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from crossaisle.fusion.terms import Explanation, PathNode, Term
from crossaisle.reports import picture
from crossaisle.reports.picture import WIDTH

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = re.compile(r"-?[\d.]+")


def parsed(explanation: Explanation, **options: str) -> ET.Element:
    return ET.fromstring(picture(explanation, **options))


def widths(svg: ET.Element) -> list[float]:
    return [float(path.attrib["stroke-width"]) for path in svg.iter(f"{SVG}path")]


def ends(path: ET.Element) -> tuple[float, float, float, float]:
    x0, y0, *_, x1, y1 = map(float, NUMBERS.findall(path.attrib["d"]))
    return x0, y0, x1, y1


def test_width_is_contribution(shop: SimpleNamespace) -> None:
    explanation = shop.napkins()
    svg = parsed(explanation)
    total = sum(abs(term.contribution) for term in explanation.terms)
    true = sorted(96 * abs(term.contribution) / total for term in explanation.terms)
    # every term has a bridge of its own here: one line into it and one out of it
    assert sorted(widths(svg)) == pytest.approx(sorted(true * 2), abs=0.06)


def test_a_bridge_of_several_products_gathers_their_lines(shop: SimpleNamespace) -> None:
    svg = parsed(shop.bunting())
    found = [(ends(path), float(path.attrib["stroke-width"])) for path in svg.iter(f"{SVG}path")]
    right = max(x1 for (_, _, x1, _), _ in found)
    out = [width for (_, _, x1, _), width in found if x1 == right]
    into = [width for (_, _, x1, _), width in found if x1 != right]
    assert (len(into), len(out)) == (6, 3)
    assert sum(into) == pytest.approx(sum(out), abs=0.5)


def test_every_line_ends_in_a_box_and_everything_is_inside(shop: SimpleNamespace) -> None:
    for explanation in (shop.napkins(), shop.bunting(), shop.popular()):
        svg = parsed(explanation)
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        assert width == WIDTH
        boxes = [
            (float(rect.attrib["x"]), float(rect.attrib["y"]), float(rect.attrib["height"]))
            for rect in svg.iter(f"{SVG}rect")
        ]
        for x, y, tall in boxes:
            assert 0 <= x <= width
            assert 0 <= y <= y + tall <= height
        for path in svg.iter(f"{SVG}path"):
            *_, x1, y1 = ends(path)
            assert any(abs(x - x1) < 1 and y <= y1 <= y + tall for x, y, tall in boxes)


def test_kinds_and_what_speaks_against_have_their_own_style(shop: SimpleNamespace) -> None:
    styles = {path.attrib["class"] for path in parsed(shop.napkins()).iter(f"{SVG}path")}
    assert styles == {"k-attribute", "k-people", "k-bridge", "k-text", "k-category against"}


def test_tooltips_say_whole_names_and_figures(shop: SimpleNamespace) -> None:
    told = [title.text for title in parsed(shop.napkins()).iter(f"{SVG}title")]
    assert "Regency Cakestand 3 Tier – bought by the same 14 people: +0.413" in told
    assert "Set of 3 Cake Tins Pantry Design" in told


@pytest.mark.parametrize(
    "title", ['"><script>alert(1)</script>', "]]><!--", "a\u0000b\u202ec", "😀" * 400, "x" * 10**6]
)
def test_hostile_titles_stay_text(title: str) -> None:
    start, end = PathNode("Product", "a", title), PathNode("Product", "b", title)
    term = Term(0.5, "people", "a", (start, "BOUGHT_WITH", end), 9)
    drawn = picture(Explanation("u", "b", 0.5, 0.0, (term,), 0.0))
    svg = ET.fromstring(drawn)
    assert not list(svg.iter(f"{SVG}script"))
    assert len(drawn) < 12_000


def test_alone_it_brings_its_colours_and_inside_a_page_it_does_not(shop: SimpleNamespace) -> None:
    assert "prefers-color-scheme:dark" in picture(shop.napkins())
    assert "<style" not in picture(shop.napkins(), standalone=False)


def test_without_terms_the_product_stands_alone(shop: SimpleNamespace) -> None:
    svg = parsed(shop.popular(), title="CAKE CASES")
    assert widths(svg) == []
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["Cake Cases"]
