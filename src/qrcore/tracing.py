"""What each stage of a decode saw: as data, and as one HTML page for people."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from .api import EffortLike, Region, SymbologiesLike, _Request
from .images import MAX_PIXELS, Image
from .text import printable
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
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / "index.html"
        page.write_text("\n".join(_page(self, folder)), encoding="utf-8")
        return page


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
    request = _Request(symbologies, effort, max_symbols, deadline_ms, region, max_pixels, return_failures, other)
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


# ------------------------------------------------------------------------------------------------ the page

_SHOWN = 48  # attempts, and bitmaps: the rest is counted
_CERTAIN = 4.0  # |llr| that the heat map shows as certain

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self'; style-src 'unsafe-inline'">
<title>qrcore trace</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #222 }
  h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc }
  svg, img { max-width: 100%; height: auto; background: #888; image-rendering: pixelated }
  svg { max-height: 80vh; width: 100% }
  svg * { vector-effect: non-scaling-stroke; fill: none; stroke-width: 1.5px }
  table { border-collapse: collapse } td, th { padding: .15rem .8rem; text-align: left; border-top: 1px solid #ddd }
  td.n { text-align: right; font-variant-numeric: tabular-nums }
  .row { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start } .row > * { flex: 1 1 20rem }
  figure { margin: 0 } .text { white-space: pre-wrap; overflow-wrap: anywhere; font-family: monospace }
  .ok { color: #0a7d32 } .failed { color: #b3261e }
</style>"""


def _page(seen: Trace, folder: Path) -> Iterator[str]:
    height, width = seen.pixels.shape[:2]
    _save(seen.pixels, folder / "picture.png")
    yield _HEAD
    yield f"<h1>qrcore trace</h1><p>{width} x {height} pixels, {_count(seen.symbols)}.</p>"

    yield "<h2>Result</h2>"
    marks = [_polygon(s.corners, "#0c4" if s.status is Status.ok else "#f33") for s in seen.symbols]
    yield _picture(width, height, marks)
    yield _table(
        ("status", "text", "version", "level", "mask", "corrected", "margin"),
        (
            (
                _status(s.status),
                f'<span class="text">{html.escape(printable(s.text))}</span>',
                _number(s.version),
                s.error_level.value if s.error_level else "",
                _number(s.mask),
                _number(s.corrected),
                f"{s.margin:.2f}",
            )
            for s in seen.symbols
        ),
    )

    yield "<h2>Time</h2>"
    yield _table(
        ("stage", "calls", "ms"),
        ((html.escape(s.name), _number(s.calls), f"{s.microseconds / 1000:.3f}") for s in seen.stages),
    )

    yield f"<h2>Binarize</h2><p>Thresholded pictures: {len(seen.bitmaps)}.</p>"
    yield '<div class="row">'
    for i, bitmap in enumerate(seen.bitmaps[:_SHOWN]):
        _save(np.where(bitmap.bits, np.uint8(0), np.uint8(255)), folder / f"bitmap{i}.png")
        caption = f"{html.escape(bitmap.name)}, level {bitmap.level}, {bitmap.bits.shape[1]} x {bitmap.bits.shape[0]}"
        yield f'<figure><img src="bitmap{i}.png" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
    yield "</div>"

    yield f"<h2>Finders</h2><p>{len(seen.seeds)} seeds (blue), {len(seen.finders)} verified (green).</p>"
    marks = [_dot(s.centre, max(abs(s.u.x) + abs(s.v.x), abs(s.u.y) + abs(s.v.y)), "#39f") for s in seen.seeds]
    marks += [_polygon(f.outline(), "#0c4") for f in seen.finders]
    yield _picture(width, height, marks)

    yield f"<h2>Candidates</h2><p>Groups of finders that may be a symbol: {len(seen.candidates)}.</p>"
    yield _picture(width, height, [_polygon(c.outline, "#f80") for c in seen.candidates])
    yield _table(
        ("#", "symbology", "score", "versions", "came as far as"),
        (
            (
                _number(i),
                html.escape(c.symbology),
                f"{c.score:.2f}",
                " ".join(map(str, c.versions)),
                _status(c.status),
            )
            for i, c in enumerate(seen.candidates)
        ),
    )

    yield f"<h2>Attempts</h2><p>Readings of candidates: {len(seen.attempts)}, at most {_SHOWN} shown, those"
    yield "that came furthest first: the grid on the picture; the modules, black and white where certain, else red.</p>"
    order = sorted(range(len(seen.attempts)), key=lambda i: seen.attempts[i].status, reverse=True)
    for i in order[:_SHOWN]:
        yield from _attempt_row(seen.attempts[i], i, width, height, folder)

    yield "<h2>Rejected</h2>"
    yield _table(
        ("stage", "reason", "count"),
        ((html.escape(r.stage), html.escape(r.reason), _number(r.count)) for r in seen.rejects),
    )
    yield "</html>"


