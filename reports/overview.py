"""What carries the lists of a report, added up over its customers: kinds of walks, aisle pairs."""

from collections import defaultdict
from dataclasses import dataclass, replace

from crossaisle.fusion.terms import KINDS, Kind
from crossaisle.reports.bridges import Bridge, bridge_of
from crossaisle.reports.report import Report

MOST_AISLES = 10
"""Aisles that the map of pairs names; the smaller ones are one row or column together."""


@dataclass(frozen=True)
class Cell:
    """From one aisle of the histories to one aisle of the lists."""

    share: float  # of all that speaks for products of the column's aisle; columns add up to 1
    strongest: Bridge | None  # without terms: no single one stands for all of them


@dataclass(frozen=True)
class PairMap:
    """Rows: aisles of the histories. Columns: aisles of the lists. None: the other aisles."""

    sources: tuple[str | None, ...]
    targets: tuple[str | None, ...]
    cells: tuple[tuple[Cell, ...], ...]


def kind_shares(report: Report) -> dict[Kind, float]:
    """Return each kind's share of all positive terms shown, in [0, 1]; {} where there are none.

    Pictures are left out where none speaks: few shops have any.
    """
    sums = dict.fromkeys(KINDS, 0.0)
    for customer in report.customers:
        for ranked in customer.ranked:
            for term in ranked.explanation.terms:
                sums[term.kind] += max(term.contribution, 0.0)
    total = sum(sums.values())
    told = {kind: value for kind, value in sums.items() if value or kind != "image"}
    return {kind: value / total for kind, value in told.items()} if total else {}


def pair_map(report: Report) -> PairMap:
    """Add up the positive terms shown by aisle of the history product and aisle of the candidate.

    The strongest bridge of a cell is the one with the largest sum there; walks that go straight
    from product to product (people, text, image) count as one bridge.
    """
    sums: dict[tuple[str, str], dict[tuple[str, ...], float]] = defaultdict(dict)
    examples: dict[tuple[str, ...], Bridge] = {}
    for customer in report.customers:
        aisle_of = {purchase.product_id: purchase.aisle for purchase in customer.history}
        for ranked in customer.ranked:
            for term in ranked.explanation.terms:
                if term.contribution > 0:
                    source = aisle_of.get(term.history_product, "")
                    bridge = bridge_of(term)
                    cell = sums[source, ranked.aisle or customer.aisle]
                    cell[bridge.key] = cell.get(bridge.key, 0.0) + term.contribution
                    examples.setdefault(bridge.key, replace(bridge, terms=()))
    return _mapped(sums, examples)


def _mapped(
    sums: dict[tuple[str, str], dict[tuple[str, ...], float]],
    examples: dict[tuple[str, ...], Bridge],
) -> PairMap:
    sources, targets = _largest(sums, 0), _largest(sums, 1)
    merged: dict[tuple[str | None, str | None], dict[tuple[str, ...], float]] = {}
    for (source, target), found in sums.items():
        place = (
            source if source in sources else None,
            target if target in targets else None,
        )
        cell = merged.setdefault(place, {})
        for key, value in found.items():
            cell[key] = cell.get(key, 0.0) + value
    columns = {
        target: sum(sum(merged.get((source, target), {}).values()) for source in sources)
        for target in targets
    }
    return PairMap(
        sources,
        targets,
        tuple(
            tuple(
                _cell(merged.get((source, target), {}), columns[target], examples)
                for target in targets
            )
            for source in sources
        ),
    )


def _cell(
    found: dict[tuple[str, ...], float], total: float, examples: dict[tuple[str, ...], Bridge]
) -> Cell:
    if not found:
        return Cell(0.0, None)
    return Cell(sum(found.values()) / total, examples[max(found, key=lambda key: found[key])])


def _largest(
    sums: dict[tuple[str, str], dict[tuple[str, ...], float]], end: int
) -> tuple[str | None, ...]:
    """Return the aisles at one end, by name; those beyond the largest few are one None."""
    weights: dict[str, float] = defaultdict(float)
    for pair, found in sums.items():
        weights[pair[end]] += sum(found.values())
    names = sorted(weights, key=lambda name: (-weights[name], name))
    if len(names) <= MOST_AISLES:
        return tuple(sorted(names))
    return (*sorted(names[: MOST_AISLES - 1]), None)
