"""What comes out of a batch, one for each picture."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..errors import QRCoreError
from ..types import Symbol

__all__ = ["ErrorKind", "Item"]


class ErrorKind(enum.Enum):
    """Why there is no result, for counting; `Item.error` says it in full."""

    UNOPENED = "unopened source"  # a source as it was named: missing, no access, not what it seems
    UNREADABLE = "unreadable"  # a file or member that cannot be read
    WRONG_TYPE = "wrong type"  # read, but no picture in a known format
    TOO_LARGE = "too large"  # more bytes or pixels than allowed
    BROKEN = "broken"  # a picture, page, film or archive that is cut off or damaged
    MISSING_EXTRA = "missing extra"  # an optional dependency is not installed


@dataclass(frozen=True, slots=True)
class Item:
    """One picture, page or frame of a batch, or the error that stands in its place.

    A film gives an item for each appearance of a code, or a single one where it shows none.
    """

    source: str  # path or URL of the file; "#3" for the fourth source where that is a picture in memory
    member: str | None  # name inside the archive; "row 17" of a table
    symbols: tuple[Symbol, ...] = ()
    error: QRCoreError | None = None
    width: int | None = None  # pixels of the picture as stored; None where it was not opened
    height: int | None = None
    page: int | None = None  # of a document or multi-page picture, from 0
    frame: int | None = None  # of a film, from 0: the first that shows the code
    span: tuple[float, float] | None = None  # seconds into a film: the first and last frame with the code
    kind: ErrorKind | None = None  # of the error

    @property
    def name(self) -> str:
        """Source, member and page or frame in one line, for people."""
        return full_name(self.source, self.member, self.page)


def full_name(source: str, member: str | None, page: int | None = None) -> str:
    """As errors name a picture."""
    name = source if member is None else f"{member} in {source}"
    return name if page is None else f"page {page} of {name}"
