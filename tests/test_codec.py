"""From module grids to bytes: every size, level, mode and mask, other encoders, and what is not to be read."""

from __future__ import annotations

import functools
import itertools
import operator
import random
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import segno
import segno.consts
import zxingcpp
from grids import (
    LEVELS,
    MODES,
    capacity,
    data_modules,
    decode_any_guess,
    encode,
    grid_of,
    text_of,
)
from reference import bitstream as oracle
from reference import model1

from qrcore._core import stages


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_version_level_and_mode(level: str, mode: str) -> None:
    """The mask runs along with the version; symbols are filled from one character to the brim."""
    for version in range(1, 41):
        room = capacity(version, level, mode)
        count = (1, room // 2, room)[version % 3] if version > 2 else room
        text, data = text_of(mode, count, version)
        encoding = {"byte": "iso8859-1", "kanji": "shift_jis", "hanzi": "gb2312"}.get(mode)
        llr = encode(text, version, level, mode=mode, mask=version % 8, encoding=encoding)
        got = stages.decode_modules(llr)
        assert (got["status"], got["data"]) == ("ok", data), (version, got)
        assert (got["version"], got["level"], got["mask"], got["mirrored"]) == (version, level, version % 8, False)
        assert [s[0] for s in got["segments"]] == [mode]
        assert (got["corrected"], got["margin"]) == (0, 1)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("mask", range(8))
def test_every_mask_upright_and_mirrored(level: str, mask: int) -> None:
    for version in (1, 2, 7, 14):
        llr = encode("Mask", version, level, mask=mask)
        for mirrored, grid in ((False, llr), (True, np.ascontiguousarray(llr.T))):
            got = stages.decode_modules(grid)
            assert (got["status"], got["data"]) == ("ok", b"Mask")
            assert (got["level"], got["mask"], got["mirrored"]) == (level, mask, mirrored)


MICRO_DIGITS = {
    ("M1", None): 5,
    ("M2", "L"): 10,
    ("M2", "M"): 8,
    ("M3", "L"): 23,
    ("M3", "M"): 18,
    ("M4", "L"): 35,
    ("M4", "M"): 30,
    ("M4", "Q"): 21,
}


@pytest.mark.parametrize(("version", "level", "digits"), [(*symbol, most) for symbol, most in MICRO_DIGITS.items()])
def test_micro_qr(version: str, level: str | None, digits: int) -> None:
    texts = ["1", "9" * digits, "".join(random.Random(1).choices("0123456789", k=digits))]
    texts += {"M1": [], "M2": ["AB"], "M3": ["AB", "ab", "点"], "M4": ["AB:", "abc", "点茗"]}[version]
    for text, mask in itertools.product(texts, range(4)):
        llr = encode(text, version, level, mask=mask)
        for mirrored, grid in ((False, llr), (True, np.ascontiguousarray(llr.T))):
            got = stages.decode_modules(grid, symbology="micro_qr")
            assert (got["status"], got["data"]) == ("ok", text.encode("shift_jis")), (text, mask, got)
            assert (got["version"], got["mask"], got["mirrored"]) == (int(version[1]), mask, mirrored)
            assert level is None or got["level"] == level


def test_m1_is_read_only_when_nothing_is_wrong() -> None:
    """It has two check codewords: one damaged module, in data or format information, and there is no answer."""
    llr = encode("12345", "M1", None)
    assert stages.decode_modules(llr, symbology="micro_qr")["status"] == "ok"
    for y, x in [(8, 3), (10, 10), (9, 1), (5, 9)]:
        damaged = llr.copy()
        damaged[y, x] *= -1
        assert decode_any_guess(damaged, symbology="micro_qr", erasures=True)["status"] != "ok"


@pytest.mark.parametrize("level", "MH")
def test_rmqr(level: str) -> None:
    """All 32 sizes; padding_ok shows that the split into data and check codewords is right, not only the code."""
    for version in range(1, 33):
        read = 0
        for text in ("1", "12345678", "ABC", "abc", "点茗", "x" * 40, "9" * 100, "A1" * 40):
            try:
                code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.RMQRCode, version=version, ec_level=level)
            except ValueError:
                continue  # too long
            image = np.array(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False))
            got = stages.decode_modules(grid_of(image < 128), symbology="rmqr")
            assert (got["status"], got["version"], got["level"]) == ("ok", version, level), (text, got)
            assert got["data"] in (text.encode("shift_jis"), text.encode())
            assert got["padding_ok"]
            assert not got["mirrored"]
            read += 1
        assert read


