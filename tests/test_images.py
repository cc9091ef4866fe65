"""Loading: every way in which a picture can be handed over gives the same pixels."""

from __future__ import annotations

import io
import mmap
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
from pictures import Pixels, code, encoded

import qrcore
from qrcore import images, jpeg


def text_of(image: object, **options: object) -> str:
    (symbol,) = qrcore.decode(image, **options)
    return symbol.text


# ------------------------------------------------------------------------------------------------ sources


def test_a_path_may_be_text_or_path_object(hello: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "höllo wörld.png"
    path.write_bytes(encoded(hello))
    assert text_of(str(path)) == text_of(path) == "hello world"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda b: memoryview(b * 2)[: len(b)]])
def test_the_bytes_of_a_file_may_be_in_any_buffer(hello: Pixels, kind: object) -> None:
    assert text_of(kind(encoded(hello))) == "hello world"


def test_a_mapped_file_is_read(hello: Pixels, tmp_path: Path) -> None:
    (tmp_path / "code.png").write_bytes(encoded(hello))
    with open(tmp_path / "code.png", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert text_of(mapped) == "hello world"


def test_a_file_object_is_read_from_where_it_stands(hello: Pixels) -> None:
    file = io.BytesIO(b"12345" + encoded(hello))
    file.seek(5)
    assert text_of(file) == "hello world"


def test_a_stream_that_cannot_seek_and_gives_little_at_a_time_is_read(hello: Pixels) -> None:
    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.rest = encoded(hello)

        def read(self, size: int = -1) -> bytes:
            chunk, self.rest = self.rest[:7], self.rest[7:]
            return chunk

    assert text_of(Stream()) == "hello world"


def test_a_pil_image_is_left_as_it_was(hello: Pixels) -> None:
    image = PIL.Image.open(io.BytesIO(encoded(PIL.Image.fromarray(hello).convert("RGB"), "JPEG")))
    assert text_of(image) == "hello world"
    assert image.mode == "RGB"


# ------------------------------------------------------------------------------------------------ arrays


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_arrays_may_have_channels(hello: Pixels, channels: int) -> None:
    array = np.repeat(hello[:, :, None], channels, axis=2)
    if channels == 4:
        array[..., 3] = 255
    assert text_of(array) == "hello world"


def strided(hello: Pixels) -> dict[str, np.ndarray]:
    rgba = np.full((*hello.shape, 4), 255, np.uint8)
    rgba[..., :3] = hello[..., None]
    wide = np.zeros((2 * hello.shape[0], 3 * hello.shape[1]), np.uint8)
    wide[::2, ::3] = hello
    frozen = hello.copy()
    frozen.flags.writeable = False
    return {
        "rows upside down": hello[::-1].copy()[::-1],
        "columns turned round": hello[:, ::-1].copy()[:, ::-1],
        "both": hello[::-1, ::-1].copy()[::-1, ::-1],
        "Fortran order": np.asfortranarray(hello),
        "every second row, every third pixel": wide[::2, ::3],
        "read-only": frozen,
        "zero stride channels": np.broadcast_to(hello[:, :, None], (*hello.shape, 3)),
        "channels backwards": rgba[..., 2::-1],
        "RGB of RGBA": rgba[..., :3],
        "planes": np.ascontiguousarray(np.moveaxis(rgba, 2, 0)).transpose(1, 2, 0)[..., :3],
        "one plane of RGBA": rgba[..., 1],
        "not aligned": np.frombuffer(b"x" + hello.tobytes(), np.uint8)[1:].reshape(hello.shape),
    }


@pytest.mark.parametrize("name", strided(code("hello world")))
def test_arrays_may_have_any_strides(hello: Pixels, name: str) -> None:
    expected = qrcore.decode(hello)
    assert qrcore.decode(strided(hello)[name]) == expected


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 2), (1, 1, 3), (7, 7, 4)])
def test_tiny_and_thin_arrays_hold_no_code(shape: tuple[int, ...]) -> None:
    assert qrcore.decode(np.zeros(shape, np.uint8)) == []


def test_a_picture_of_one_repeated_row_holds_no_code(hello: Pixels) -> None:
    assert qrcore.decode(np.broadcast_to(hello[20], hello.shape)) == []
    assert qrcore.decode(np.broadcast_to(np.uint8(0), (300, 300))) == []


def test_a_two_dimensional_memoryview_is_a_picture(hello: Pixels) -> None:
    assert text_of(memoryview(hello)) == "hello world"


# ------------------------------------------------------------------------------------------------ files

PLAIN = ["PNG", "BMP", "GIF", "TIFF", "PPM", "WEBP", "JPEG", "ICO", "JPEG2000", "AVIF"]


@pytest.mark.parametrize("kind", PLAIN)
def test_each_format_is_read(hello: Pixels, kind: str) -> None:
    picture = PIL.Image.fromarray(np.pad(hello, 4, constant_values=255))
    options = {"lossless": True} if kind == "WEBP" else {"sizes": [picture.size]} if kind == "ICO" else {}
    try:
        data = encoded(picture, kind, **options)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {kind}")
    assert text_of(data) == "hello world"


