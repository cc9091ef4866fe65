"""Large JPEGs are looked at smaller first: libjpeg leaves out what a smaller picture does not need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .types import Point, Status, Symbol

__all__ = ["LEAST_PIXELS", "decode_reduced", "reduction"]

LEAST_PIXELS = 640 * 480
"""No picture is made smaller than this: that saves little time, and small pictures with small codes are common."""


def reduction(width: int, height: int, most: int) -> int:
    """By how much a JPEG of this size is made smaller: 1, 2, 4 or 8, but not more than `most`."""
    factor = 1
    while 2 * factor <= most and width * height >= LEAST_PIXELS * (2 * factor) ** 2:
        factor *= 2
    return factor


def decode_reduced(factor: int, decode: Callable[[int], list[Symbol]], *, retry: bool = True) -> list[Symbol]:
    """The symbols of a picture that is made smaller by `factor`, with corners in pixels of the whole picture.

    Args:
        decode: the symbols of the picture made smaller by its argument, with corners in pixels of the smaller one.
        retry: decode again at full size where nothing was read.
    """
    found = decode(factor)
    if factor == 1:
        return found
    if retry and not any(symbol.status is Status.ok for symbol in found):
        return decode(1)
    return [_enlarged(symbol, factor) for symbol in found]


def _enlarged(symbol: Symbol, factor: int) -> Symbol:
    a, b, c, d = (Point(p.x * factor, p.y * factor) for p in symbol.corners)
    return replace(symbol, corners=(a, b, c, d))
