"""One explanation as a picture: history products, what they share, the product; an SVG."""

from dataclasses import dataclass
from unicodedata import east_asian_width

from markupsafe import Markup

from crossaisle.fusion.terms import Explanation, Term
from crossaisle.reports.bridges import Bridge, bridges
from crossaisle.reports.catalogue import Catalogue, catalogue
from crossaisle.reports.figures import Figures, figures
from crossaisle.reports.names import FULL, readable
from crossaisle.reports.render import render, verbatim
from crossaisle.reports.terminal import candidate_title
from crossaisle.reports.words import FEWEST, bridge_label, shown_name

WIDTH = 720
_LEFT, _PILL, _PILL_END, _RIGHT = 212, 288, 480, 552  # where lines begin and end
_FLOW = 96.0  # height of all lines together
_THINNEST = 1.5
_LINE = 16.0  # of text
_GAP = 12.0
_EM = 13.0  # of text: .tx in picture.css


@dataclass
class Box:
    """A node of the picture: where it is, what stands in it, how much flows through it."""

    lines: list[str]
    full: str  # the tooltip
    flow: float
    style: str = ""
    top: float = 0.0

    @property
    def height(self) -> float:
        """Return the room that text and lines need."""
        return max(self.flow, len(self.lines) * _LINE + 8)

    @property
    def middle(self) -> float:
        """Return the height of the centre."""
        return self.top + self.height / 2

    def baselines(self) -> list[tuple[float, str]]:
        """Return the lines of text and where they stand."""
        first = self.middle - (len(self.lines) - 1) * _LINE / 2 + 4.5
        return [(first + row * _LINE, line) for row, line in enumerate(self.lines)]


