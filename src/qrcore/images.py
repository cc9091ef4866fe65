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
from typing import TYPE_CHECKING, Any, Protocol, Union

import numpy as np
import numpy.typing as npt

from .bombs import check_bombs
from .errors import ImageError, MissingSourceError, SourceError
from .formats import FORMATS, START, Format, check_size, open_image, recognise
from .jpeg import decode_jpeg, read_header
from .pixels import Pixels, to_pixels

if TYPE_CHECKING:
    import PIL.Image

__all__ = ["FORMATS", "MAX_PIXELS", "BinaryFile", "Image", "Pixels", "load"]

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
    if isinstance(image, np.ndarray):
        return image
    if _is_pil(image):
        return to_pixels(image, "image", colour=colour, max_pixels=max_pixels)
    if isinstance(image, (str, os.PathLike)):
        return _from_path(image, colour, max_pixels)
    try:
        view = memoryview(image)
    except TypeError:
        pass
    else:
        if view.ndim > 1:
            return view
        return _from_bytes(view if view.contiguous else view.tobytes(), "bytes", colour, max_pixels)
    if hasattr(image, "read"):
        return _from_file(image, _name_of(image), colour, max_pixels)
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


_CHUNK = 16 << 20  # a photo in one piece: each more is another copy of all
_OVERHEAD = 64 << 20  # bytes of a file beside those of its pixels


def _from_path(path: str | os.PathLike[str], colour: bool, max_pixels: int) -> Pixels:
    name = repr(os.fspath(path))
    try:
        with open(path, "rb") as file:
            return _from_file(file, name, colour, max_pixels)
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


def _from_file(file: BinaryFile, name: str, colour: bool, max_pixels: int) -> Pixels:
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
    return _from_bytes(b"".join(chunks), name, colour, max_pixels)


def _from_bytes(data: bytes | memoryview, name: str, colour: bool, max_pixels: int) -> Pixels:
    kind = recognise(bytes(data[:START]), name)
    check_bombs(data, kind, name, max_pixels)
    if kind.name == "Jpeg" and (header := read_header(data)):
        check_size(header.width, header.height, name, max_pixels)
        pixels = decode_jpeg(data, header, colour=colour)
        if pixels is not None:
            return pixels
    image = open_image(io.BytesIO(data), kind, name)
    return to_pixels(image, name, colour=colour, max_pixels=max_pixels, file=data)


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
