"""JPEG: what a gray picture does not need is left out, and what comes out is the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pytest
from pictures import Pixels, encoded

import qrcore
from qrcore import jpeg

simplejpeg = pytest.importorskip("simplejpeg")


@pytest.fixture(scope="module")
def colourful() -> PIL.Image.Image:
    """Smooth colours with edges in all three channels; the sides are no multiples of 16."""
    y, x = np.mgrid[:203, :317]
    picture = np.stack([(x * 3) % 256, (y * 5 + x) % 256, 128 + 100 * np.sin(x * y / 400)], axis=2)
    return PIL.Image.fromarray(picture.astype(np.uint8))


def gray(data: bytes, factor: int = 1) -> Pixels:
    header = jpeg.read_header(data)
    assert header is not None
    pixels = jpeg.decode_jpeg(data, header, colour=False, factor=factor)
    assert pixels is not None
    return pixels


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_luminance_is_that_of_all_scans(colourful: PIL.Image.Image, subsampling: str, factor: int) -> None:
    data = encoded(colourful, "JPEG", progressive=True, quality=90, subsampling=subsampling, restart_marker_rows=1)
    sides = {"min_height": -(-203 // factor), "min_width": -(-317 // factor)} if factor > 1 else {}
    expected = simplejpeg.decode_jpeg(data, colorspace="GRAY", **sides)[:, :, 0]
    assert np.array_equal(gray(data, factor), expected)
    assert np.array_equal(gray(memoryview(data), factor), expected)


def test_scans_of_chroma_alone_are_not_decoded(colourful: PIL.Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(colourful, "JPEG", progressive=True)
    given: list[Any] = []

    class Turbo:
        decode_jpeg_header = staticmethod(simplejpeg.decode_jpeg_header)

        @staticmethod
        def decode_jpeg(data: Any, **options: Any) -> Any:
            given.append(data)
            return simplejpeg.decode_jpeg(data, **options)

    monkeypatch.setattr(jpeg, "_simplejpeg", lambda: Turbo)
    gray(data)
    assert data.count(b"\xff\xda") == 10  # as libjpeg writes them: four are of Cb or Cr alone
    assert given[0].count(b"\xff\xda") == 6
    header = jpeg.read_header(data)
    assert header is not None
    jpeg.decode_jpeg(data, header, colour=True)
    assert given[1] == data


@pytest.mark.parametrize("options", [{}, {"progressive": True, "keep_rgb": True}])
def test_files_without_such_scans_are_decoded_as_they_are(colourful: PIL.Image.Image, options: dict[str, bool]) -> None:
    data = encoded(colourful, "JPEG", quality=95, **options)
    assert np.abs(gray(data).astype(int) - np.asarray(colourful.convert("L"))).mean() < 3


def test_a_progressive_file_that_is_cut_off_is_still_an_error(colourful: PIL.Image.Image) -> None:
    data = encoded(colourful, "JPEG", progressive=True)
    for end in range(700, len(data) - 2, 1500):
        with pytest.raises(qrcore.ImageError, match="cannot be decoded|is broken"):
            qrcore.decode(data[:end])