def in_mode(hello: Pixels, mode: str) -> PIL.Image.Image:
    gray = PIL.Image.fromarray(hello)
    rgb = gray.convert("RGB")
    if mode.startswith("I;16"):
        order = ">" if mode.endswith("B") else "<"
        return PIL.Image.frombytes(mode, gray.size, (hello.astype(order + "u2") * 257).tobytes())
    if mode == "I":
        return PIL.Image.fromarray(hello.astype(np.int32) * 257)
    if mode == "LAB":
        profiles = PIL.ImageCms.createProfile("sRGB"), PIL.ImageCms.createProfile("LAB")
        converted = PIL.ImageCms.applyTransform(rgb, PIL.ImageCms.buildTransform(*profiles, "RGB", "LAB"))
        assert converted is not None
        return converted
    if mode in ("La", "PA"):
        return gray.convert("LA").convert(mode)
    if mode == "RGBa":
        return gray.convert("RGBA").convert(mode)
    return rgb.convert(mode)


MODES = ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "PA", "RGBX", "RGBa", "La"]


@pytest.mark.parametrize("effort", ["balanced", "thorough"])
@pytest.mark.parametrize("mode", [*MODES, "I;16", "I;16B"])
def test_pil_images_of_every_mode_are_read(hello: Pixels, mode: str, effort: str) -> None:
    image = in_mode(hello, mode)
    assert image.mode == mode
    assert text_of(image, effort=effort) == "hello world"
    pixels = images.load(image)
    assert pixels.dtype == np.uint8
    assert pixels.shape == hello.shape
    assert pixels.min() < 10
    assert pixels.max() > 245


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_16_bit_files_show_whatever_bits_they_use(hello: Pixels, bits: int) -> None:
    deep = (hello.astype(np.uint32) * (2**bits - 1) // 255).astype(np.uint16)
    assert text_of(encoded(PIL.Image.fromarray(deep), "PNG")) == "hello world"
    assert text_of(encoded(PIL.Image.fromarray(deep), "TIFF")) == "hello world"


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 1e30])
def test_float_pictures_are_scaled_by_their_range(hello: Pixels, top: float) -> None:
    image = PIL.Image.fromarray((hello.astype(np.float64) / 255 * top).astype(np.float32))
    assert images.load(image).tolist() == hello.tolist()


def test_float_pictures_may_hold_no_number(hello: Pixels) -> None:
    values = hello.astype(np.float32)
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    assert text_of(PIL.Image.fromarray(values)) == "hello world"


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
@pytest.mark.parametrize("colour", [False, True])
def test_transparent_pixels_of_files_lie_on_white(hello: Pixels, mode: str, colour: bool) -> None:
    black = PIL.Image.new("L", hello.shape[::-1], 0)
    image = PIL.Image.merge("LA", [black, PIL.Image.fromarray(255 - hello)])
    if mode == "P":  # index 0 is transparent black, index 1 opaque black
        image = PIL.Image.fromarray((hello == 0).astype(np.uint8), "L").convert("P")
        image.putpalette([0, 0, 0] * 2)
        data = encoded(image, "PNG", transparency=bytes([0, 255]))
    else:
        data = encoded(image.convert(mode), "PNG")
    pixels = images.load(data, colour=colour)
    assert np.array_equal(pixels if pixels.ndim == 2 else pixels[..., 0], hello)


def test_colour_is_kept_only_where_asked_for_and_there(hello: Pixels) -> None:
    tinted = PIL.Image.fromarray(np.stack([hello, hello, 255 - hello // 2], axis=2))
    for kind in ("PNG", "JPEG", "BMP"):
        assert images.load(encoded(tinted, kind)).shape == hello.shape
        assert images.load(encoded(tinted, kind), colour=True).shape == (*hello.shape, 3)
        assert images.load(encoded(hello, kind), colour=True).shape == hello.shape


@pytest.mark.parametrize("turbo", [True, False])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_gives_the_same_pixels_with_and_without_simplejpeg(
    hello: Pixels, turbo: bool, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if turbo:
        pytest.importorskip("simplejpeg")
    else:
        monkeypatch.setitem(sys.modules, "simplejpeg", None)
        monkeypatch.setattr(jpeg, "_simplejpeg", jpeg._simplejpeg.__wrapped__)
    data = encoded(PIL.Image.fromarray(hello).convert(mode), "JPEG", quality=95)
    assert np.abs(images.load(data).astype(int) - hello).mean() < 3
    assert np.abs(images.load(data, colour=True).astype(int).mean(axis=-1) - hello).mean() < 3 or mode == "L"


def test_exif_orientation_is_not_applied(hello: Pixels) -> None:
    wide = np.pad(hello, ((0, 0), (0, 60)), constant_values=255)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees for show
    data = encoded(PIL.Image.fromarray(wide), "JPEG", exif=exif.tobytes())
    assert images.load(data).shape == wide.shape
    (symbol,) = qrcore.decode(data)
    assert symbol.corners[0] == pytest.approx((16, 16), abs=1)


def test_the_first_frame_of_an_animation_counts(hello: Pixels) -> None:
    first, second = PIL.Image.fromarray(hello), PIL.Image.fromarray(code("second"))
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=[second])
    assert text_of(file.getvalue()) == "hello world"


# ------------------------------------------------------------------------------------------------ warnings


def test_warnings_of_pillow_stay_inside_and_filters_stay_as_they_were(
    hello: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    image = PIL.Image.fromarray(hello).convert("P")
    data = encoded(image, "PNG", transparency=bytes(range(256)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        qrcore.decode(data)
        qrcore.decode(PIL.Image.fromarray(hello))
        assert warnings.filters == before


def test_filters_are_restored_when_threads_load_at_once(hello: Pixels) -> None:
    data = encoded(hello)
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [images.load(data) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
