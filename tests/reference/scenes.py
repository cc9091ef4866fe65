"""Rendered codes with exact geometry: where each module and each finder pattern lies in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from benches.render import Code, Scene, View, code, render
from qrcore._core import stages

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]
TEXT = "exact"


class Seen:
    """A scene of one code, its picture, and the truth about both."""

    def __init__(self, made: Code | None = None, /, **scene: Any) -> None:
        self.code = made or code(TEXT)
        self.scene = Scene((self.code,), **scene)
        self._view = View(self.scene)

    @cached_property
    def picture(self) -> Pixels:
        return render(self.scene).image

    @property
    def side(self) -> int:
        return self.code.size()[0]

    @property
    def version(self) -> int:
        return (self.side - 17) // 4

    @cached_property
    def modules(self) -> npt.NDArray[np.bool_]:
        """Dark modules of the upright symbol."""
        return np.array([list(row) for row in self.code.matrix]) != 0

    def places(self, points: npt.ArrayLike) -> Floats:
        """Where points in modules of the symbol lie in the picture; any shape ... x 2."""
        points = np.asarray(points, float)
        return self._view.project(self.code.to_sheet(points.reshape(-1, 2))).reshape(points.shape)

    def frame(self, at: Sequence[float], reach: float = 3.5) -> dict[str, Any]:
        """The affine frame that fits the surroundings of a point best, as finders and seeds have it."""
        centre = np.asarray(at, float)
        right, left, below, above = self.places(centre + reach * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]))
        return {
            "centre": tuple(self.places(centre)),
            "u": tuple((right - left) / (2 * reach)),
            "v": tuple((below - above) / (2 * reach)),
        }

    def finders(self, **fields: Any) -> list[dict[str, Any]]:
        """Those of the top-left, top-right and bottom-left corner."""
        far = self.side - 3.5
        fields = {"ncc": 0.95, "inverted": self.code.inverted, **fields}
        return [{**self.frame(at), **fields} for at in ((3.5, 3.5), (far, 3.5), (3.5, far))]

    def candidate(self, **fields: Any) -> dict[str, Any]:
        """What `find_candidates` should make of the finders."""
        side = self.side
        outline = self.places([[0, 0], [side, 0], [side, side], [0, side]])
        return {
            "finders": self.finders(), "outline": outline.tolist(), "inverted": self.code.inverted, **fields,
        }  # fmt: skip

    def corners(self) -> Floats:
        """Module corners, (side + 1) x (side + 1) x 2: rows, columns, x and y."""
        steps = np.arange(self.side + 1.0)
        return np.stack(np.meshgrid(steps, steps), axis=2)

    def homography(self) -> tuple[float, ...]:
        """The plane through the four corners, as the numbers of a grid."""
        side = float(self.side)
        start = np.array([[0, 0], [side, 0], [side, side], [0, side]])
        return homography(start, self.places(start))

    def grid(self, **fields: Any) -> dict[str, Any]:
        """A plane grid through the four corners."""
        a, b, c, d = self.places([[0, 0], [self.side, 0], [self.side, self.side], [0, self.side]])
        (px, py), (qx, qy) = c - a, d - b
        module = float(np.sqrt(abs(px * qy - py * qx) / 2) / self.side)
        return {"version": self.version, "homography": self.homography(), "module": module, **fields}

    def error(self, found: npt.ArrayLike, points: npt.ArrayLike) -> Floats:
        """How far places in the picture lie from where `points` of the symbol are, in modules there."""
        points = np.asarray(points, float)
        off = np.asarray(found, float).reshape(points.shape) - self.places(points)
        right, down = np.eye(2) / 2
        du, dv = (self.places(points + step) - self.places(points - step) for step in (right, down))
        jacobian = np.stack([du, dv], axis=-1)
        return np.linalg.norm(np.linalg.solve(jacobian, off[..., None])[..., 0], axis=-1)


def errors(seen: Seen, grid: dict[str, Any]) -> Floats:
    """How far a grid of the core lies off at each module corner, in modules."""
    corners = seen.corners()
    return seen.error(stages.map_grid(grid, corners.reshape(-1, 2)), corners)


def homography(start: Floats, to: Floats) -> tuple[float, ...]:
    """The nine numbers of the projective map through four pairs of points."""
    rows, right = [], []
    for (u, v), (x, y) in zip(start, to, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
        right += [x, y]
    return (*map(float, np.linalg.solve(np.array(rows), np.array(right))), 1.0)


def inverted(made: Code) -> Code:
    return Code(made.text, made.matrix, inverted=True)


def draw_finder(
    frame: dict[str, Any], width: int, height: int, *, round_rings: bool = False, dark: float = 30, light: float = 220
) -> Pixels:
    """A finder pattern alone on light ground, each pixel the mean of 5 x 5 points."""
    n = 5
    x, y = ((np.arange(side * n) + 0.5) / n for side in (width, height))
    offsets = np.stack(np.meshgrid(x, y), axis=2) - frame["centre"]
    s, t = np.linalg.solve(np.array([frame["u"], frame["v"]]).T, offsets.reshape(-1, 2).T)
    far = (np.hypot(s, t) if round_rings else np.maximum(np.abs(s), np.abs(t))).reshape(height * n, width * n)
    ink = ((far < 1.5) | ((far >= 2.5) & (far < 3.5))).reshape(height, n, width, n).mean((1, 3))
    return np.round(light + (dark - light) * ink).astype(np.uint8)


def turned(finder: dict[str, Any], quarters: int) -> dict[str, Any]:
    """The same pattern as seen with other axes."""
    u, v = np.array(finder["u"]), np.array(finder["v"])
    for _ in range(quarters):
        u, v = v, -u
    return {**finder, "u": tuple(u), "v": tuple(v)}
