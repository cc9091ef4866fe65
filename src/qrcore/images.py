"""From whatever holds a picture to an array of pixels: paths, bytes, file objects, PIL images.

Pixels come as stored: an EXIF orientation is not applied, so that corners are places in the file's own picture.
Of animations and files of several pages the first picture counts.

- Luminance alone is loaded unless colour is asked for; of a JPEG it comes straight from the decoder (simplejpeg
  where it is installed, else Pillow).
- Transparent pixels lie on white.
- Pictures of more than 8 bits a channel are scaled so that the brightest pixel keeps its highest bit: 16-bit files
  often hold 10 or 12 bits. Float pictures up to 1 count as 0 .. 1, up to 255 as they are, else up to their maximum.
- Only formats of `FORMATS` are opened, recognised by their first bytes; none of them runs another program.
"""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
import threading
import warnings
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Union

import numpy as np
import numpy.typing as npt

from .errors import ImageError, MissingSourceError, SourceError

if TYPE_CHECKING:
    import PIL.Image

__all__ = ["FORMATS", "MAX_PIXELS", "BinaryFile", "Image", "Pixels", "load"]

MAX_PIXELS = 200_000_000
"""Default of `max_pixels`: twice the largest camera sensors, 200 MB of gray pixels."""

Pixels = npt.NDArray[np.uint8]


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
        return _from_pil(image, "image", colour, max_pixels)
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


class _Format(NamedTuple):
    start: int  # where in the file
    magic: bytes
    name: str
    plugin: str  # class of PIL.<name>ImagePlugin


