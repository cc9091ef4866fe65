"""Naive counterparts of luma, normalize, binarize, resample, decide, doubt and equalize: loops and NumPy in float64."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# ---- luma, normalize, binarize


def plane(picture: Array, channel: str) -> Array:
    """Luminance, or one channel of a colour picture; transparent pixels on white."""
    pixels = np.asarray(picture).astype(int)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return pixels.reshape(pixels.shape[:2])
    colours = pixels[..., :3]
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:]
        colours = (colours * alpha + 255 * (255 - alpha) + 127) // 255
    if channel != "luma":
        return colours[..., ("red", "green", "blue").index(channel)]
    return (colours @ (77, 150, 29) + 128) // 256


def halved(image: Array) -> Array:
    """Rounded means of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    blocks = image[: 2 * height, : 2 * width].astype(int).reshape(height, 2, width, 2)
    return (blocks.sum((1, 3)) + 2) // 4


def pyramid(image: Array) -> list[Array]:
    levels = [image]
    while min(levels[-1].shape) >= 2 and len(levels) < 12:
        levels.append(halved(levels[-1]))
    return levels


def normalized(image: Array, radius: int, tunables: dict[str, float]) -> Array:
    """What the pixels differ from the mean around them, in standard deviations; at the edges the last pixel goes on."""
    side = 2 * radius + 1
    around = np.lib.stride_tricks.sliding_window_view(np.pad(image.astype(float), radius, mode="edge"), (side, side))
    mean, deviation = around.mean((2, 3)), around.std((2, 3))
    level = 128 + tunables["normalize.gain"] * (image - mean) / (deviation + tunables["normalize.noise"])
    return np.asarray(np.clip(level, 0, 255))


