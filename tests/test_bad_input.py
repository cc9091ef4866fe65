"""Bad input: one clear exception of our tree each, never a crash, a hang or a warning."""

from __future__ import annotations

import io
import time
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from pictures import Pixels, encoded, noise, png_of

import qrcore
from qrcore import ImageError, MissingSourceError, SourceError

FORMATS = ["PNG", "JPEG", "BMP", "GIF", "TIFF", "PPM", "WEBP"]


def png(width: int, height: int, pixels: bytes, **header: int) -> bytes:
    """A PNG whose header need not fit its pixels."""
    return png_of(width, height, zlib.compress(pixels), **header)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\0" * 1000, "known format"),
        (b"https://example.org is no picture", "known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is PostScript, .* render it to PNG"),
        (b"\xc5\xd0\xd3\xc6" + bytes(100), "is EPS"),
        (b"%PDF-1.7\n%", "a PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC"),
        (b"\0\0\0\x18ftypmp42" + bytes(50), "film"),
        (b"PK\3\4" + bytes(50), "zip"),
        (b"\x89PNG\r\n\x1a\n", "broken|decoded"),
        (b"\xff\xd8\xff\xe0", "broken|decoded"),
        (b"GIF89a", "broken|decoded"),
        (b"II*\0\x08\0\0\0", "broken|decoded"),
        (b"BM", "broken|decoded"),
        (b"P5 10", "broken|decoded"),
        (png(0, 10, b""), "no pixels|broken"),
        (png(2**31 - 1, 2**31 - 1, b""), "max_pixels|broken"),
        (png(20_000, 20_000, b""), "20000 x 20000 pixels are more than max_pixels=200000000"),
    ],
)
def test_files_that_are_no_picture(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    for source in (data, io.BytesIO(data), tmp_path / "file"):
        with pytest.raises(ImageError, match=message):
            qrcore.decode(source)


@pytest.mark.parametrize("kind", FORMATS)
def test_truncated_files_are_broken(hello: Pixels, kind: str) -> None:
    data = encoded(noise(64, 64) if kind == "JPEG" else hello, kind)
    for length in (20, len(data) // 4, len(data) // 2):
        with pytest.raises(ImageError, match="broken|decoded|no pixels"):
            qrcore.decode(data[:length])


@pytest.mark.parametrize("kind", [*FORMATS, "ICO", "JPEG2000"])
def test_damaged_files_give_symbols_or_our_errors(hello: Pixels, kind: str) -> None:
    data = bytearray(encoded(hello, kind))
    random = np.random.default_rng(7)
    for _ in range(150):
        damaged = bytearray(data)
        for place in random.integers(0, min(len(data), 400), random.integers(1, 6)):
            damaged[place] = random.integers(0, 256)
        try:
            symbols = qrcore.decode(bytes(damaged), max_pixels=1_000_000)
        except (ImageError, MemoryError):
            continue
        assert all(s.text == "hello world" for s in symbols)


@pytest.mark.timing
def test_a_header_that_promises_too_many_pixels_costs_no_time(headroom: int) -> None:
    start = time.process_time()
    with pytest.raises(ImageError, match="max_pixels"):
        qrcore.decode(png(60_000, 60_000, bytes(60_000)))
    assert time.process_time() - start < headroom * 0.2


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ({}, 21 * 30),
        ({"depth": 1}, 4 * 30),
        ({"colours": 2}, 61 * 30),
        ({"colours": 6, "depth": 16}, 161 * 30),
        # Adam7 of 20 x 30: passes of 3 x 4, 2 x 4, 5 x 4, 5 x 8, 10 x 7, 10 x 15 and 20 x 15 pixels
        ({"interlaced": 1}, 4 * 4 + 4 * 3 + 4 * 6 + 8 * 6 + 7 * 11 + 15 * 11 + 15 * 21),
    ],
)
def test_a_png_whose_pixels_end_before_its_rows_is_broken(header: dict[str, int], rows: int, tmp_path: Path) -> None:
    path = tmp_path / "short.png"
    for pixels in (b"", bytes(rows // 2), bytes(rows - 1)):
        path.write_bytes(png(20, 30, pixels, **header))
        with pytest.raises(ImageError, match="cannot be decoded"):
            qrcore.decode(path)
        (item,) = qrcore.decode_many([path], workers=1)
        assert item.kind is qrcore.ErrorKind.BROKEN
    for whole in (bytes(rows), bytes(rows + 999)):
        assert qrcore.decode(png(20, 30, whole, **header)) == []


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_black_png_is_whole(mode: str) -> None:
    assert qrcore.decode(encoded(PIL.Image.new(mode, (333, 50)))) == []


def test_max_pixels_holds_for_every_source(hello: Pixels) -> None:
    pixels = hello.size
    for source in (hello, encoded(hello), encoded(hello, "JPEG"), PIL.Image.fromarray(hello), hello[..., None]):
        assert len(qrcore.decode(source, max_pixels=pixels)) == 1
        with pytest.raises(ImageError, match=f"max_pixels={pixels - 1}; make it smaller or raise max_pixels"):
            qrcore.decode(source, max_pixels=pixels - 1)


def test_a_stream_without_end_ends() -> None:
    class Endless(io.RawIOBase):
        def __init__(self, start: bytes) -> None:
            self.start = start

        def read(self, size: int = -1) -> bytes:
            chunk, self.start = (self.start or bytes(size)), b""
            return chunk

    with pytest.raises(ImageError, match="known format"):
        qrcore.decode(Endless(bytes(100)))
    with pytest.raises(ImageError, match="more than .* bytes"):
        qrcore.decode(Endless(b"\xff\xd8\xff\xe0" + bytes(100)), max_pixels=1000)


# ------------------------------------------------------------------------------------------------ paths, objects


@pytest.mark.parametrize("path", ["missing.png", "", "https://example.org/code.png", Path("no") / "such.jpg"])
def test_a_missing_path_is_also_file_not_found(path: object) -> None:
    with pytest.raises(MissingSourceError, match="No such file") as caught:
        qrcore.decode(path)
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.filename == str(path) or path == ""


def test_a_folder_or_an_impossible_path_is_a_source_error(tmp_path: Path) -> None:
    for path in (tmp_path, "a\0b"):
        with pytest.raises(SourceError):
            qrcore.decode(path)


def test_file_objects_that_do_not_read(tmp_path: Path) -> None:
    class Failing(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    closed = io.BytesIO(b"x")
    closed.close()
    for file in (Failing(), closed):
        with pytest.raises(SourceError):
            qrcore.decode(file)
    with open(tmp_path / "w", "wb") as unreadable, pytest.raises(SourceError):
        qrcore.decode(unreadable)
    with pytest.raises(ImageError, match="mode 'rb'"):
        qrcore.decode(io.StringIO("text"))


@pytest.mark.parametrize("thing", [None, 7, 1.5, object(), [[0, 1], [1, 0]], {"a": 1}, qrcore])
def test_things_that_hold_no_picture(thing: object) -> None:
    with pytest.raises(ImageError, match="is no picture: pass a path"):
        qrcore.decode(thing)


def test_a_pil_image_of_a_truncated_file(hello: Pixels) -> None:
    data = encoded(hello)
    with pytest.raises(ImageError, match="cannot be decoded"):
        qrcore.decode(PIL.Image.open(io.BytesIO(data[: len(data) // 2])))


# ------------------------------------------------------------------------------------------------ arrays


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((0, 0), np.uint8), r"empty.*\(0, 0\)"),
        (np.zeros((0, 10), np.uint8), r"empty.*\(0, 10\)"),
        (np.zeros((10, 0, 3), np.uint8), r"empty.*\(10, 0, 3\)"),
        (np.zeros(10, np.uint8), r"uint8, shape \(10,\); needed is"),
        (np.zeros((), np.uint8), r"shape \(\); needed is"),
        (np.zeros((2, 2, 2, 3), np.uint8), r"shape \(2, 2, 2, 3\); needed is"),
        (np.zeros((5, 5, 2), np.uint8), r"shape \(5, 5, 2\)"),
        (np.zeros((5, 5, 0), np.uint8), r"shape \(5, 5, 0\)"),
        (np.zeros((3, 5, 5), np.uint8), r"shape \(3, 5, 5\)"),
        (np.zeros((5, 5), np.uint16), "dtype uint16.*scale it to 0 .. 255"),
        (np.zeros((5, 5), np.float32), "dtype float32.*scale it to 0 .. 255"),
        (np.zeros((5, 5), np.float64), "dtype float64"),
        (np.zeros((5, 5), bool), r"dtype bool.*\(255 \* array\)"),
        (np.zeros((5, 5), np.int8), "dtype int8"),
        (np.zeros((5, 5), np.int64), "dtype int64"),
        (np.zeros((5, 5), object), "dtype object"),
        (np.zeros((5, 5), "S1"), r"dtype \|S1"),
        (np.zeros((5, 5), "datetime64[s]"), "datetime64"),
        (np.zeros((5, 5), [("a", "u1")]), r"'a', 'u1'"),
        (np.lib.stride_tricks.as_strided(np.zeros(9, np.uint8), (3, 3), (2**61, 1)), "address space"),
        (np.lib.stride_tricks.as_strided(np.zeros(9, np.uint8), (3, 3), (1, -(2**62))), "address space"),
        (np.broadcast_to(np.uint8(0), (2**20, 2**20)), "max_pixels"),
        (np.broadcast_to(np.uint8(0), (2**40, 1)), "max_pixels"),
        (memoryview(np.zeros((5, 5), np.uint16)), "dtype H"),
    ],
)
def test_arrays_of_the_wrong_kind_are_named(array: object, message: str) -> None:
    for call in (qrcore.decode, qrcore.Decoder().decode_one):
        with pytest.raises(ImageError, match=message) as caught:
            call(array)
        assert isinstance(caught.value, ValueError)


def test_a_decoder_is_as_good_as_new_after_an_error(hello: Pixels) -> None:
    decoder = qrcore.Decoder()
    for bad in (b"", np.zeros((2, 2)), "missing.png", None):
        with pytest.raises(qrcore.QRCoreError):
            decoder.decode(bad)
    assert [s.text for s in decoder.decode(hello)] == ["hello world"]


@pytest.mark.parametrize("max_pixels", [100, 99])
def test_the_buffer_is_released_after_success_and_after_an_error(max_pixels: int) -> None:
    held = bytearray(100)
    with memoryview(held).cast("B", (10, 10)) as view:
        try:
            assert qrcore.decode(view, max_pixels=max_pixels) == []
        except ImageError:
            assert max_pixels == 99
    held.append(0)  # raises BufferError while anybody holds the buffer
    assert len(held) == 101
