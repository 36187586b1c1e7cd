"""The picture as PNG: no variable left in its style sheet, the kinds' colours on the canvas."""

import struct
import sys
from types import SimpleNamespace

import pytest

from crossaisle.reports import ReportError, as_png, picture
from crossaisle.reports.picture import WIDTH
from crossaisle.reports.png import SCALE, plain_colours

PEOPLE, ATTRIBUTE = "#2f5f94", "#a8481f"  # as in picture.css


def test_every_variable_is_written_out(shop: SimpleNamespace) -> None:
    plain = plain_colours(str(picture(shop.napkins())))
    assert "var(" not in plain
    assert "@media" not in plain
    assert f".picture path.k-people{{stroke:{PEOPLE}}}" in plain
    assert f".k-attribute .pill{{stroke:{ATTRIBUTE}}}" in plain
    assert plain.count("<path") == str(picture(shop.napkins())).count("<path")


def test_a_png_of_twice_the_width(shop: SimpleNamespace) -> None:

    drawn = as_png(str(picture(shop.napkins())))
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", drawn[16:24])
    assert width == WIDTH * SCALE
    assert height > 200
    assert len(drawn) > 5000  # an empty canvas of that size takes less


def test_without_the_library_a_sentence_says_what_to_do(
    shop: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ReportError, match=r'pip install "crossaisle\[png\]"'):
        as_png(str(picture(shop.napkins())))
