"""The page of a trace: a picture of each stage, finders, grids, module confidences, times.

Text of a code is escaped for HTML and for the eye; the page loads nothing from elsewhere.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .printable import printable
from .types import Point, Status, Symbol

if TYPE_CHECKING:
    from .tracing import Attempt, Trace

__all__ = ["heat_map", "write"]

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


def write(seen: Trace, folder: Path) -> Path:
    """Writes `index.html` and its pictures into `folder`, which is made; returns the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text("\n".join(_page(seen, folder)), encoding="utf-8")
    return page


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
        _save(heat_map(attempt.llr), folder / f"modules{i}.png")
        yield f'<figure><img src="modules{i}.png" alt="modules of candidate {attempt.candidate}"></figure>'
    yield "</div>"


def heat_map(llr: npt.NDArray[np.float32], scale: int = 8) -> npt.NDArray[np.uint8]:
    """Modules of `scale` pixels: black and white where the sign is certain, red where it is not."""
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