_FORMATS = (
    _Format(0, b"\xff\xd8\xff", "Jpeg", "JpegImageFile"),
    _Format(0, b"\x89PNG\r\n\x1a\n", "Png", "PngImageFile"),
    _Format(8, b"WEBP", "WebP", "WebPImageFile"),
    _Format(0, b"GIF8", "Gif", "GifImageFile"),
    _Format(0, b"BM", "Bmp", "BmpImageFile"),
    *(_Format(0, magic, "Tiff", "TiffImageFile") for magic in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    *(_Format(0, b"P%d" % digit, "Ppm", "PpmImageFile") for digit in range(1, 7)),
    *(_Format(0, magic, "Ppm", "PpmImageFile") for magic in (b"Pf", b"PF")),
    *(_Format(4, b"ftyp" + brand, "Avif", "AvifImageFile") for brand in (b"avif", b"avis")),
    _Format(0, b"\0\0\0\x0cjP  \r\n\x87\n", "Jpeg2K", "Jpeg2KImageFile"),
    _Format(0, b"\xff\x4f\xff\x51", "Jpeg2K", "Jpeg2KImageFile"),
    _Format(0, b"\0\0\1\0", "Ico", "IcoImageFile"),
    _Format(0, b"qoif", "Qoi", "QoiImageFile"),
)
FORMATS = tuple(dict.fromkeys(each.name.upper() for each in _FORMATS))
"""Formats that are opened, as far as the installed Pillow has them."""

# What people pass by mistake, and what to do about it.
_REFUSED = (
    (0, b"%!PS", "PostScript, which is not opened because it is a program; render it to PNG first"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS, which is not opened because it is a program; render it to PNG first"),
    (0, b"%PDF", "a PDF; render its pages to pictures first"),
    (0, b"<svg", "an SVG drawing; render it to PNG first"),
    (0, b"<?xml", "XML; if it is an SVG drawing, render it to PNG first"),
    (4, b"ftyphei", "HEIC; convert it to JPEG, or open it with pillow-heif and pass the PIL image"),
    (4, b"ftypmif1", "HEIF; convert it to JPEG, or open it with pillow-heif and pass the PIL image"),
    (4, b"ftyp", "a film; pass its frames as arrays"),
    (0, b"PK\3\4", "a zip archive; pass the pictures in it"),
    (0, b"\x1f\x8b", "compressed by gzip; unpack it first"),
)

_CHUNK = 1 << 20
_START = 64  # bytes that tell the format


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
    most = 64 * _CHUNK + 8 * max_pixels  # no file of max_pixels is larger; a lying one may have no end
    data = io.BytesIO()
    kind: _Format | None = None
    while chunk := _read(file, name):
        data.write(chunk)
        if kind is None and data.tell() >= _START:
            kind = _recognise(data.getvalue()[:_START], name)  # before all of it is read
        if data.tell() > most:
            raise ImageError(f"{name}: more than {most} bytes, too many for a picture of max_pixels={max_pixels}")
    return _from_bytes(data.getvalue(), name, colour, max_pixels)


def _from_bytes(data: bytes | memoryview, name: str, colour: bool, max_pixels: int) -> Pixels:
    kind = _recognise(bytes(data[:_START]), name)
    if kind.name == "Jpeg":
        pixels = _from_jpeg(data, name, colour, max_pixels)
        if pixels is not None:
            return pixels
    return _from_pil(_open(io.BytesIO(data), kind, name), name, colour, max_pixels)


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


def _recognise(data: bytes, name: str) -> _Format:
    if not data:
        raise ImageError(f"{name}: is empty")
    for kind in _FORMATS:
        if data.startswith(kind.magic, kind.start):
            return kind
    for start, magic, what in _REFUSED:
        if data[start : start + len(magic)].lower() == magic.lower():
            raise ImageError(f"{name}: is {what}")
    raise ImageError(f"{name}: is not a picture in a known format ({', '.join(FORMATS)})")


# ------------------------------------------------------------------------------------------------ decoding


@cache
def _simplejpeg() -> ModuleType | None:
    try:
        return importlib.import_module("simplejpeg")
    except ImportError:
        return None


def _from_jpeg(data: bytes | memoryview, name: str, colour: bool, max_pixels: int) -> Pixels | None:
    """By libjpeg-turbo; None where it is not there or where Pillow knows better (CMYK, odd files)."""
    turbo = _simplejpeg()
    if turbo is None:
        return None
    try:
        height, width, space, _ = turbo.decode_jpeg_header(data)
        _check_size(width, height, name, max_pixels)
        if space.lower() in ("cmyk", "ycck"):
            return None
        wanted = "RGB" if colour and space.lower() != "gray" else "GRAY"
        pixels: Pixels = turbo.decode_jpeg(data, colorspace=wanted)
    except ImageError:
        raise
    except ValueError:
        return None
    return pixels if wanted == "RGB" else pixels[:, :, 0]


def _open(data: io.BytesIO, kind: _Format, name: str) -> PIL.Image.Image:
    """Opens without PIL.Image.open, which tries every format and has limits of its own."""
    try:
        plugin = importlib.import_module(f"PIL.{kind.name}ImagePlugin")
    except ImportError:
        raise ImageError(f"{name}: the installed Pillow cannot open {kind.name.upper()}") from None
    try:
        with _QUIET:
            opened: PIL.Image.Image = getattr(plugin, kind.plugin)(data)
    except Exception as error:  # plugins raise anything on malformed files
        raise ImageError(f"{name}: is broken: {error}") from error
    return opened


def _check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise ImageError(f"{name}: has no pixels ({width} x {height})")
    if width * height > max_pixels:
        raise ImageError(
            f"{name}: {width} x {height} pixels are more than max_pixels={max_pixels}; "
            f"make it smaller or raise max_pixels"
        )


def _from_pil(image: PIL.Image.Image, name: str, colour: bool, max_pixels: int) -> Pixels:
    _check_size(image.width, image.height, name, max_pixels)
    try:
        with _QUIET:
            if not colour and getattr(image, "format", None) == "JPEG" and name != "image":
                image.draft("L", image.size)  # the caller's own images are left as they are
            image.load()
            return _convert(image, colour)
    except MemoryError:
        raise
    except Exception as error:
        raise ImageError(f"{name}: cannot be decoded: {error}") from error


def _convert(image: PIL.Image.Image, colour: bool) -> Pixels:
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        return _to_8_bits(np.asarray(image))
    gray = mode in ("1", "L", "LA", "La", "LAB")  # of LAB, Pillow before 11 converts nothing
    target = "RGB" if colour and not gray else "L"
    if "transparency" in image.info or mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        if mode in ("La", "RGBa"):
            image = image.convert("LA" if gray else "RGBA")
        elif mode not in ("LA", "RGBA"):
            image = image.convert("RGBA")
        return np.asarray(_on_white(image, target))
    if mode == target:
        return np.asarray(image)
    if mode in ("YCbCr", "LAB") and target == "L":
        return np.asarray(image.getchannel(0))
    if mode not in ("1", "L", "P", "RGB"):
        image = image.convert("RGB")  # CMYK, HSV, ... know no other way
    return np.asarray(image if image.mode == target else image.convert(target))


def _on_white(image: PIL.Image.Image, target: str) -> PIL.Image.Image:
    import PIL.Image

    canvas = PIL.Image.new(target, image.size, "white")
    canvas.paste(image.convert(target), mask=image.getchannel("A"))
    return canvas


def _to_8_bits(values: npt.NDArray[Any]) -> Pixels:
    """Of integers of more than 8 bits, or of floats; see the module's docstring."""
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0, posinf=0, neginf=0)
        top = float(values.max())
        scale = 255.0 if top <= 1 else 1.0 if top <= 255 else 255.0 / top
        scaled: Pixels = np.clip(np.rint(values * scale), 0, 255).astype(np.uint8)
        return scaled
    shift = max(0, int(values.max()).bit_length() - 8)
    shifted: Pixels = (np.maximum(values, 0) >> shift).astype(np.uint8)
    return shifted


class _Quiet:
    """Keeps Pillow's warnings about odd metadata inside.

    Unlike warnings.catch_warnings it may be entered by several threads at once and touches no other filter.
    """

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filter: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                warnings.filterwarnings("ignore", module=r"PIL\.")
                self._filter = warnings.filters[0]

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._filter in warnings.filters:
                warnings.filters.remove(self._filter)  # type: ignore[attr-defined]


_QUIET = _Quiet()
