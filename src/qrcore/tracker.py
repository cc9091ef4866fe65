"""Frames of a live camera: `Tracker`."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from . import _core
from .errors import UsageError
from .images import MAX_PIXELS, Image
from .request import EffortLike, Region, Request, SymbologiesLike
from .types import Symbol

__all__ = ["Tracker"]

WHOLE_EVERY = 10  # frames from one that is searched as a whole to the next: a new code waits a third of a second
PATIENCE = 10  # frames for which a place where nothing shows any more is still looked at
MARGIN = 0.4  # around a place, in sides of it: what a code may move from frame to frame


@dataclass
class _Place:
    """Where a symbol was seen."""

    corners: Sequence[tuple[float, float]]
    missed: int = 0  # frames since

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of where it may be in the next frame."""
        x, y = zip(*self.corners, strict=True)
        around = MARGIN * max(max(x) - min(x), max(y) - min(y))
        return min(x) - around, min(y) - around, max(x) + around, max(y) + around

    def holds(self, corners: Sequence[tuple[float, float]]) -> bool:
        """Whether the middle of `corners` lies here."""
        x, y = (sum(values) / 4 for values in zip(*corners, strict=True))
        left, top, right, bottom = self.bounds()
        return bool(left <= x <= right and top <= y <= bottom)


class Tracker:
    """Decodes the frames of a live camera, each with what the ones before it have left.

    It looks first where codes were in the last frame. A frame in which one of them is not seen any more is searched as
    a whole, and so is every tenth, more patiently than a `Decoder` does. Where a frame alone does not read, its modules
    are added to those that earlier frames gave of the same symbol, and the sum is read. Such a result is held to a
    stricter rule than one of a single frame, and the frame itself has to confirm it: what left the picture is not
    reported.

    One thread at a time: a second entry raises `UsageError`. Takes the options of `Decoder` but `return_failures`.
    """

    __slots__ = ("_busy", "_engine", "_frame", "_places", "_request")

    def __init__(
        self,
        *,
        symbologies: SymbologiesLike = None,
        effort: EffortLike = "fast",
        max_symbols: int | None = None,
        deadline_ms: float | None = None,
        region: Region | None = None,
        max_pixels: int = MAX_PIXELS,
        **other: NoReturn,
    ) -> None:
        self._request = Request(symbologies, effort, max_symbols, deadline_ms, region, max_pixels, False, other)
        self._engine = _core.Engine()
        self._busy = threading.Lock()
        self._frame = 0
        self._places: list[_Place] = []

    def decode(self, frame: Image, /) -> list[Symbol]:
        """Every symbol of the next frame, in reading order; what a frame may be, and the errors: `qrcore.decode`.

        The luma plane of a YUV frame is an array of height x width with strides; see docs/live.md.
        """
        if not self._busy.acquire(blocking=False):
            raise UsageError("this Tracker is busy with another frame; give each camera a Tracker of its own")
        try:
            return self._decode(frame)
        finally:
            self._busy.release()

    def reset(self) -> None:
        """Forgets all frames so far, as when the camera is pointed at something else."""
        if not self._busy.acquire(blocking=False):
            raise UsageError("this Tracker is busy with a frame")
        try:
            self._places = []
            self._engine.forget()
        finally:
            self._busy.release()

    def _decode(self, frame: Image) -> list[Symbol]:
        self._frame += 1
        near = [place for place in self._places if place.missed <= PATIENCE]
        expected = sum(place.missed == 0 for place in near)
        whole = self._frame % WHOLE_EVERY == 1
        region = _around(near) if expected > 0 and not whole else None
        symbols, seen = self._request.follow(self._engine, frame, self._frame, region, expected, whole)
        # What showed once and was not read may be anything.
        shown = [
            place
            for place, frames in ((_Place(corners), frames) for corners, frames in seen)
            if frames > 1 or any(place.holds(symbol.corners) for symbol in symbols)
        ]
        for place in near:
            place.missed += 1
        self._places = shown + [place for place in near if not any(place.holds(new.corners) for new in shown)]
        return symbols


def _around(places: Sequence[_Place]) -> Region | None:
    """The part of a frame in which all places lie, each with what it may have moved; None where it is outside."""
    bounds = [place.bounds() for place in places]
    left, top = (max(0, math.floor(min(b[k] for b in bounds))) for k in (0, 1))
    right, bottom = (math.ceil(max(b[k] for b in bounds)) for k in (2, 3))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None
