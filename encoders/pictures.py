"""Files of pictures: where they are, what may be read, and their pixels; the door to Pillow."""

import warnings
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote
from urllib.request import url2pathname

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
LONGEST = 100
"""Times its shorter side: models scale the shorter side up, and the longer with it."""

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
"""What is read. Pillow knows more, but some of those start programs (EPS) or are seldom tested."""

NOT_FETCHED = (
    "not fetched: an address on the web; `wget -x -P FOLDER ADDRESS` puts it where it is found"
    " with images.folder=FOLDER"
)


class PictureError(ValueError):
    """A picture that is left out: why."""


def located(picture: str, folder: Path | None) -> Path:
    """Find the file that a feed names.

    Args:
        picture: an absolute path, a file: URL, or a path relative to ``folder``. An address on the
            web is not fetched; where it was downloaded by ``wget -x -P folder`` it is found there.
        folder: of relative paths.

    Raises:
        PictureError: it is on the web, of another scheme, outside the folder, or there is none.
    """
    scheme = picture.partition(":")[0].lower()
    if scheme in ("http", "https") or picture.startswith("//"):
        name = unquote(picture.partition("//")[2].partition("#")[0])
        for saved in (name, name.partition("?")[0]):
            with suppress(PictureError, OSError):
                file = _inside(saved, folder)
                if file.is_file():
                    return file
        raise PictureError(NOT_FETCHED)
    if picture.lower().startswith("file://"):
        machine, _, path = picture[7:].partition("/")
        if machine.lower() not in ("", "localhost"):
            raise PictureError("a file: URL of another machine")
        return Path(url2pathname(f"/{path}"))
    if scheme == "data" or picture.startswith(f"{scheme}://"):
        raise PictureError(f"neither a file nor an address on the web: {scheme}:")
    return Path(picture) if Path(picture).is_absolute() else _inside(picture, folder)


def _inside(name: str, folder: Path | None) -> Path:
    if folder is None:
        raise PictureError("a relative path, and images.folder names no folder")
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # too long, links in a circle, a zero byte
        raise PictureError("no file can have that name") from None
    if not inside:
        raise PictureError("outside images.folder")
    return path


def read(path: Path) -> bytes:
    """Read a file of at most :data:`MOST_BYTES`.

    Raises:
        PictureError: it is missing, no plain file, empty, too large, or cannot be read.
    """
    content = b""
    try:
        exists = path.exists()
        plain = path.is_file()  # a device or a pipe could be read for ever
        if plain:
            with path.open("rb") as stream:
                content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise PictureError(f"cannot be read: {error.strerror or error}") from None
    if not plain:
        raise PictureError("not a file" if exists else "there is no such file")
    if not content:
        raise PictureError("the file is empty")
    if len(content) > MOST_BYTES:
        raise PictureError(f"larger than {MOST_BYTES // 1_000_000} MB")
    return content


def decoded(content: bytes) -> np.ndarray:
    """Return a picture's pixels, upright, on white where it is transparent: uint8 (h, w, 3).

    Of an animation it is the first frame; 16 bits become 8; CMYK becomes RGB.

    Raises:
        PictureError: it is no picture of :data:`FORMATS`, broken, too large or too long.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise PictureError(f"more than {MOST_PIXELS // 1_000_000} million pixels")
                if max(width, height) > LONGEST * min(width, height):
                    raise PictureError(f"more than {LONGEST} times as long as wide")
                picture.load()
                upright: Image.Image = picture
                with suppress(Exception):  # the orientation is odd metadata, too
                    upright = ImageOps.exif_transpose(picture)
                return _rgb(upright)
    except PictureError:
        raise
    except Image.DecompressionBombError:
        raise PictureError(f"more than {MOST_PIXELS // 1_000_000} million pixels") from None
    except UnidentifiedImageError:
        raise PictureError(f"no picture of a known kind ({', '.join(FORMATS)})") from None
    except MemoryError:
        raise PictureError("memory does not do for it") from None
    except Exception as error:  # decoders raise nearly anything on broken bytes
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise PictureError(f"broken: {why}") from None


def _rgb(picture: "Image.Image") -> np.ndarray:
    from PIL import Image

    if picture.mode.startswith(("I", "F")):  # convert() would cut off what is above 255
        values = np.nan_to_num(np.asarray(picture, np.float64), posinf=0, neginf=0)
        top = 65535.0 if picture.mode.startswith("I;16") else max(float(values.max()), 1.0)
        grey = np.clip(values * (255 / top), 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        above = picture.convert("RGBA")
        white = Image.new("RGBA", above.size, "white")
        picture = Image.alpha_composite(white, above)
    return np.asarray(picture.convert("RGB"))
