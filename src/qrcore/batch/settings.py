"""Checked options of a batch."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..api import Decoder
from ..barcodes import READ_ELSEWHERE
from ..errors import OptionError
from ..images import MAX_PIXELS
from ..reduction import reduction
from ..request import wanted_symbologies
from ..types import Effort

__all__ = ["QUEUE_BYTES", "SCALES", "Scale", "Settings", "count"]

Scale = Literal["auto", "full", 1, 2, 4, 8]
SCALES: tuple[Scale, ...] = ("auto", "full", 1, 2, 4, 8)

QUEUE_BYTES = 64 << 20
"""Default of `queue_bytes`: a few hundred photos, which hides the slowest of them."""


@dataclass(frozen=True)
class Settings:
    """How pictures are loaded and decoded.

    Raises:
        OptionError: an option has a value that it cannot have, or there is no such option.
    """

    scale: Scale = "auto"
    retry: bool = True
    dpi: float = 150
    every: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)  # of `Decoder`

    def __post_init__(self) -> None:
        if self.scale not in SCALES or isinstance(self.scale, bool):
            raise OptionError(f"scale={self.scale!r}: it can be {', '.join(map(repr, SCALES))}")
        if not (isinstance(self.dpi, (int, float)) and 1 <= self.dpi <= 2400):
            raise OptionError(f"dpi={self.dpi!r}: it must be a number from 1 to 2400")
        count("every", self.every)
        self.decoder()

    def decoder(self) -> Decoder:
        """A decoder with these options; each thread needs its own."""
        return Decoder(**self.options)

    @property
    def colour(self) -> bool:
        """Whether the decoder has a use for colours."""
        return Effort(self.options.get("effort", Effort.BALANCED)) is Effort.THOROUGH

    @property
    def max_pixels(self) -> int:
        """Of one picture, page or frame."""
        return operator.index(self.options.get("max_pixels", MAX_PIXELS))

    def factor(self, width: int, height: int) -> int:
        """By how much a JPEG of this size is made smaller before it is decoded: 1, 2, 4 or 8."""
        if self.options.get("region") is not None or self.scale == "full":
            return 1  # a region is in pixels of the picture as stored
        if self.scale != "auto":
            return reduction(width, height, self.scale)
        barcodes = wanted_symbologies(self.options.get("symbologies")) & READ_ELSEWHERE
        return reduction(width, height, 1 if barcodes else 2)  # bars of linear barcodes are thinner than modules


def count(name: str, value: int) -> int:
    """A whole number of 1 or more.

    Raises:
        OptionError: it is not.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise OptionError(f"{name}={value!r}: it must be a whole number of 1 or more")
    return number
