"""An explanation as plain text: what ``crossaisle explain`` prints."""

from collections.abc import Sequence
from unicodedata import east_asian_width

from crossaisle.fusion.terms import Explanation
from crossaisle.reports.catalogue import catalogue
from crossaisle.reports.figures import figures
from crossaisle.reports.names import clean, readable, shortened
from crossaisle.reports.words import FEWEST, product_name, reasons, terms_of

_COLUMN = 44  # widest cell


def as_text(
    explanation: Explanation, lang: str = "en", title: str = "", fewest: int = FEWEST
) -> str:
    """Write reasons and sum: a heading, the sentences, then history product | path | contribution.

    The last lines are bias, the rest and the sum, which equals the score in every printed digit.

    Args:
        explanation: the score taken apart.
        lang: language of the words.
        title: the product's title, where no path tells it.
        fewest: see :func:`crossaisle.reports.words.reasons`.

    Raises:
        ReportError: the parts do not add up to the score, or the language is not there.
    """
    words, printed = catalogue(lang), figures(explanation)
    name = candidate_title(explanation, title)
    cells = [tuple(words.say(f"page.{key}") for key in ("bought", "over", "contribution"))]
    units = dict(zip(map(id, explanation.terms), printed.terms, strict=True))
    for term, product, bridge in terms_of(explanation, words, fewest):
        cells.append((product, bridge, printed.signed(units[id(term)])))
    cells.append((words.say("page.bias"), "", printed.signed(printed.bias)))
    cells.append((words.say("page.rest"), "", printed.signed(printed.rest)))
    cells.append((words.say("page.total"), "", printed.plain(printed.score)))
    table = ruled(aligned(cells, left=2))
    told = [f"  {sentence}" for sentence in reasons(explanation, lang, fewest=fewest)]
    heading = f"{name} · {words.say('page.score')} {printed.plain(printed.score)}"
    return "\n".join([heading, "", *told, "", table]) + "\n"


def candidate_title(explanation: Explanation, title: str = "") -> str:
    """Return the product's readable title: as given, else from a path, else its id."""
    for term in explanation.terms:
        last = term.path[-1]
        if not title and not isinstance(last, str):
            title = product_name(last)
    return readable(title or clean(explanation.product_id))


def aligned(rows: Sequence[tuple[str, ...]], left: int) -> list[str]:
    """Set cells in columns: the first ``left`` to the left and cut to fit, the others right."""
    short = [
        tuple(shortened(cell, _COLUMN) if at < left else cell for at, cell in enumerate(row))
        for row in rows
    ]
    widths = [max(map(_width, column)) for column in zip(*short, strict=True)]
    lines = []
    for row in short:
        gaps = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = (
            cell + gap if at < left else gap + cell
            for at, (cell, gap) in enumerate(zip(row, gaps, strict=True))
        )
        lines.append("  ".join(cells))
    return lines


def ruled(rows: list[str]) -> str:
    """Put a line under the first row and above the last: a heading and a sum."""
    rule = "─" * _width(rows[0])
    return "\n".join([rows[0], rule, *rows[1:-1], rule, rows[-1]])


def _width(text: str) -> int:
    """Return the columns of a terminal that ``text`` takes: two for a wide character."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