def dark(image: Array, window: int, bias: int) -> Array:
    """Pixels below the mean of their surroundings: that is pyramid level `window`, smoothed and enlarged."""
    levels = pyramid(image)[: window + 1]
    coarse = np.pad(levels[-1], 1, mode="edge").astype(int)
    rows = coarse[:-2] + 2 * coarse[1:-1] + coarse[2:]
    limit = np.maximum((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:] + 8) // 16 - bias, 0)
    for finer in levels[-3::-1]:
        limit = enlarged(limit, *((side + 1) // 2 for side in finer.shape))
    height, width = image.shape
    return np.asarray(image < limit.repeat(2, 0).repeat(2, 1)[:height, :width])


def enlarged(image: Array, height: int, width: int) -> Array:
    """Twice as large by weights 3 : 1, a little more where an odd last row or column was left out: a row beyond is
    made as an even one, a column beyond repeats the one before."""
    tall = _twice(image, height)
    wide = _twice(tall.T, min(width, 2 * image.shape[1])).T
    return np.pad(wide, ((0, 0), (0, width - wide.shape[1])), mode="edge")


def _twice(image: Array, n: int) -> Array:
    last = len(image) - 1
    out = []
    for j in range(n):
        near = min(j // 2, last)
        far = min(max(near + (1 if j % 2 else -1), 0), last)
        out.append((3 * image[near] + image[far] + 2) // 4)
    return np.array(out)


def unpacked(words: bytes, width: int, height: int) -> Array:
    """The pixels of a packed bitmap, padding included."""
    rows = np.frombuffer(words, np.uint64).astype("<u8").view(np.uint8).reshape(height, -1)
    return np.unpackbits(rows, axis=1, bitorder="little").astype(bool)


def packed(bits: Array) -> bytes:
    padded = np.pad(np.asarray(bits, bool), ((0, 0), (0, -bits.shape[1] % 64)))
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64).tobytes()


# ---- resample, sample


def bilinear(image: Array, x: Array, y: Array) -> Array:
    """Between pixel centres; outside, the edge pixels go on."""
    height, width = image.shape
    x, y = np.clip(x - 0.5, 0, width - 1), np.clip(y - 0.5, 0, height - 1)
    i, j = np.minimum(x.astype(int), max(width - 2, 0)), np.minimum(y.astype(int), max(height - 2, 0))
    fx, fy = x - i, y - j
    right, below = np.minimum(i + 1, width - 1), np.minimum(j + 1, height - 1)
    top = image[j, i] * (1 - fx) + image[j, right] * fx
    low = image[below, i] * (1 - fx) + image[below, right] * fx
    return np.asarray(top * (1 - fy) + low * fy)


def between(corners: Array, per_module: int) -> Array:
    """Places at every 1 / per_module of a module, linear between the corners of each module."""
    places = corners
    for axis in (0, 1):
        steps = np.arange(per_module * (places.shape[axis] - 1) + 1) / per_module
        low = np.minimum(steps.astype(int), places.shape[axis] - 2)
        part = (steps - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        places = (1 - part) * np.take(places, low, axis) + part * np.take(places, low + 1, axis)
    return places


# ---- decide, doubt


def box_sums(values: Array, radius: int) -> Array:
    """Sums over (2 r + 1) x (2 r + 1), of what lies in the plane."""
    padded = np.pad(values, radius)
    height, width = values.shape
    offsets = itertools.product(range(2 * radius + 1), repeat=2)
    return np.sum([padded[j : j + height, i : i + width] for j, i in offsets], axis=0)


def smooth(values: Array, weight: Array, radius: int) -> Array:
    """Weighted mean under two boxes."""
    top = box_sums(box_sums(values * weight, radius), radius)
    low = box_sums(box_sums(weight, radius), radius)
    return np.asarray(top / np.maximum(low, 1e-3))


def decided(lattice: Array, known: Array, inverted: bool, t: dict[str, float]) -> tuple[Array, Array, Array]:
    """Values, black and white levels of the modules."""
    luma = np.asarray(lattice, float)[5:-4:2, 5:-4:2]
    luma = 255 - luma if inverted else luma
    llr = smooth(luma, np.ones_like(luma), int(t["decide.radius"])) - luma
    black = white = luma
    for _ in range(int(t["decide.rounds"])):
        is_dark = np.where(known != 0, known > 0, llr > 0).astype(float)
        black, white = (smooth(luma, w, int(t["decide.radius"])) for w in (is_dark, 1 - is_dark))
        half = np.maximum((white - black) / 2, t["decide.least_half_contrast"])
        llr = t["decide.llr_scale"] * np.clip(((black + white) / 2 - luma) / half, -1.5, 1.5)
    return llr, black, white


def doubted(llr: Array, free: Array, t: dict[str, float]) -> Array:
    """Values of `free` modules amid one colour drawn towards zero."""
    out = llr.astype(float)
    for y, x in zip(*np.nonzero(free), strict=True):
        large = llr[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] > 0
        small = llr[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] > 0
        if min(large.sum(), (~large).sum()) <= t["doubt.exceptions"]:
            out[y, x] *= t["doubt.in_large_area"]
        elif small.all() or not small.any():
            out[y, x] *= t["doubt.in_small_area"]
    return out


# ---- equalize


def equalized(lattice: Array, black: Array, white: Array, known: Array, inverted: bool, t: dict[str, float]) -> Array:
    """Least squares of 25 taps and a constant, with a ridge towards the centre tap alone, trained on known modules
    and then on decided ones."""
    luma = np.asarray(lattice, float)
    luma = 255 - luma if inverted else luma
    height, width = known.shape
    rows = np.clip(np.arange(luma.shape[0]) // 2 - 2, 0, height - 1)
    columns = np.clip(np.arange(luma.shape[1]) // 2 - 2, 0, width - 1)
    b, w = (levels[rows[:, None], columns] for levels in (black, white))
    half = np.maximum((w - b) / 2, t["equalize.least_half_contrast"])
    samples = np.clip(((b + w) / 2 - luma) / half, -2, 2)
    centres = [(2 * (y + 2) + 1, 2 * (x + 2) + 1) for y in range(height) for x in range(width)]
    features = np.array([[*samples[j - 2 : j + 3, i - 2 : i + 3].ravel(), 1.0] for j, i in centres])

    fixed = known.ravel() != 0
    stride = max(1, len(fixed) // int(t["equalize.most_training"]))
    counted = ~fixed & (np.cumsum(~fixed) % stride == 0)
    centre_tap = np.eye(26)[12]
    soft = np.zeros(len(fixed))
    for round_ in range(int(t["equalize.rounds"]) + 1):
        sure = np.minimum(np.abs(soft), 1)
        target = np.where(fixed, known.ravel(), np.where(soft > 0, 1, -1))
        weight = np.where(fixed, 1.0, (round_ > 0) * counted * t["equalize.decided_weight"] * sure**2)
        root = np.sqrt(np.append(weight, np.full(26, t["equalize.ridge"])))[:, None]
        equations = root * np.vstack([features, np.eye(26)])
        taps = np.linalg.lstsq(equations, root[:, 0] * np.append(target, centre_tap), rcond=None)[0]
        soft = features @ taps
    return np.asarray(t["equalize.llr_scale"] * np.clip(soft, -1.5, 1.5)).reshape(known.shape)
