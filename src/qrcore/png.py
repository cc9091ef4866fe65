"""PNG files whose pixels end before their rows do. Pillow leaves the rest black and says nothing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

__all__ = ["lacks_rows"]

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PACKED, _AT_ONCE = 1 << 16, 1 << 20  # bytes that go in, and that come out and are dropped again


def lacks_rows(data: bytes | memoryview) -> bool:
    """Whether the pixels of a PNG that can be opened are fewer than its header says (PNG, third edition, clause 7.2).

    Unpacks them, without keeping any.
    """
    expected = _expected(data)
    unpacker = zlib.decompressobj()
    for rest in _packed(data):
        while rest and not unpacker.eof:
            expected -= len(unpacker.decompress(rest, _AT_ONCE))
            if expected <= 0:
                return False
            rest = unpacker.unconsumed_tail
    return expected > len(unpacker.flush())


def _expected(data: bytes | memoryview) -> int:
    """Bytes of all rows, each with the byte that names its filter."""
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    depth, colours, interlaced = data[24], data[25], data[28]
    bits = depth * _CHANNELS.get(colours, 1)
    total = 0
    for x, y, step_x, step_y in _PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - x) // step_x), -(-(height - y) // step_y)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total


def _packed(data: bytes | memoryview) -> Iterator[bytes]:
    """The compressed pixels in small pieces: what is left of one after each step is copied."""
    at = 8
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            yield from (bytes(data[begin : min(begin + _PACKED, end)]) for begin in range(at + 8, end, _PACKED))
        at = end + 4
