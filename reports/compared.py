"""Groups of walks, two products against each other, and what would be if: as plain text."""

from dataclasses import replace

from crossaisle.fusion.terms import By, Contrast, Difference, Explanation, Group, Term
from crossaisle.fusion.what_if import WhatIf
from crossaisle.reports.bridges import bridge_of
from crossaisle.reports.catalogue import Catalogue, catalogue
from crossaisle.reports.figures import Figures, figures
from crossaisle.reports.names import readable
from crossaisle.reports.terminal import aligned, candidate_title, ruled
from crossaisle.reports.words import FEWEST, bridge_label, node_label, shown_name

_DECIMALS = 3


def groups_text(
    explanation: Explanation, by: By, lang: str = "en", title: str = "", top: int = 5
) -> str:
    """Write the ``top`` groups of :meth:`Explanation.grouped`, the others as one, and the sum.

    Args:
        explanation: made by a model.
        by: what the walks have in common.
        lang: language of the words.
        title: the product's title.
        top: groups that have a line of their own.

    Raises:
        ReportError: the parts do not add up to the score, or the language is not there.
        FusionError: the explanation was not made by a model.
    """
    words, groups = catalogue(lang), explanation.grouped(by)
    shown, others = groups[: max(top, 0)], groups[max(top, 0) :]
    rest = sum(group.contribution for group in others)
    printed = figures(
        replace(
            explanation,
            terms=tuple(Term(group.contribution, "bridge", "", ()) for group in shown),
            rest=rest,
        )
    )
    cells = [(words.say(f"group.{by}"), words.say("group.walks"), words.say("page.contribution"))]
    for group, units in zip(shown, printed.terms, strict=True):
        cells.append((group_name(group, words), f"{group.walks:,}", printed.signed(units)))
    cells.append((words.say("page.bias"), "", printed.signed(printed.bias)))
    count = sum(group.walks for group in others)
    cells.append((words.say("page.rest"), f"{count:,}", printed.signed(printed.rest)))
    cells.append((words.say("page.total"), "", printed.plain(printed.score)))
    name = candidate_title(explanation, title)
    heading = f"{name} · {words.say('page.score')} {printed.plain(printed.score)}"
    return f"{heading}\n\n{ruled(aligned(cells, left=1))}\n"


def group_name(group: Group, words: Catalogue) -> str:
    """Name what the walks of a group have in common."""
    if group.node.label == "Kind":
        return words.say(f"walk.{group.node.id}")
    return node_label(group.node, words)


def contrast_text(
    contrast: Contrast,
    lang: str = "en",
    titles: tuple[str, str] = ("", ""),
    fewest: int = FEWEST,
) -> str:
    """Write which of two products is above, by how much, and the walks that make the difference.

    Args:
        contrast: the one set against the other.
        lang: language of the words.
        titles: of the two products.
        fewest: see :func:`crossaisle.reports.words.reasons`.

    Raises:
        ReportError: the parts do not add up to the difference, or the language is not there.
    """
    words = catalogue(lang)
    parts = tuple(Term(term.contribution, "bridge", "", ()) for term in contrast.terms)
    printed = figures(
        Explanation(
            contrast.user_id,
            contrast.product_id,
            contrast.score,
            contrast.bias,
            parts,
            contrast.rest,
        )
    )
    ids = (contrast.product_id, contrast.against)
    first, second = (readable(title or ident) for title, ident in zip(titles, ids, strict=True))
    form = "above" if printed.score > 0 else "below" if printed.score < 0 else "level"
    by = printed.plain(abs(printed.score))
    head = ("page.bought", "page.over", "contrast.difference")
    cells = [tuple(words.say(key) for key in head)]
    for term, units in zip(contrast.terms, printed.terms, strict=True):
        cells.append((*_ways(term, words, fewest), printed.signed(units)))
    cells.append((words.say("page.bias"), "", printed.signed(printed.bias)))
    cells.append((words.say("page.rest"), "", printed.signed(printed.rest)))
    cells.append((words.say("contrast.total"), "", printed.signed(printed.score)))
    heading = words.say(f"contrast.{form}", first=first, second=second, by=by)
    note = words.say("contrast.signs", first=first, second=second)
    return f"{heading}\n{note}\n\n{ruled(aligned(cells, left=2))}\n"


def what_if_text(found: WhatIf, lang: str = "en", title: str = "") -> str:
    """Write score and rank before and after a change.

    Raises:
        ReportError: there is no catalogue for ``lang``.
    """
    words = catalogue(lang)
    aisle = readable(found.aisle or "") or words.say("page.any_aisle")
    units = [round(score * 10**_DECIMALS) for score in (found.score, found.new_score)]
    printed = Figures(_DECIMALS, units[1], units[0], (), units[1] - units[0])
    risen = found.rank - found.new_rank
    cells = [
        ("", *(words.say(f"what_if.{key}") for key in ("now", "then", "change"))),
        (
            words.say("page.score"),
            *(printed.plain(value) for value in units),
            printed.signed(units[1] - units[0]),
        ),
        (
            words.say("what_if.rank", aisle=aisle),
            words.say("what_if.place", found.of, rank=f"{found.rank:,}"),
            words.say("what_if.place", found.new_of, rank=f"{found.new_rank:,}"),
            words.say(
                f"what_if.{'up' if risen > 0 else 'down' if risen < 0 else 'same'}", abs(risen)
            ),
        ),
    ]
    return f"{readable(title or found.product_id)}\n\n" + "\n".join(aligned(cells, left=1)) + "\n"


def _ways(term: Difference, words: Catalogue, fewest: int) -> tuple[str, str]:
    """Name the history product and the way, to the one product / to the other."""
    labels: list[str] = []
    name = ""
    for side in (term.first, term.second):
        if side is None:
            labels.append("–")
            continue
        bridge = bridge_of(side)
        name = shown_name(bridge.products[0], words)
        labels.append(bridge_label(bridge, words, fewest))
    return name, labels[0] if labels[0] == labels[1] else " / ".join(labels)
