"""Frames on which speed is measured: gray, of any size, each in several variants, the same on every run.

    for frame in frames("camera", (1920, 1080)):
        ...

Without a code: blank, gradient, noise, text, foliage. With codes: clean (one, as drawn), camera (one: tilt, blur,
noise), many (60). The variants of a kind differ in every part, so that no decoder gains from what it saw last.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from benches.render import Scene, code, render

Pixels = npt.NDArray[np.uint8]
Size = tuple[int, int]  # width, height

VGA, FULL_HD, CAMERA = (640, 480), (1920, 1080), (4000, 3000)
SIZES: dict[str, Size] = {"VGA": VGA, "1080p": FULL_HD, "12 MP": CAMERA}
VARIANTS = 3
MANY = 60
NOISE = 3.0  # of a camera, in grey levels; from about 4 up zxing-cpp looks at the picture several times


def text_of(variant: int) -> str:
    """What the code of a variant says."""
    return f"https://example.com/some/path?x={1234560 + variant}"


def frames(kind: str, size: Size, variants: int = VARIANTS) -> list[Pixels]:
    """The variants of a kind of frame."""
    return [KINDS[kind](*size, variant) for variant in range(variants)]


def codes_in(kind: str) -> int:
    """How many codes a frame of this kind holds."""
    return {"clean": 1, "camera": 1, "many": MANY}.get(kind, 0)


# ---- Without a code


def blank(width: int, height: int, variant: int) -> Pixels:
    """One value everywhere."""
    return np.full((height, width), (120, 200, 255)[variant % 3], np.uint8)


def gradient(width: int, height: int, variant: int) -> Pixels:
    """Light that falls off along a line."""
    angle = math.radians(15 + 35 * variant)
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    return _bytes(130 + 60 * (math.cos(angle) * x + math.sin(angle) * y[:, None]))


def noise(width: int, height: int, variant: int) -> Pixels:
    """Uniform random pixels: the most work a frame without a code can give."""
    return _random(variant, 1).integers(0, 256, (height, width), np.uint8)


def text(width: int, height: int, variant: int) -> Pixels:
    """A printed page: of about 60 lines, of 40, and of lines of 16 pixels."""
    rng = _random(variant, 2)
    pitch = max(16, (height // 60, height // 40, 16)[variant % 3])
    page = np.full((height, width), 240, np.uint8)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz   "))
    thick = max(1, pitch // 20)
    for y in range(pitch, height, pitch):
        line = "".join(rng.choice(letters, 5 * width // (2 * pitch)))
        cv2.putText(page, line, (pitch // 2, y), cv2.FONT_HERSHEY_SIMPLEX, pitch / 40, 30, thick, cv2.LINE_AA)
    return page


def foliage(width: int, height: int, variant: int) -> Pixels:
    """Blobs of all sizes from one pixel up, strong in contrast, like leaves and gravel."""
    rng = _random(variant, 3)
    light = np.zeros((height, width), np.float32)
    for radius, strength in ((0.8, 1.0), (2.5, 2.5), (8, 5.0)):
        small = max(1, int(radius / 2))  # coarse blobs need no fine grid
        grain = rng.standard_normal((height // small + 1, width // small + 1), np.float32)
        blobs = cv2.GaussianBlur(grain, (0, 0), radius / small)
        light += strength * cv2.resize(blobs, (width, height), interpolation=cv2.INTER_LINEAR)
    return _bytes(120 + 45 * light / light[: min(height, 500), : min(width, 500)].std())


# ---- With codes


def clean(width: int, height: int, variant: int) -> Pixels:
    """One code as drawn, upright, its modules whole pixels."""
    modules = np.array([list(row) for row in code(text_of(variant)).matrix], np.uint8)
    scale = max(2, height // 240)
    drawn = np.kron(230 - 215 * modules, np.ones((scale, scale), np.uint8))
    page = np.full((height, width), 230, np.uint8)
    side = len(drawn)
    top, left = (height - side) // 2 + 3 * variant, (width - side) // 2 - 5 * variant
    page[top : top + side, left : left + side] = drawn
    return page


def camera(width: int, height: int, variant: int) -> Pixels:
    """One code as a camera sees it: tilted, turned, out of focus, in uneven light, with noise."""
    module = max(3.0, height / 240)
    return _seen(width, height, [(width / 2 + 9 * variant, height / 2 - 7 * variant)], module, variant)


def many(width: int, height: int, variant: int, count: int = MANY) -> Pixels:
    """Codes as a camera sees them, in rows, each turned by another angle; the first 60 fill a picture of 4:3."""
    columns = max(1, round(math.sqrt(MANY * width / height)))
    rows = math.ceil(MANY / columns)
    places = [
        ((column + 0.5) * width / columns, (row + 0.5) * height / rows)
        for row in range(rows)
        for column in range(columns)
    ]
    order = _random(variant, 4).permutation(len(places))[:count]
    module = min(width / columns, height / rows) / 60
    return _seen(width, height, [places[k] for k in order], module, variant)


def _seen(width: int, height: int, centres: list[tuple[float, float]], module: float, variant: int) -> Pixels:
    """White paper with codes at these places, then the light and the noise of the whole picture."""
    paper = np.full((height, width), 255, np.uint8)
    for k, (x, y) in enumerate(centres):
        patch = _patch(text_of(variant if len(centres) == 1 else k), module, k or variant)
        if k == 0:
            paper[:] = patch[0, 0]
        rows, columns = patch.shape
        top, left = int(y) - rows // 2, int(x) - columns // 2
        paper[top : top + rows, left : left + columns] = patch
    fall = np.linspace(1.0, 0.75, width, dtype=np.float32) * np.linspace(0.95, 0.85, height, dtype=np.float32)[:, None]
    grain = _random(variant, 5).standard_normal((height, width), np.float32)
    return _bytes(paper * fall + NOISE * grain)


@functools.lru_cache(maxsize=256)
def _patch(said: str, module: float, turn: int) -> Pixels:
    """A square that is paper at its edges."""
    side = int(50 * module) // 2 * 2
    return render(
        Scene(
            (code(said),),
            module_px=module,
            size=(side, side),
            rotation=17 + 23 * turn,
            tilt=18,
            tilt_axis=40 * turn,
            defocus=0.4,
            exposure=0.9,
        )
    ).image


KINDS: dict[str, Callable[[int, int, int], Pixels]] = {
    "blank": blank,
    "gradient": gradient,
    "noise": noise,
    "text": text,
    "foliage": foliage,
    "clean": clean,
    "camera": camera,
    "many": many,
}


def _random(*key: int) -> np.random.Generator:
    return np.random.default_rng(key)


def _bytes(light: npt.NDArray[np.float32]) -> Pixels:
    return np.clip(light, 0, 255).astype(np.uint8)
