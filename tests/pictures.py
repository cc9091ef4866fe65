"""Clean pictures of codes for tests, drawn with segno."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import segno

Pixels = npt.NDArray[np.uint8]


def code(text: str | bytes, *, scale: int = 4, border: int = 4, **options: Any) -> Pixels:
    """A gray picture of one QR code; `options` go to segno.make_qr."""
    return draw(segno.make_qr(text, **{"error": "m", "boost_error": False, **options}), scale=scale, border=border)


def draw(symbol: segno.QRCode, *, scale: int = 4, border: int = 4) -> Pixels:
    """A gray picture of a symbol that segno made; dark is 0, light 255."""
    modules = np.array([list(row) for row in symbol.matrix], np.uint8)
    return np.kron(np.pad(255 * (modules == 0), border, constant_values=255).astype(np.uint8), _square(scale))


def row_of(*pictures: Pixels, gap: int = 24) -> Pixels:
    """The pictures side by side on white."""
    height = max(p.shape[0] for p in pictures)
    padded = [np.pad(p, ((0, height - p.shape[0]), (0, gap)), constant_values=255) for p in pictures]
    return np.concatenate(padded, axis=1)


def noise(height: int, width: int, seed: int = 1) -> Pixels:
    """Uniform random pixels: the most work a picture without a code can give."""
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def busy(height: int = 1500, width: int = 2000) -> Pixels:
    """A picture full of finder-like marks, which keeps a decode busy for long."""
    finder = np.pad(np.pad(np.zeros((3, 3)), 1, constant_values=1), 1, constant_values=0)
    tile = np.pad(finder, 3, constant_values=1)
    tiled = np.tile(np.kron(tile, np.ones((3, 3))), (height // 33 + 1, width // 33 + 1))[:height, :width]
    return (255 * tiled).astype(np.uint8)


def encoded(pixels: Pixels | PIL.Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    image = pixels if isinstance(pixels, PIL.Image.Image) else PIL.Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _square(scale: int) -> Pixels:
    return np.ones((scale, scale), np.uint8)
