import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from crossaisle.fusion.terms import PathNode
from crossaisle.reports import CustomerList, Ranked, Report, ReportError


def one(ranked: Ranked, user: str = "14911") -> Report:
    return Report("shop", (CustomerList(user, "Party", (), (ranked,)),))


def test_reasons_of_somebody_else_are_refused(shop: SimpleNamespace) -> None:
    with pytest.raises(ReportError, match="those of '14911', but stand in the list of '7'"):
        one(Ranked(1, "x", shop.napkins()), user="7")


def test_ranks_with_a_gap_are_refused(shop: SimpleNamespace) -> None:
    with pytest.raises(ReportError, match="rank 2 stands in place 1"):
        one(Ranked(2, "x", shop.napkins()))


def test_a_path_to_another_product_is_refused(shop: SimpleNamespace) -> None:
    explanation = shop.napkins()
    first, *others = explanation.terms
    wrong = replace(first, path=(*first.path[:-1], PathNode("Product", "99", "Other")))
    with pytest.raises(ReportError, match="'21080' does not end there but at '99'"):
        one(Ranked(1, "x", replace(explanation, terms=(wrong, *others))))


def test_terms_that_do_not_add_up_are_refused(shop: SimpleNamespace) -> None:
    with pytest.raises(ReportError, match="add up to"):
        one(Ranked(1, "x", replace(shop.napkins(), rest=1.0)))


def test_json_holds_everything_unrounded(shop: SimpleNamespace) -> None:
    report = shop.report(2)
    data = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert data["counts"]["Product"] == 3941
    assert data["aisles"][0] == {"name": "Party", "products": 402, "purchases": 51210}
    low = data["accuracy"][0]["methods"][-1]["metrics"]["ndcg@10"]["low"]
    assert low == 0.0774
    for customer, shown in zip(report.customers, data["customers"], strict=True):
        assert [entry["product_id"] for entry in shown["history"]] == [
            purchase.product_id for purchase in customer.history
        ]
        for ranked, entry in zip(customer.ranked, shown["ranked"], strict=True):
            assert entry["explanation"] == json.loads(json.dumps(ranked.explanation.to_json()))
