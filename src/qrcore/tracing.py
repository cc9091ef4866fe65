"""What each stage of a decode saw, as data; `trace_page` makes a page of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from .images import MAX_PIXELS, Image
from .request import EffortLike, Region, Request, SymbologiesLike
from .types import Corners, Point, Status, Symbol

__all__ = ["Attempt", "Bitmap", "Candidate", "Finder", "Reject", "Seed", "Stage", "Trace", "trace"]


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A picture that was thresholded."""

    name: str  # which pass
    level: int  # of the pyramid: smaller by 2 ** level
    bits: npt.NDArray[np.bool_]  # height x width, True is dark


@dataclass(frozen=True, slots=True)
class Seed:
    """A place where a finder pattern may be."""

    centre: Point
    u: Point  # rough pixels of one module
    v: Point
    inverted: bool


@dataclass(frozen=True, slots=True)
class Finder:
    """A verified finder pattern."""

    centre: Point
    u: Point  # pixels of one module along the pattern's own axes
    v: Point
    ncc: float  # correlation with the ideal pattern, at most 1
    inverted: bool

    def outline(self) -> tuple[Point, ...]:
        """The corners of the pattern, 7 modules a side."""
        return tuple(
            Point(
                self.centre.x + 3.5 * (i * self.u.x + j * self.v.x), self.centre.y + 3.5 * (i * self.u.y + j * self.v.y)
            )
            for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Finders that may belong to one symbol."""

    symbology: str
    finders: tuple[Finder, ...]
    implied: tuple[int, ...]  # indices of finders that are not seen but follow from the others
    score: float  # higher is better
    versions: tuple[int, ...]  # sizes that fit, most likely first
    outline: Corners
    inverted: bool
    status: Status  # how far it came


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way of reading one candidate."""

    candidate: int  # index
    step: str  # of the ladder of retries
    status: Status
    version: int
    grid: npt.NDArray[np.float64]  # (rows + 1) x (columns + 1) x 2: x, y of the corners of the modules; may be empty
    llr: npt.NDArray[np.float32]  # rows x columns: log-likelihood, positive is dark; may be empty
    microseconds: float


@dataclass(frozen=True, slots=True)
class Stage:
    """The time that a stage took, over all its calls."""

    name: str
    microseconds: float
    calls: int


@dataclass(frozen=True, slots=True)
class Reject:
    """How often a stage turned something down, and why."""

    stage: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """All that a decode saw. Points are pixels of the whole picture, also where only a region was searched."""

    pixels: npt.NDArray[np.uint8]  # the picture as it was loaded
    symbols: tuple[Symbol, ...]  # with the failed candidates, if they were asked for
    bitmaps: tuple[Bitmap, ...]
    seeds: tuple[Seed, ...]
    finders: tuple[Finder, ...]
    candidates: tuple[Candidate, ...]
    attempts: tuple[Attempt, ...]
    stages: tuple[Stage, ...]
    rejects: tuple[Reject, ...]

    def write_html(self, directory: str | os.PathLike[str]) -> Path:
        """Writes `index.html` and its pictures into `directory`, which is made; returns the path of the page."""
        from .trace_page import write

        return write(self, Path(directory))


def trace(
    image: Image,
    /,
    *,
    symbologies: SymbologiesLike = None,
    effort: EffortLike = "balanced",
    max_symbols: int | None = None,
    deadline_ms: float | None = None,
    region: Region | None = None,
    max_pixels: int = MAX_PIXELS,
    return_failures: bool = False,
    **other: NoReturn,
) -> Trace:
    """Decodes the picture and keeps what each stage saw. Takes what `qrcore.decode` takes; slower, and larger."""
    request = Request(symbologies, effort, max_symbols, deadline_ms, region, max_pixels, return_failures, other)
    symbols, seen, pixels = request.trace(image)
    return Trace(
        pixels=pixels,
        symbols=tuple(symbols),
        bitmaps=tuple(_bitmap(each) for each in seen["bitmaps"]),
        seeds=tuple(Seed(Point(*s["centre"]), Point(*s["u"]), Point(*s["v"]), s["inverted"]) for s in seen["seeds"]),
        finders=tuple(_finder(each) for each in seen["finders"]),
        candidates=tuple(_candidate(each) for each in seen["candidates"]),
        attempts=tuple(_attempt(each) for each in seen["attempts"]),
        stages=tuple(Stage(**each) for each in seen["stages"]),
        rejects=tuple(Reject(**each) for each in seen["rejects"]),
    )


def _bitmap(seen: dict[str, Any]) -> Bitmap:
    width, height = seen["width"], seen["height"]
    words = np.frombuffer(seen["words"], np.uint64).astype("<u8").view(np.uint8)
    bits = np.unpackbits(words.reshape(height, -1), axis=1, bitorder="little")[:, :width].astype(bool)
    return Bitmap(seen["name"], seen["level"], bits)


def _finder(seen: dict[str, Any]) -> Finder:
    return Finder(Point(*seen["centre"]), Point(*seen["u"]), Point(*seen["v"]), seen["ncc"], seen["inverted"])


def _candidate(seen: dict[str, Any]) -> Candidate:
    a, b, c, d = (Point(*corner) for corner in seen["outline"])
    return Candidate(
        seen["symbology"],
        tuple(_finder(each) for each in seen["finders"]),
        tuple(seen["implied"]),
        seen["score"],
        tuple(seen["versions"]),
        (a, b, c, d),
        seen["inverted"],
        Status(seen["status"]),
    )


def _attempt(seen: dict[str, Any]) -> Attempt:
    rows, columns = seen["height"], seen["width"]
    grid = np.array(seen["grid"], np.float64)
    llr = np.frombuffer(seen["llr"], np.float32)
    return Attempt(
        seen["candidate"],
        seen["step"],
        Status(seen["status"]),
        seen["version"],
        grid.reshape(rows + 1, columns + 1, 2) if grid.size else np.empty((0, 0, 2)),
        llr.reshape(rows, columns) if llr.size else np.empty((0, 0), np.float32),
        seen["microseconds"],
    )
