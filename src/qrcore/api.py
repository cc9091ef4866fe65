"""The calls that most programs need: `decode`, `decode_one` and `Decoder`."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, NoReturn

from . import _core
from .images import MAX_PIXELS, Image
from .request import EffortLike, Region, Request, SymbologiesLike
from .types import Symbol

__all__ = ["Decoder", "decode", "decode_one"]


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
        effort: "fast" (one pass, for live frames), "balanced", or "thorough" (all that we know). "fast" decodes JPEG
            files of 1.2 megapixels and more at half size, and at full size only where that shows nothing or a region
            is given.
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
        self._request = Request(
            symbologies, effort, max_symbols, deadline_ms, region, max_pixels, return_failures, other
        )
        self._first = Request(symbologies, effort, 1, deadline_ms, region, max_pixels, return_failures, other)
        self._engine = _core.Engine()

    def decode(self, image: Image, /) -> list[Symbol]:
        """Every symbol in the picture, in reading order; see `qrcore.decode`."""
        return self._request.run(self._engine, image)

    def decode_one(self, image: Image, /) -> Symbol | None:
        """The first symbol that is found, or None; see `qrcore.decode_one`."""
        return next(iter(self._first.run(self._engine, image)), None)


@lru_cache(maxsize=64, typed=True)
def _remembered(*named: Any) -> Request:
    options: tuple[Any, ...] = (*named, {})
    return Request(*options)


def _request(*options: Any) -> Request:
    """The checked form of `options`; the last is a dict of options that the signature does not name."""
    if not options[-1]:
        try:
            return _remembered(*options[:-1])
        except TypeError:  # not hashable
            pass
    return Request(*options)


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

    def decode(self, image: Image, request: Request) -> list[Symbol]:
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