def model1_stream(version: int, level: str) -> tuple[str, bytes]:
    """Segments that fill a symbol to a third, by two thirds or to the brim, which version it is deciding."""
    code, room = oracle.Code("qr", version), 8 * model1.data_codewords(version, level) - 4
    heads = 2 * 4 + code.count_width("numeric") + code.count_width("byte")
    count = (room - heads - 4) // 8 * (version % 3 + 1) // 3
    data = random.Random(version).randbytes(max(count, 1))
    return oracle.segment(code, "numeric", b"7") + oracle.segment(code, "byte", data), b"7" + data


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("version", range(1, 15))
def test_model_1(version: int, level: str) -> None:
    """The format information of M with mask 4 and Q with mask 3 reads the same mirrored: upright comes first then."""
    stream, data = model1_stream(version, level)
    for mask in range(8):
        llr = grid_of(model1.encode(stream, version, level, mask).matrix)
        for mirrored, grid in ((False, llr), (True, np.ascontiguousarray(llr.T))):
            got = decode_any_guess(grid, symbology="qr_model_1")
            assert (got["status"], got["data"], got["padding_ok"]) == ("ok", data, True)
            assert got["guess"] == (mirrored and (level, mask) in [("M", 4), ("Q", 3)])
            assert (got["version"], got["level"], got["mask"]) == (version, level, mask)
            assert (got["mirrored"], got["version_read"]) == (mirrored, 0)
            assert (got["corrected"], got["margin"], got["format_distance"]) == (0, 1, 0)
            assert stages.decode_modules(grid)["status"] != "ok"  # as QR Code


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("version", range(1, 15))
def test_model_1_up_to_its_capacity(version: int, level: str) -> None:
    pick = random.Random(version)
    stream, data = model1_stream(version, level)
    symbol = model1.encode(stream, version, level, version % 8)
    llr = grid_of(symbol.matrix)
    for block in symbol.blocks:
        for codeword in pick.sample(block, symbol.correctable):
            for place in pick.sample(symbol.codewords[codeword], pick.randint(1, 4)):
                llr[place] *= -1
    for mirrored, grid in ((False, llr), (True, np.ascontiguousarray(llr.T))):
        got = decode_any_guess(grid, symbology="qr_model_1")
        assert (got["status"], got["data"], got["mirrored"]) == ("ok", data, mirrored)
        assert got["corrected"] == len(symbol.blocks) * symbol.correctable

    right = symbol.matrix == (llr > 0)
    for block in symbol.blocks:
        whole = [c for c in block if all(right[place] for place in symbol.codewords[c])]
        one_more = llr.copy()
        one_more[pick.choice(symbol.codewords[pick.choice(whole)])] *= -1
        assert stages.decode_modules(one_more, symbology="qr_model_1")["status"] == "correction"


@pytest.mark.parametrize(
    ("name", "border", "step"), [("qr-model-1.png", 9, 2), ("#940.png", 2, 1)], ids=["version_2", "version_5"]
)
def test_model_1_of_other_encoders(data: Path, name: str, border: int, step: int) -> None:
    """One block; and two of them, some codewords wrong."""
    path = data / "zxing-cpp" / "qrcode-2" / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    with PIL.Image.open(path) as picture:
        pixels = np.asarray(picture.convert("L"))
    llr = grid_of(pixels[border : -border + step - 1 : step, border : -border + step - 1 : step] < 128)
    got = stages.decode_modules(llr, symbology="qr_model_1")
    assert (got["status"], got["data"]) == ("ok", path.with_suffix(".txt").read_bytes())
    assert (got["padding_ok"], got["mirrored"], got["format_distance"]) == (True, False, 0)


def test_extra_zero_codeword_of_segno_is_padding_fault_only() -> None:
    """segno adds a zero codeword where the terminator already ends at a boundary."""
    got = stages.decode_modules(encode("abc", 1, "M", mode="byte"))
    assert (got["status"], got["data"], got["padding_ok"]) == ("ok", b"abc", False)


