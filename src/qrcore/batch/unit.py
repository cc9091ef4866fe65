"""The unit of work that is found in the sources, and what is counted on the way."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from .contents import Content
from .failures import Failure, unreadable
from .item import ErrorKind, full_name

__all__ = ["UNIT_BYTES", "Meter", "Unit"]

UNIT_BYTES = 256 << 20
"""Bytes of the largest file or member that is read into memory."""


@dataclass(slots=True)
class Meter:
    """What the reading thread has seen; other threads only look."""

    bytes: int = 0  # of the sources, as stored
    skipped: int = 0  # files and members that neither by name nor by content are pictures


@dataclass(frozen=True, slots=True)
class Unit:
    """A picture, document or film: what a killed run has either done or not."""

    source: str
    member: str | None = None
    content: Content = Content.PICTURE
    size: int = 0  # bytes as far as known before it is read
    open: Callable[[], BinaryIO] | None = None
    passing: bool = False  # to be opened before the next unit is asked for
    image: Any = None  # a picture in memory, in place of `open`
    failure: Failure | None = None

    @property
    def name(self) -> str:
        """For messages."""
        return full_name(self.source, self.member)

    def read(self) -> bytes:
        """All its bytes.

        Raises:
            Failure: it is larger than `UNIT_BYTES` or cannot be read.
        """
        assert self.open is not None
        if self.size > UNIT_BYTES:
            raise self._too_large()
        try:
            with self.open() as file:
                data = file.read(self.size + 1) if self.size else _read_some(file, UNIT_BYTES + 1)
        except Exception as error:
            raise unreadable(self.name, error) from error
        if len(data) > UNIT_BYTES:
            raise self._too_large()
        return data

    def seekable(self) -> BinaryIO:
        """Its file, to read from any place; of a member that passes, a copy in memory."""
        if self.passing:
            return io.BytesIO(self.read())
        assert self.open is not None
        try:
            return self.open()
        except Exception as error:
            raise unreadable(self.name, error) from error

    def _too_large(self) -> Failure:
        return Failure.image(ErrorKind.TOO_LARGE, self.name, f"has more than {UNIT_BYTES} bytes")


def _read_some(file: BinaryIO, most: int) -> bytes:
    """Reads to the end or to `most` bytes, without asking for all of them at once."""
    pieces = []
    while most > 0 and (piece := file.read(min(most, 1 << 20))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)
