"""The calls that most programs need: `decode`, `decode_one` and `Decoder`."""

from __future__ import annotations

import math
import operator
import os
import time
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any, Literal, NoReturn

import numpy as np

from . import _core, images
from .barcodes import READ_ELSEWHERE, BarcodeReader
from .errors import OptionError
from .images import MAX_PIXELS, Image
from .text import decode_segments
from .types import Effort, ErrorLevel, Fnc1, Mode, Point, Segment, Status, StructuredAppend, Symbol, Symbology

__all__ = ["Decoder", "EffortLike", "Region", "SymbologiesLike", "decode", "decode_one"]

EffortLike = Effort | Literal["fast", "balanced", "thorough"]
SymbologiesLike = Symbology | str | Iterable[Symbology | str] | None
Region = tuple[int, int, int, int]


def decode(
    image: Image,
    /,
    *,
    symbologies: SymbologiesLike = None,
    effort: EffortLike = "balanced",
    max_symbols: int | None = None,
    deadline_ms: float | None = None,
    region: Region | None = None,
    max_pixels: int = MAX_PIXELS,
    return_failures: bool = False,
    **other: NoReturn,
) -> list[Symbol]:
    """Every symbol in the picture, in reading order; an empty list where there is none.

    Args:
        image: a path, the bytes of an image file, a binary file object, a PIL image, or an array of uint8 that is
            height x width (gray) or height x width x 1, 3 (RGB) or 4 (RGBA), with any strides.
        symbologies: what to look for: None for QR, Micro QR and rMQR, "all" for everything, or one or several
            `Symbology` or their values. All but those three are read by zxing-cpp (`pip install
            'qrcore[barcodes]'`), and a little less is known of them: see `qrcore.barcodes`.
        effort: "fast" (one pass, for live frames), "balanced", or "thorough" (all that we know).
        max_symbols: stop after this many.
        deadline_ms: milliseconds from the call, loading included; what was found by then is returned. Product
            barcodes are looked for last, and not at all after the deadline; begun in time, that is finished.
        region: (x, y, width, height) in pixels: look only there. The part outside the picture is ignored. Corners
            stay those of the whole picture.
        max_pixels: larger pictures raise ImageError.
        return_failures: also return the places that looked like a symbol but were not read, after the symbols,
            best first, with `status` saying which check they failed.

    Raises:
        ImageError: the picture cannot be used.
        SourceError: the file cannot be read.
        OptionError: an option has a value that it cannot have, or there is no such option.
        MissingExtraError: product barcodes are asked for and zxing-cpp is not installed.
    """
    request = _request(symbologies, effort, max_symbols, deadline_ms, region, max_pixels, return_failures, other)
    return _pool.decode(image, request)


def decode_one(
    image: Image,
    /,
    *,
    symbologies: SymbologiesLike = None,
    effort: EffortLike = "balanced",
    max_symbols: int | None = None,
    deadline_ms: float | None = None,
    region: Region | None = None,
    max_pixels: int = MAX_PIXELS,
    return_failures: bool = False,
    **other: NoReturn,
) -> Symbol | None:
    """The first symbol that is found, or None; the rest of the picture is not searched.

    Takes what `decode` takes. With `return_failures` and no symbol, the best failed candidate.
    """
    request = _request(symbologies, effort, 1, deadline_ms, region, max_pixels, return_failures, other)
    return next(iter(_pool.decode(image, request)), None)


class Decoder:
    """Decodes many pictures with the same options and keeps its memory between them.

    One thread at a time: a second entry raises `UsageError`. Takes the options of `decode`.
    """

    __slots__ = ("_engine", "_first", "_request")

    def __init__(
        self,
        *,
        symbologies: SymbologiesLike = None,
        effort: EffortLike = "balanced",
        max_symbols: int | None = None,
        deadline_ms: float | None = None,
        region: Region | None = None,
        max_pixels: int = MAX_PIXELS,
        return_failures: bool = False,
        **other: NoReturn,
    ) -> None:
        self._request = _Request(
            symbologies, effort, max_symbols, deadline_ms, region, max_pixels, return_failures, other
        )
        self._first = _Request(symbologies, effort, 1, deadline_ms, region, max_pixels, return_failures, other)
        self._engine = _core.Engine()

    def decode(self, image: Image, /) -> list[Symbol]:
        """Every symbol in the picture, in reading order; see `qrcore.decode`."""
        return self._request.run(self._engine, image)

    def decode_one(self, image: Image, /) -> Symbol | None:
        """The first symbol that is found, or None; see `qrcore.decode_one`."""
        return next(iter(self._first.run(self._engine, image)), None)


# The SIMD target of this process, chosen once: None is the best that the machine has.
KERNELS = os.environ.get("QRCORE_SIMD") or None
if KERNELS is not None and KERNELS not in _core.kernel_names():
    raise OptionError(
        f"QRCORE_SIMD={KERNELS!r} is unknown or not supported by this build and machine; "
        f"it can be {', '.join(_core.kernel_names())}"
    )