def drawn_by_zxing(text: str, **options: object) -> np.ndarray:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, **options)
    return grid_of(np.array(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False)) < 128)


def test_gs1_of_another_encoder() -> None:
    got = stages.decode_modules(drawn_by_zxing("(01)09501101530003(10)AB12(21)X", gs1=True))
    assert (got["status"], got["fnc1"], got["padding_ok"]) == ("ok", "gs1", True)
    assert got["data"] == b"010950110153000310AB12\x1d21X"


def test_eci_of_another_encoder() -> None:
    got = stages.decode_modules(drawn_by_zxing("naïve 符号", eci="UTF-8"))
    assert (got["status"], got["padding_ok"]) == ("ok", True)
    assert got["data"] == "naïve 符号".encode()
    assert {segment[1] for segment in got["segments"]} == {26}


def test_structured_append_of_another_encoder() -> None:
    text = "STRUCTURED APPEND " * 5
    codes = segno.make_sequence(text, symbol_count=4, error="M", boost_error=False)
    read = [stages.decode_modules(grid_of([list(row) for row in code.matrix])) for code in codes]
    parity = functools.reduce(operator.xor, text.encode())
    assert [r["append"] for r in read] == [(i, 4, parity) for i in range(4)]
    assert b"".join(r["data"] for r in read) == text.encode()


# ------------------------------------------------------------------------------------------------ damage and acceptance


def test_erasures_mend_what_errors_alone_cannot() -> None:
    """A quarter of version 5-H is grey: the codewords there are known to be doubtful."""
    llr = encode("erasures", 5, "H")
    llr[9:28, 9:28] = np.random.default_rng(1).normal(0, 0.3, (19, 19))
    plain, erased = stages.decode_modules(llr), stages.decode_modules(llr, erasures=True)
    assert (plain["status"], plain["margin"], plain["chance"]) == ("correction", 0, 1)
    assert (erased["status"], erased["data"]) == ("ok", b"erasures")
    assert erased["erased"] > 0
    assert 0 < erased["margin"] < 1
    assert erased["chance"] < 1e-9


def random_frame(symbology: str, version: int, level: str) -> tuple[np.ndarray, np.ndarray]:
    """A symbol, and which of its modules are the message's."""
    if symbology == "qr":
        return encode("x", version, level, mask=3), data_modules(version)
    symbol = model1.encode("", version, level, 3)
    return grid_of(symbol.matrix), symbol.is_data


@pytest.mark.parametrize("symbology", ["qr", "qr_model_1"])
def test_nothing_is_read_from_random_data(symbology: str) -> None:
    """100,000 grids with right function patterns and format, random modules else, half of them with erasures."""
    noise = np.random.default_rng(7)
    rounds = {1: 60_000, 2: 25_000, 4: 15_000}
    assert sum(rounds.values()) == 100_000
    accepted = []
    for version, count in rounds.items():
        frames, (free, *_) = zip(*(random_frame(symbology, version, level) for level in LEVELS), strict=True)
        values = noise.normal(0, 3, (1000, int(free.sum()))).astype(np.float32)
        for i in range(count):
            grid = frames[i % 4]
            row = values[i % 1000]
            grid[free] = row if i < 1000 else row[noise.permutation(len(row))]
            got = stages.decode_modules(grid, symbology=symbology, erasures=i % 2 == 1)
            if got["status"] == "ok":
                accepted.append((version, i))
    assert not accepted


def test_no_version_has_this_size() -> None:
    with pytest.raises(ValueError, match="22 x 22"):
        stages.decode_modules(np.zeros((22, 22), np.float32))


def test_confidences_of_frames_add_up() -> None:
    """Each frame alone is too noisy; their sum is not."""
    llr = encode("steady", 3, "Q")
    noise = np.random.default_rng(11)
    frames = [llr + noise.normal(0, 6, llr.shape).astype(np.float32) for _ in range(12)]
    assert all(stages.decode_modules(frame)["status"] != "ok" for frame in frames)
    assert stages.decode_modules(sum(frames))["data"] == b"steady"
