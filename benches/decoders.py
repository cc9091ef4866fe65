"""The decoders that the measuring tools compare, each as a function: picture in, texts and corners out."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]  # H x W, or H x W x 3 RGB
Quad = npt.NDArray[np.float64]  # 4 x 2: top-left, top-right, bottom-right, bottom-left
Found = tuple[str, Quad]
Decode = Callable[[Pixels], list[Found]]

ZXING_NAMES = ("QRCode", "MicroQRCode", "RMQRCode")
"""What zxing-cpp calls the symbologies that our own engine reads."""


def _module(name: str) -> Any:
    return importlib.import_module(name)


def _gray(image: Pixels) -> Pixels:
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _quad(points: Any) -> Quad:
    return np.array([tuple(p) for p in points], float)


def _qrcore(effort: str, symbologies: str | None = None) -> Decode:
    decoder = _module("qrcore").Decoder(effort=effort, symbologies=symbologies)
    return lambda image: [(s.text, _quad(s.corners)) for s in decoder.decode(image)]


def _zxing_cpp() -> Decode:
    zxing = _module("zxingcpp")
    formats = [getattr(zxing.BarcodeFormat, name) for name in ZXING_NAMES]

    def decode(image: Pixels) -> list[Found]:
        read = zxing.read_barcodes(_gray(image), formats=formats, text_mode=zxing.TextMode.Plain)
        places = [b.position for b in read]
        corners = [(p.top_left, p.top_right, p.bottom_right, p.bottom_left) for p in places]
        return [(b.text, _quad((c.x, c.y) for c in quad)) for b, quad in zip(read, corners, strict=True)]

    return decode


def _opencv(detector: str) -> Decode:
    made = getattr(_module("cv2"), detector)()

    def decode(image: Pixels) -> list[Found]:
        _, texts, quads, _ = made.detectAndDecodeMulti(_gray(image))
        if quads is None:
            return []
        return [(text, _quad(quad)) for text, quad in zip(texts, quads, strict=True) if text]

    return decode


def _pyzbar() -> Decode:
    zbar = _module("pyzbar.pyzbar")

    def decode(image: Pixels) -> list[Found]:
        read = zbar.decode(_gray(image), symbols=[zbar.ZBarSymbol.QRCODE])
        return [(r.data.decode("utf-8", "replace"), _quad(r.polygon)) for r in read]

    return decode


DECODERS: dict[str, Callable[[], Decode]] = {
    "qrcore-fast": lambda: _qrcore("fast"),
    "qrcore-balanced": lambda: _qrcore("balanced"),
    "qrcore-thorough": lambda: _qrcore("thorough"),
    "qrcore-qr": lambda: _qrcore("balanced", "qr"),  # without Micro QR and rMQR
    "zxing-cpp": _zxing_cpp,
    "opencv": lambda: _opencv("QRCodeDetector"),
    "opencv-aruco": lambda: _opencv("QRCodeDetectorAruco"),
    "pyzbar": _pyzbar,
}


def make_decoders(names: Sequence[str]) -> dict[str, Decode]:
    """The named decoders, on one thread each; ends the program with the reason if one cannot be had."""
    cv2.setNumThreads(1)
    made = {}
    for name in names:
        if name not in DECODERS:
            sys.exit(f"no decoder is called {name!r}; there are {', '.join(DECODERS)}")
        try:
            made[name] = DECODERS[name]()
        except (ImportError, AttributeError) as error:
            package = name.rsplit("-", 1)[0] if name.startswith("qrcore") else name
            others = ",".join(n for n in names if not n.startswith(package)) or "zxing-cpp"
            sys.exit(f"{package} cannot be used here: {error}. Install it, or pass --decoders {others}")
    return made
