"""Pictures that hold no QR, Micro QR or rMQR code, but a lot that looks like one: a result in any is false.

    for kind, image in no_code_pictures(2000):
        ...

Picture k depends on the seed and k alone, so a run over 100 sees the first of a run over 2,000, and memory does not
grow. Real pictures come from scikit-image where it is installed; without it other kinds take their place. Linear
barcodes and other matrix codes are among the look-alikes: they are codes, but not these.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import segno
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]
Random = np.random.Generator
REAL = (
    "astronaut", "brick", "camera", "cell", "chelsea", "coffee", "coins", "grass", "gravel", "hubble_deep_field",
    "ihc", "moon", "motorcycle_left", "page", "retina", "rocket", "text",
)  # fmt: skip


def no_code_pictures(count: int, seed: int = 0) -> Iterator[tuple[str, Pixels]]:
    """So many pictures, gray or RGB, each with the name of its kind."""
    kinds = [kind for kind in KINDS if kind is not photos or _photo_folder()]
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        kind = kinds[k % len(kinds)]
        yield kind.__name__, _photographed(kind(rng), rng)


def _photographed(image: Pixels, rng: Random) -> Pixels:
    """Half of the pictures are seen askew, blurred, in poor light or with noise."""
    if rng.random() < 0.5:
        return image
    height, width = image.shape[:2]
    if rng.random() < 0.6:
        ends = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        moved = ends + rng.uniform(-0.15, 0.15, (4, 2)).astype(np.float32) * [width, height]
        how = cv2.getPerspectiveTransform(ends, moved.astype(np.float32))
        image = _bytes(cv2.warpPerspective(image, how, (width, height), borderMode=cv2.BORDER_REFLECT))
    if rng.random() < 0.5:
        image = _bytes(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 2.5)))
    light = np.add.outer(np.linspace(0, 1, height), np.linspace(0, rng.uniform(-1, 1), width))
    lit = image.astype(np.float32).T * (1 - rng.uniform(0, 0.7) * np.clip(light.T, 0, 1))
    return _bytes(lit.T + rng.normal(0, rng.uniform(0, 12), image.shape))


def _bytes(values: Any) -> Pixels:
    return np.ascontiguousarray(np.clip(np.round(values), 0, 255), np.uint8)


def _size(rng: Random) -> tuple[int, int]:
    """Width and height."""
    width, height = (int(n) for n in rng.integers(240, 800, 2))
    return width, height


def _blank(rng: Random) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A light sheet to draw on."""
    image = Image.new("L", _size(rng), int(rng.integers(190, 256)))
    return image, ImageDraw.Draw(image)


def _dark(rng: Random) -> int:
    return int(rng.integers(0, 90))


