"""From the bytes of a file to pictures: JPEGs at a chosen scale, every page of a TIFF, and all that `images` loads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from .. import formats
from ..bombs import check_bombs
from ..errors import ImageError
from ..formats import START, Format, open_image, quiet_pillow, recognise
from ..jpeg import Header, decode_jpeg, read_header
from ..pixels import to_pixels
from .failures import Failure
from .item import ErrorKind, full_name

__all__ = ["MemoryPicture", "Picture", "pictures"]

PAGES = 10_000
"""Of one TIFF; the rest is not looked at."""


class Picture(Protocol):
    """A picture whose size is known and whose pixels can be had."""

    page: int | None
    width: int
    height: int
    scalable: bool  # by 2, 4 and 8 while it is decompressed

    def cost(self, factor: int, colour: bool) -> int:
        """Bytes that `pixels` takes for a while."""

    def pixels(self, factor: int, colour: bool) -> Any:
        """The array of pixels, smaller by `factor`, rounded up; RGB where asked for and there. Raises Failure."""


def pictures(data: bytes, name: str, *, max_pixels: int) -> Iterator[Picture | Failure]:
    """The pictures in a file; a page that cannot be used is a failure, and the next one follows.

    Args:
        name: for messages.
        max_pixels: of each; larger ones are failures, and nothing is decompressed for them.

    Raises:
        Failure: there is nothing in it that could be used.
    """
    try:
        kind = recognise(data[:START], repr(name))
    except ImageError as error:
        raise Failure(ErrorKind.WRONG_TYPE, error) from None
    try:
        check_bombs(data, kind, repr(name), max_pixels)
    except ImageError as error:
        raise Failure(ErrorKind.TOO_LARGE, error) from None
    file = _PillowFile(data, kind, name, max_pixels)
    if kind.name == "Jpeg" and (header := read_header(data)):
        check_size(header.width, header.height, name, max_pixels)
        yield _TurboJpeg(header, file, header.width, header.height)
        return
    if kind.name == "Tiff":
        yield from file.pages()
    else:
        yield file.first()


def check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    """Raises Failure where there are no pixels or too many."""
    try:
        formats.check_size(width, height, repr(name), max_pixels)
    except ImageError as error:
        kind = ErrorKind.TOO_LARGE if width * height > max_pixels else ErrorKind.BROKEN
        raise Failure(kind, error) from None


@dataclass(slots=True)
class MemoryPicture:
    """A picture that is there already."""

    image: Any
    width: int
    height: int
    page: int | None = None
    scalable: bool = False

    def cost(self, factor: int, colour: bool) -> int:
        return 0

    def pixels(self, factor: int, colour: bool) -> Any:
        return self.image


# ------------------------------------------------------------------------------------------------ JPEG


@dataclass(slots=True)
class _TurboJpeg:
    """By libjpeg-turbo, which leaves out what a smaller picture does not need."""

    header: Header
    file: _PillowFile
    width: int
    height: int
    page: int | None = None
    scalable: bool = True

    def cost(self, factor: int, colour: bool) -> int:
        return self.width * self.height * (3 if colour else 1) // factor**2

    def pixels(self, factor: int, colour: bool) -> Any:
        pixels = decode_jpeg(self.file.data, self.header, colour=colour, factor=factor)
        if pixels is None:
            return self.file.pixels(factor, colour)  # odd or broken: Pillow says what it is
        return pixels


# ------------------------------------------------------------------------------------------------ Pillow


@dataclass(slots=True)
class _PillowFile:
    """A file of one of the formats that are allowed, opened by Pillow."""

    data: bytes
    kind: Format
    name: str
    max_pixels: int

    def open(self) -> Any:
        try:
            return open_image(io.BytesIO(self.data), self.kind, repr(self.name))
        except ImageError as error:
            raise Failure(ErrorKind.BROKEN, error) from error

    def first(self) -> _PillowPicture:
        opened = self.open()
        check_size(opened.width, opened.height, self.name, self.max_pixels)
        scalable = self.kind.name == "Jpeg"
        return _PillowPicture(self, None, opened.width, opened.height, None, scalable)

    def pixels(self, factor: int, colour: bool) -> Any:
        opened = self.open()
        if factor > 1:
            size = -(-opened.width // factor), -(-opened.height // factor)
            opened.draft(None if colour else "L", size)
        return self.load(opened, self.name, colour)

    def load(self, opened: Any, name: str, colour: bool) -> Any:
        try:
            return to_pixels(opened, repr(name), colour=colour, max_pixels=self.max_pixels, file=self.data)
        except ImageError as error:
            raise Failure(ErrorKind.BROKEN, error) from error

    def pages(self) -> Iterator[Picture | Failure]:
        opened = self.open()
        several = getattr(opened, "is_animated", False)
        for page in range(PAGES if several else 1):
            name = full_name(self.name, None, page) if several else self.name
            try:
                with quiet_pillow:
                    opened.seek(page)
                check_size(opened.width, opened.height, name, self.max_pixels)
            except EOFError:
                return
            except Failure as failure:
                yield failure.of_page(page)
            except Exception as error:  # Pillow raises anything; the next page hangs on this one
                yield Failure.image(ErrorKind.BROKEN, name, f"cannot be decoded: {error}").of_page(page)
                return
            else:
                yield _PillowPicture(self, opened, opened.width, opened.height, page if several else None)


@dataclass(slots=True)
class _PillowPicture:
    """The picture of a file; `pixels` of a page comes before the next page is asked for."""

    file: _PillowFile
    opened: Any
    width: int
    height: int
    page: int | None
    scalable: bool = False

    def cost(self, factor: int, colour: bool) -> int:
        return 5 * self.width * self.height // factor**2  # RGBA and gray

    def pixels(self, factor: int, colour: bool) -> Any:
        if self.opened is None:
            return self.file.pixels(factor, colour)
        return self.file.load(self.opened, full_name(self.file.name, None, self.page), colour)
