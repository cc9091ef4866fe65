"""Image files and PIL images: which formats are opened, and how their pixels become gray or RGB of 8 bits.

- Only formats of `FORMATS` are opened, recognised by their first bytes; none of them runs another program.
- Transparent pixels lie on white.
- Pictures of more than 8 bits a channel are scaled so that the brightest pixel keeps its highest bit: 16-bit files
  often hold 10 or 12 bits. Float pictures up to 1 count as 0 .. 1, up to 255 as they are, else up to their maximum.
"""

from __future__ import annotations

import importlib
import io
import os
import threading
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .errors import ImageError
from .png import lacks_rows

if TYPE_CHECKING:
    import PIL.Image

__all__ = [
    "FORMATS",
    "KNOWN",
    "START",
    "Format",
    "Pixels",
    "check_size",
    "measure",
    "open_image",
    "quiet_pillow",
    "recognise",
    "to_pixels",
]

Pixels = npt.NDArray[np.uint8]

START = 64
"""Bytes of the beginning that tell the format."""


class Format(NamedTuple):
    """How files of a format begin, and what opens them."""

    start: int  # where in the file
    magic: bytes
    name: str
    plugin: str  # class of PIL.<name>ImagePlugin


KNOWN = (
    Format(0, b"\xff\xd8\xff", "Jpeg", "JpegImageFile"),
    Format(0, b"\x89PNG\r\n\x1a\n", "Png", "PngImageFile"),
    Format(8, b"WEBP", "WebP", "WebPImageFile"),
    Format(0, b"GIF8", "Gif", "GifImageFile"),
    Format(0, b"BM", "Bmp", "BmpImageFile"),
    *(Format(0, magic, "Tiff", "TiffImageFile") for magic in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    *(Format(0, b"P%d" % digit, "Ppm", "PpmImageFile") for digit in range(1, 7)),
    *(Format(0, magic, "Ppm", "PpmImageFile") for magic in (b"Pf", b"PF")),
    *(Format(4, b"ftyp" + brand, "Avif", "AvifImageFile") for brand in (b"avif", b"avis")),
    Format(0, b"\0\0\0\x0cjP  \r\n\x87\n", "Jpeg2K", "Jpeg2KImageFile"),
    Format(0, b"\xff\x4f\xff\x51", "Jpeg2K", "Jpeg2KImageFile"),
    Format(0, b"\0\0\1\0", "Ico", "IcoImageFile"),
    Format(0, b"qoif", "Qoi", "QoiImageFile"),
)
FORMATS = tuple(dict.fromkeys(each.name.upper() for each in KNOWN))
"""Formats that are opened, as far as the installed Pillow has them."""

# What people pass by mistake, and what to do about it.
_REFUSED = (
    (0, b"%!PS", "PostScript, which is not opened because it is a program; render it to PNG first"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS, which is not opened because it is a program; render it to PNG first"),
    (0, b"%PDF", "a PDF; render its pages to pictures first"),
    (0, b"<svg", "an SVG drawing; render it to PNG first"),
    (0, b"<?xml", "XML; if it is an SVG drawing, render it to PNG first"),
    (4, b"ftyphei", "HEIC; convert it to JPEG, or open it with pillow-heif and pass the PIL image"),
    (4, b"ftypmif1", "HEIF; convert it to JPEG, or open it with pillow-heif and pass the PIL image"),
    (4, b"ftyp", "a film; pass its frames as arrays"),
    (0, b"PK\3\4", "a zip archive; pass the pictures in it"),
    (0, b"\x1f\x8b", "compressed by gzip; unpack it first"),
)


def recognise(data: bytes, name: str) -> Format:
    """The format of a file that begins so. Raises ImageError that says what else it is, and what to do."""
    if not data:
        raise ImageError(f"{name}: is empty")
    for kind in KNOWN:
        if data.startswith(kind.magic, kind.start):
            return kind
    for start, magic, what in _REFUSED:
        if data[start : start + len(magic)].lower() == magic.lower():
            raise ImageError(f"{name}: is {what}")
    raise ImageError(f"{name}: is not a picture in a known format ({', '.join(FORMATS)})")


def open_image(data: io.BytesIO, kind: Format, name: str) -> PIL.Image.Image:
    """The picture of a file, not loaded yet.

    Without PIL.Image.open, which tries every format and has limits of its own.

    Raises:
        ImageError: it is broken, or the installed Pillow does not have the format.
    """
    try:
        plugin = importlib.import_module(f"PIL.{kind.name}ImagePlugin")
    except ImportError:
        raise ImageError(f"{name}: the installed Pillow cannot open {kind.name.upper()}") from None
    try:
        with quiet_pillow:
            opened: PIL.Image.Image = getattr(plugin, kind.plugin)(data)
    except Exception as error:  # plugins raise anything on malformed files
        raise ImageError(f"{name}: is broken: {error}") from error
    return opened


def measure(data: bytes) -> tuple[int, int]:
    """Width and height that a picture file states, in pixels as stored. Nothing is decoded. Raises `ImageError`."""
    opened = open_image(io.BytesIO(data), recognise(data[:START], "bytes"), "bytes")
    return opened.width, opened.height


def check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    """Raises ImageError where there are no pixels or more than `max_pixels`."""
    if width < 1 or height < 1:
        raise ImageError(f"{name}: has no pixels ({width} x {height})")
    if width * height > max_pixels:
        raise ImageError(
            f"{name}: {width} x {height} pixels are more than max_pixels={max_pixels}; "
            f"make it smaller or raise max_pixels"
        )


def to_pixels(
    image: PIL.Image.Image, name: str, *, colour: bool, max_pixels: int, file: bytes | memoryview | None = None
) -> Pixels:
    """Gray, height x width, or RGB, height x width x 3, where `colour` is set and the picture has any.

    Args:
        file: what `open_image` opened the image from; the image is not the caller's then, and may be changed.

    Raises:
        ImageError: it cannot be loaded, is too large, or has fewer rows than it says.
    """
    kind = getattr(image, "format", None) if file is not None else None
    check_size(image.width, image.height, name, max_pixels)
    try:
        with quiet_pillow:
            if kind == "JPEG" and not colour:
                image.draft("L", image.size)
            image.load()
            if file is not None and kind == "PNG" and _may_lack_rows(image) and lacks_rows(file):
                raise ImageError("its pixels end before the last row")
            return _convert(image, colour)
    except MemoryError:
        raise
    except Exception as error:
        raise ImageError(f"{name}: cannot be decoded: {error}") from error


def _may_lack_rows(image: PIL.Image.Image) -> bool:
    """Whether there is reason to unpack a PNG once more: rows that never came are zero, and the last is among them."""
    last = image.crop((0, image.height - 1, image.width, image.height))
    return bool(image.info.get("interlace")) or not np.asarray(last).any()


def _convert(image: PIL.Image.Image, colour: bool) -> Pixels:
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        return _to_8_bits(np.asarray(image))
    gray = mode in ("1", "L", "LA", "La", "LAB")  # of LAB, Pillow before 11 converts nothing
    target = "RGB" if colour and not gray else "L"
    if "transparency" in image.info or mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        if mode in ("La", "RGBa"):
            image = image.convert("LA" if gray else "RGBA")
        elif mode not in ("LA", "RGBA"):
            image = image.convert("RGBA")
        return np.asarray(_on_white(image, target))
    if mode == target:
        return np.asarray(image)
    if mode in ("YCbCr", "LAB") and target == "L":
        return np.asarray(image.getchannel(0))
    if mode not in ("1", "L", "P", "RGB"):
        image = image.convert("RGB")  # CMYK, HSV, ... know no other way
    return np.asarray(image if image.mode == target else image.convert(target))


def _on_white(image: PIL.Image.Image, target: str) -> PIL.Image.Image:
    import PIL.Image

    canvas = PIL.Image.new(target, image.size, "white")
    canvas.paste(image.convert(target), mask=image.getchannel("A"))
    return canvas


def _to_8_bits(values: npt.NDArray[Any]) -> Pixels:
    """Of integers of more than 8 bits, or of floats; see the module's docstring."""
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0, posinf=0, neginf=0)
        top = float(values.max())
        scale = 255.0 if top <= 1 else 1.0 if top <= 255 else 255.0 / top
        scaled: Pixels = np.clip(np.rint(values * scale), 0, 255).astype(np.uint8)
        return scaled
    shift = max(0, int(values.max()).bit_length() - 8)
    shifted: Pixels = (np.maximum(values, 0) >> shift).astype(np.uint8)
    return shifted


class _Quiet:
    """Keeps Pillow's warnings about odd metadata inside.

    Unlike warnings.catch_warnings it may be entered by several threads at once and touches no other filter.
    """

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filter: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                warnings.filterwarnings("ignore", module=r"PIL\.")
                self._filter = warnings.filters[0]

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._filter in warnings.filters:
                warnings.filters.remove(self._filter)  # type: ignore[attr-defined]


quiet_pillow = _Quiet()
"""A context in which Pillow does not warn."""