def _enlarged(modules: npt.NDArray[Any], rng: Random, quiet: int = 3) -> Pixels:
    """Cells of 0 and 1, 1 being dark, as a picture with a light border."""
    light, dark = int(rng.integers(170, 256)), _dark(rng)
    cells = np.pad(modules.astype(int), quiet)
    side = max(1, min(int(rng.integers(2, 12)), 900 // max(cells.shape)))
    return _bytes(np.kron(light + (dark - light) * cells, np.ones((side, side))))


def _octaves(rng: Random, width: int, height: int, finest: int) -> npt.NDArray[Any]:
    """Clouds between 0 and 1."""
    total, cell = np.zeros((height, width), np.float32), finest
    while cell < max(width, height):
        small = rng.standard_normal((height // cell + 2, width // cell + 2)).astype(np.float32)
        total += cell**0.5 * np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
        cell *= 2
    return np.asarray((total - total.min()) / np.ptp(total))


# ---- The kinds: a picture from random numbers


def noise(rng: Random) -> Pixels:
    """White, binary or cloudy."""
    width, height = _size(rng)
    kind = rng.integers(0, 3)
    if kind == 0:
        return _bytes(rng.normal(128, 60, (height, width)))
    if kind == 1:
        cell = int(rng.integers(1, 9))
        small = rng.random((height // cell + 1, width // cell + 1)) < rng.uniform(0.3, 0.7)
        return _bytes(np.kron(small, np.full((cell, cell), 255)))
    return _bytes(255 * _octaves(rng, width, height, int(rng.integers(1, 6))))


def chequers(rng: Random) -> Pixels:
    """Boards, with cells of two sizes."""
    width, height = _size(rng)
    a, b = rng.integers(3, 40, 2)
    x, y = np.arange(width) % (a + b) < a, np.arange(height) % (a + b) < a
    return _bytes(np.where(np.equal.outer(y, x), rng.integers(0, 90), rng.integers(160, 256)))


def stripes(rng: Random) -> Pixels:
    """One or two gratings, and rings, whose sections run dark and light as a finder's do."""
    width, height = _size(rng)
    x, y = np.arange(width) - rng.uniform(0, width), (np.arange(height) - rng.uniform(0, height))[:, None]
    turn, length = rng.uniform(0, 2 * np.pi, 2), rng.uniform(4, 40, 3)
    waves = [np.sin(2 * np.pi * (x * np.cos(t) + y * np.sin(t)) / n) for t, n in zip(turn, length, strict=False)]
    waves.append(np.sin(2 * np.pi * np.hypot(x, y) / length[2]))
    chosen = rng.random(3) < 0.5
    total = sum((w for w, use in zip(waves, chosen, strict=True) if use), np.zeros((height, width)))
    return _bytes(128 + 120 * (np.sign(total) if rng.random() < 0.5 else total / 3))


def text_pages(rng: Random) -> Pixels:
    """Lines of letters, some in bold blocks."""
    image, draw = _blank(rng)
    signs = list("abcdefghijklmnopqrstuvwxyz   ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:#@%&")
    y = 5.0
    while y < image.height:
        size = float(rng.choice([9, 12, 12, 12, 18, 34, 60]))
        line = "".join(rng.choice(signs, int(1.8 * image.width / size)))
        ink = _dark(rng)
        if rng.random() < 0.1:
            draw.rectangle((0, y, image.width, y + size * 1.2), fill=ink)
            ink = 240
        draw.text((5, y), line, ink, ImageFont.load_default(size))
        y += size * 1.3
    return _bytes(image)


def maps(rng: Random) -> Pixels:
    """Contour lines, streets, blocks of houses."""
    width, height = _size(rng)
    heights = _octaves(rng, width, height, 8) * rng.integers(5, 25)
    image = np.full((height, width), 235.0)
    image[np.abs(heights - np.round(heights)) < 0.06] = 120
    image[heights < rng.integers(1, 4)] = 200
    drawn = Image.fromarray(_bytes(image))
    draw = ImageDraw.Draw(drawn)
    for _ in range(int(rng.integers(3, 25))):
        ends = [tuple(p) for p in rng.uniform(0, 1, (int(rng.integers(2, 5)), 2)) * (width, height)]
        draw.line(ends, fill=_dark(rng), width=int(rng.integers(1, 9)))
    for x, y in rng.uniform(0, 1, (int(rng.integers(0, 150)), 2)) * (width, height):
        a, b = rng.integers(3, 25, 2)
        draw.rectangle((x, y, x + a, y + b), fill=_dark(rng), outline=0)
    return _bytes(drawn)


def keyboards(rng: Random) -> Pixels:
    """Rows of keys with letters, light or dark."""
    image, draw = _blank(rng)
    key, gap = int(rng.integers(14, 60)), int(rng.integers(2, 9))
    cap, sign = (250, 20) if rng.random() < 0.5 else (30, 230)
    font = ImageFont.load_default(key * 0.45)
    for row, y in enumerate(range(gap, image.height, key + gap)):
        for x in range(row * key // 4 % key, image.width, key + gap):
            draw.rounded_rectangle((x, y, x + key, y + key), key * 0.15, fill=cap, outline=128)
            draw.text((x + key * 0.3, y + key * 0.2), chr(int(rng.integers(65, 91))), sign, font)
    return _bytes(image)


def other_codes(rng: Random) -> Pixels:
    """Data Matrix, Aztec, PDF417, MaxiCode and linear barcodes."""
    zxing: Any = importlib.import_module("zxingcpp")
    name = str(rng.choice(["DataMatrix", "DataMatrix", "Aztec", "Aztec", "PDF417", "MaxiCode", "Code128", "ITF"]))
    text = "".join(rng.choice(list("0123456789"), 2 * int(rng.integers(4, 25))))
    image: Any = zxing.create_barcode(text, getattr(zxing.BarcodeFormat, name)).to_image()
    return _enlarged(np.asarray(image) < 128, rng)


def halftones(rng: Random) -> Pixels:
    """Clouds printed in dots on a turned grid."""
    width, height = _size(rng)
    turn, pitch = rng.uniform(0, np.pi), rng.uniform(4, 14)
    x, y = np.arange(width), np.arange(height)[:, None]
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    screen = 0.5 + 0.25 * (np.cos(2 * np.pi * u / pitch) + np.cos(2 * np.pi * v / pitch))
    return _bytes(255 * np.clip(3 * (_octaves(rng, width, height, 30) - screen) + 0.5, 0, 1))


def _finder(rings: tuple[int, ...]) -> npt.NDArray[Any]:
    """Nested squares, dark outside, from the widths of the rings and half the core."""
    side = 2 * sum(rings) - 1
    cells = np.zeros((side, side), int)
    start = 0
    for k, width in enumerate(rings):
        cells[start : side - start, start : side - start] = 1 - k % 2
        start += width
    return cells


def wallpapers(rng: Random) -> Pixels:
    """Finder patterns and the like, in rows or strewn, with nothing between them."""
    exact = rng.random() < 0.6
    finder = _finder((1, 1, 2) if exact else tuple(int(n) for n in rng.integers(1, 4, rng.integers(2, 5))))
    side, (rows, columns) = len(finder), rng.integers(2, 9, 2)
    pitch = side + int(rng.integers(1, 12))
    cells = np.zeros((rows * pitch, columns * pitch), int)
    for row in range(rows):
        for column in range(columns):
            dy, dx = rng.integers(0, pitch - side + 1, 2) if rng.random() < 0.5 else (0, 0)
            y, x = row * pitch + dy, column * pitch + dx
            cells[y : y + side, x : x + side] = finder
    return _enlarged(cells, rng)


def hollow_codes(rng: Random) -> Pixels:
    """QR codes whose data and format are noise: all function patterns are there, and no message."""
    version = int(rng.integers(1, 9))
    made = segno.make("0", version=version, error="L", micro=False)
    cells = np.array([list(row) for row in made.matrix], int)
    side = len(cells)
    fixed = np.zeros_like(cells, bool)
    for y, x in ((0, 0), (0, side - 8), (side - 8, 0)):
        fixed[y : y + 8, x : x + 8] = True
    fixed[6] = fixed[:, 6] = True
    random = rng.random(cells.shape) < rng.uniform(0.3, 0.7)
    return _enlarged(np.where(fixed, cells, random), rng, 4)


def crosswords(rng: Random) -> Pixels:
    """Grids of cells at random, with lines and numbers."""
    image, draw = _blank(rng)
    cell, density = int(rng.integers(6, 40)), rng.uniform(0.1, 0.6)
    for y in range(0, image.height, cell):
        for x in range(0, image.width, cell):
            draw.rectangle((x, y, x + cell, y + cell), fill=_dark(rng) if rng.random() < density else None, outline=60)
    return _bytes(image)


def facades(rng: Random) -> Pixels:
    """Windows in frames in walls."""
    image, draw = _blank(rng)
    width, height, gap = (int(n) for n in rng.integers(12, 50, 3))
    for y in range(gap, image.height, height + gap):
        for x in range(gap, image.width, width + gap):
            frame = int(rng.integers(1, 4))
            draw.rectangle((x, y, x + width, y + height), fill=_dark(rng), outline=20, width=frame)
            if rng.random() < 0.6:  # a blind
                end = x + width - frame, y + frame + height // 3
                draw.rectangle((x + frame, y + frame, *end), fill=int(rng.integers(90, 255)))
    return _bytes(image)


def targets(rng: Random) -> Pixels:
    """Rings and nested squares of all sizes, turned anyhow."""
    image, _ = _blank(rng)
    drawn = np.array(image)
    for _ in range(int(rng.integers(3, 30))):
        centre, radius = rng.uniform(0, 1, 2) * drawn.shape[::-1], rng.uniform(8, 90)
        shares = (1.0, 5 / 7, 3 / 7) if rng.random() < 0.5 else tuple(np.sort(rng.uniform(0.1, 1, 4))[::-1])
        corners, turn = int(rng.choice([4, 4, 60])), rng.uniform(0, np.pi)
        angles = turn + np.arange(corners) * 2 * np.pi / corners
        for k, share in enumerate(shares):
            ring = centre + radius * share * np.stack([np.cos(angles), np.sin(angles)], 1)
            cv2.fillPoly(drawn, [ring.astype(np.int32)], (240,) if k % 2 else (15,), cv2.LINE_AA)
    return drawn


def mazes(rng: Random) -> Pixels:
    """Tiles of arcs or corners, laid at random."""
    cell = int(rng.integers(6, 30))
    rows, columns = rng.integers(8, 30, 2)
    x, y = np.arange(cell) + 0.5, (np.arange(cell) + 0.5)[:, None]
    norm = np.hypot if rng.random() < 0.5 else np.maximum
    near, far = norm(x, y), norm(cell - x, cell - y)
    tile = (np.abs(near - cell / 2) < cell / 6) | (np.abs(far - cell / 2) < cell / 6)
    turned = [[tile if rng.random() < 0.5 else tile[:, ::-1] for _ in range(columns)] for _ in range(rows)]
    return _bytes(np.where(np.block(turned), _dark(rng), rng.integers(160, 256)))


def electronics(rng: Random) -> Pixels:
    """Chips with legs, tracks, pads: squares and stripes at a module's distance."""
    image, draw = _blank(rng)
    for _ in range(int(rng.integers(5, 30))):
        x, y = (int(v) for v in rng.uniform(0, 1, 2) * image.size)
        side, pitch = int(rng.integers(14, 90)), int(rng.integers(3, 9))
        draw.line((x, y, x, int(rng.integers(0, image.height))), fill=_dark(rng), width=2)
        for k in range(0, side, pitch):
            draw.line((x + k, y - pitch, x + k, y + side + pitch), fill=_dark(rng), width=max(1, pitch // 2))
            draw.line((x - pitch, y + k, x + side + pitch, y + k), fill=_dark(rng), width=max(1, pitch // 2))
        draw.rectangle((x, y, x + side, y + side), fill=_dark(rng))
        draw.ellipse((x + 2, y + 2, x + 2 + pitch, y + 2 + pitch), fill=230)
    return _bytes(image)


def photos(rng: Random) -> Pixels:
    """Parts of real pictures and textures, turned and scaled, in gray or colour."""
    image = _photo(str(rng.choice(REAL)))
    height, width = image.shape[:2]
    scale = rng.uniform(0.4, 1)
    h, w = int(height * scale), int(width * scale)
    y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    part = np.rot90(image[y : y + h, x : x + w], int(rng.integers(0, 4)))
    if rng.random() < 0.5:
        part = part[:, ::-1]
    if part.ndim == 3 and rng.random() < 0.5:
        part = _bytes(part @ (0.299, 0.587, 0.114))
    if rng.random() < 0.3:
        part = np.where(part > np.median(part), np.uint8(240), np.uint8(20))
    factor = rng.uniform(300, 900) / max(part.shape)
    return _bytes(cv2.resize(np.ascontiguousarray(part), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


@functools.cache
def _photo_folder() -> Path | None:
    """Where scikit-image keeps its pictures. Its functions might fetch others from the network."""
    found = importlib.util.find_spec("skimage")
    folder = Path(found.origin).parent / "data" if found and found.origin else None
    return folder if folder and (folder / "camera.png").exists() else None


@functools.lru_cache(8)
def _photo(name: str) -> Pixels:
    folder = _photo_folder()
    assert folder is not None
    with Image.open(next(p for p in sorted(folder.iterdir()) if p.stem == name)) as image:
        return np.asarray(image.convert("L" if image.mode in ("1", "L", "I;16") else "RGB"))


KINDS: tuple[Callable[[Random], Pixels], ...] = (
    noise, chequers, stripes, text_pages, maps, keyboards, other_codes, halftones, wallpapers, hollow_codes,
    crosswords, facades, targets, mazes, electronics, photos,
)  # fmt: skip
