"""The pixels of PIL images as gray or RGB of 8 bits.

- Transparent pixels lie on white.
- Pictures of more than 8 bits a channel are scaled so that the brightest pixel keeps its highest bit: 16-bit files
  often hold 10 or 12 bits. Float pictures up to 1 count as 0 .. 1, up to 255 as they are, else up to their maximum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import ImageError
from .formats import check_size, quiet_pillow
from .png import lacks_rows

if TYPE_CHECKING:
    import PIL.Image

__all__ = ["Pixels", "to_pixels"]

Pixels = npt.NDArray[np.uint8]


def to_pixels(
    image: PIL.Image.Image, name: str, *, colour: bool, max_pixels: int, file: bytes | memoryview | None = None
) -> Pixels:
    """Gray, height x width, or RGB, height x width x 3, where `colour` is set and the picture has any.

    Args:
        file: what `open_image` opened the image from; the image is not the caller's then, and may be changed.

    Raises:
        ImageError: it cannot be loaded, is too large, or has fewer rows than it says.
    """
    kind = getattr(image, "format", None) if file is not None else None
    check_size(image.width, image.height, name, max_pixels)
    try:
        with quiet_pillow:
            if kind == "JPEG" and not colour:
                image.draft("L", image.size)
            image.load()
            if file is not None and kind == "PNG" and _may_lack_rows(image) and lacks_rows(file):
                raise ImageError("its pixels end before the last row")
            return _convert(image, colour)
    except MemoryError:
        raise
    except Exception as error:
        raise ImageError(f"{name}: cannot be decoded: {error}") from error


def _may_lack_rows(image: PIL.Image.Image) -> bool:
    """Whether there is reason to unpack a PNG once more: rows that never came are zero, and the last is among them."""
    last = image.crop((0, image.height - 1, image.width, image.height))
    return bool(image.info.get("interlace")) or not np.asarray(last).any()


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
