"""From the bytes of a file to pictures: JPEGs at a chosen scale, every page of a TIFF, and all that `images` loads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from .. import formats
from ..bombs import check_bombs
from ..errors import ImageError
from ..formats import START, quiet_pillow, recognise
from ..images import ImageFile
from ..pixels import to_pixels
from .failures import Failure
from .item import ErrorKind, full_name

__all__ = ["MemoryPicture", "Picture", "pictures"]

PAGES = 10_000
"""Of one TIFF; the rest is not looked at."""

_PILLOW_BYTES = 5  # a pixel, while it is loaded: RGBA and gray


class Picture(Protocol):
    """A picture whose size is known and whose pixels can be had."""

    page: int | None
    width: int
    height: int

    @property
    def scalable(self) -> bool:
        """By 2, 4 and 8 while it is decompressed."""

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
    file = ImageFile(data, kind, repr(name), max_pixels)
    if kind.name == "Tiff":
        yield from _pages(file, name)
        return
    try:
        width, height = file.size()
    except ImageError as error:
        raise Failure(ErrorKind.BROKEN, error) from error
    check_size(width, height, name, max_pixels)
    yield _FilePicture(file, width, height)


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


@dataclass(slots=True)
class _FilePicture:
    """The picture of a file that has one, or whose first one counts."""

    file: ImageFile
    width: int
    height: int
    page: int | None = None

    @property
    def scalable(self) -> bool:
        return self.file.reducible

    def cost(self, factor: int, colour: bool) -> int:
        each = _PILLOW_BYTES if self.file.header is None else 3 if colour else 1
        return each * self.width * self.height // factor**2

    def pixels(self, factor: int, colour: bool) -> Any:
        try:
            return self.file.pixels(colour=colour, factor=factor)
        except ImageError as error:
            raise Failure(ErrorKind.BROKEN, error) from error


# ------------------------------------------------------------------------------------------------ TIFF


@dataclass(slots=True)
class _Page:
    """A page of a TIFF; `pixels` comes before the next page is asked for."""

    file: ImageFile
    opened: Any
    name: str
    width: int
    height: int
    page: int | None
    scalable: bool = False

    def cost(self, factor: int, colour: bool) -> int:
        return _PILLOW_BYTES * self.width * self.height

    def pixels(self, factor: int, colour: bool) -> Any:
        file = self.file
        try:
            return to_pixels(self.opened, self.name, colour=colour, max_pixels=file.max_pixels, file=file.data)
        except ImageError as error:
            raise Failure(ErrorKind.BROKEN, error) from error


def _pages(file: ImageFile, name: str) -> Iterator[Picture | Failure]:
    try:
        opened: Any = file.open()
    except ImageError as error:
        raise Failure(ErrorKind.BROKEN, error) from error
    several = getattr(opened, "is_animated", False)
    for number in range(PAGES if several else 1):
        page = number if several else None
        named = name if page is None else full_name(name, None, page)
        try:
            with quiet_pillow:
                opened.seek(number)
            check_size(opened.width, opened.height, named, file.max_pixels)
        except EOFError:
            return
        except Failure as failure:
            yield failure.of_page(number)
        except Exception as error:  # Pillow raises anything; the next page hangs on this one
            yield Failure.image(ErrorKind.BROKEN, named, f"cannot be decoded: {error}").of_page(number)
            return
        else:
            yield _Page(file, opened, repr(named), opened.width, opened.height, page)
