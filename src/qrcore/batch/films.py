"""Frames of films, and the codes in them from when to when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ..types import Status
from .contents import HEAD
from .failures import Failure, extra
from .item import ErrorKind, Item
from .pictures import check_size

__all__ = ["Appearances", "Frame", "frames"]

GAP = 1.0
"""Seconds for which a code may be out of sight and still be the same appearance."""

# By its magic the container is fixed: whatever ffmpeg would guess instead could name further files or addresses.
_CONTAINERS = (
    (4, b"ftyp", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (8, b"AVI ", "avi"),
    (0, b"\0\0\1\xba", "mpeg"),
    (0, b"\x30\x26\xb2\x75", "asf"),
)


class Frame(NamedTuple):
    """The luminance of a frame."""

    number: int  # from 0
    time: float  # seconds
    pixels: Any  # uint8, height x width


def frames(file: BinaryIO, name: str, *, every: int, max_pixels: int) -> Iterator[Frame]:
    """Every `every`-th frame of the first video stream.

    Args:
        file: can be sought.
        name: for messages.

    Raises:
        Failure: it cannot be opened or ends early, its frames are too large, or PyAV is not installed.
    """
    av = extra("av")
    head = file.read(HEAD)
    file.seek(0)
    container = next((c for at, magic, c in _CONTAINERS if head.startswith(magic, at)), None)
    if container is None:
        raise Failure.image(ErrorKind.WRONG_TYPE, name, "is not a film in a known format")
    try:
        with av.open(file, format=container) as film:
            if not film.streams.video:
                raise Failure.image(ErrorKind.WRONG_TYPE, name, "holds no pictures")
            stream = film.streams.video[0]
            stream.thread_type = "AUTO"
            check_size(stream.width, stream.height, name, max_pixels)
            rate = float(stream.average_rate or 25)
            for number, frame in enumerate(film.decode(stream)):
                if number % every == 0:
                    check_size(frame.width, frame.height, name, max_pixels)
                    time = number / rate if frame.time is None else float(frame.time)
                    yield Frame(number, time, _luminance(frame))
    except av.FFmpegError as error:
        raise Failure.image(ErrorKind.BROKEN, name, f"cannot be decoded to its end: {error}") from error


def _luminance(frame: Any) -> Any:
    """The Y plane without a copy, where there is one of 8 bits."""
    form = frame.format
    if form.is_rgb or form.is_planar is False or form.components[0].bits != 8:
        return frame.to_ndarray(format="gray")
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


@dataclass(slots=True)
class _Seen:
    item: Item  # of the first frame
    first: float  # seconds
    last: float = 0.0


class Appearances:
    """Puts the same code in following frames together; frames come in order."""

    def __init__(self) -> None:
        self._open: dict[tuple[Any, ...], _Seen] = {}
        self._any: Item | None = None
        self._told = False
        self._before = 0.0  # seconds, of the last frame

    def add(self, item: Item, time: float) -> list[Item]:
        """The appearances that ended before this frame; an error passes through."""
        if item.error is not None:
            self._told = True
            return [item]
        self._any = self._any or item
        ended = self._close([k for k, s in self._open.items() if s.last < self._before and time - s.last > GAP])
        copies: Counter[tuple[Any, ...]] = Counter()
        for symbol in item.symbols:
            if symbol.status is Status.ok:
                content = (symbol.symbology, symbol.data, symbol.text)
                key = (*content, copies[content])  # equal codes side by side stay two
                copies[content] += 1
                self._open.setdefault(key, _Seen(replace(item, symbols=(symbol,)), time)).last = time
        self._before = time
        return ended

    def end(self) -> list[Item]:
        """Those that last to the end; a film without any gives an item without symbols."""
        left = self._close(list(self._open))
        if left or self._told or self._any is None:
            return left
        return [replace(self._any, symbols=(), frame=None)]

    def _close(self, keys: list[tuple[Any, ...]]) -> list[Item]:
        ended = [self._open.pop(key) for key in keys]
        self._told |= bool(ended)
        return [replace(seen.item, span=(seen.first, seen.last)) for seen in ended]
