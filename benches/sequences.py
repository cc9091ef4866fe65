"""Sequences of frames as a camera in a hand sees a code: it moves, its focus breathes, every frame has its own noise.

A frame is 8-bit gray. The same sequence gives the same pixels each time, for one version of NumPy and OpenCV.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benches.scene import Code

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
INK, PAPER, TABLE = 40.0, 200.0, 150.0  # gray levels before light and noise
SAMPLES = 2  # a pixel has this many, squared
BORDER = 6  # of paper around the symbol, in modules
PRINTED = 8  # pixels a module of the sheet that is photographed


@dataclass(frozen=True)
class Sequence:
    """What the camera does. Lengths in the picture are in pixels, times in frames."""

    code: Code
    seed: int = 0  # of the path and the noise
    frames: int = 300
    size: tuple[int, int] = (640, 480)
    module_px: float = 4.0
    sway: float = 25.0  # how far the hand moves, about
    pace: float = 1.0  # how fast: at 1 it sways once in two to ten seconds of 30 frames
    shutter: float = 0.3  # share of a frame that light is gathered: motion smears
    contrast: float = 1.0  # of ink against paper
    noise: float = 3.0  # gray levels, of every pixel
    defocus: float = 0.3  # radius in modules of the disc that a point becomes, in the mean
    breath: float = 0.5  # share of it that the focus swings to either side, in a second and a half

    def __iter__(self) -> Iterator[Pixels]:
        sheet, rng = self._sheet(), np.random.default_rng([self.seed, 2])
        for t in range(self.frames):
            yield self._frame(t, sheet, rng)

    def pose(self, t: float) -> Floats:
        """The matrix from modules of the symbol to pixels."""
        rng = np.random.default_rng([self.seed, 1])
        amplitude, rate, phase = rng.uniform(0.5, 1, (6, 2)), rng.uniform(0.02, 0.12, (6, 2)), rng.uniform(0, 7, (6, 2))
        x, y, turn, scale, tilt_x, tilt_y = (amplitude * np.sin(self.pace * rate * t + phase)).sum(1) / 1.5
        angle = rng.uniform(0, 2 * math.pi) + 0.08 * turn
        size = self.module_px * (1 + 0.05 * scale)
        c, s = size * math.cos(angle), size * math.sin(angle)
        columns, rows = self.code.size()
        centred = np.array([[1, 0, -columns / 2], [0, 1, -rows / 2], [0, 0, 1]])
        plane = np.array([[c, -s, 0], [s, c, 0], [0.15 / columns * tilt_x, 0.15 / rows * tilt_y, 1]])
        middle = self.size[0] / 2 + self.sway * x, self.size[1] / 2 + self.sway * y
        return np.array([[1, 0, middle[0]], [0, 1, middle[1]], [0, 0, 1]]) @ plane @ centred

    def corners(self, t: int) -> Floats:
        """4 x 2: top-left, top-right, bottom-right, bottom-left of the symbol in frame `t`."""
        columns, rows = self.code.size()
        points = np.array([[0, 0, 1], [columns, 0, 1], [columns, rows, 1], [0, rows, 1]], float) @ self.pose(t).T
        return points[:, :2] / points[:, 2:]

    def _sheet(self) -> npt.NDArray[np.float32]:
        """The print with its quiet zone, on paper that ends a little further out."""
        modules = np.pad(np.array([list(row) for row in self.code.matrix], np.float32), BORDER)
        low = PAPER - self.contrast * (PAPER - INK)
        return np.asarray(np.kron(np.where(modules > 0, low, PAPER), np.ones((PRINTED, PRINTED))), np.float32)

    def _frame(self, t: int, sheet: npt.NDArray[np.float32], rng: np.random.Generator) -> Pixels:
        to_sheet = np.array([[1 / PRINTED, 0, -BORDER], [0, 1 / PRINTED, -BORDER], [0, 0, 1]])
        to_frame, kernels = self.pose(t) @ to_sheet, list(self._blur(t))
        # Only where the sheet lies: the rest is the table.
        columns, rows = sheet.shape[::-1]
        x, y, w = to_frame @ np.array([[0, columns, columns, 0], [0, 0, rows, rows], [1, 1, 1, 1]])
        around = 2 + sum(len(kernel) for kernel in kernels) // SAMPLES
        left, top = (max(0, math.floor((values / w).min()) - around) for values in (x, y))
        right, bottom = (
            max(low + 1, min(limit, math.ceil((values / w).max()) + around))
            for values, low, limit in ((x, left, self.size[0]), (y, top, self.size[1]))
        )
        move = np.array([[SAMPLES, 0, -SAMPLES * left], [0, SAMPLES, -SAMPLES * top], [0, 0, 1]])
        size = SAMPLES * (right - left), SAMPLES * (bottom - top)
        seen = cv2.warpPerspective(sheet, move @ to_frame, size, flags=cv2.INTER_LINEAR, borderValue=TABLE)
        for kernel in kernels:
            seen = cv2.filter2D(seen, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        width, height = self.size
        picture = np.full((height, width), TABLE, np.float32)
        part = picture[top:bottom, left:right]
        part[:] = cv2.resize(seen, (right - left, bottom - top), interpolation=cv2.INTER_AREA)[
            : part.shape[0], : part.shape[1]
        ]
        picture = picture + self.noise * rng.standard_normal((height, width), np.float32)
        return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)

    def _blur(self, t: int) -> Iterator[npt.NDArray[np.float32]]:
        unit = self.module_px * SAMPLES
        radius = unit * self.defocus * (1 + self.breath * math.sin(2 * math.pi * t / 45 + self.seed))
        if radius > 0.5:
            x = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
            disc = np.clip(radius + 0.5 - np.hypot(x, x[:, None]), 0, 1)
            yield (disc / disc.sum()).astype(np.float32)
        start, end = (self._centre(t + s) for s in (-self.shutter / 2, self.shutter / 2))
        dx, dy = SAMPLES * (end - start)
        length = math.hypot(dx, dy)
        if length > 1:
            x = np.arange(-math.ceil(length / 2), math.ceil(length / 2) + 1)
            along, off = np.abs(x * dx + x[:, None] * dy) / length, np.abs(x * dy - x[:, None] * dx) / length
            line = np.clip(1 - off, 0, 1) * np.clip(length / 2 + 0.5 - along, 0, 1)
            yield (line / line.sum()).astype(np.float32)

    def _centre(self, t: float) -> Floats:
        """Where the middle of the symbol is."""
        columns, rows = self.code.size()
        x, y, w = self.pose(t) @ (columns / 2, rows / 2, 1)
        return np.array([x / w, y / w])