_PRIVATE = {"_work_units": "work_units", "_tunables": "tunables"}  # for tests and sweeps
_OPTIONS = (
    "symbologies", "effort", "max_symbols", "deadline_ms", "region", "max_pixels", "return_failures",
)  # fmt: skip


class _Request:
    """Checked options, ready for the engine."""

    __slots__ = ("_barcodes", "_load", "_settings")

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
        self._settings = _core.Settings(
            symbologies=frozenset(s.value for s in wanted - READ_ELSEWHERE),
            effort=effort.value,
            max_symbols=max_symbols or 0,
            return_failures=bool(return_failures),
            max_pixels=max_pixels,
            region=region,
            deadline_ms=deadline_ms,
            kernels=KERNELS,
            **{_PRIVATE[name]: value for name, value in other.items()},
        )
        self._load = partial(images.load, colour=effort is Effort.THOROUGH, max_pixels=max_pixels)
        elsewhere = wanted & READ_ELSEWHERE
        self._barcodes = BarcodeReader(elsewhere, effort, max_symbols, deadline_ms, region) if elsewhere else None

    def run(self, engine: _core.Engine, image: Image) -> list[Symbol]:
        if self._barcodes is not None:
            return self._with_barcodes(engine.decode, image)[0]
        load = None if isinstance(image, np.ndarray) else self._load
        found = engine.decode(image, self._settings, load)
        return [to_symbol(raw) for raw in found] if found else []

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

        symbols = [to_symbol(raw) for raw in look(image, self._settings, load)]
        return self._barcodes.add(symbols, pixels, began) if self._barcodes else symbols, pixels


@lru_cache(maxsize=64, typed=True)
def _remembered(*named: Any) -> _Request:
    return _checked((*named, {}))


def _checked(options: tuple[Any, ...]) -> _Request:
    return _Request(*options)


def _request(*options: Any) -> _Request:
    """The checked form of `options`; the last is a dict of options that the signature does not name."""
    if not options[-1]:
        try:
            return _remembered(*options[:-1])
        except TypeError:  # not hashable
            pass
    return _checked(options)


class _Pool:
    """Idle engines for `decode`: bounded in number and bytes, and none of them inherited through a fork."""

    LIMIT = os.cpu_count() or 1
    KEEP = 32 << 20  # bytes an idle engine may hold; a 12-megapixel picture needs less

    def __init__(self) -> None:
        self._idle: list[_core.Engine] = []
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._idle = []

    def decode(self, image: Image, request: _Request) -> list[Symbol]:
        try:
            engine = self._idle.pop()  # atomic, like append below: no lock that a fork could leave locked
        except IndexError:
            engine = _core.Engine()
        try:
            return request.run(engine, image)
        finally:
            if len(self._idle) < self.LIMIT:
                if engine.memory() > self.KEEP:
                    engine.trim(self.KEEP)
                self._idle.append(engine)


_pool = _Pool()


# -------------------------------------------------------------------------------------------- options


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


# -------------------------------------------------------------------------------------------- results

_SYMBOLOGY = {s.value: s for s in Symbology}
_STATUS = {s.value: s for s in Status}
_LEVEL = {level.value: level for level in ErrorLevel}
_MODE = {mode.value: mode for mode in Mode}
_FNC1: dict[str | None, Fnc1 | None] = {None: None, **{fnc1.value: fnc1 for fnc1 in Fnc1}}


def to_symbol(raw: _core.Found) -> Symbol:
    """The public form of what the engine returns."""
    (
        symbology, status, corners, version, level, mask, mirrored, inverted, corrected, margin,
        data, segments, fnc1, aim_indicator, (index, total, parity),
    ) = raw  # fmt: skip
    top_left, top_right, bottom_right, bottom_left = corners
    pieces = [(mode, eci if eci >= 0 else None, data[at : at + length]) for mode, eci, at, length in segments]
    texts = decode_segments(pieces)
    return Symbol(
        text="".join(texts),
        data=data,
        corners=(Point(*top_left), Point(*top_right), Point(*bottom_right), Point(*bottom_left)),
        symbology=_SYMBOLOGY[symbology],
        version=version or None,
        error_level=_LEVEL[level] if _STATUS[status] > Status.format else None,
        mask=mask if _STATUS[status] > Status.format else None,
        segments=tuple(
            Segment(_MODE[mode], piece, text, eci) for (mode, eci, piece), text in zip(pieces, texts, strict=True)
        ),
        structured_append=StructuredAppend(index, total, parity) if total else None,
        fnc1=_FNC1[fnc1],
        aim_indicator=aim_indicator if aim_indicator >= 0 else None,
        mirrored=mirrored,
        inverted=inverted,
        corrected=corrected,
        margin=margin,
        status=_STATUS[status],
    )
