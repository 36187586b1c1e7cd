"""The one door of resvg: a path picture as PNG, for a mail or a slide."""

import re

from crossaisle.reports.errors import ReportError

_LIGHT = re.compile(r"--([a-z]+):(#[0-9a-f]{6})")
_KIND = re.compile(r"\.k-([a-z]+)\{--k:var\(--[a-z]+\)\}")
_DARK = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")

FONT = "Liberation Sans"
"""Where none of the style sheet's families is installed; as wide as Arial."""

SCALE = 2
"""Pixels for each unit of the picture."""


def as_png(svg: str) -> bytes:
    """Draw a picture of :func:`crossaisle.reports.picture.picture` in its light colours.

    Raises:
        ReportError: the library that draws is not installed.
    """
    try:
        import resvg_py
    except ImportError:
        raise ReportError(
            'PNG needs one more library: pip install "crossaisle[png]"; or take --format svg'
        ) from None
    drawn = resvg_py.svg_to_bytes(
        svg_string=plain_colours(svg),
        background=_colours(svg)["paper"],
        zoom=SCALE,
        font_family=FONT,
    )
    return bytes(drawn)


def plain_colours(svg: str) -> str:
    """Write the style sheet's variables out, which not every program that draws SVG knows."""
    colours = _colours(svg)
    svg = _DARK.sub("", svg)
    for kind in _KIND.findall(svg):
        rules = f".k-{kind}{{stroke:{colours[kind]}}}.k-{kind} .pill{{stroke:{colours[kind]}}}"
        svg = svg.replace(f".k-{kind}{{--k:var(--{kind})}}", f".picture path{rules}")
    svg = svg.replace("stroke:var(--k);", "")
    svg = re.sub(r"font:(\d+px) ([^;]+);", r"font-size:\1;font-family:\2;", svg)
    return re.sub(r"var\(--([a-z]+)\)", lambda found: colours.get(found[1], "#000000"), svg)


def _colours(svg: str) -> dict[str, str]:
    return dict(_LIGHT.findall(_DARK.sub("", svg)))
