"""Pages of PDF documents, drawn in gray."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from .failures import Failure, extra
from .item import ErrorKind, full_name
from .pictures import MemoryPicture, check_size

__all__ = ["pages"]

_PDFIUM = threading.Lock()  # it is not made for threads


def pages(file: BinaryIO, name: str, *, dpi: float, max_pixels: int) -> Iterator[MemoryPicture | Failure]:
    """Every page as a picture of `dpi` dots an inch; one that cannot be drawn is a failure.

    Args:
        file: can be sought.
        name: for messages.

    Raises:
        Failure: the document cannot be opened, or pypdfium2 is not installed.
    """
    pdfium = extra("pypdfium2")
    try:
        with _PDFIUM:
            document = pdfium.PdfDocument(file)
            count = len(document)
    except Exception as error:  # encrypted, damaged
        raise Failure.image(ErrorKind.BROKEN, name, f"cannot be opened: {error}") from error
    try:
        for number in range(count):
            yield _page(document, number, full_name(name, None, number), dpi / 72, max_pixels)
    finally:
        with _PDFIUM:
            document.close()


def _page(document: Any, number: int, name: str, scale: float, max_pixels: int) -> MemoryPicture | Failure:
    try:
        with _PDFIUM:
            page = document[number]
            try:
                width, height = (max(1, round(length * scale)) for length in page.get_size())
                check_size(width, height, name, max_pixels)
                drawn = page.render(scale=scale, grayscale=True).to_numpy()
                pixels = np.array(drawn if drawn.ndim == 2 else drawn[:, :, 0])  # pdfium frees its own
            finally:
                page.close()
    except Failure as failure:
        return failure.of_page(number)
    except Exception as error:
        return Failure.image(ErrorKind.BROKEN, name, f"cannot be drawn: {error}").of_page(number)
    return MemoryPicture(pixels, pixels.shape[1], pixels.shape[0], number)
