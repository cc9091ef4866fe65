"""What is asked of the engine: the options of `decode`, checked once, and the symbols that come back."""

from __future__ import annotations

import math
import operator
import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal

import numpy as np

from . import _core, images
from .barcodes import READ_ELSEWHERE, BarcodeReader
from .errors import OptionError
from .images import Image, ImageFile
from .reduction import decode_reduced, reduction
from .text import decode_segments
from .types import Effort, ErrorLevel, Fnc1, Mode, Point, Segment, Status, StructuredAppend, Symbol, Symbology

__all__ = ["KERNELS", "EffortLike", "Region", "Request", "SymbologiesLike", "wanted_symbologies"]

EffortLike = Effort | Literal["fast", "balanced", "thorough"]
SymbologiesLike = Symbology | str | Iterable[Symbology | str] | None
Region = tuple[int, int, int, int]

KERNELS = os.environ.get("QRCORE_SIMD") or None
"""The SIMD target of this process, chosen once: None is the best that the machine has."""
if KERNELS is not None and KERNELS not in _core.kernel_names():
    raise OptionError(
        f"QRCORE_SIMD={KERNELS!r} is unknown or not supported by this build and machine; "
        f"it can be {', '.join(_core.kernel_names())}"
    )

_PRIVATE = {"_work_units": "work_units", "_tunables": "tunables"}  # for tests and sweeps
_OPTIONS = (
    "symbologies", "effort", "max_symbols", "deadline_ms", "region", "max_pixels", "return_failures",
)  # fmt: skip


class Request:
    """Checked options, ready for the engine."""

    __slots__ = ("_barcodes", "_deadline_ms", "_load", "_made", "_reduces", "_settings", "_take")

    def __init__(
        self,
        symbologies: SymbologiesLike,
        effort: EffortLike,
        max_symbols: int | None,
        deadline_ms: float | None,
        region: Region | None,
        max_pixels: int,
        return_failures: bool,
        other: dict[str, Any],
    ) -> None:
        for name in other:
            if name not in _PRIVATE:
                raise OptionError(f"there is no option {name!r}; there are {', '.join(_OPTIONS)}")
        effort = _effort(effort)
        max_pixels = _count("max_pixels", max_pixels)
        max_symbols = None if max_symbols is None else _count("max_symbols", max_symbols)
        region = None if region is None else _region(region)
        deadline_ms = None if deadline_ms is None else _milliseconds(deadline_ms)
        wanted = wanted_symbologies(symbologies)
        self._made = partial(
            _core.Settings,
            symbologies=frozenset(s.value for s in wanted - READ_ELSEWHERE),
            effort=effort.value,
            max_symbols=max_symbols or 0,
            return_failures=bool(return_failures),
            max_pixels=max_pixels,
            region=region,
            kernels=KERNELS,
            **{_PRIVATE[name]: value for name, value in other.items()},
        )
        self._settings = self._made(deadline_ms=deadline_ms)
        self._deadline_ms = deadline_ms
        self._load = partial(images.load, colour=effort is Effort.THOROUGH, max_pixels=max_pixels)
        self._take = partial(images.take, max_pixels=max_pixels)
        self._reduces = effort is Effort.FAST and region is None  # a region is in pixels of the picture as stored
        elsewhere = wanted & READ_ELSEWHERE
        self._barcodes = BarcodeReader(elsewhere, effort, max_symbols, deadline_ms, region) if elsewhere else None

    def run(self, engine: _core.Engine, image: Image) -> list[Symbol]:
        """The symbols of a picture."""
        if self._barcodes is not None:
            return self._with_barcodes(engine.decode, image)[0]
        if self._reduces and not isinstance(image, np.ndarray):
            return self._reduced(engine, image)
        load = None if isinstance(image, np.ndarray) else self._load
        found = engine.decode(image, self._settings, load)
        return [_to_symbol(raw) for raw in found] if found else []

    def _reduced(self, engine: _core.Engine, image: Image) -> list[Symbol]:
        """The symbols of a large JPEG at half size, or at full size where nothing is read; of all else as it is."""
        began = time.monotonic()
        taken = self._take(image)

        def look(factor: int) -> list[Symbol]:
            settings = self._settings
            if self._deadline_ms is not None:
                spent = 1e3 * (time.monotonic() - began)
                settings = self._made(deadline_ms=max(0, self._deadline_ms - spent))
            load = partial(ImageFile.pixels, colour=False, factor=factor) if isinstance(taken, ImageFile) else None
            return [_to_symbol(raw) for raw in engine.decode(taken, settings, load)]

        if not (isinstance(taken, ImageFile) and taken.reducible):
            return look(1)
        width, height = taken.size()
        return decode_reduced(reduction(width, height, 2), look)

    def follow(
        self, engine: _core.Engine, image: Image, frame: int, region: Region | None, least: int, patient: bool
    ) -> tuple[list[Symbol], list[tuple[_core.Corners, int]]]:
        """Symbols of one of a sequence of frames, and the places where some were seen; see `_core.Engine.follow`."""
        places: list[tuple[_core.Corners, int]] = []

        def look(image: Image, settings: _core.Settings, load: Callable[[Any], Any]) -> list[_core.Found]:
            found, seen = engine.follow(image, settings, frame, region, least, patient, load)
            places.extend(seen)
            return found

        return self._with_barcodes(look, image)[0], places

    def trace(self, image: Image) -> tuple[list[Symbol], dict[str, Any], Any]:
        """Symbols, what the core collected, and the pixels that it saw."""
        seen: dict[str, Any] = {}

        def look(image: Image, settings: _core.Settings, load: Callable[[Any], Any]) -> list[_core.Found]:
            found, collected = _core.Engine().trace(image, settings, load)
            seen.update(collected)
            return found

        symbols, pixels = self._with_barcodes(look, image)
        return symbols, seen, np.asarray(pixels)

    def _with_barcodes(
        self, look: Callable[[Image, _core.Settings, Callable[[Any], Any]], list[_core.Found]], image: Image
    ) -> tuple[list[Symbol], Any]:
        """What the engine finds by `look` and what it does not read, and the pixels that both saw."""
        began = time.monotonic()
        pixels: Any = None

        def load(image: Image) -> Any:
            nonlocal pixels
            pixels = self._load(image)  # an array stays as it is
            return pixels

        symbols = [_to_symbol(raw) for raw in look(image, self._settings, load)]
        return self._barcodes.add(symbols, pixels, began) if self._barcodes else symbols, pixels


