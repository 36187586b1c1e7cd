"""The merchandiser's view as tables: pairs of aisles, and to whom a product goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossaisle.fusion.audience import Audience
from crossaisle.fusion.crossing import Carrier, Crossing
from crossaisle.fusion.terms import PathNode
from crossaisle.reports.catalogue import Catalogue
from crossaisle.reports.names import readable
from crossaisle.reports.words import FEWEST, node_label


@dataclass(frozen=True)
class Table:
    """A heading, what it says, column heads and rows; columns from ``figures`` on are figures."""

    title: str
    lead: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: int


@dataclass(frozen=True)
class Section:
    """One pair of aisles, or one product."""

    anchor: str
    title: str
    lead: str
    tables: tuple[Table, ...]


def pair_anchors(crossings: Sequence[Crossing]) -> dict[tuple[str, str], str]:
    """Where each pair of aisles stands in the page."""
    return {(one.source, one.target): f"pair-{place}" for place, one in enumerate(crossings, 1)}


def sections(
    crossings: Sequence[Crossing], audiences: Sequence[Audience], words: Catalogue
) -> list[Section]:
    """Lay out every pair and every product."""
    anchors = pair_anchors(crossings)
    pairs = [_pair(one, anchors[one.source, one.target], words) for one in crossings]
    return pairs + [_product(one, place, words) for place, one in enumerate(audiences, 1)]


def _pair(found: Crossing, anchor: str, words: Catalogue) -> Section:
    say = words.say
    counts = {"source": f"{found.from_source:,}", "customers": f"{found.customers:,}"}
    if found.both is None or found.lift is None:
        lead = say("pair.few", fewest=FEWEST, **counts)
    else:
        lead = say("pair.lead", both=f"{found.both:,}", lift=f"{found.lift:.2f}", **counts)
    heads = (say("pair.share"), say("pair.people"), say("pair.lift"))
    bridges = [(_joined(one.nodes, words), *_figures(one, words)) for one in found.bridges]
    pairs = [
        (*(node_label(n, words) for n in one.nodes), *_figures(one, words))
        for one in found.products
    ]
    kinds = [
        (say(f"walk.{kind}"), say(f"walks.{kind}"), words.percent(share, 1))
        for kind, share in found.kinds
    ]
    holes = [
        (words.word("kinds", one.kind),
         say("list.separator").join(node_label(node, words) for node in one.most_bought),
         words.percent(one.share, 1), f"{one.without:,} / {one.products:,}")
        for one in found.holes
    ]  # fmt: skip
    ideas = [
        (node_label(one.bought, words), node_label(one.offer, words), f"{one.people:,}",
         words.percent(one.took, 1), words.percent(one.base, 1),
         f"{one.uplift:.1f} [{one.low:.1f}, {one.high:.1f}]")
        for one in found.ideas
    ]  # fmt: skip
    two = (say("pair.from"), say("pair.to"))
    tables = (
        Table(say("pair.kinds"), say("pair.kinds_lead", found.asked),
              (say("page.kind"), "", say("page.share")), tuple(kinds), 2),
        Table(say("pair.bridges"), say("pair.bridges_lead", fewest=FEWEST),
              (say("page.over"), *heads), tuple(bridges), 1),
        Table(say("pair.products"), say("pair.products_lead"), (*two, *heads), tuple(pairs), 2),
        Table(say("pair.holes"), say("pair.holes_lead"),
              (say("walk.attribute"), say("pair.missing"), say("pair.share"), say("pair.without")),
              tuple(holes), 2),
        Table(say("pair.ideas"), say("pair.ideas_lead"),
              (say("pair.bought"), say("pair.offer"), say("pair.held"), say("pair.took"),
               say("pair.base"), say("pair.uplift")), tuple(ideas), 2),
    )  # fmt: skip
    title = say("pair.title", source=readable(found.source), target=readable(found.target))
    return Section(anchor, title, lead, tuple(table for table in tables if table.rows))


def _product(found: Audience, place: int, words: Catalogue) -> Section:
    say = words.say
    title = say("audience.title", product=node_label(found.product, words))
    aisles = [
        (readable(one.node.name), f"{one.people:,}", f"{one.lift:.2f}") for one in found.aisles
    ]
    bought = [
        (
            node_label(one.node, words),
            words.percent(one.share, 1),
            f"{one.people:,}",
            f"{one.lift:.2f}",
        )
        for one in found.purchases
    ]
    bridges = [(node_label(node, words), words.percent(share, 1)) for node, share in found.bridges]
    figures = (say("pair.people"), say("pair.lift"))
    tables = (
        Table(say("audience.aisles"), say("audience.aisles_lead"),
              (say("page.aisle"), *figures), tuple(aisles), 1),
        Table(say("audience.purchases"), say("audience.purchases_lead"),
              (say("page.bought"), say("pair.share"), *figures), tuple(bought), 1),
        Table(say("audience.bridges"), say("audience.bridges_lead"),
              (say("page.over"), say("pair.share")), tuple(bridges), 1),
    )  # fmt: skip
    lead = say("audience.lead", found.people, able=f"{found.able:,}", fewest=FEWEST)
    kept = tuple(table for table in tables if table.rows)
    return Section(f"audience-{place}", title, lead, kept)


def _figures(one: Carrier, words: Catalogue) -> tuple[str, str, str]:
    people = f"{one.people:,}" if one.people is not None else f"< {FEWEST}"
    return words.percent(one.share, 1), people, f"{one.lift:.2f}" if one.lift is not None else "–"


def _joined(nodes: Sequence[PathNode], words: Catalogue) -> str:
    return " → ".join(node_label(node, words) for node in nodes)
