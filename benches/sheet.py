"""Prints the sheet of a scene: a texture that the camera of `render.py` then looks up.

Texels are linear light (1: all light comes back), in three channels or, for a gray picture, one. A last
channel says how much paper there is, so that a torn corner or the end of the sheet shows what lies behind.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benches.scene import RGB, WHITE, Caption, Code, Floats, Scene, rotation

REC601 = np.array([0.299, 0.587, 0.114], np.float32)
DIRT, PAINT = (58, 46, 38), (232, 230, 224)


def linear(values: Floats) -> Floats:
    """Linear light, 0..1, of sRGB values 0..255."""
    c = np.asarray(values, np.float32) / np.float32(255)
    return np.asarray(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4), np.float32)


def tint(colour: RGB | None, scene: Scene) -> Floats:
    """A colour (None: the paper's) as light. A gray picture shows the luma, as a camera's gray does, so that
    colours of equal luma cannot be told apart."""
    values = np.array(colour or scene.paper, np.float32)
    return linear(values if scene.colour else values @ REC601[:, None])


def clouds(rng: np.random.Generator, width: int, height: int, finest: int = 1) -> Floats:
    """Noise of standard deviation 1 with as much of it in each octave."""
    total, cell = np.zeros((height, width), np.float32), finest
    while cell < max(width, height):
        small = rng.standard_normal((height // cell + 2, width // cell + 2)).astype(np.float32)
        total += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        cell *= 3
    return np.asarray(total / max(float(total.std()), 1e-9))


class Sheet:
    """The printed sheet."""

    def __init__(self, scene: Scene, texels: int) -> None:
        """`texels`: how many there are to a module."""
        self.scene, self.texels = scene, texels
        rng = np.random.default_rng([scene.seed, 2])
        printed = [made.corners(made.quiet) for made in scene.codes]
        for caption in scene.captions:
            length, half = len(caption.text) * caption.height * 0.7, caption.height
            printed.append(np.add(caption.at, [[0, -half], [length, half]]))
        low, high = np.concatenate(printed).min(0), np.concatenate(printed).max(0)
        endless = math.isinf(scene.border)
        # An endless sheet goes on as its last texels do, so a texture on it has to reach far enough.
        border = scene.border if not endless else 0.7 * (high - low).max() if scene.grain else 2
        self.low = low - border
        width, height = np.ceil((high + border - self.low) * texels).astype(int)
        self.light = np.empty((height, width, 3 if scene.colour else 1), np.float32)
        self.light[:] = tint(None, scene)
        for made in scene.codes:
            self._print(made, rng)
        for caption in scene.captions:
            self._write(caption)
        if scene.grain:
            self.light *= np.clip(1 + scene.grain * clouds(rng, width, height, 2), 0.2, 1.3)[..., None]
        there = np.ones((height, width), np.float32)
        if scene.torn:
            self._tear(there, rng)
        self.light = np.concatenate([self.light, there[..., None]], 2)
        self.beyond = cv2.BORDER_REPLICATE if endless else cv2.BORDER_CONSTANT

    def look(self, u: Floats, v: Floats) -> Floats:
        """The texture at points of the sheet."""
        x, y = ((c - low) * self.texels - 0.5 for c, low in zip((u, v), self.low, strict=True))
        at = x.astype(np.float32), y.astype(np.float32)
        return np.asarray(cv2.remap(self.light, *at, cv2.INTER_LINEAR, borderMode=self.beyond))

    def _print(self, made: Code, rng: np.random.Generator) -> None:
        texels = max(round(made.scale * self.texels), 2)
        patch, quiet = _patch(made, texels, self.scene, rng)
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * patch.shape[1::-1]
        placed = (made.to_sheet((corners - quiet) / texels) - self.low) * self.texels
        first = np.maximum(np.floor(placed.min(0)).astype(int) - 1, 0)
        last = np.ceil(placed.max(0)).astype(int) + 1
        area = self.light[first[1] : last[1], first[0] : last[0]]
        # OpenCV counts from the centre of the first texel.
        source, target = (corners[:3] - 0.5).astype(np.float32), (placed - first - 0.5)[:3].astype(np.float32)
        move, size = cv2.getAffineTransform(source, target), area.shape[1::-1]
        move = np.where(np.abs(move - np.round(move)) < 1e-5, np.round(move), move)  # exact where it can be
        cover = cv2.warpAffine(np.ones(patch.shape[:2], np.float32), move, size)
        moved = cv2.warpAffine(patch, move, size, borderMode=cv2.BORDER_REPLICATE).reshape(area.shape)
        area += (moved - area) * cover[..., None]

    def _write(self, caption: Caption) -> None:
        mask = Image.new("L", self.light.shape[1::-1])
        x, y = (np.array(caption.at) - self.low) * self.texels
        font = ImageFont.load_default(caption.height * self.texels)
        ImageDraw.Draw(mask).text((float(x), float(y)), caption.text, 255, font, anchor="lm")
        cover = np.asarray(mask, np.float32)[..., None] / 255
        self.light += (tint(caption.ink, self.scene) - self.light) * cover

    def _tear(self, there: Floats, rng: np.random.Generator) -> None:
        corners = self.scene.codes[0].corners()
        corner, before, after = (corners[(self.scene.torn_corner + k) % 4] for k in (0, -1, 1))
        side = float(np.linalg.norm(after - corner))
        inwards = (before + after - 2 * corner) / np.linalg.norm(before + after - 2 * corner)
        height, width = there.shape
        x = (np.arange(width) + 0.5) / self.texels + self.low[0] - corner[0]
        y = (np.arange(height) + 0.5)[:, None] / self.texels + self.low[1] - corner[1]
        depth, along = x * inwards[0] + y * inwards[1], x * inwards[1] - y * inwards[0]
        jags = 0.6 * np.interp(along, np.linspace(-1.5 * side, 1.5 * side, 64), rng.standard_normal(64))
        there *= np.clip((depth - jags - self.scene.torn * side / math.sqrt(2)) * self.texels + 0.5, 0, 1)


def _patch(made: Code, texels: int, scene: Scene, rng: np.random.Generator) -> tuple[Floats, int]:
    """A symbol with its quiet zone, and the width of that in texels."""
    quiet = round(made.quiet * texels)
    cover = np.pad(_modules(made, texels), quiet)[..., None]
    height, width = cover.shape[:2]
    ink, paper = tint(made.ink, scene), tint(made.paper, scene)
    if made.ink_to:
        along = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width)).astype(np.float32)
        ink = ink + (tint(made.ink_to, scene) - ink) * along[..., None]
    patch = paper + (ink - paper) * (1 - cover if made.inverted else cover)
    symbol = patch[quiet : height - quiet, quiet : width - quiet]
    if made.logo:
        _draw_logo(symbol, made.logo * min(symbol.shape[:2]) / 2, scene)
    if made.dirt:
        _soil(symbol, made.dirt, scene, rng)
    return patch, quiet


def _modules(made: Code, texels: int) -> Floats:
    """How much of each texel of a symbol is inked."""
    matrix = np.array([list(row) for row in made.matrix], np.float32)
    ink = np.kron(matrix, np.ones((texels, texels), np.float32))
    if made.shape == "square":
        return ink
    soft = cv2.GaussianBlur(np.pad(ink, texels), (0, 0), 0.22 * texels)[texels:-texels, texels:-texels]
    melted = np.asarray(np.clip((soft - 0.5) * (0.5 * texels) + 0.5, 0, 1))
    if made.shape == "round":
        return melted
    if made.shape != "dots":
        raise ValueError(f"no such shape of modules: {made.shape!r}")
    middle = (np.arange(texels) + 0.5) / texels - 0.5
    disc = np.clip((0.43 - np.hypot(middle, middle[:, None])) * texels + 0.5, 0, 1)
    dots = np.kron(matrix, disc.astype(np.float32))
    ring = np.maximum(*np.abs(np.mgrid[-3:4, -3:4]))
    for top in (0, matrix.shape[0] - 7):  # dotted finder patterns would not be found by anyone
        for left in (0, matrix.shape[1] - 7):
            if np.array_equal(matrix[top : top + 7, left : left + 7], ring != 2):
                y, x = (slice(start * texels, (start + 7) * texels) for start in (top, left))
                dots[y, x] = melted[y, x]
    return dots


def _draw_logo(symbol: Floats, half: float, scene: Scene) -> None:
    """A white tile in the middle with a red disc on it and a yellow one on that."""
    height, width = symbol.shape[:2]
    x, y = np.arange(width) + 0.5 - width / 2, np.arange(height)[:, None] + 0.5 - height / 2
    tile = np.maximum(np.abs(x), np.abs(y)) - half
    disc, spot = np.hypot(x, y) - 0.78 * half, np.hypot(x - 0.2 * half, y) - 0.42 * half
    for outside, colour in ((tile, WHITE), (disc, (206, 62, 44)), (spot, (250, 214, 120))):
        symbol += (tint(colour, scene) - symbol) * np.clip(0.5 - outside, 0, 1).astype(np.float32)[..., None]


def _soil(symbol: Floats, share: float, scene: Scene, rng: np.random.Generator) -> None:
    """Blobs of dark dirt and of white paint until they cover a share of the area."""
    size = np.array(symbol.shape[1::-1])
    dirt, paint = np.zeros((2, *symbol.shape[:2]), np.uint8)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    while ((dirt | paint) > 0).mean() < share:
        radii = size.min() * rng.uniform(0.02, 0.08) * np.ones(40)
        for lobes in (2, 3, 5):
            radii *= 1 + rng.uniform(0, 0.35) / lobes * np.sin(lobes * angles + rng.uniform(0, 6.3))
        blob = np.stack([np.cos(angles), np.sin(angles)], 1) * radii[:, None] * rng.uniform(0.6, 1.4, 2)
        blob = blob @ rotation(rng.uniform(0, 360)).T + rng.uniform(0, 1, 2) * size
        cv2.fillPoly(dirt if rng.random() < 0.6 else paint, [blob.astype(np.int32)], (255,), cv2.LINE_AA)
    for mask, colour in ((dirt, DIRT), (paint, PAINT)):
        symbol += (tint(colour, scene) - symbol) * (mask[..., None] / np.float32(255))
