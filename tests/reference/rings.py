"""Connected components, what encloses what, and the ring test, by flood fill."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FOUR = ((0, 1), (1, 0), (0, -1), (-1, 0))
EIGHT = (*FOUR, (1, 1), (1, -1), (-1, 1), (-1, -1))
PIXEL = (1 / 12, 1 / 12)  # what the size of a pixel adds to the variance along x and y


def flood(inside: Array, y: int, x: int, steps: tuple[tuple[int, int], ...]) -> Array:
    """The pixels of `inside` that are connected with (y, x)."""
    height, width = inside.shape
    out = np.zeros_like(inside)
    out[y, x] = True
    stack = [(y, x)]
    while stack:
        y, x = stack.pop()
        for dy, dx in steps:
            j, i = y + dy, x + dx
            if 0 <= j < height and 0 <= i < width and inside[j, i] and not out[j, i]:
                out[j, i] = True
                stack.append((j, i))
    return out


def components(bits: Array) -> list[tuple[Array, bool]]:
    """Masks of all components and whether they are dark: dark ones are 8-connected, light ones 4-connected."""
    left = np.ones_like(bits)
    out = []
    for y, x in np.ndindex(*bits.shape):
        if left[y, x]:
            dark = bool(bits[y, x])
            mask = flood(bits == dark, y, x, EIGHT if dark else FOUR)
            left &= ~mask
            out.append((mask, dark))
    return out


def filled(mask: Array, dark: bool) -> Array:
    """With all that it encloses: what cannot be reached from the picture's edge past it."""
    outside = np.pad(~mask, 1, constant_values=True)
    return ~flood(outside, 0, 0, FOUR if dark else EIGHT)[1:-1, 1:-1]


def moments(mask: Array) -> tuple[float, Array, Array]:
    """Area, centroid and covariance."""
    y, x = np.nonzero(mask)
    points = np.stack([x, y]) + 0.5
    return float(len(x)), points.mean(1), np.cov(points, bias=True).reshape(2, 2) + np.diag(PIXEL)


def determinant(matrix: Array) -> float:
    return float(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] ** 2)


def root(matrix: Array) -> Array:
    """The symmetric square root."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T)


def rings(bits: Array, inverted: bool, t: dict[str, float]) -> list[dict[str, Any]]:
    """Seeds of the ring test on a bitmap whose edge is light."""
    parts = components(bits)
    full = [filled(mask, dark) for mask, dark in parts]
    out = []
    for k, (ring, _) in enumerate(parts):
        inner = [j for j in range(len(parts)) if j != k and (full[k] & parts[j][0]).any() and _touch(ring, full[j])]
        if not inner:
            continue
        areas = np.array([full[j].sum() for j in inner])
        core = inner[int(np.flatnonzero(areas == areas.max())[-1])]
        n, middle, spread = moments(full[k])
        m, centre, core_spread = moments(full[core])
        if determinant(spread) <= 0 or determinant(core_spread) <= 0:
            continue
        off = middle - centre
        skew = np.trace(np.linalg.solve(core_spread, spread)) / 2
        x, y = (int(c) for c in centre)
        light_core = not bits[y, x]
        good = (
            t["finders.least_ring_ratio"] <= n / m <= t["finders.most_ring_ratio"]
            and m >= t["finders.least_core_share"] * areas.sum()
            and n * n >= t["finders.least_ring_fill"] * determinant(spread)
            and m * m >= t["finders.least_core_fill"] * determinant(core_spread)
            and off @ np.linalg.solve(spread, off) <= t["finders.most_ring_offset"]
            and skew < t["finders.most_ring_skew"] * np.sqrt(determinant(spread) / determinant(core_spread))
            and (inverted or not light_core)
        )
        if good:
            frame = root(12 / 25 * spread)  # of a square of five modules
            out.append({
                "centre": tuple(centre), "u": tuple(frame[:, 0]), "v": tuple(frame[:, 1]), "inverted": light_core,
            })  # fmt: skip
    return out


def _touch(ring: Array, inner: Array) -> bool:
    """Whether they are neighbours: then nothing lies between them."""
    grown = inner.copy()
    for dy, dx in FOUR:
        grown |= np.roll(inner, (dy, dx), (0, 1))
    return bool((grown & ring).any())
