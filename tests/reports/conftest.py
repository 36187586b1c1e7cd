"""A made-up gift shop, small enough to read, with every kind of walk."""

from types import SimpleNamespace

import pytest

from crossaisle.fusion.terms import Explanation, Kind, Path, PathNode, Term
from crossaisle.reports import (
    Accuracy,
    AisleCount,
    CustomerList,
    Interval,
    Method,
    Purchase,
    Ranked,
    Report,
)

TITLES = {
    "22423": "REGENCY CAKESTAND 3 TIER",
    "20725": "LUNCH BAG RED RETROSPOT",
    "22720": "SET OF 3 CAKE TINS PANTRY DESIGN",
    "22197": "POPCORN HOLDER",
    "23240": "SET OF 4 KNICK KNACK TINS DOILY",
    "84378": "SET OF 3 HEART COOKIE CUTTERS",
    "22960": "JAM MAKING SET WITH JARS",
    "21080": "SET/20 RED RETROSPOT PAPER NAPKINS",
    "47566": "PARTY BUNTING",
    "22139": "RETROSPOT TEA SET CERAMIC 11 PC",
    "72741": "72 SWEETHEART FAIRY CAKE CASES",
    "22492": "MINI PAINT SET VINTAGE",
}
AISLES = {"22423": "Kitchen", "20725": "Bags", "22720": "Kitchen", "22197": "Kitchen"} | {
    "23240": "Storage",
    "84378": "Kitchen",
    "22960": "Kitchen",
    "22139": "Kitchen",
    "47566": "Party",
    "22492": "Toys",
}


def product(key: str) -> PathNode:
    return PathNode("Product", key, TITLES[key])


def attribute(kind: str, value: str) -> PathNode:
    return PathNode("Attribute", f"{kind}={value.lower()}", value)


def walk(
    contribution: float,
    kind: Kind,
    start: str,
    *middle: PathNode | str,
    to: str,
    count: int | None = None,
) -> Term:
    path: Path = (product(start), *middle, product(to))
    return Term(contribution, kind, start, path, count)


def explained(user: str, to: str, bias: float, rest: float, *terms: Term) -> Explanation:
    ordered = tuple(sorted(terms, key=lambda term: -abs(term.contribution)))
    score = bias + sum(term.contribution for term in ordered) + rest
    return Explanation(user, to, score, bias, ordered, rest)


RETROSPOT = attribute("theme", "RETROSPOT")
PINK, FAIRY = attribute("colour", "pink"), attribute("theme", "fairy")
TINS = PathNode("Category", "hg-11-4", "Home & Garden > Kitchen & Dining > Food Storage")


def napkins(user: str = "14911") -> Explanation:
    """Every kind of walk, one of them against."""
    to = "21080"
    shared = ("HAS_ATTRIBUTE", RETROSPOT, "HAS_ATTRIBUTE")
    return explained(
        user,
        to,
        -2.317,
        0.0412,
        walk(0.8131, "attribute", "20725", *shared, to=to),
        walk(0.4127, "people", "22423", "BOUGHT_WITH", to=to, count=14),
        walk(
            0.2218,
            "bridge",
            "84378",
            "HAS_ATTRIBUTE",
            PINK,
            "LEARNED",
            FAIRY,
            "HAS_ATTRIBUTE",
            to=to,
        ),
        walk(0.1009, "text", "22720", "SIMILAR_TEXT", to=to),
        walk(-0.1506, "category", "23240", "IN_CATEGORY", TINS, "IN_CATEGORY", to=to),
    )


def bunting(user: str = "14911") -> Explanation:
    """Several history products over the same bridges, and a third product between."""
    to = "47566"
    shared = ("HAS_ATTRIBUTE", RETROSPOT, "HAS_ATTRIBUTE")
    return explained(
        user,
        to,
        -1.902,
        0.0307,
        walk(0.4008, "people", "22423", "BOUGHT_WITH", to=to, count=31),
        walk(0.2201, "people", "22720", "BOUGHT_WITH", to=to, count=9),
        walk(0.1803, "people", "22960", "BOUGHT_WITH", to=to, count=2),
        walk(0.1702, "attribute", "20725", *shared, to=to),
        walk(0.0907, "attribute", "22197", *shared, to=to),
        walk(0.0615, "people", "22492", "BOUGHT_WITH", product("22139"), "BOUGHT_WITH", to=to),
    )


def popular(user: str = "14911") -> Explanation:
    """Nothing but the bias."""
    return explained(user, "72741", -1.2, 0.0)


def jigsaw(user: str) -> Explanation:
    to = "22492"
    pantry = ("HAS_ATTRIBUTE", attribute("pattern", "VINTAGE"), "HAS_ATTRIBUTE")
    return explained(
        user,
        to,
        -1.731,
        -0.012,
        walk(0.3914, "text", "22139", "SIMILAR_TEXT", to=to),
        walk(0.2801, "people", "47566", "BOUGHT_WITH", to=to, count=7),
        walk(0.1999, "attribute", "22720", *pantry, to=to),
    )


def customer(user: str = "14911", aisle: str = "Party") -> CustomerList:
    """One list: for Party with three products, for Toys with one."""
    history = tuple(
        Purchase(key, TITLES[key], place, "2011-10-06")
        for key, place in AISLES.items()
        if place != aisle
    )
    parts = (napkins(user), bunting(user), popular(user)) if aisle == "Party" else (jigsaw(user),)
    ranked = tuple(
        Ranked(rank, TITLES[part.product_id], part, aisle)
        for rank, part in enumerate(parts, start=1)
    )
    return CustomerList(user, aisle, history, ranked)


def shop_report(customers: int = 3) -> Report:
    """A whole report: overview and ``customers`` lists."""
    methods = (
        ("popularity", 0.0461, 0.0391, 0.0533),
        ("item-kNN", 0.0688, 0.0602, 0.0781),
        ("EASE", 0.0717, 0.0629, 0.0811),
        ("iALS", 0.0702, 0.0611, 0.0794),
        ("crossaisle", 0.0873, 0.0774, 0.0975),
    )
    table = tuple(
        Method(
            name,
            {
                "ndcg@10": Interval(value, low, high),
                "recall@20": Interval(value * 1.9, low * 1.9, high * 1.9),
                "coverage@10": Interval(0.31),
            },
            ours=name == "crossaisle",
        )
        for name, value, low, high in methods
    )
    counts = {"Product": 3941, "Category": 412, "Attribute": 655, "Customer": 4335, "Basket": 1370}
    edges = {"IN_CATEGORY": 3210, "HAS_ATTRIBUTE": 9822, "BOUGHT": 397881, "BOUGHT_WITH": 61200}
    aisles = (
        AisleCount("Party", 402, 51210),
        AisleCount("Kitchen", 911, 120044),
        AisleCount("Bags", 120, 40412),
        AisleCount("Storage", 204, 23988),
        AisleCount("Toys", 301, 20110),
    )
    return Report(
        "Gifts & Cards",
        tuple(
            customer(str(14911 + number), ("Party", "Toys")[number % 4 == 1])
            for number in range(customers)
        ),
        counts | edges,
        aisles,
        (Accuracy("aisle-cold", 1204, table, "crossaisle evaluate --task aisle-cold"),),
        "22 November 2026",
        "9f31c0",
    )


@pytest.fixture
def shop() -> SimpleNamespace:
    """The builders above, and ``report(customers)``."""
    return SimpleNamespace(
        product=product,
        attribute=attribute,
        walk=walk,
        explained=explained,
        napkins=napkins,
        bunting=bunting,
        popular=popular,
        customer=customer,
        report=shop_report,
    )
