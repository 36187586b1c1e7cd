from collections import Counter
from types import SimpleNamespace

import pytest

from crossaisle.reports import CustomerList, Purchase, Ranked, Report
from crossaisle.reports.overview import MOST_AISLES, kind_shares, pair_map


def test_kind_shares_are_those_of_a_plain_loop(shop: SimpleNamespace) -> None:
    report = shop.report(5)
    slow: Counter[str] = Counter()
    for customer in report.customers:
        for ranked in customer.ranked:
            for term in ranked.explanation.terms:
                if term.contribution > 0:
                    slow[term.kind] += term.contribution
    shares = kind_shares(report)
    total = slow.total()
    assert shares == pytest.approx({kind: slow[kind] / total for kind in shares})
    assert sum(shares.values()) == pytest.approx(1)


def test_pairs_add_up_by_column_and_name_the_strongest_bridge(shop: SimpleNamespace) -> None:
    found = pair_map(shop.report(4))
    assert found.targets == ("Party", "Toys")
    for column in range(len(found.targets)):
        assert sum(row[column].share for row in found.cells) == pytest.approx(1)
    party = {source: row[0] for source, row in zip(found.sources, found.cells, strict=True)}
    every = [
        term
        for make in (shop.napkins, shop.bunting)
        for term in make().terms
        if term.contribution > 0
    ]
    bags = sum(term.contribution for term in every if term.history_product == "20725")
    assert party["Bags"].share == pytest.approx(bags / sum(term.contribution for term in every))
    strongest = party["Bags"].strongest
    assert strongest is not None
    assert strongest.nodes[0].name == "RETROSPOT"
    # no single walk stands for the cell: its count would be a false one
    assert strongest.terms == ()


def test_many_aisles_are_gathered(shop: SimpleNamespace) -> None:
    customers = []
    for number in range(MOST_AISLES + 5):
        explanation = shop.explained(
            "u",
            "21080",
            0.0,
            0.0,
            shop.walk(0.1 * (number + 1), "people", "22423", "BOUGHT_WITH", to="21080"),
        )
        history = (Purchase("22423", "x", f"from {number:02}"),)
        ranked = (Ranked(1, "x", explanation, f"to {number:02}"),)
        customers.append(CustomerList("u", "", history, ranked))
    found = pair_map(Report("shop", tuple(customers)))
    assert len(found.targets) == len(found.sources) == MOST_AISLES
    assert found.targets[-1] is None
    assert "to 14" in found.targets
    assert "to 00" not in found.targets
    for column in range(MOST_AISLES):
        assert sum(row[column].share for row in found.cells) == pytest.approx(1)


def test_nothing_shown_gives_nothing() -> None:
    assert kind_shares(Report("shop")) == {}
    assert pair_map(Report("shop")).targets == ()
