"""What there is to photograph, as plain values: codes, captions, a sheet of paper, light, camera.

Every parameter is a physical quantity and every default means "clean", so that a picture can suffer from one
cause alone and to a known degree. Lengths on the sheet are in modules of the sheet, x right and y down from
its centre; angles are in degrees, clockwise as seen in the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import segno

RGB = tuple[int, int, int]
Floats = npt.NDArray[Any]  # of float32 or float64
Matrix = tuple[bytes, ...]  # rows of modules, 1 is dark
BLACK, WHITE = (24, 24, 26), (246, 245, 242)  # ink and paper as sRGB: nothing real is 0 or 255


@dataclass(frozen=True)
class Code:
    """A symbol as it is printed. `code()` makes one; so does any matrix of modules."""

    text: str
    matrix: Matrix
    at: tuple[float, float] = (0, 0)  # where its centre lies on the sheet
    scale: float = 1  # size of its modules
    turn: float = 0
    quiet: float = 4  # width of the light border, in its own modules
    ink: RGB = BLACK
    ink_to: RGB | None = None  # the ink at the opposite corner, for a gradient
    paper: RGB | None = None  # None: that of the sheet
    shape: str = "square"  # of the modules: square, round (they melt together), dots
    mirrored: bool = False
    inverted: bool = False  # ink and paper swapped, quiet zone included
    logo: float = 0  # side of a picture in the middle, as a share of the symbol's
    dirt: float = 0  # share of the area under blobs of dirt and paint

    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return len(self.matrix[0]), len(self.matrix)

    def corners(self, around: float = 0) -> Floats:
        """Top-left, top-right, bottom-right, bottom-left on the sheet, `around` modules further out."""
        (columns, rows), a = self.size(), around
        return self.to_sheet([[-a, -a], [columns + a, -a], [columns + a, rows + a], [-a, rows + a]])

    def to_sheet(self, points: npt.ArrayLike) -> Floats:
        """Points in modules of the symbol, whose own top-left corner is (0, 0), on the sheet."""
        offsets = (np.asarray(points, float) - np.array(self.size()) / 2) * self.scale
        if self.mirrored:
            offsets = offsets * (-1, 1)
        return np.asarray(offsets @ rotation(self.turn).T + self.at)


@dataclass(frozen=True)
class Caption:
    """A line of text on the sheet."""

    text: str
    at: tuple[float, float]  # its left end, at half its height
    height: float = 3
    ink: RGB = (60, 60, 64)


@dataclass(frozen=True)
class Scene:
    """A sheet and how it is photographed. The defaults give a clean, flat, well-lit picture."""

    codes: tuple[Code, ...]
    captions: tuple[Caption, ...] = ()
    seed: int = 0  # of everything random below

    # The sheet
    paper: RGB = WHITE
    grain: float = 0  # texture of the paper, as a share of its brightness
    border: float = math.inf  # width of the sheet around the quiet zones; beyond lies the backdrop
    backdrop: RGB = (120, 104, 90)
    torn: float = 0  # a corner of the first code is gone, up to this share of its sides
    torn_corner: int = 0  # which: 0 top-left, then clockwise

    # Its shape
    bend: float = math.inf  # radius of the cylinder that it lies on; negative: hollow towards the camera
    bend_axis: float = 90  # direction of the cylinder's axis on the sheet: 0 along x, 90 along y
    folds: int = 0  # sharp ridges across the sheet
    fold_angle: float = 0  # slope of the steepest
    wave: float = 0  # smooth displacement, at most about this many modules

    # Where the camera is
    module_px: float = 6  # size of a module at the centre of the sheet
    rotation: float = 0
    tilt: float = 0  # away from the frontal view
    tilt_axis: float = 0  # direction in the picture of the axis that the sheet is tilted about
    distance: float = 4  # from the sheet, in sides of all codes together
    margin: float = 2  # what is shown around the quiet zones, in modules
    size: tuple[int, int] | None = None  # width and height of the picture, instead of the margin
    shift: tuple[float, float] = (0, 0)  # of the sheet in the picture, in pixels

    # Light
    gradient: float = 0  # share of light lost from one side of the picture to the other
    gradient_angle: float = 30
    shadow: float = 0  # share of light that a shadow takes; its edge runs through the sheet's centre
    shadow_angle: float = 60
    shadow_blur: float = 1.5  # softness of its edge
    glare: float = 0  # peak of a highlight, in units of a white sheet; where above 1 it hides the print
    glare_at: tuple[float, float] = (0, 0)
    glare_radius: float = 5  # where it has fallen to 1
    glare_stretch: float = 1  # length over width
    reflection: float = 0  # light of a bright strip in a pane before the sheet, in units of a white sheet
    reflection_at: tuple[float, float] = (0, 0)
    reflection_angle: float = 0  # of the strip on the sheet
    reflection_width: float = 6
    reflection_blur: float = 0.5  # softness of its edges
    stroke: float = 0  # brightness of a lit strip below the codes, in units of a white sheet

    # Lens, sensor, file
    defocus: float = 0  # radius of the disc that a point becomes, in modules
    motion: float = 0  # length of the smear, in modules
    motion_angle: float = 0  # its direction in the picture
    exposure: float = 0.9  # brightness of a white sheet: 1 saturates
    full_well: float = 0  # electrons at saturation, which set the shot noise; 0: a sensor without noise
    read_noise: float = 0  # electrons
    colour: bool = False  # an RGB picture, else its luma
    jpeg: int = 0  # quality; 0: not compressed


def code(
    text: str,
    *,
    version: int | str | None = None,
    error: str = "M",
    mask: int | None = None,
    micro: bool = False,
    **style: Any,
) -> Code:
    """A QR or Micro QR code that holds `text`; `style` are fields of `Code`."""
    made = segno.make(text, version=version, error=error, mask=mask, micro=micro, boost_error=False)
    return Code(text, tuple(map(bytes, made.matrix)), **style)


def rotation(degrees: float) -> Floats:
    """The matrix that turns points (x right, y down) clockwise."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s], [s, c]])


def direction(degrees: float) -> Floats:
    """The unit vector at an angle."""
    return np.asarray(rotation(degrees)[:, 0])
