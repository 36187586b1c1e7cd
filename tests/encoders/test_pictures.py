"""Files of pictures: every kind that shops have, and everything that is none."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crossaisle.encoders import pictures
from crossaisle.encoders.pictures import NOT_FETCHED, PictureError, decoded, located, read

WIDE, TALL = 40, 24


def drawn() -> Image.Image:
    """Red at the top left, green at the top right, blue below."""
    picture = Image.new("RGB", (WIDE, TALL), (20, 30, 220))
    picture.paste((220, 30, 20), (0, 0, WIDE // 2, TALL // 2))
    picture.paste((30, 200, 40), (WIDE // 2, 0, WIDE, TALL // 2))
    return picture


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def animated() -> bytes:
    frames = [drawn(), Image.new("RGB", (WIDE, TALL), "black")]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


def turned(orientation: int) -> bytes:
    """As cameras save it: the pixels lie on their side, a note says so."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    back = {6: Image.Transpose.ROTATE_90, 3: Image.Transpose.ROTATE_180}[orientation]
    return saved(drawn().transpose(back), "JPEG", quality=95, exif=exif)


GOOD: dict[str, Callable[[], bytes]] = {
    "png": lambda: saved(drawn(), "PNG"),
    "jpeg": lambda: saved(drawn(), "JPEG", quality=95),
    "webp": lambda: saved(drawn(), "WEBP", lossless=True),
    "bmp": lambda: saved(drawn(), "BMP"),
    "tiff": lambda: saved(drawn(), "TIFF"),
    "animation": animated,
    "cmyk": lambda: saved(drawn().convert("CMYK"), "JPEG", quality=95),
    "palette": lambda: saved(drawn().quantize(8), "PNG"),
    "on its side": lambda: turned(6),
    "upside down": lambda: turned(3),
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_gives_the_same_pixels(kind: str) -> None:
    found, expected = decoded(GOOD[kind]()), np.asarray(drawn())
    assert found.dtype == np.uint8
    assert found.shape == (TALL, WIDE, 3)
    for row, column in ((5, 9), (5, 31), (18, 20)):  # within each colour
        assert found[row, column] == pytest.approx(expected[row, column], abs=12)


def test_sixteen_bits_are_scaled_not_cut() -> None:
    grey = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    found = decoded(saved(Image.fromarray(grey), "PNG"))
    assert np.array_equal(found[:, :, 0], (grey / 257).astype(np.uint8))
    assert len(np.unique(found)) == 64
    real = Image.fromarray(np.array([[0, 0.5], [np.nan, 2]], np.float32))
    assert decoded(saved(real, "TIFF"))[:, :, 1].tolist() == [[0, 63], [0, 255]]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    clear.putpixel((0, 0), (0, 0, 0, 255))
    found = decoded(saved(clear.convert(mode), "PNG"))
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[2, 2].tolist() == [255, 255, 255]


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (1, 90)])
def test_small_pictures_are_pictures(size: tuple[int, int]) -> None:
    assert decoded(saved(Image.new("RGB", size, "red"), "PNG"))[0, 0].tolist() == [255, 0, 0]


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "text": (lambda: b"a sentence, not a picture", "no picture of a known kind"),
    "page": (lambda: b"<html><body>404</body></html>", "no picture of a known kind"),
    "postscript": (lambda: saved(drawn(), "EPS"), "no picture of a known kind"),
    "cut off": (lambda: GOOD["png"]()[:90], "broken"),
    "cut off jpeg": (lambda: GOOD["jpeg"]()[:300], "broken"),
    "only a head": (lambda: GOOD["png"]()[:33], "no picture of a known kind"),
    "many pixels": (lambda: saved(Image.new("1", (8000, 8000)), "PNG"), "50 million pixels"),
    "bomb": (lambda: saved(Image.new("1", (20000, 10000)), "PNG"), "50 million pixels"),
    "a line": (lambda: saved(Image.new("RGB", (101, 1)), "PNG"), "100 times as long"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_a_reason(kind: str) -> None:
    content, said = BAD[kind]
    with pytest.raises(PictureError, match=said):
        decoded(content())


def test_broken_bytes_are_pixels_or_a_reason() -> None:
    rng = np.random.default_rng(0)
    refused = 0
    for kind in GOOD:
        whole = np.frombuffer(GOOD[kind](), np.uint8)
        for _ in range(40):
            broken = whole.copy()
            places = rng.integers(0, len(broken), int(rng.integers(1, 6)))
            broken[places] = rng.integers(0, 256, len(places))
            broken = broken[: int(rng.integers(1, len(broken) + 1))]
            try:
                assert decoded(broken.tobytes()).shape[2] == 3
            except PictureError as error:
                refused += bool(str(error))
    assert refused > 100


def test_files_that_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 1000)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "large").write_bytes(bytes(1001))
    (tmp_path / "just").write_bytes(bytes(1000))
    os.mkfifo(tmp_path / "pipe")
    assert len(read(tmp_path / "just")) == 1000
    for name, said in (
        ("none", "no such file"),
        ("empty", "empty"),
        ("large", "larger than"),
        ("pipe", "not a file"),
        (".", "not a file"),
        ("x" * 300, "cannot be read"),
    ):
        with pytest.raises(PictureError, match=said):
            read(tmp_path / name)


def test_where_pictures_are(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for name in ("a b.png", "cdn.shop.com/img/1.jpg", "cdn.shop.com/img/2.jpg?w=200"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    for picture, name in (
        ("a b.png", "a b.png"),
        (str(folder / "a b.png"), "a b.png"),
        ((folder / "a b.png").as_uri(), "a b.png"),
        (f"FILE://localhost{folder}/a%20b.png", "a b.png"),
        ("https://cdn.shop.com/img/1.jpg", "cdn.shop.com/img/1.jpg"),
        ("//cdn.shop.com/img/1.jpg?w=9#x", "cdn.shop.com/img/1.jpg"),
        ("http://cdn.shop.com/img/2.jpg?w=200", "cdn.shop.com/img/2.jpg?w=200"),
    ):
        assert located(picture, folder) == folder / name
    away = NOT_FETCHED[:11]
    for picture, where, said in (
        ("https://cdn.shop.com/img/3.jpg", folder, away),
        ("https://cdn.shop.com/img/1.jpg", None, away),
        (f"https://{'x' * 500}/1.jpg", folder, away),
        ("http://[::1/1.jpg", folder, away),
        ("https://../../etc/passwd", folder, away),
        ("a b.png", None, "images.folder names no folder"),
        ("../secret.png", folder, "outside images.folder"),
        ("file://other/a.png", folder, "another machine"),
        ("s3://bucket/a.png", folder, "neither a file nor an address on the web: s3"),
        ("data:image/png;base64,AAAA", folder, "neither a file"),
        ("a\0b.png", folder, "no file can have that name"),
    ):
        with pytest.raises(PictureError, match=said):
            located(picture, where)
