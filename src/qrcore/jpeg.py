"""JPEG by libjpeg-turbo, where simplejpeg is installed: luminance without colour, and smaller pictures for less."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from .pixels import Pixels

__all__ = ["Header", "decode_jpeg", "read_header"]


class Header(NamedTuple):
    """What is known of a file before it is decompressed."""

    width: int  # pixels
    height: int
    gray: bool


@cache
def _simplejpeg() -> ModuleType | None:
    try:
        return importlib.import_module("simplejpeg")
    except ImportError:
        return None


def read_header(data: bytes | memoryview) -> Header | None:
    """None where simplejpeg is not installed or Pillow knows better (CMYK, odd files)."""
    turbo = _simplejpeg()
    if turbo is None:
        return None
    try:
        height, width, space, _ = turbo.decode_jpeg_header(data)
    except ValueError:
        return None
    space = space.lower()
    return None if space in ("cmyk", "ycck") else Header(width, height, space == "gray")


def decode_jpeg(data: bytes | memoryview, header: Header, *, colour: bool, factor: int = 1) -> Pixels | None:
    """Gray, or RGB where `colour` is set and the picture has any; None where the file is odd or broken.

    Without libjpeg-turbo's fast DCT, which turns some of the hard edges of drawn codes from black to white.

    Args:
        factor: smaller by 1, 2, 4 or 8, sides rounded up; leaves out what that does not need.
    """
    wanted = "RGB" if colour and not header.gray else "GRAY"
    least: dict[str, Any] = {}
    if factor > 1:
        least = {"min_height": -(-header.height // factor), "min_width": -(-header.width // factor)}
    turbo: Any = _simplejpeg()
    try:
        pixels: Pixels = turbo.decode_jpeg(data, colorspace=wanted, **least)
    except ValueError:
        return None
    return pixels if wanted == "RGB" else pixels[:, :, 0]
