"""JPEG: what a gray picture does not need is left out, and what comes out is the same."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from pictures import Pixels, code, encoded

import qrcore
import qrcore.images
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


# ------------------------------------------------------------------------------------------------ `fast` at half size


def file_of(text: str, *, scale: int) -> bytes:
    return encoded(code(text, scale=scale), "JPEG", quality=95)


def sizes_decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The factor of each JPEG that is decompressed from now on."""
    factors: list[int] = []

    def decode(data: Any, header: jpeg.Header, *, colour: bool, factor: int = 1) -> Any:
        factors.append(factor)
        return jpeg.decode_jpeg(data, header, colour=colour, factor=factor)

    monkeypatch.setattr("qrcore.images.decode_jpeg", decode)
    return factors


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_fast_decodes_a_large_file_at_half_size(effort: qrcore.EffortLike, monkeypatch: pytest.MonkeyPatch) -> None:
    factors = sizes_decoded(monkeypatch)
    large, small = file_of("large", scale=60), file_of("small", scale=20)
    assert [s.text for s in qrcore.decode(large, effort=effort)] == ["large"]
    assert [s.text for s in qrcore.decode(small, effort=effort)] == ["small"]
    assert factors == ([2, 1] if effort == "fast" else [1, 1])


@pytest.fixture(scope="module")
def fine() -> bytes:
    """A code with modules of 2 pixels, turned, in 2.6 megapixels: lost at half size."""
    drawn = PIL.Image.fromarray(code("fine", scale=2, border=8, version=5))
    turned = drawn.rotate(20, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    page = PIL.Image.new("L", (1600, 1600), 255)
    page.paste(turned, (401, 300))
    return encoded(page, "JPEG", quality=95)


def test_a_small_code_in_a_large_file_is_read_by_a_second_look(fine: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = qrcore.decode(qrcore.images.load(fine), effort="fast")
    assert [s.text for s in expected] == ["fine"]
    factors = sizes_decoded(monkeypatch)
    assert qrcore.decode(fine, effort="fast") == expected
    assert qrcore.Decoder(effort="fast").decode(fine) == expected
    assert qrcore.decode_one(fine, effort="fast") == expected[0]
    assert factors == [2, 1] * 3


@pytest.mark.parametrize("turbo", [True, False])
@pytest.mark.parametrize("shift", [0, 1])
def test_corners_are_those_of_the_full_size(turbo: bool, shift: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if not turbo:
        monkeypatch.setattr(jpeg, "_simplejpeg", lambda: None)
    drawn = np.pad(code("here", scale=24, border=20), ((shift, 4), (shift, 7)), constant_values=255)  # odd sides
    data = encoded(drawn, "JPEG", quality=95)
    (quick,) = qrcore.decode(data, effort="fast")
    (whole,) = qrcore.decode(qrcore.images.load(data), effort="fast")
    assert quick.text == whole.text == "here"
    assert np.asarray(quick.corners) == pytest.approx(np.asarray(whole.corners), abs=1.5)
    want = [(480 + shift + 24 * x, 480 + shift + 24 * y) for x, y in ((0, 0), (21, 0), (21, 21), (0, 21))]
    assert np.asarray(quick.corners) == pytest.approx(np.asarray(want), abs=2)


def test_paths_files_and_bytes_give_the_same(tmp_path: Path) -> None:
    data = file_of("any way", scale=60)
    (tmp_path / "code.jpg").write_bytes(data)
    expected = qrcore.decode(data, effort="fast")
    assert expected
    assert qrcore.decode(tmp_path / "code.jpg", effort="fast") == expected
    assert qrcore.decode(io.BytesIO(data), effort="fast") == expected
    assert qrcore.decode(memoryview(data), effort="fast") == expected


def test_a_region_is_looked_at_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    factors = sizes_decoded(monkeypatch)
    data = file_of("region", scale=60)
    assert qrcore.decode(data, effort="fast", region=(0, 0, 1740, 1740))
    assert qrcore.decode(data, effort="fast", region=(0, 0, 200, 200)) == []
    assert factors == [1, 1]


def test_failures_of_the_second_look_are_told_in_full_size() -> None:
    torn = code("torn", scale=60)
    torn[600:1200, 600:1200] = 128
    (failed,) = qrcore.decode(encoded(torn, "JPEG", quality=95), effort="fast", return_failures=True)[:1]
    assert failed.status is not qrcore.Status.ok
    assert np.asarray(failed.corners).max() > 1000


def test_a_deadline_is_for_both_looks_together(fine: bytes) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            time.sleep(0.1)
            return super().read(size)

    assert qrcore.decode(Slow(fine), effort="fast", deadline_ms=50) == []
    assert [s.text for s in qrcore.decode(Slow(fine), effort="fast", deadline_ms=600_000)] == ["fine"]


def test_too_large_a_file_is_refused_whatever_its_half_is() -> None:
    with pytest.raises(qrcore.ImageError, match="max_pixels=1000000"):
        qrcore.decode(file_of("large", scale=60), effort="fast", max_pixels=1_000_000)
