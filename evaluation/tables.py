"""Results as a table: Markdown for documents, rich for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from crossaisle.evaluation.bootstrap import Interval
from crossaisle.evaluation.results import Comparison, Results

if TYPE_CHECKING:  # they load torch
    from crossaisle.evaluation.explanations import Faithfulness
    from crossaisle.evaluation.randomised import Changed

COLUMNS = ("ndcg@10", "recall@20", "hit_rate@10", "mrr", "auc")


def rows(results: Results) -> list[list[str]]:
    """Heading and one row a method: five metrics, coverage, and the first one's lead in nDCG@10."""
    leads = {comparison.second: comparison for comparison in results.comparisons}
    first = results.methods[0].name if results.methods else ""
    table = [["method", "nDCG@10", "recall@20", "hit rate@10", "MRR", "AUC", "coverage@10"]]
    if leads:
        table[0].append(f"{first} / this, nDCG@10")
    for method in results.methods:
        row = [method.name, _figure(method.metrics["ndcg@10"], bounds=True)]
        row += [_figure(method.metrics[name]) for name in COLUMNS[1:]]
        row.append(f"{method.coverage:.3f}")
        if leads:
            row.append(_lead(leads.get(method.name)))
        table.append(row)
    return table


def markdown(results: Results) -> str:
    """Return a Markdown table, one line a method."""
    head, *body = rows(results)
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def rich_table(results: Results) -> Table:
    """Return the same table for a rich console."""
    head, *body = rows(results)
    counts = results.counts
    table = Table(
        title=f"{results.task}: {counts['test_cases']:,} cases of {counts['test_users']:,} people,"
        " 95 % intervals"
    )
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for line in body:
        table.add_row(*line)
    return table


def _figure(interval: Interval, *, bounds: bool = False) -> str:
    text = f"{interval.value:.4f}"
    return text + (f" [{interval.low:.4f}, {interval.high:.4f}]" if bounds else "")


def _lead(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    ratio = comparison.ratio["ndcg@10"]
    return f"{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


def explanations_text(found: Faithfulness, checked: Mapping[str, Changed]) -> str:
    """Lay out what was measured of explanations: a line a measure, a column a way to choose."""
    lines = [
        f"{found.cases:,} lists, {found.products:,} products explained. Sum against score: worst "
        f"relative error {found.worst_sum:.1e}; a purchase's walks against its channels: "
        f"{found.worst_purchase:.1e}. Steps that are no edge: {found.wrong_steps}; paths that end "
        f"elsewhere: {found.wrong_ends}.",
        "",
        f"{'':24}" + "".join(f"{way:>28}" for way in found.ways),
    ]
    for name in dict.fromkeys(name for way in found.ways.values() for name in way):
        figures = [
            _figure(way[name], bounds=True) if name in way else "" for way in found.ways.values()
        ]
        lines.append(f"{name:24}" + "".join(f"{figure:>28}" for figure in figures))
    lines += [
        "",
        f"{'weights randomised':24}{'shown walks that stay':>28}{'order of all walks':>28}",
    ]
    for name, changed in checked.items():
        figures = [_figure(figure, bounds=True) for figure in (changed.shown, changed.order)]
        lines.append(f"{name:24}" + "".join(f"{figure:>28}" for figure in figures))
    return "\n".join(lines)
