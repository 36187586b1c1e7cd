"""Reasons in words: what a shop may print under a product, from the terms that ranked it."""

from collections.abc import Iterable

from crossaisle.fusion.terms import Explanation, PathNode, Term
from crossaisle.reports.bridges import Bridge, bridges
from crossaisle.reports.catalogue import Catalogue, catalogue
from crossaisle.reports.names import SHORT, category, clean, readable

FEWEST = 5
"""People behind a statement below which it is said without their number."""

_NOTHING = 1e-3  # of the bias: what is smaller is no reason


def reasons(
    explanation: Explanation, lang: str = "en", limit: int = 3, fewest: int = FEWEST
) -> list[str]:
    """Say why a product is in the list, in at most ``limit`` sentences without any identifier.

    Terms over the same bridge make one sentence; the ``limit`` largest sums are told, those that
    speak for the product first, those against it after them. Where no term speaks for it, the
    first sentence says that it is popular, or that many small reasons add up. A term below a
    thousandth of the bias is not told.

    Args:
        explanation: the score taken apart.
        lang: language of the sentences: "en" or "zh".
        limit: most sentences; at least 1.
        fewest: with fewer people than that, a sentence is said without their number.

    Returns:
        Plain text, not escaped; never empty.

    Raises:
        ReportError: there is no catalogue for ``lang``.
    """
    words = catalogue(lang)
    weighty = _NOTHING * abs(explanation.bias)
    told = [b for b in bridges(explanation.terms) if abs(b.contribution) > weighty][: max(limit, 1)]
    speaking_for = [bridge for bridge in told if bridge.contribution > 0]
    against = [bridge for bridge in told if bridge.contribution < 0]
    sentences = [sentence(bridge, words, fewest) for bridge in (*speaking_for, *against)]
    if not speaking_for:
        untold = explanation.sum - explanation.bias - sum(bridge.contribution for bridge in told)
        many = untold > max(explanation.bias, weighty)
        sentences.insert(0, words.say("reason.many" if many else "reason.nothing"))
    return sentences[: max(limit, 1)]


def sentence(bridge: Bridge, words: Catalogue, fewest: int = FEWEST) -> str:
    """Tell one bridge: the history products that the walks start from and what they meet in."""
    if bridge.contribution < 0:
        return words.say(f"against.{bridge.form}", **_names(bridge, words))
    if bridge.form == "people":
        return _people(bridge, words, fewest)
    count = len(bridge.products)
    return words.say(f"reason.{bridge.form}", count, **_names(bridge, words))


def bridge_label(bridge: Bridge, words: Catalogue, fewest: int = FEWEST) -> str:
    """Name a bridge in a few words, for a table or a picture."""
    if bridge.form == "attribute":
        return node_label(bridge.nodes[0], words)
    if bridge.form == "people" and len(bridge.terms) == 1:
        count = bridge.terms[0].count
        if count is not None and count >= fewest:
            return words.say("label.people_counted", count)
    names = [node_label(node, words) for node in bridge.nodes]
    fields = _fields(bridge, names)
    return words.say(f"label.{bridge.form}", **fields)


def shown_name(product: PathNode, words: Catalogue) -> str:
    """Name a product in a table or a picture."""
    return product_name(product) or words.say("name.untitled")


def _quoted(products: Iterable[PathNode], words: Catalogue) -> list[str]:
    """Name products in a sentence, those without a title counted at the end."""
    titles = [product_name(product) for product in products]
    named = [words.say("name.product", title=title) for title in titles if title]
    nameless = titles.count("")
    return [*named, words.say("name.untitled", nameless)] if nameless else named


def product_name(product: PathNode, limit: int = SHORT) -> str:
    """Return a product's readable title; "" where it has none (or its id stands in for one)."""
    return "" if product.name == product.id else readable(product.name, limit)


def _people(bridge: Bridge, words: Catalogue, fewest: int) -> str:
    counts = {term.history_product: term.count for term in bridge.terms}
    told = {product: count for product, count in counts.items() if count and count >= fewest}
    names = _names(bridge, words)
    if len(bridge.products) == 1 and told:
        return words.say("reason.people_counted", next(iter(told.values())), **names)
    if not told:
        return words.say("reason.people", **names)
    items = []
    for key, product in bridge.starts.items():
        name = _quoted([product], words)[0]
        count = told.get(key)
        items.append(words.say("reason.people_item", count, product=name) if count else name)
    return words.say("reason.people_several", products=words.listing(items))


def _names(bridge: Bridge, words: Catalogue) -> dict[str, str]:
    products = words.listing(_quoted(bridge.products, words))
    phrases = [_phrase(node, words) for node in bridge.nodes]
    if bridge.form == "category":
        phrases = [category(bridge.nodes[0].name)]
    return {"products": products, **_fields(bridge, phrases)}


def _fields(bridge: Bridge, names: list[str]) -> dict[str, str]:
    if bridge.form == "bridge":
        return {"from": names[0], "to": names[1]}
    field = {"bridge_from": "from", "bridge_to": "to"}.get(bridge.form, "bridge")
    return dict.fromkeys([field], names[0]) if names else {}


def _phrase(node: PathNode, words: Catalogue) -> str:
    """Name a node as a part of speech: "the theme Fairy", "things from Tableware", a title."""
    if node.label == "Attribute":
        kind, value = _attribute(node, words)
        return words.say("name.attribute", kind=kind, value=value) if kind else value
    if node.label == "Category":
        return words.say("name.category", value=category(node.name))
    return _quoted([node], words)[0]


def node_label(node: PathNode, words: Catalogue) -> str:
    """Name a node of the graph in a table or a picture."""
    if node.label == "Attribute":
        kind, value = _attribute(node, words)
        return words.say("name.attribute_short", kind=kind, value=value) if kind else value
    if node.label == "Category":
        return category(node.name)
    return shown_name(node, words)


def _attribute(node: PathNode, words: Catalogue) -> tuple[str, str]:
    """Return an attribute's kind, which its id "kind=value" may tell, and its value."""
    kind, told, _ = node.id.partition("=")
    return (words.word("kinds", clean(kind)) if told else ""), readable(node.name)


def terms_of(
    explanation: Explanation, words: Catalogue, fewest: int = FEWEST
) -> list[tuple[Term, str, str]]:
    """Return each term with the names of its history product and of its bridge, for a table."""
    rows = []
    for bridge in bridges(explanation.terms):
        for term in bridge.terms:
            one = Bridge(bridge.kind, bridge.form, bridge.nodes, (term,))
            name = shown_name(one.products[0], words)
            rows.append((term, name, bridge_label(one, words, fewest)))
    return sorted(rows, key=lambda row: -abs(row[0].contribution))