@dataclass(frozen=True)
class Line:
    """A line of the picture, from (x0, y0) to (x1, y1), as wide as its contribution."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float
    style: str
    told: str  # the tooltip

    @property
    def path(self) -> str:
        """Return the curve, level at both ends."""
        bend = (self.x0 + self.x1) / 2
        start, end = f"{self.y0:.1f}", f"{self.y1:.1f}"
        return f"M{self.x0:g} {start}C{bend:g} {start} {bend:g} {end} {self.x1:g} {end}"


def picture(
    explanation: Explanation,
    lang: str = "en",
    title: str = "",
    fewest: int = FEWEST,
    *,
    standalone: bool = True,
) -> Markup:
    """Draw an explanation as an SVG element, ``WIDTH`` units wide.

    The width of a line is the size of its contribution, its colour the kind of walk; what speaks
    against the product is dashed. Bias and rest are not drawn. Names are cut to their place and
    whole in tooltips (to 300 characters).

    Args:
        explanation: the score taken apart.
        lang: language of the words.
        title: the product's title, where no path tells it.
        fewest: see :func:`crossaisle.reports.words.reasons`.
        standalone: whether the colours come along, for a file of its own; a page has them.

    Returns:
        The element, escaped. An explanation without terms gives the product alone.
    """
    words, printed = catalogue(lang), figures(explanation)
    name = candidate_title(explanation, title)
    drawn = _Drawing(explanation, printed, words, name, fewest)
    return render(
        "picture.svg",
        width=WIDTH,
        height=drawn.height,
        label=words.say("page.picture", product=name),
        starts=drawn.starts.values(),
        pills=drawn.pills,
        end=drawn.end,
        lines=drawn.lines,
        left=_LEFT,
        pill=_PILL,
        pill_width=_PILL_END - _PILL,
        right=_RIGHT,
        css=verbatim("picture.css") if standalone else "",
    )


class _Drawing:
    """Places the boxes in three columns and runs the lines between them."""

    def __init__(
        self, explanation: Explanation, printed: Figures, words: Catalogue, name: str, fewest: int
    ) -> None:
        total = sum(abs(term.contribution) for term in explanation.terms)
        self.scale = _FLOW / total if total else 0.0
        self.units = dict(zip(map(id, explanation.terms), printed.terms, strict=True))
        self.printed, self.words = printed, words
        grouped = bridges(explanation.terms)
        self.starts = self._starts(grouped)
        order = {key: place for place, key in enumerate(self.starts)}
        grouped = tuple(sorted(grouped, key=lambda bridge: _mean(order, bridge)))
        self.pills = [self._pill(bridge, fewest) for bridge in grouped]
        self.end = Box(
            _wrapped(name, (WIDTH - _RIGHT - 16) * 0.92, 5),  # it is set bold
            name,
            sum(pill.flow for pill in self.pills),
        )
        self.height = self._place()
        self.lines = self._lines(grouped)

    def width(self, contribution: float) -> float:
        return max(abs(contribution) * self.scale, _THINNEST)

    def _starts(self, grouped: tuple[Bridge, ...]) -> dict[str, Box]:
        sizes: dict[str, float] = {}
        boxes: dict[str, Box] = {}
        for bridge in grouped:
            for term in bridge.terms:
                key = term.history_product
                product = bridge.starts[key]
                full = shown_name(product, self.words)
                sizes[key] = sizes.get(key, 0.0) + abs(term.contribution)
                flow = self.width(term.contribution) + (boxes[key].flow if key in boxes else 0.0)
                boxes[key] = Box(
                    _wrapped(full, _LEFT - 12, 2), readable(product.name, FULL) or full, flow
                )
        return {key: boxes[key] for key in sorted(boxes, key=lambda key: -sizes[key])}

    def _pill(self, bridge: Bridge, fewest: int) -> Box:
        label = bridge_label(bridge, self.words, fewest)
        flow = sum(self.width(term.contribution) for term in bridge.terms)
        lines = _wrapped(label, _PILL_END - _PILL - 16, 2)
        return Box(lines, label, flow, _style(bridge))

    def _place(self) -> float:
        columns: list[list[Box]] = [list(self.starts.values()), self.pills, [self.end]]
        heights = [
            sum(box.height for box in column) + _GAP * (len(column) - 1) for column in columns
        ]
        height = max(*heights, _LINE) + 2 * _GAP
        for column, needed in zip(columns, heights, strict=True):
            top = (height - needed) / 2
            for box in column:
                box.top = top
                top += box.height + _GAP
        return height

    def _lines(self, grouped: tuple[Bridge, ...]) -> list[Line]:
        used = {key: box.middle - box.flow / 2 for key, box in self.starts.items()}
        order = list(self.starts)
        end = self.end.middle - self.end.flow / 2
        lines = []
        for bridge, pill in zip(grouped, self.pills, strict=True):
            inside = pill.middle - pill.flow / 2
            for term in sorted(bridge.terms, key=lambda term: order.index(term.history_product)):
                key, width = term.history_product, self.width(term.contribution)
                y0, y1 = used[key] + width / 2, inside + width / 2
                told = f"{self.starts[key].full} – {pill.full}: {self._figure(term)}"
                lines.append(Line(_LEFT, y0, _PILL, y1, width, pill.style, told))
                used[key] += width
                inside += width
            y1 = end + pill.flow / 2
            units = sum(self.units[id(term)] for term in bridge.terms)
            told = f"{pill.full}: {self.printed.signed(units)}"
            lines.append(Line(_PILL_END, pill.middle, _RIGHT, y1, pill.flow, pill.style, told))
            end += pill.flow
        return lines

    def _figure(self, term: Term) -> str:
        return self.printed.signed(self.units[id(term)])


def _style(bridge: Bridge) -> str:
    return f"k-{bridge.kind}" + (" against" if bridge.contribution < 0 else "")


def _mean(order: dict[str, int], bridge: Bridge) -> float:
    return sum(order[key] for key in bridge.starts) / len(bridge.starts)


def _wrapped(text: str, width: float, most: int) -> list[str]:
    """Break ``text`` into at most ``most`` lines of ``width`` units, the last one cut."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        grown = f"{line} {word}" if line else word
        if line and _extent(grown) > width:
            lines.append(line)
            line = word
        else:
            line = grown
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [_cut(line, width) for line in lines]


def _cut(text: str, width: float) -> str:
    if _extent(text) <= width:
        return text
    while text and _extent(text) + _EM > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _extent(text: str) -> float:
    """Estimate the width of ``text``: a wide character is an em, any other a bit over half."""
    return sum(_EM if east_asian_width(character) in "WF" else 0.54 * _EM for character in text)