def _attempt_row(attempt: Attempt, i: int, width: int, height: int, folder: Path) -> Iterator[str]:
    yield (
        f"<h3>candidate {attempt.candidate}, {html.escape(attempt.step)}, version {attempt.version}: "
        f"{_status(attempt.status)}, {attempt.microseconds / 1000:.2f} ms</h3>"
    )
    yield '<div class="row">'
    if attempt.grid.size:
        x, y = attempt.grid.reshape(-1, 2).min(axis=0)
        right, bottom = attempt.grid.reshape(-1, 2).max(axis=0)
        margin = 0.05 * max(right - x, bottom - y)
        box = (x - margin, y - margin, right - x + 2 * margin, bottom - y + 2 * margin)
        lines = [_line(row, "#0bf") for row in (*attempt.grid, *attempt.grid.swapaxes(0, 1))]
        yield _picture(width, height, lines, box)
    if attempt.llr.size:
        _save(_heat_map(attempt.llr), folder / f"modules{i}.png")
        yield f'<figure><img src="modules{i}.png" alt="modules of candidate {attempt.candidate}"></figure>'
    yield "</div>"


def _heat_map(llr: npt.NDArray[np.float32], scale: int = 8) -> npt.NDArray[np.uint8]:
    """Black and white where the sign is certain, red where it is not."""
    sure = np.clip(np.abs(np.nan_to_num(llr)) / _CERTAIN, 0, 1)[..., None]
    bit = np.where(llr > 0, 0.0, 255.0)[..., None]
    colours = sure * bit + (1 - sure) * np.array([230.0, 60.0, 40.0])
    modules: npt.NDArray[np.uint8] = colours.round().astype(np.uint8)
    return modules.repeat(scale, axis=0).repeat(scale, axis=1)


def _save(pixels: npt.NDArray[np.uint8], path: Path) -> None:
    import PIL.Image

    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    PIL.Image.fromarray(np.ascontiguousarray(pixels)).save(path)


def _picture(width: int, height: int, marks: Iterable[str], box: tuple[float, ...] | None = None) -> str:
    view = " ".join(f"{v:.1f}" for v in box or (0, 0, width, height))
    image = f'<image href="picture.png" width="{width}" height="{height}"/>'
    return f'<svg viewBox="{view}" xmlns="http://www.w3.org/2000/svg">{image}{"".join(marks)}</svg>'


def _points(points: Iterable[Any]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _polygon(points: Iterable[Any], colour: str) -> str:
    return f'<polygon points="{_points(points)}" stroke="{colour}"/>'


def _line(points: Iterable[Any], colour: str) -> str:
    return f'<polyline points="{_points(points)}" stroke="{colour}"/>'


def _dot(point: Point, radius: float, colour: str) -> str:
    return f'<circle cx="{point.x:.2f}" cy="{point.y:.2f}" r="{radius:.2f}" stroke="{colour}"/>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{h}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _status(status: Status) -> str:
    kind = "ok" if status is Status.ok else "failed"
    return f'<span class="{kind}" title="{html.escape(status.message)}">{status.value}</span>'


def _count(symbols: Iterable[Symbol]) -> str:
    n = sum(s.status is Status.ok for s in symbols)
    return f"{n} symbol{'' if n == 1 else 's'}"
