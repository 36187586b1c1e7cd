"""One customer's list as its template reads it: names, figures and bars, all worked out."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from crossaisle.reports.catalogue import Catalogue
from crossaisle.reports.charts import Bar, steps
from crossaisle.reports.figures import figures
from crossaisle.reports.names import clean, readable, shortened
from crossaisle.reports.picture import picture
from crossaisle.reports.report import CustomerList, Purchase, Ranked
from crossaisle.reports.switches import switches_json
from crossaisle.reports.terminal import candidate_title
from crossaisle.reports.words import reasons, terms_of

_HISTORY = 60  # purchases shown of one history; the others are counted


@dataclass(frozen=True)
class Head:
    """What stands in the line that opens a list."""

    user: str
    aisle: str
    first: str
    find: str


def head(customer: CustomerList, words: Catalogue) -> Head:
    """Name a list and what it can be found by."""
    user = shortened(clean(customer.user_id), 60)
    aisle = readable(customer.aisle) or words.say("page.any_aisle")
    titles = [_title(ranked) for ranked in customer.ranked]
    find = " ".join([user, aisle, *titles]).lower()
    return Head(user, aisle, titles[0] if titles else "", find)


def _title(ranked: Ranked) -> str:
    return candidate_title(ranked.explanation, ranked.title)


@dataclass(frozen=True)
class Row:
    """One line under a score."""

    product: str
    bridge: str
    kind: str
    figure: str
    against: bool
    bar: Bar


@dataclass(frozen=True)
class Bought:
    """Purchases of one name: a line of the history, and the switch of it."""

    title: str
    products: tuple[str, ...]
    switch: int


@dataclass(frozen=True)
class Item:
    """One product of the list."""

    rank: int
    title: str
    reasons: list[str]
    bias: str
    rows: list[Row]
    rest: str
    rest_bar: Bar
    score: str
    decimals: int
    picture: Markup


class Shown:
    """One list as its template reads it."""

    def __init__(self, customer: CustomerList, words: Catalogue, lang: str, fewest: int) -> None:
        """Work it out."""
        self.words, self.lang, self.fewest = words, lang, fewest
        ordered = sorted(customer.history[:_HISTORY], key=lambda purchase: purchase.aisle)
        self.history: list[tuple[str, list[Bought]]] = []
        groups: list[tuple[str, ...]] = []
        for aisle, group in groupby(ordered, key=lambda purchase: purchase.aisle):
            lines = [
                Bought(title, products, len(groups) + place)
                for place, (title, products) in enumerate(self._titles(group))
            ]
            groups += [line.products for line in lines]
            self.history.append((readable(aisle) or words.say("page.no_aisle"), lines))
        self.more = max(len(customer.history) - _HISTORY, 0)
        self.items = [self._item(ranked) for ranked in customer.ranked]
        self.switches = ""
        if customer.switches is not None and self.items and groups:
            decimals = [item.decimals for item in self.items]
            self.switches = switches_json(customer.switches, groups, decimals)

    def _titles(self, purchases: Iterable[Purchase]) -> list[tuple[str, tuple[str, ...]]]:
        """Name what was bought, each title once, those without a title counted at the end."""
        named: dict[str, list[str]] = {}
        for purchase in purchases:
            known = purchase.title != purchase.product_id
            named.setdefault(readable(purchase.title) if known else "", []).append(
                purchase.product_id
            )
        nameless = named.pop("", [])
        found = [(title, tuple(products)) for title, products in named.items()]
        if nameless:
            found.append((self.words.say("name.untitled", len(nameless)), tuple(nameless)))
        return found

    def _item(self, ranked: Ranked) -> Item:
        explanation, title = ranked.explanation, _title(ranked)
        printed = figures(explanation)
        units = dict(zip(map(id, explanation.terms), printed.terms, strict=True))
        terms = terms_of(explanation, self.words, self.fewest)
        bars = steps(explanation, [*(term.contribution for term, _, _ in terms), explanation.rest])
        rows = [
            Row(product, bridge, term.kind, printed.signed(figure), figure < 0, bar)
            for (term, product, bridge), bar in zip(terms, bars[:-1], strict=True)
            for figure in (units[id(term)],)
        ]
        drawing = picture(explanation, self.lang, ranked.title, self.fewest, standalone=False)
        return Item(
            ranked.rank,
            title,
            reasons(explanation, self.lang, fewest=self.fewest),
            printed.signed(printed.bias),
            rows,
            printed.signed(printed.rest),
            bars[-1],
            printed.plain(printed.score),
            printed.decimals,
            drawing if explanation.terms else Markup(""),
        )
