"""Files that cost far more than their size in the header says, found before a decoder sees them.

No deadline reaches into the decoder of a file, so what it may cost is bounded here.
"""

from __future__ import annotations

from .errors import ImageError
from .formats import Format, check_size

__all__ = ["check_bombs"]

_MOST_SCANS = 100  # of a JPEG: encoders make about ten; each costs a pass over all pixels, for as little as ten bytes


def check_bombs(data: bytes | memoryview, kind: Format, name: str, max_pixels: int) -> None:
    """Raises ImageError for what is no picture that anybody made to be looked at."""
    if kind.name == "Jpeg":
        _check_scans(data, name)
    elif kind.name == "Ico":
        _check_icon(data, name, max_pixels)


def _check_scans(data: bytes | memoryview, name: str) -> None:
    at, components = 2, -1
    while at + 10 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in (0xC0, 0xC1):  # not progressive
            components = data[at + 9]
        elif marker == 0xDA:
            if data[at + 4] == components:
                return  # all of them in the first scan: there is no other
            break
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    scans = bytes(data).count(b"\xff\xda")
    if scans > _MOST_SCANS:
        raise ImageError(f"{name}: is broken: {scans} scans; a progressive JPEG has about ten")


def _check_icon(data: bytes | memoryview, name: str, max_pixels: int) -> None:
    """The pictures inside, which Pillow loads as it opens the file, whatever size the directory says."""
    for entry in range(6, 6 + 16 * int.from_bytes(data[4:6], "little"), 16):
        at = int.from_bytes(data[entry + 12 : entry + 16], "little")
        head = bytes(data[at : at + 24])
        if head.startswith(b"\x89PNG"):
            width, height = (int.from_bytes(head[k : k + 4], "big") for k in (16, 20))
        else:  # a bitmap and its mask, one above the other
            width, height = (abs(int.from_bytes(head[k : k + 4], "little", signed=True)) for k in (4, 8))
            height //= 2
        if width * height > 0:
            check_size(width, height, name, max_pixels)
