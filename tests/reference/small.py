"""Rendered Micro QR and rMQR codes with exact geometry."""

from __future__ import annotations

from typing import Any

import numpy as np
import segno
import zxingcpp

from benches.render import Code
from reference.scenes import Floats, Seen, homography

MICRO_TEXT, RMQR_TEXT = "12345", "123"
SIZES = [("micro_qr", version) for version in range(1, 5)] + [("rmqr", version) for version in (1, 5, 11, 17, 27, 32)]
"""All of Micro QR, and short and long ones of rMQR."""


def micro_qr(version: int, *, inverted: bool = False) -> Code:
    """M1 .. M4."""
    made = segno.make_micro(MICRO_TEXT, version=f"M{version}")
    return Code(MICRO_TEXT, tuple(bytes(row) for row in made.matrix), inverted=inverted)


def rmqr(version: int, *, mirrored: bool = False, inverted: bool = False) -> Code:
    """One of the 32 sizes."""
    made = zxingcpp.create_barcode(RMQR_TEXT, zxingcpp.BarcodeFormat.RMQRCode, version=version, ec_level="M")
    dark = np.array(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False)) < 128
    dark = dark[:, ::-1] if mirrored else dark
    return Code(RMQR_TEXT, tuple(bytes(row) for row in dark.astype(np.uint8)), inverted=inverted)


class Small(Seen):
    """A scene of one of them; modules are counted in the upright symbol, also where it is mirrored."""

    def __init__(self, made: Code, *, mirrored: bool = False, **scene: Any) -> None:
        super().__init__(made, **{"module_px": 5, **scene})
        self._mirrored = mirrored

    @property
    def width(self) -> int:
        """Modules of a row."""
        return len(self.code.matrix[0])

    @property
    def height(self) -> int:
        """Modules of a column."""
        return len(self.code.matrix)

    def places(self, points: Any) -> Floats:
        """Where points in modules of the symbol lie in the picture."""
        points = np.asarray(points, float)
        return super().places(points * [-1, 1] + [self.width, 0] if self._mirrored else points)

    def finder(self, turns: int = 0, **fields: Any) -> dict[str, Any]:
        """The only one, its axes turned by so many quarters."""
        frame = self.frame((3.5, 3.5))
        for _ in range(turns):
            u, v = frame["u"], frame["v"]
            frame["u"], frame["v"] = v, (-u[0], -u[1])
        return {**frame, "ncc": 0.95, "inverted": self.code.inverted, **fields}

    def corners(self) -> Floats:
        """Module corners: rows, columns, x and y."""
        return np.stack(np.meshgrid(np.arange(self.width + 1.0), np.arange(self.height + 1.0)), axis=2)

    def plane(self, *moved: float) -> tuple[float, ...]:
        """Through the four corners, each first moved by so many modules in x and in y."""
        ends = np.array([[0, 0], [self.width, 0], [self.width, self.height], [0, self.height]], float)
        by = np.array(moved or (0.0,) * 8).reshape(4, 2)
        return homography(ends, self.places(ends + by))

    def errors(self, plane: tuple[float, ...]) -> Floats:
        """Of every module corner, in modules."""
        corners = self.corners()
        return self.error(mapped(plane, corners), corners)


def seen(kind: str, version: int, **scene: Any) -> Small:
    """A scene of one of `SIZES`."""
    return Small(micro_qr(version) if kind == "micro_qr" else rmqr(version), **scene)


def mapped(plane: tuple[float, ...], points: Floats) -> Floats:
    """The points through the nine numbers of a plane."""
    whole = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1) @ np.array(plane).reshape(3, 3).T
    return whole[..., :2] / whole[..., 2:]
