"""Pictures and files made to be dear: each ends in its time and its memory, and reads nothing that is not there."""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from pictures import Pixels, encoded, noise, png_of

import qrcore
from benches import hostile
from qrcore import ImageError

MOST_SECONDS = 3.0  # of CPU, at thorough, for 4 megapixels
MOST_MEMORY = 64 << 20  # bytes beside the picture, for 4 megapixels
OVER_MS = 2.0  # over a deadline

linux_only = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads /proc")


@linux_only
@pytest.mark.timing
@pytest.mark.parametrize("name", hostile.PICTURES)
def test_a_dear_picture_ends_in_three_seconds_and_bounded_memory(name: str, headroom: int) -> None:
    cost = hostile.measure(name, "thorough")
    assert cost.seconds < headroom * MOST_SECONDS
    assert cost.memory < MOST_MEMORY
    assert cost.texts <= {hostile.SAID}


@pytest.mark.timing
@pytest.mark.parametrize("effort", hostile.EFFORTS)
def test_a_deadline_holds_on_12_megapixels_of_noise(effort: str, headroom: int) -> None:
    picture = noise(3000, 4000)
    for deadline in (2, 10, 30):
        assert hostile.over(picture, effort, deadline) < headroom * OVER_MS


@pytest.mark.timing
@pytest.mark.parametrize("name", hostile.PICTURES)
def test_a_deadline_holds_on_a_dear_picture(name: str, headroom: int) -> None:
    """At times of which each finds another stage at work; more of them where it is to be exact."""
    picture = hostile.picture(name)
    for deadline in (2.0, *np.random.default_rng(1).uniform(3, 400, 12 // headroom)):
        assert hostile.over(picture, "thorough", deadline) < headroom * OVER_MS


# ------------------------------------------------------------------------------------------------ files


def png(width: int, height: int, chunk: bytes = b"") -> bytes:
    """A black PNG, a thousandth of its pixels in size, with one chunk more."""
    packer = zlib.compressobj(9)
    rows = b"".join([*(packer.compress(bytes(width + 1)) for _ in range(height)), packer.flush()])
    return png_of(width, height, rows, more=chunk)


def icon(inside: bytes) -> bytes:
    """An icon of 16 x 16 pixels, as its directory has it."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(inside), 22) + inside


def many_scans(count: int) -> bytes:
    """A progressive JPEG of 4 megapixels that refines its last coefficient again and again."""
    data = encoded(np.zeros((2000, 2000), np.uint8), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xc4", 0, data.rindex(b"\xff\xda")) : -2]
    return data[:-2] + count * last + data[-2:]


def cpu(call: object) -> float:
    assert callable(call)
    start = time.process_time()
    call()
    return time.process_time() - start


def test_an_icon_is_refused_by_the_picture_inside_of_it() -> None:
    data = icon(png(3000, 3000))
    assert qrcore.decode(data) == []
    with pytest.raises(ImageError, match="3000 x 3000 pixels are more than max_pixels=1000000"):
        qrcore.decode(data, max_pixels=1_000_000)
    assert qrcore.decode(encoded(PIL.Image.new("RGB", (16, 16)), "ICO"), max_pixels=256) == []
    bitmap = encoded(PIL.Image.new("RGB", (600, 600)), "BMP")[14:]
    with pytest.raises(ImageError, match="more than max_pixels=1000"):
        qrcore.decode(icon(bitmap), max_pixels=1000)


def test_bombs_stop_no_batch(hello: Pixels) -> None:
    sources = [icon(png(3000, 3000)), many_scans(1000), encoded(hello)]
    items = list(qrcore.decode_many(sources, workers=1, max_pixels=5_000_000))
    assert [[symbol.text for symbol in item.symbols] for item in items] == [[], [], ["hello world"]]
    assert [item.error is None for item in items] == [False, False, True]


@pytest.mark.timing
def test_a_jpeg_of_a_thousand_scans_is_refused_at_once(headroom: int) -> None:
    data = many_scans(1000)

    def refused() -> None:
        with pytest.raises(ImageError, match="10.. scans"):
            qrcore.decode(data, deadline_ms=50)

    assert len(data) < 100_000
    assert cpu(refused) < headroom * 0.05


def test_a_jpeg_of_some_scans_is_read(hello: Pixels) -> None:
    assert [s.text for s in qrcore.decode(encoded(hello, "JPEG", progressive=True))] == ["hello world"]
    assert qrcore.decode(many_scans(50), max_pixels=4_000_000) == []


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_a_bomb_beside_the_pixels_does_not_go_off(kind: bytes) -> None:
    name = b"k\0\1\0\0\0" if kind == b"iTXt" else b"k\0\0"
    data = png(10, 10, kind + name + zlib.compress(bytes(200_000_000), 9))
    with pytest.raises(ImageError, match="Decompressed data too large"):
        qrcore.decode(data)


@pytest.mark.timing
def test_a_bomb_of_pixels_within_max_pixels_costs_what_its_pixels_cost(headroom: int) -> None:
    data = png(10_000, 10_000)
    assert len(data) < 110_000
    assert cpu(lambda: qrcore.decode(data, deadline_ms=20)) < headroom * 1.0


def test_a_file_of_many_pictures_costs_its_first() -> None:
    file = io.BytesIO()
    page = PIL.Image.new("L", (40, 40))
    page.save(file, "TIFF", save_all=True, append_images=[page] * 500)
    assert qrcore.decode(file.getvalue(), max_pixels=1600) == []
    file = io.BytesIO()
    page.save(file, "GIF", save_all=True, append_images=[PIL.Image.new("L", (40, 40), 9 * k) for k in range(20)])
    assert qrcore.decode(file.getvalue(), max_pixels=1600) == []
