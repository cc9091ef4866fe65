"""From whatever holds a picture to an array of pixels: paths, bytes, file objects, PIL images.

Pixels come as stored: an EXIF orientation is not applied, so that corners are places in the file's own picture.
Of animations and files of several pages the first picture counts.

Luminance alone is loaded unless colour is asked for; of a JPEG it comes straight from the decoder (simplejpeg where it
is installed, else Pillow). What becomes of other modes and depths: `pixels`.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Union

import numpy as np
import numpy.typing as npt

from .bombs import check_bombs
from .errors import ImageError, MissingSourceError, SourceError
from .formats import FORMATS, START, Format, check_size, open_image, recognise
from .jpeg import Header, decode_jpeg, read_header
from .pixels import Pixels, to_pixels

if TYPE_CHECKING:
    import PIL.Image

__all__ = ["FORMATS", "MAX_PIXELS", "BinaryFile", "Image", "ImageFile", "Pixels", "load", "take"]

MAX_PIXELS = 200_000_000
"""Default of `max_pixels`: twice the largest camera sensors, 200 MB of gray pixels."""


class BinaryFile(Protocol):
    """What is read of a file object."""

    def read(self, size: int, /) -> bytes | None: ...


Image = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, BinaryFile, "PIL.Image.Image", npt.NDArray[Any]]


def load(image: Any, /, *, colour: bool = False, max_pixels: int = MAX_PIXELS) -> Any:
    """The pixels of a picture.

    Args:
        image: a path, the bytes of a file, a binary file object (read from where it stands), a PIL image, or an
            object with a buffer of two or three dimensions, which is returned as it is.
        colour: keep the colours of colour pictures.
        max_pixels: refuse larger pictures, before they are decoded.

    Returns:
        uint8, height x width, or height x width x 3 (RGB) where `colour` is set and the picture has any.

    Raises:
        ImageError: not a picture, a broken or too large one. SourceError: the file cannot be read.
    """
    taken = take(image, colour=colour, max_pixels=max_pixels)
    return taken.pixels(colour=colour) if isinstance(taken, ImageFile) else taken


def take(image: Any, /, *, colour: bool = False, max_pixels: int = MAX_PIXELS) -> Any:
    """The same, but of a file an `ImageFile`, which is not decoded yet."""
    if isinstance(image, np.ndarray):
        return image
    if _is_pil(image):
        return to_pixels(image, "image", colour=colour, max_pixels=max_pixels)
    if isinstance(image, (str, os.PathLike)):
        return _from_path(image, max_pixels)
    try:
        view = memoryview(image)
    except TypeError:
        pass
    else:
        if view.ndim > 1:
            return view
        return _from_bytes(view if view.contiguous else view.tobytes(), "bytes", max_pixels)
    if hasattr(image, "read"):
        return _from_file(image, _name_of(image), max_pixels)
    raise ImageError(
        f"{_article(type(image).__qualname__)} is no picture: pass a path, the bytes of a file, a binary file "
        f"object, a PIL image, or a uint8 array (numpy.asarray turns tensors of other libraries into one)"
    )


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _is_pil(image: Any) -> bool:
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(image, pillow.Image)


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    return repr(name) if isinstance(name, str) else f"file object {type(file).__qualname__}"


# ------------------------------------------------------------------------------------------------ files


@dataclass(slots=True)
class ImageFile:
    """A picture file in memory, its format known."""

    data: bytes | memoryview
    kind: Format
    name: str  # for messages
    max_pixels: int
    header: Header | None = field(init=False)  # of a JPEG that libjpeg-turbo decodes

    def __post_init__(self) -> None:
        self.header = read_header(self.data) if self.reducible else None

    @property
    def reducible(self) -> bool:
        """Whether `pixels` can be smaller ones."""
        return self.kind.name == "Jpeg"

    def open(self) -> PIL.Image.Image:
        """By Pillow, not loaded yet. Raises ImageError where it is broken."""
        return open_image(io.BytesIO(self.data), self.kind, self.name)

    def size(self) -> tuple[int, int]:
        """Width and height in pixels. Raises ImageError where it is broken."""
        return (self.header.width, self.header.height) if self.header else self.open().size

    def pixels(self, *, colour: bool, factor: int = 1) -> Pixels:
        """Gray, or RGB where `colour` is set and the picture has any.

        Args:
            factor: smaller by 1, 2, 4 or 8, sides rounded up; of reducible files alone.

        Raises:
            ImageError: broken, or more than `max_pixels`.
        """
        if self.header:
            check_size(self.header.width, self.header.height, self.name, self.max_pixels)
            pixels = decode_jpeg(self.data, self.header, colour=colour, factor=factor)
            if pixels is not None:
                return pixels
        image = self.open()  # a JPEG that is odd or broken too: Pillow says what it is
        if factor > 1:
            image.draft(None if colour else "L", (image.width // factor, image.height // factor))
        return to_pixels(image, self.name, colour=colour, max_pixels=self.max_pixels, file=self.data)


_CHUNK = 16 << 20  # a photo in one piece: each more is another copy of all
_OVERHEAD = 64 << 20  # bytes of a file beside those of its pixels


def _from_path(path: str | os.PathLike[str], max_pixels: int) -> ImageFile:
    name = repr(os.fspath(path))
    try:
        with open(path, "rb") as file:
            return _from_file(file, name, max_pixels)
    except SourceError:
        raise
    except FileNotFoundError as error:
        hint = "; download it first, qrcore opens no URLs" if "://" in name else ""
        raise MissingSourceError(errno.ENOENT, os.strerror(errno.ENOENT) + hint, os.fspath(path)) from error
    except OSError as error:
        raise SourceError(error.errno, error.strerror, os.fspath(path)) from error
    except ValueError as error:
        if isinstance(error, ImageError):
            raise
        raise SourceError(errno.EINVAL, str(error), os.fspath(path)) from error  # a NUL in the path


def _from_file(file: BinaryFile, name: str, max_pixels: int) -> ImageFile:
    most = _OVERHEAD + 8 * max_pixels  # no file of max_pixels is larger; a lying one may have no end
    chunks: list[bytes] = []
    size = 0
    kind: Format | None = None
    while chunk := _read(file, name):
        chunks.append(chunk)
        size += len(chunk)
        if kind is None and size >= START:
            kind = recognise(b"".join(chunks)[:START], name)  # before all of it is read
        if size > most:
            raise ImageError(f"{name}: more than {most} bytes, too many for a picture of max_pixels={max_pixels}")
    return _from_bytes(b"".join(chunks), name, max_pixels)


def _from_bytes(data: bytes | memoryview, name: str, max_pixels: int) -> ImageFile:
    kind = recognise(bytes(data[:START]), name)
    check_bombs(data, kind, name, max_pixels)
    return ImageFile(data, kind, name, max_pixels)


def _read(file: BinaryFile, name: str) -> bytes:
    try:
        chunk = file.read(_CHUNK)
    except OSError as error:
        raise SourceError(error.errno, error.strerror or str(error), name) from error
    except ValueError as error:  # closed, or not open for reading
        raise SourceError(errno.EBADF, str(error), name) from error
    if isinstance(chunk, str):
        raise ImageError(f"{name}: is opened as text; open it with mode 'rb'")
    return chunk or b""
