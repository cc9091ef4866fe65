"""JPEG by libjpeg-turbo, where simplejpeg is installed: luminance without colour, and smaller pictures for less."""

from __future__ import annotations

import importlib
import re
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from .pixels import Pixels

__all__ = ["Header", "decode_jpeg", "read_header"]


class Header(NamedTuple):
    """What is known of a file before it is decompressed."""

    width: int  # pixels
    height: int
    space: str  # of its colours: "gray", "ycbcr" or "rgb"


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
    return None if space in ("cmyk", "ycck") else Header(width, height, space)


def decode_jpeg(data: bytes | memoryview, header: Header, *, colour: bool, factor: int = 1) -> Pixels | None:
    """Gray, or RGB where `colour` is set and the picture has any; None where the file is odd or broken.

    Without libjpeg-turbo's fast DCT, which turns some of the hard edges of drawn codes from black to white.

    Args:
        factor: smaller by 1, 2, 4 or 8, sides rounded up; leaves out what that does not need.
    """
    wanted = "RGB" if colour and header.space != "gray" else "GRAY"
    if wanted == "GRAY" and header.space == "ycbcr":
        data = _without_chroma(data)
    least: dict[str, Any] = {}
    if factor > 1:
        least = {"min_height": -(-header.height // factor), "min_width": -(-header.width // factor)}
    turbo: Any = _simplejpeg()
    try:
        pixels: Pixels = turbo.decode_jpeg(data, colorspace=wanted, **least)
    except ValueError:
        return None
    return pixels if wanted == "RGB" else pixels[:, :, 0]


_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker that is no stuffed byte and no restart


def _without_chroma(data: bytes | memoryview) -> bytes | memoryview:
    """A progressive JPEG without its scans of chroma alone; any other file as it is.

    A decoder goes through them even if only luminance is wanted: a sixth of its time. What comes out is the same.
    """
    at, kept, begin, luma = 2, [], 0, -1
    while at + 10 < len(data) and data[at] == 0xFF:
        marker, after = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xC2:  # progressive
            luma = data[at + 10]
        elif marker == 0xDA:
            if luma < 0:
                break
            end = _END_OF_SCAN.search(data, after)
            components = data[at + 5 : after : 2][: data[at + 4]]
            after = end.start() if end else len(data)
            if luma not in components:
                kept.append(data[begin:at])
                begin = after
        at = after
    return b"".join([*kept, data[begin:]]) if kept else data
