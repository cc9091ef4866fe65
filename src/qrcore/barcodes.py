"""Product barcodes and the other matrix codes, read by zxing-cpp: only where they are asked for.

QR, Micro QR and rMQR never come from here; our own engine has read them before.

What differs from them, because zxing-cpp says no more:

- `corners` are whole pixels. Those of a linear barcode span the lines in which it was read.
- `margin` is the unused share of error correction where there is any, else 0.0, which then says nothing;
  `corrected` is 0, `segments` empty, `version`, `error_level` and `mask` are None.
- `inverted` and `mirrored` stay False. Mirrored matrix codes, and light ones on dark, are read where zxing-cpp can.
- There are no failures: `return_failures` gives those of our own engine.
- A deadline is looked at before zxing-cpp is called; it cannot be stopped on the way.

Where UPC-A is asked for, an EAN-13 number that begins with 0 is one: the bars are the same. Add-ons of two and five
digits are not read. A linear barcode without check digit (Codabar, Code 39, ITF, DX film edge) can come out of lines
that are none: ask for these by name, and only where they are expected.
"""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from . import images
from .errors import ImageError
from .extras import needs
from .types import Corners, Effort, Fnc1, Point, Status, Symbol, Symbology

__all__ = ["READ_ELSEWHERE", "BarcodeReader", "in_reading_order"]

# The names of zxing-cpp's formats that are asked for.
_ASKED: dict[Symbology, tuple[str, ...]] = {
    Symbology.AZTEC: ("Aztec",),
    Symbology.DATA_MATRIX: ("DataMatrix",),
    Symbology.MAXICODE: ("MaxiCode",),
    Symbology.PDF_417: ("PDF417",),
    Symbology.CODABAR: ("Codabar",),
    Symbology.CODE_39: ("Code39",),
    Symbology.CODE_93: ("Code93",),
    Symbology.CODE_128: ("Code128",),
    Symbology.DATABAR: ("DataBarOmni", "DataBarStk", "DataBarStkOmni"),
    Symbology.DATABAR_EXPANDED: ("DataBarExp", "DataBarExpStk"),
    Symbology.DATABAR_LIMITED: ("DataBarLtd",),
    Symbology.DX_FILM_EDGE: ("DXFilmEdge",),
    Symbology.EAN_8: ("EAN8",),
    Symbology.EAN_13: ("EAN13",),
    Symbology.ITF: ("ITF",),
    Symbology.UPC_A: ("UPCA",),
    Symbology.UPC_E: ("UPCE",),
}
# Variants by which they can be called when they come back.
_VARIANTS = {
    Symbology.AZTEC: ("AztecCode", "AztecRune"),
    Symbology.PDF_417: ("CompactPDF417", "MicroPDF417"),
    Symbology.CODE_39: ("Code39Std", "Code39Ext", "Code32", "PZN"),
    Symbology.EAN_13: ("ISBN",),
    Symbology.ITF: ("ITF14",),
}
_MATRIX = frozenset({Symbology.AZTEC, Symbology.DATA_MATRIX, Symbology.MAXICODE, Symbology.PDF_417})
_SYMBOLOGY = {name: symbology for each in (_ASKED, _VARIANTS) for symbology, names in each.items() for name in names}

READ_ELSEWHERE = frozenset(_ASKED)
"""The symbologies that our own engine does not read."""

_MOST_SIDE = 65_535  # of a picture, for zxing-cpp


