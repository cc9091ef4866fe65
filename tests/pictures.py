"""Clean pictures of codes for tests, drawn with segno, and files of pictures."""

from __future__ import annotations

import io
import struct
import zlib
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
    return of_modules(np.array([list(row) for row in symbol.matrix]), scale=scale, border=border)


def of_modules(dark: npt.ArrayLike, *, scale: int = 4, border: int = 4) -> Pixels:
    """A gray picture of a matrix whose true values are dark."""
    light = np.pad(np.asarray(dark) == 0, border, constant_values=True)
    return np.kron(255 * light.astype(np.uint8), np.ones((scale, scale), np.uint8))


# The digits of an EAN-13 as bars (GS1 General Specifications, 5.2.1), of which zxing-cpp's writer knows nothing.
_A = "0001101 0011001 0010011 0111101 0100011 0110001 0101111 0111011 0110111 0001011".split()
_PARITY = "AAAAAA AABABB AABBAB AABBBA ABAABB ABBAAB ABBBAA ABABAB ABABBA ABBABA".split()


def ean_13(number: str, scale: int = 3) -> Pixels:
    """A gray picture of the bars."""
    flipped = [each.translate({48: "1", 49: "0"}) for each in _A]
    left = [
        _A[int(d)] if parity == "A" else flipped[int(d)][::-1]
        for d, parity in zip(number[1:7], _PARITY[int(number[0])], strict=True)
    ]
    bars = "101" + "".join(left) + "01010" + "".join(flipped[int(d)] for d in number[7:]) + "101"
    row = np.array([0 if bar == "1" else 255 for bar in "0" * 11 + bars + "0" * 7], np.uint8)
    return np.pad(np.repeat(row, scale)[None, :].repeat(60, axis=0), ((20, 20), (0, 0)), constant_values=255)


def ruined(picture: Pixels) -> Pixels:
    """A code of 4 pixels a module with random modules in its middle: it is found, and not read."""
    out = picture.copy()
    modules = np.random.default_rng(3).integers(0, 2, (11, 11))
    out[48:92, 48:92] = 255 * np.kron(modules, np.ones((4, 4), np.uint8))
    return out


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


def mixed() -> list[Pixels]:
    """Pictures with none, one and several codes, some of them damaged."""
    pages = [code(f"text {i}", scale=2 + i % 4, version=1 + i % 9) for i in range(12)]
    ruined = pages[3].copy()
    ruined[40:70, 40:70] = 128
    return [*pages, ruined, row_of(*pages[:4]), row_of(pages[5], 255 - pages[6]), noise(200, 300), busy(132, 264)]


def encoded(pixels: Pixels | PIL.Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    image = pixels if isinstance(pixels, PIL.Image.Image) else PIL.Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_of(
    width: int, height: int, packed: bytes, *, depth: int = 8, colours: int = 0, interlaced: int = 0, more: bytes = b""
) -> bytes:
    """A PNG whose header says what it likes: `packed` are its compressed pixels, `more` a chunk before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlaced)
    chunks = (b"IHDR" + header, *([more] if more else []), b"IDAT" + packed, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )
