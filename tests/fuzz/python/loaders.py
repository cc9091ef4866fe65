"""Any bytes as a picture file: pixels within max_pixels, or one of our errors; never a warning."""

from __future__ import annotations

import io
import sys
import warnings

import atheris
import numpy as np
import PIL.Image

with atheris.instrument_imports(
    include=["qrcore.bombs", "qrcore.formats", "qrcore.images", "qrcore.jpeg", "qrcore.pixels", "qrcore.png", "PIL"]
):
    import PIL.AvifImagePlugin
    import PIL.BmpImagePlugin
    import PIL.GifImagePlugin
    import PIL.IcoImagePlugin
    import PIL.Jpeg2KImagePlugin
    import PIL.JpegImagePlugin
    import PIL.PngImagePlugin
    import PIL.PpmImagePlugin
    import PIL.QoiImagePlugin
    import PIL.TiffImagePlugin
    import PIL.WebPImagePlugin

    from qrcore import ImageError, images

import _fuzzing

MOST = 1_000_000
KINDS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "PPM", "WEBP", "ICO", "JPEG2000", "AVIF")


def seeds() -> list[bytes]:
    """A small picture in each format and mode that it knows."""
    gray = (np.add.outer(np.arange(24), np.arange(32)) * 4).astype(np.uint8)
    out = []
    for kind in KINDS:
        for mode in ("1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16", "F"):
            file = io.BytesIO()
            try:
                PIL.Image.fromarray(gray).convert(mode).save(file, kind)
            except (OSError, ValueError, KeyError):
                continue
            out.append(file.getvalue())
    file = io.BytesIO()
    PIL.Image.fromarray(gray).save(file, "JPEG", progressive=True)
    return [*out, file.getvalue()]


def test_one(data: bytes) -> None:
    for colour in (False, True):
        try:
            pixels = images.load(data, colour=colour, max_pixels=MOST)
        except ImageError:
            continue
        assert pixels.dtype == np.uint8
        assert pixels.shape[0] * pixels.shape[1] <= MOST


if __name__ == "__main__":
    warnings.simplefilter("error")
    _fuzzing.run(sys.argv, test_one, seeds())
