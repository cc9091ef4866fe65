"""Draws the pictures of docs/engine.md from what `qrcore.trace` saw, and the one of the README, into docs/engine/.

    python tools/docs/pictures.py

The pictures that are traced are rendered: those of `examples/`, and two of `benches/synth.py`. Needs the extra `bench`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import segno
from PIL import Image, ImageDraw, ImageFont

import qrcore
from qrcore import Status
from qrcore.trace_page import heat_map
from qrcore.tracing import Attempt, Trace

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benches import synth
from benches.render import render

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "docs" / "engine"
BLUE, GREEN, ORANGE, PINK = (40, 120, 255), (0, 170, 70), (255, 120, 0), (255, 0, 120)
GAP = 16  # pixels between panels
Points = Iterable[Sequence[float]]


def main() -> None:
    """Writes all of them."""
    OUT.mkdir(exist_ok=True)
    save("read", *(read(name) for name in ("crumpled", "curved", "blurred", "noisy", "perspective")))
    sheet = qrcore.trace(ROOT / "examples" / "several.jpg")
    save("binarize", *(bitmap(sheet, name) for name in ("1/4", "1/2")))
    save("finders", seeds_and_finders(sheet))
    save("candidates", outlines(sheet))

    bottle = qrcore.trace(ROOT / "examples" / "curved.jpg")
    save("refine", *(grid(bottle, attempt) for attempt in ends(bottle)))
    save("decide", *(modules(bottle, attempt) for attempt in ends(bottle)))

    for name, scene in (("equalize", synth.defocus(0.5, 0)), ("doubt", synth.glare(0.4, 2))):
        seen = qrcore.trace(render(scene).image)
        save(name, whole(seen), *(modules(seen, attempt) for attempt in ends(seen)))


def read(name: str, size: int = 240) -> Image.Image:
    """The part of an example around its code, which is outlined in green as it was read."""
    with Image.open(ROOT / "examples" / f"{name}.jpg") as opened:
        picture = opened.convert("RGB")
    corners = np.array(qrcore.decode(picture, max_symbols=1)[0].corners)
    half = 0.62 * float(np.ptp(corners, axis=0).max())
    left, top = np.clip(corners.mean(0) - half, 0, np.array(picture.size) - 2 * half)
    part = picture.resize((size, size), Image.Resampling.BICUBIC, (left, top, left + 2 * half, top + 2 * half))
    closed(ImageDraw.Draw(part), (corners - (left, top)) * size / (2 * half), GREEN)
    return part


def ends(seen: Trace) -> tuple[Attempt, Attempt]:
    """The first attempt, which failed, and the one that read the symbol."""
    first, last = seen.attempts[0], next(each for each in seen.attempts if each.status is Status.ok)
    if first is last:
        raise SystemExit("this picture is read at once and shows nothing; take a harder one")
    return first, last


def bitmap(seen: Trace, name: str) -> Image.Image:
    """What a pass saw in black and white, enlarged to a common width."""
    bits = next(each.bits for each in seen.bitmaps if each.name == name)
    return Image.fromarray(np.where(bits, 0, 255).astype(np.uint8)).convert("RGB").resize((640, 535), 0)


def seeds_and_finders(seen: Trace) -> Image.Image:
    """Seeds in orange, verified finders in green."""
    picture, pen = canvas(seen)
    for seed in seen.seeds:
        x, y = seed.centre
        pen.line((x - 6, y, x + 6, y), ORANGE, 3)
        pen.line((x, y - 6, x, y + 6), ORANGE, 3)
    for finder in seen.finders:
        closed(pen, finder.outline(), GREEN)
    return picture


def outlines(seen: Trace) -> Image.Image:
    """Candidates in orange, and the corners of what was read in green."""
    picture, pen = canvas(seen)
    for candidate in seen.candidates:
        closed(pen, candidate.outline, ORANGE)
    for symbol in seen.symbols:
        closed(pen, symbol.corners, GREEN)
    return picture


def grid(seen: Trace, attempt: Attempt, scale: float = 1.6) -> Image.Image:
    """The part of the picture with the symbol, and the lines between its modules."""
    low, high = attempt.grid.reshape(-1, 2).min(0) - 8, attempt.grid.reshape(-1, 2).max(0) + 8
    box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    part = Image.fromarray(seen.pixels).convert("RGB").crop(box)
    part = part.resize((round(part.width * scale), round(part.height * scale)), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(part)
    nodes = (attempt.grid - box[:2]) * scale
    for line in (*nodes, *nodes.swapaxes(0, 1)):
        pen.line([tuple(point) for point in line], BLUE if attempt.step == "plain" else PINK, 1)
    return captioned(part, attempt.step)


def modules(seen: Trace, attempt: Attempt, scale: int = 14) -> Image.Image:
    """The soft bits: black and white where certain, red where not; a blue dot where the bit is wrong."""
    shown = Image.fromarray(heat_map(attempt.llr, scale))
    pen = ImageDraw.Draw(shown)
    wrong = np.argwhere((attempt.llr > 0) != printed(seen.symbols[0]))
    for y, x in wrong:
        at = (scale * x + scale // 2 - 2, scale * y + scale // 2 - 2)
        pen.ellipse((*at, at[0] + 5, at[1] + 5), BLUE)
    return captioned(shown, f"{attempt.step}: {len(wrong)} of {attempt.llr.size} modules wrong")


def printed(symbol: qrcore.Symbol) -> npt.NDArray[np.bool_]:
    """The modules as they were printed, by another encoder."""
    level = symbol.error_level.value if symbol.error_level else None
    made = segno.make_qr(symbol.text, version=symbol.version, error=level, mask=symbol.mask, boost_error=False)
    return np.array([list(row) for row in made.matrix]) != 0


def captioned(panel: Image.Image, text: str) -> Image.Image:
    """The panel with a line of text below it."""
    whole = Image.new("RGB", (panel.width, panel.height + 30), "white")
    whole.paste(panel, (0, 0))
    ImageDraw.Draw(whole).text((0, panel.height + 5), text, "black", ImageFont.load_default(17))
    return whole


def whole(seen: Trace, width: int = 462) -> Image.Image:
    """The picture itself."""
    picture = Image.fromarray(seen.pixels).convert("RGB")
    return picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.BICUBIC)


def canvas(seen: Trace) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """The picture, paler, so that lines stand out."""
    pale = 255 - (255 - seen.pixels.astype(np.uint16)) * 3 // 5
    picture = Image.fromarray(pale.astype(np.uint8)).convert("RGB")
    return picture, ImageDraw.Draw(picture)


def closed(pen: ImageDraw.ImageDraw, corners: Points, colour: tuple[int, int, int]) -> None:
    """A polygon without filling."""
    points = [(float(x), float(y)) for x, y in corners]
    pen.line([*points, points[0]], colour, 4)


def save(name: str, *panels: Image.Image) -> None:
    """The panels side by side as one file."""
    height = max(panel.height for panel in panels)
    row = Image.new("RGB", (sum(p.width for p in panels) + GAP * (len(panels) - 1), height), "white")
    x = 0
    for panel in panels:
        row.paste(panel, (x, 0))
        x += panel.width + GAP
    row.save(OUT / f"{name}.webp", quality=55, method=6)


if __name__ == "__main__":
    main()
