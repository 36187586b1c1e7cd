"""Explanations as CSV, one row a part of a score: what a spreadsheet or another program reads."""

import csv
import io
from collections.abc import Iterable, Sequence

from crossaisle.fusion.terms import Explanation, Group, Path

COLUMNS = ("user_id", "product_id", "score", "place", "contribution", "kind")
TERM_COLUMNS = (*COLUMNS, "history_product", "count", "path")
GROUP_COLUMNS = (*COLUMNS, "id", "name", "walks")


def terms_csv(explanations: Iterable[Explanation]) -> str:
    """Write every shown term, largest first, then the bias and the rest.

    The contributions of a product add up to its score. Paths have ids, not names:
    "Product:22423 -BOUGHT_WITH- Product:21080".
    """
    rows: list[Sequence[object]] = []
    for found in explanations:
        start = (found.user_id, found.product_id, found.score)
        for place, term in enumerate(found.terms, start=1):
            told = (term.history_product, term.count, path_text(term.path))
            rows.append((*start, place, term.contribution, term.kind, *told))
        rows += [
            (*start, None, value, kind, None, None, None)
            for kind, value in (("bias", found.bias), ("rest", found.rest))
        ]
    return _written(TERM_COLUMNS, rows)


def groups_csv(explanation: Explanation, groups: Iterable[Group]) -> str:
    """Write all groups and the bias; the contributions add up to the score."""
    start = (explanation.user_id, explanation.product_id, explanation.score)
    rows: list[Sequence[object]] = [
        (
            *start,
            place,
            group.contribution,
            group.node.label,
            group.node.id,
            group.node.name,
            group.walks,
        )
        for place, group in enumerate(groups, start=1)
    ]
    rows.append((*start, None, explanation.bias, "bias", None, None, None))
    return _written(GROUP_COLUMNS, rows)


def path_text(path: Path) -> str:
    """Write a path in one line."""
    steps = (f"-{s}-" if isinstance(s, str) else f"{s.label}:{s.id}" for s in path)
    return " ".join(steps)


def _written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
