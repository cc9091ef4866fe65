"""Image files: formats of `FORMATS` alone, recognised by their first bytes; none of them runs another program."""

from __future__ import annotations

import importlib
import io
import os
import threading
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import ImageError

if TYPE_CHECKING:
    import PIL.Image

__all__ = [
    "FORMATS",
    "KNOWN",
    "START",
    "Format",
    "check_size",
    "measure",
    "open_image",
    "quiet_pillow",
    "recognise",
]

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
