"""A report as one HTML file that needs nothing else: no network, no server, no other file."""

import base64
import gzip
import hashlib

from markupsafe import Markup

from crossaisle.reports.catalogue import Catalogue, catalogue
from crossaisle.reports.charts import interval_bars, share_bar
from crossaisle.reports.merchant import pair_anchors, sections
from crossaisle.reports.names import clean, readable
from crossaisle.reports.overview import Cell, kind_shares, pair_map
from crossaisle.reports.render import render, verbatim
from crossaisle.reports.report import Accuracy, Report
from crossaisle.reports.shown import Shown, head
from crossaisle.reports.words import FEWEST, bridge_label

PLAIN_BYTES = 1_200_000
"""Lists that take more than this together are packed; the page stays under 2 MB for 100 customers
with ten products each."""
_Counted = list[tuple[str, int]]


def as_html(report: Report, lang: str = "en", fewest: int = FEWEST) -> str:
    """Write the page: overview, then each customer's history, list, reasons, pictures and sums.

    The policy in its head allows nothing but its own style sheet and script, by their hashes, so a
    title cannot run or load anything even if escaping failed. Small reports are plain HTML and can
    be read without JavaScript; large ones hold each list compressed, and unpack it when opened.

    Args:
        report: what to show.
        lang: language of the page: "en" or "zh".
        fewest: with fewer people than that, a reason is said without their number.

    Raises:
        ReportError: there is no catalogue for ``lang``.
    """
    words = catalogue(lang)
    style = Markup("\n").join([verbatim("page.css"), verbatim("picture.css")])
    script = verbatim("page.js")
    lists = [
        render("customer.html", shown=Shown(customer, words, lang, fewest), say=words.say)
        for customer in report.customers
    ]
    packed = sum(len(text.encode()) for text in lists) > PLAIN_BYTES
    parts = sections(report.crossings, report.audiences, words)
    heads = [head(customer, words) for customer in report.customers]
    return render(
        "page.html",
        report=report,
        title=clean(report.title),
        clean=clean,
        words=words,
        say=words.say,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        counts=_counts(report, words),
        tables=[_table(table, words) for table in report.accuracy],
        percent=words.percent,
        kinds=[(kind, share, share_bar(share)) for kind, share in _kinds(report)],
        pairs=_pairs(report, words, fewest),
        merchant=render("merchant.html", parts=parts) if parts else "",
        packed=packed,
        lists=[
            (head, _pack(text) if packed else text) for head, text in zip(heads, lists, strict=True)
        ],
        fewest=fewest,
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _pack(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _counts(
    report: Report, words: Catalogue
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Split the counts into the few that a reader asks for first and all the others."""
    first = [label for label in ("Product", "Customer", "BOUGHT") if report.counts.get(label)]
    others = [label for label in report.counts if label not in first and report.counts[label]]
    return (
        [(words.word("counts", label), report.counts[label]) for label in first],
        [(words.word("counts", label), report.counts[label]) for label in others],
    )


def _table(accuracy: Accuracy, words: Catalogue) -> dict[str, object]:
    metrics = list(dict.fromkeys(name for method in accuracy.methods for name in method.metrics))
    bars = interval_bars(accuracy, metrics[0]) if metrics else [None] * len(accuracy.methods)
    return {
        "accuracy": accuracy,
        "metrics": [(name, words.word("metrics", name)) for name in metrics],
        "rows": list(zip(accuracy.methods, bars, strict=True)),
    }


def _kinds(report: Report) -> list[tuple[str, float]]:
    return [*kind_shares(report).items()]


def _pairs(report: Report, words: Catalogue, fewest: int) -> dict[str, object] | None:
    found = pair_map(report)
    if not found.targets:
        return None

    def name(aisle: str | None) -> str:
        if aisle is None:
            return words.say("page.other_aisles")
        return readable(aisle) or words.say("page.no_aisle")

    anchors: dict[tuple[str | None, str | None], str] = dict(pair_anchors(report.crossings).items())

    def cell(cell: Cell, target: str | None, source: str | None) -> dict[str, object]:
        strongest = bridge_label(cell.strongest, words, fewest) if cell.strongest else ""
        told = {"share": cell.share, "heat": round(cell.share * 10), "strongest": strongest}
        return told | {"anchor": anchors.get((source, target), "")}

    return {
        "targets": [name(target) for target in found.targets],
        "rows": [
            (
                name(source),
                [cell(*place, source) for place in zip(cells, found.targets, strict=True)],
            )
            for source, cells in zip(found.sources, found.cells, strict=True)
        ],
    }