# ------------------------------------------------------------------------------------------------ options


def _effort(effort: EffortLike) -> Effort:
    try:
        return Effort(effort)
    except ValueError:
        names = ", ".join(repr(e.value) for e in Effort)
        raise OptionError(f"effort={effort!r}: it can be {names}") from None


def wanted_symbologies(wanted: SymbologiesLike) -> frozenset[Symbology]:
    """The members that the option stands for. Raises OptionError where it stands for none."""
    if wanted is None or wanted == "all":
        return frozenset(Symbology) if wanted else frozenset(Symbology) - READ_ELSEWHERE
    each = [wanted] if isinstance(wanted, (str, Symbology)) else wanted
    try:
        named = frozenset(Symbology(s) for s in each)
    except (TypeError, ValueError):
        named = frozenset()
    if not named:
        known = ", ".join(repr(s.value) for s in Symbology)
        raise OptionError(f"symbologies={wanted!r}: it can be None, 'all', or some of {known}")
    return named


def _count(name: str, value: int) -> int:
    try:
        count = operator.index(value)
    except TypeError:
        raise OptionError(f"{name}={value!r}: it must be a whole number") from None
    if not 1 <= count < 2**31:
        raise OptionError(f"{name}={value!r}: it must be at least 1 and less than 2**31")
    return count


def _milliseconds(value: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not number >= 0:
        raise OptionError(f"deadline_ms={value!r}: it must be a number of milliseconds, 0 or more")
    return number


def _region(value: Region) -> Region:
    try:
        x, y, width, height = map(operator.index, value)
    except (TypeError, ValueError):
        raise OptionError(f"region={value!r}: it must be four whole numbers (x, y, width, height)") from None
    if x < 0 or y < 0 or width < 1 or height < 1:
        raise OptionError(f"region={value!r}: x and y are 0 or more, width and height at least 1")
    return x, y, width, height


# ------------------------------------------------------------------------------------------------ results

_point = partial(tuple.__new__, Point)  # of a pair, which Point(*pair) would take apart first
_SYMBOLOGY = {s.value: s for s in Symbology}
_STATUS = {s.value: s for s in Status}
_FORMAT_READ = frozenset(s.value for s in Status if s > Status.format)
_LEVEL = {level.value: level for level in ErrorLevel}
_MODE = {mode.value: mode for mode in Mode}
_FNC1: dict[str | None, Fnc1 | None] = {None: None, **{fnc1.value: fnc1 for fnc1 in Fnc1}}


def _to_symbol(raw: _core.Found) -> Symbol:
    """The public form of what the engine returns."""
    (
        symbology, status, corners, version, level, mask, mirrored, inverted, corrected, margin,
        data, segments, fnc1, aim_indicator, (index, total, parity),
    ) = raw  # fmt: skip
    top_left, top_right, bottom_right, bottom_left = corners
    pieces = [(mode, eci if eci >= 0 else None, data[at : at + length]) for mode, eci, at, length in segments]
    texts = decode_segments(pieces)
    format_read = status in _FORMAT_READ
    return _core.filled(Symbol, (  # 60 codes a frame are no rarity, and Symbol(...) takes its time
        "".join(texts),
        data,
        (_point(top_left), _point(top_right), _point(bottom_right), _point(bottom_left)),
        _SYMBOLOGY[symbology],
        version or None,
        _LEVEL[level] if format_read else None,
        mask if format_read else None,
        tuple([
            _core.filled(Segment, (_MODE[mode], piece, text, eci))
            for (mode, eci, piece), text in zip(pieces, texts, strict=True)
        ]),
        StructuredAppend(index, total, parity) if total else None,
        _FNC1[fnc1],
        aim_indicator if aim_indicator >= 0 else None,
        mirrored,
        inverted,
        corrected,
        margin,
        _STATUS[status],
    ))  # fmt: skip
