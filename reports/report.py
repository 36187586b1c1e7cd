"""What a report is made of: plain, frozen, and nothing that needs a model, a store or the log."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from crossaisle.fusion.audience import Audience
from crossaisle.fusion.by_purchase import ByPurchase
from crossaisle.fusion.crossing import Crossing
from crossaisle.fusion.terms import Explanation
from crossaisle.reports.errors import ReportError
from crossaisle.reports.figures import figures


@dataclass(frozen=True)
class AisleCount:
    """One aisle of the shop."""

    name: str
    products: int
    purchases: int


@dataclass(frozen=True)
class Interval:
    """A measured value and the ends of its 95 % interval (None: not measured)."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Method:
    """How well one method ranks: its metrics by name ("ndcg@10"), each with an interval."""

    name: str
    metrics: Mapping[str, Interval]
    ours: bool = False


@dataclass(frozen=True)
class Accuracy:
    """The table of one task. The first metric of the first method is the one that is drawn."""

    task: str
    users: int
    methods: tuple[Method, ...]
    command: str = ""


@dataclass(frozen=True)
class Purchase:
    """A product of a history."""

    product_id: str
    title: str
    aisle: str = ""
    time: str = ""


@dataclass(frozen=True)
class Ranked:
    """A product of a list, and why it is there."""

    rank: int
    title: str
    explanation: Explanation
    aisle: str = ""


@dataclass(frozen=True)
class CustomerList:
    """One request: a person, what they bought, and the list for one aisle ("" = any)."""

    user_id: str
    aisle: str
    history: tuple[Purchase, ...]
    ranked: tuple[Ranked, ...]
    switches: ByPurchase | None = field(default=None, compare=False, repr=False)
    """What each purchase adds to each ranked product, in their order: for the page's switches."""


@dataclass(frozen=True)
class Report:
    """Everything that a report shows; parts that are empty are left out of it.

    Raises:
        ReportError: an explanation belongs to another customer, a path does not end at its
            product, ranks have gaps, or terms do not add up to the score.
    """

    title: str
    customers: tuple[CustomerList, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """Rows by label and relationship type, as ``Graph.counts()`` says them."""
    aisles: tuple[AisleCount, ...] = ()
    accuracy: tuple[Accuracy, ...] = ()
    made: str = ""  # a date, as it is to be read
    model: str = ""  # name or fingerprint
    crossings: tuple[Crossing, ...] = ()
    """Pairs of aisles for merchandisers."""
    audiences: tuple[Audience, ...] = ()
    """Products for merchandisers: to whom they go."""

    def __post_init__(self) -> None:
        """Refuse what would not be true on paper."""
        for customer in self.customers:
            for place, ranked in enumerate(customer.ranked, start=1):
                _check(customer, ranked, place)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values, nothing rounded or cut."""
        return {
            "title": self.title,
            "made": self.made,
            "model": self.model,
            "counts": dict(self.counts),
            "aisles": [vars(aisle) for aisle in self.aisles],
            "accuracy": [_accuracy(table) for table in self.accuracy],
            "crossings": [asdict(crossing) for crossing in self.crossings],
            "audiences": [asdict(audience) for audience in self.audiences],
            "customers": [
                {
                    "user_id": customer.user_id,
                    "aisle": customer.aisle,
                    "history": [vars(purchase) for purchase in customer.history],
                    "ranked": [
                        {
                            "rank": ranked.rank,
                            "title": ranked.title,
                            "aisle": ranked.aisle,
                            "explanation": ranked.explanation.to_json(),
                        }
                        for ranked in customer.ranked
                    ],
                }
                for customer in self.customers
            ],
        }


def _accuracy(table: Accuracy) -> dict[str, Any]:
    methods = [
        {
            "name": method.name,
            "ours": method.ours,
            "metrics": {name: vars(interval) for name, interval in method.metrics.items()},
        }
        for method in table.methods
    ]
    return {"task": table.task, "users": table.users, "command": table.command, "methods": methods}


def _check(customer: CustomerList, ranked: Ranked, place: int) -> None:
    explanation = ranked.explanation
    if explanation.user_id != customer.user_id:
        raise ReportError(
            f"the reasons of {explanation.product_id!r} are those of {explanation.user_id!r}, "
            f"but stand in the list of {customer.user_id!r}"
        )
    if ranked.rank != place:
        raise ReportError(f"{customer.user_id!r}: rank {ranked.rank} stands in place {place}")
    figures(explanation)
    for term in explanation.terms:
        last = term.path[-1] if term.path else ""
        if isinstance(last, str) or last.id != explanation.product_id:
            raise ReportError(
                f"a path shown for {explanation.product_id!r} does not end there but at "
                f"{last if isinstance(last, str) else last.id!r}"
            )
