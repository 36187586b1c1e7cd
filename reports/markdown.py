"""A report as Markdown: the same facts as the page, for a repository, a ticket or a mail."""

import re
from collections.abc import Iterable, Sequence

from crossaisle.reports.bridges import Bridge
from crossaisle.reports.catalogue import Catalogue, catalogue
from crossaisle.reports.merchant import sections
from crossaisle.reports.names import clean, readable, shortened
from crossaisle.reports.overview import kind_shares, pair_map
from crossaisle.reports.report import Accuracy, CustomerList, Interval, Report
from crossaisle.reports.shown import Shown
from crossaisle.reports.words import FEWEST, bridge_label

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~^$=>-])")


def as_markdown(report: Report, lang: str = "en", fewest: int = FEWEST) -> str:
    """Write the report in CommonMark with GitHub's tables; titles are escaped.

    Args:
        report: what to write down.
        lang: language of the text.
        fewest: with fewer people than that, a reason is said without their number.

    Raises:
        ReportError: there is no catalogue for ``lang``.
    """
    words = catalogue(lang)
    parts = [f"# {escaped(clean(report.title))}", *_overview(report, words, fewest)]
    parts += _merchant(report, words)
    if report.customers:
        parts.append(f"## {words.say('page.customers')}")
    for customer in report.customers:
        parts += _customer(customer, words, lang, fewest)
    parts.append(escaped(words.say("page.colophon", fewest=fewest)))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Escape what Markdown or HTML in it would read as more than text."""
    return _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def _overview(report: Report, words: Catalogue, fewest: int) -> list[str]:
    say = words.say
    parts: list[str] = []
    if report.counts or report.aisles:
        parts.append(f"## {say('page.data')}")
    if report.counts:
        counts = ((words.word("counts", name), f"{n:,}") for name, n in report.counts.items() if n)
        parts.append("\n".join(f"- {count} {escaped(name)}" for name, count in counts))
    if report.aisles:
        aisles = [
            (escaped(readable(aisle.name)), f"{aisle.products:,}", f"{aisle.purchases:,}")
            for aisle in report.aisles
        ]
        head = [say(f"page.{key}") for key in ("aisle", "products", "purchases")]
        parts.append(_table(head, aisles, right=1))
    if report.accuracy:
        parts.append(f"## {say('page.accuracy')}")
    for accuracy in report.accuracy:
        parts += _accuracy(accuracy, words)
    shares = kind_shares(report)
    if shares:
        rows = [
            (say(f"walk.{kind}"), say(f"walks.{kind}"), words.percent(share))
            for kind, share in shares.items()
        ]
        head = [say("page.kind"), "", say("page.share")]
        parts += [f"## {say('page.walks')}", say("page.walks_lead"), _table(head, rows, right=2)]
    return [*parts, *_pairs(report, words, fewest)]


def _accuracy(accuracy: Accuracy, words: Catalogue) -> list[str]:
    names = list(dict.fromkeys(name for method in accuracy.methods for name in method.metrics))
    rows = [
        [escaped(method.name), *(_interval(method.metrics.get(name)) for name in names)]
        for method in accuracy.methods
    ]
    head = [words.say("page.method"), *(words.word("metrics", name) for name in names)]
    lead = words.say("page.accuracy_lead", accuracy.users, task=escaped(accuracy.task))
    parts = [lead, _table(head, rows, right=1)]
    return [*parts, f"`{accuracy.command}`"] if accuracy.command else parts


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return ""
    if interval.low is None or interval.high is None:
        return f"{interval.value:.4f}"
    return f"{interval.value:.4f} \\[{interval.low:.4f}, {interval.high:.4f}\\]"


def _pairs(report: Report, words: Catalogue, fewest: int) -> list[str]:
    found = pair_map(report)
    if not found.targets:
        return []

    def name(aisle: str | None) -> str:
        none = words.say("page.other_aisles" if aisle is None else "page.no_aisle")
        return escaped(readable(aisle or "") or none)

    def cell(share: float, strongest: Bridge | None) -> str:
        return (
            f"{words.percent(share)} {escaped(bridge_label(strongest, words, fewest))}"
            if strongest
            else ""
        )

    rows = [
        [name(source), *(cell(entry.share, entry.strongest) for entry in cells)]
        for source, cells in zip(found.sources, found.cells, strict=True)
    ]
    head = [escaped(words.say("page.from_to")), *map(name, found.targets)]
    return [
        f"## {words.say('page.pairs')}",
        words.say("page.pairs_lead"),
        _table(head, rows, right=len(head)),
    ]


def _merchant(report: Report, words: Catalogue) -> list[str]:
    parts: list[str] = []
    for part in sections(report.crossings, report.audiences, words):
        parts += [f"## {escaped(part.title)}", escaped(part.lead)]
        for table in part.tables:
            rows = [[escaped(value) for value in row] for row in table.rows]
            made = _table([escaped(name) for name in table.head], rows, right=table.figures)
            parts += [f"### {escaped(table.title)}", escaped(table.lead), made]
    return parts


def _customer(customer: CustomerList, words: Catalogue, lang: str, fewest: int) -> list[str]:
    say = words.say
    shown = Shown(customer, words, lang, fewest)
    aisle = readable(customer.aisle) or say("page.any_aisle")
    parts = [f"### {escaped(shortened(clean(customer.user_id), 60))} · {escaped(aisle)}"]
    history = "\n".join(
        f"- {escaped(place)}: {escaped(', '.join(line.title for line in lines))}"
        for place, lines in shown.history
    )
    parts += [f"**{say('page.history')}**", history or say("page.history_empty")]
    if shown.more:
        parts.append(say("page.history_more", shown.more))
    parts.append(f"**{say('page.list')}**" if shown.items else say("page.list_empty"))
    head = [say(f"page.{key}") for key in ("bought", "over", "contribution")]
    for item in shown.items:
        rows = [(escaped(row.product), escaped(row.bridge), row.figure) for row in item.rows]
        rows.insert(0, (say("page.bias"), "", item.bias))
        rows += [(say("page.rest"), "", item.rest), (say("page.total"), "", item.score)]
        parts.append(f"#### {item.rank}. {escaped(item.title)}")
        parts.append("\n".join(f"- {escaped(reason)}" for reason in item.reasons))
        parts.append(_table(head, rows, right=2))
    return parts


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: int) -> str:
    """Write a table; columns from ``right`` on hold figures and are set to the right."""
    rule = ["---:" if column >= right else "---" for column in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))