class BarcodeReader:
    """Adds to the symbols of our own engine those of other symbologies. May be used by several threads at once.

    Args:
        symbologies: some of `READ_ELSEWHERE`.
        effort: "fast" looks at the picture as it is; the others also at smaller ones and at the negative.
        max_symbols, deadline_ms, region: as of `qrcore.decode`, checked.

    Raises:
        MissingExtraError: zxing-cpp is not installed.
    """

    __slots__ = ("_deadline_ms", "_formats", "_hard", "_max_symbols", "_region", "_wanted", "_zxing")

    def __init__(
        self,
        symbologies: frozenset[Symbology],
        effort: Effort,
        max_symbols: int | None,
        deadline_ms: float | None,
        region: tuple[int, int, int, int] | None,
    ) -> None:
        with needs("barcodes"):
            self._zxing: Any = importlib.import_module("zxingcpp")
        self._wanted = symbologies
        self._formats = [getattr(self._zxing.BarcodeFormat, name) for s in symbologies for name in _ASKED[s]]
        self._hard = effort is not Effort.FAST
        self._max_symbols = math.inf if max_symbols is None else max_symbols
        self._deadline_ms = math.inf if deadline_ms is None else deadline_ms
        self._region = region

    def add(self, found: list[Symbol], pixels: Any, began: float) -> list[Symbol]:
        """`found` and what else is in the picture, in reading order, failures last.

        Args:
            found: what our own engine found.
            pixels: uint8, height x width or height x width x {1, 3, 4}, as our own engine has accepted it.
            began: `time.monotonic()` of the call, from which the deadline counts.

        Raises:
            ImageError: a side is longer than 65,535 pixels.
        """
        symbols = [s for s in found if s.status is Status.ok]
        late = 1e3 * (time.monotonic() - began) >= self._deadline_ms
        if late or len(symbols) >= self._max_symbols:
            return found
        symbols = in_reading_order(symbols + self._read(pixels))
        if len(symbols) > self._max_symbols:
            symbols = symbols[: int(self._max_symbols)]
        return symbols + [s for s in found if s.status is not Status.ok]

    def _read(self, pixels: Any) -> list[Symbol]:
        gray, left, top = self._gray(pixels)
        if not gray.size:
            return []
        if max(gray.shape) > _MOST_SIDE:
            raise ImageError(
                f"{gray.shape[1]} x {gray.shape[0]} pixels: product barcodes are looked for in at most {_MOST_SIDE} "
                f"a side; make the picture smaller or name a region"
            )
        found = self._zxing.read_barcodes(
            gray,
            formats=self._formats,
            try_downscale=self._hard,
            try_invert=self._hard,
            text_mode=self._zxing.TextMode.Plain,
        )
        return [self._symbol(barcode, left, top) for barcode in found]

    def _gray(self, pixels: Any) -> tuple[Any, int, int]:
        """The region in gray, and where it lies."""
        array = np.asarray(pixels)
        left, top, width, height = self._region or (0, 0, array.shape[1], array.shape[0])
        array = array[top : top + height, left : left + width]
        if array.ndim == 3 and array.shape[2] == 1:
            array = array[:, :, 0]
        if array.ndim == 3 and array.size:
            import PIL.Image

            array = images.load(PIL.Image.fromarray(np.ascontiguousarray(array)), max_pixels=array.size)
        return array, left, top

    def _symbol(self, barcode: Any, left: int, top: int) -> Symbol:
        at, extra = barcode.position, barcode.extra or {}
        symbology, text, data = _SYMBOLOGY[barcode.format.name], barcode.text, barcode.bytes
        if symbology is Symbology.EAN_13 and text.startswith("0") and Symbology.UPC_A in self._wanted:
            symbology = Symbology.UPC_A
        if symbology is Symbology.UPC_A:  # zxing-cpp gives both as the 13 digits of an EAN
            text, data = text[-12:], data[-12:]
        elif symbology is Symbology.UPC_E:
            text = extra.get("UPCE", text)
            data = text.encode("ascii")
        a, b, c, d = (
            Point(float(p.x + left), float(p.y + top))
            for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        )
        if symbology not in _MATRIX and _doubled_area((a, b, c, d)) < 0:
            a, b, c, d = d, c, b, a  # bars look the same from above and below: zxing-cpp keeps the picture's top
        return Symbol(
            text=text,
            data=data,
            corners=(a, b, c, d),
            symbology=symbology,
            fnc1=Fnc1.GS1 if barcode.content_type == self._zxing.ContentType.GS1 else None,
            margin=min(max(float(extra.get("UEC", 0.0)), 0.0), 1.0),
        )


def in_reading_order(symbols: Iterable[Symbol]) -> list[Symbol]:
    """Rows from top to bottom, each from left to right, as our own engine sorts its symbols.

    A symbol is in a row whose first symbol it overlaps by half.
    """
    waiting = sorted(symbols, key=lambda s: _centre(s).y)
    out: list[Symbol] = []
    while waiting:
        last = _centre(waiting[0]).y + _side(waiting[0]) / 2
        row = [s for s in waiting if _centre(s).y <= last]
        out += sorted(row, key=lambda s: _centre(s).x)
        del waiting[: len(row)]
    return out


def _centre(symbol: Symbol) -> Point:
    return Point(sum(p.x for p in symbol.corners) / 4, sum(p.y for p in symbol.corners) / 4)


def _side(symbol: Symbol) -> float:
    """Of a square of the same area."""
    return math.sqrt(abs(_doubled_area(symbol.corners)) / 2)


def _doubled_area(corners: Corners) -> float:
    """Negative where the corners go round the other way."""
    a, b, c, d = corners
    return (c.x - a.x) * (d.y - b.y) - (c.y - a.y) * (d.x - b.x)
