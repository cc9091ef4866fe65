"""From module grids to bytes: format information, placement, Reed-Solomon and the bit stream, each through its seam."""

from __future__ import annotations

import functools
import itertools
import operator
import random
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import reedsolo
import segno
import segno.consts
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import bitstream as oracle
from reference import model1

from qrcore._core import stages

SURE = np.float32(4)  # llr of a module that nothing speaks against
LEVELS = "LMQH"
KANJI = "点茗日本語漢字符号亜腕弌熙"
HANZI = "书读百遍其义自现啊齄"
MODES = ("numeric", "alphanumeric", "byte", "kanji", "hanzi")


def grid_of(matrix: object) -> np.ndarray:
    """Confidences of a matrix whose true values are dark."""
    return np.where(np.asarray(matrix) != 0, SURE, -SURE).astype(np.float32)


def encode(text: str | bytes, version: int | str, level: str | None, **options: object) -> np.ndarray:
    options = {"micro": isinstance(version, str), "boost_error": False, **options}
    return grid_of([list(row) for row in segno.make(text, version=version, error=level, **options).matrix])


def decode_any_guess(llr: np.ndarray, **options: object) -> dict:
    """The first reading that works, as the pipeline tries them."""
    for guess in itertools.count():
        result = stages.decode_modules(llr, guess=guess, **options)
        if result["status"] in ("ok", "format"):
            return {**result, "guess": guess}
    raise AssertionError


def qr_data_codewords(version: int, level: str) -> int:
    code = getattr(segno.consts, f"ERROR_LEVEL_{level}")
    return sum(block.num_blocks * block.num_data for block in segno.consts.ECC[version][code])


# ------------------------------------------------------------------------------------------------ whole symbols


def text_of(mode: str, count: int, seed: int) -> tuple[str, bytes]:
    """A text of `count` characters that only this mode holds, and its bytes."""
    pick = random.Random(seed)
    alphabet, charset = {
        "numeric": ("0123456789", "ascii"),
        "alphanumeric": (oracle.ALPHANUMERIC, "ascii"),
        "byte": ("abcdefghijklmnopqrstuvwxyz{}é", "iso8859-1"),
        "kanji": (KANJI, "shift_jis"),
        "hanzi": (HANZI, "gb2312"),
    }[mode]
    text = "".join(pick.choices(alphabet, k=count))
    return text, text.encode(charset)


def capacity(version: int, level: str, mode: str) -> int:
    code = oracle.Code("qr", version)
    room = 8 * qr_data_codewords(version, level) - len(code.mode(mode)) - code.count_width(mode) - 4 * (mode == "hanzi")
    tenths = {"numeric": 34, "alphanumeric": 55, "byte": 80, "kanji": 130, "hanzi": 130}[mode]
    return room * 10 // tenths


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


MICRO = [("M1", None), ("M2", "L"), ("M2", "M"), ("M3", "L"), ("M3", "M"), ("M4", "L"), ("M4", "M"), ("M4", "Q")]
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


@pytest.mark.parametrize(("version", "level"), MICRO)
def test_micro_qr(version: str, level: str | None) -> None:
    digits = MICRO_DIGITS[version, level]
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


# ------------------------------------------------------------------------------------------------ format and version


def format_places(size: int) -> list[list[tuple[int, int]]]:
    """Row and column of both copies, bit 14 first (Figure 19)."""
    first = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    second = [(size - 1 - i, 8) for i in range(7)] + [(8, size - 8 + i) for i in range(8)]
    return [first, second]


def damaged_format(llr: np.ndarray, copies: tuple[int, ...], count: int, pick: random.Random) -> np.ndarray:
    out = llr.copy()
    places = format_places(len(llr))
    for copy in copies:
        for place in pick.sample(places[copy], count):
            out[place] *= -1
    return out


@pytest.mark.parametrize("wrong", [1, 2, 3])
def test_format_with_wrong_bits_in_each_copy(wrong: int) -> None:
    """Three in each may lie nearer to a mirrored symbol's format, which then comes first."""
    pick = random.Random(wrong)
    for level, mask in itertools.product(LEVELS, range(8)):
        llr = encode("FORMAT", 1, level, mask=mask)
        for _ in range(5):
            got = decode_any_guess(damaged_format(llr, (0, 1), wrong, pick))
            assert (got["status"], got["data"]) == ("ok", b"FORMAT")
            assert got["guess"] <= (1 if wrong == 3 else 0)
            assert (got["level"], got["mask"]) == (level, mask)


@pytest.mark.parametrize("stain", [SURE, -SURE, np.float32(0)])
@pytest.mark.parametrize("copy", [0, 1])
def test_one_copy_of_the_format_is_enough(stain: np.float32, copy: int) -> None:
    for level, mask in itertools.product(LEVELS, range(8)):
        llr = encode("FORMAT", 1, level, mask=mask)
        for place in format_places(len(llr))[copy]:
            llr[place] = stain
        got = stages.decode_modules(llr)
        assert (got["status"], got["data"], got["level"], got["mask"]) == ("ok", b"FORMAT", level, mask)


@pytest.mark.parametrize("wrong", [4, 5])
def test_format_beyond_certainty_is_guessed(wrong: int) -> None:
    """More than three wrong bits in both copies: the right word is among the nearest."""
    pick = random.Random(wrong)
    for level, mask in itertools.product(LEVELS, range(8)):
        llr = encode("FORMAT", 3, level, mask=mask)
        for _ in range(3):
            got = decode_any_guess(damaged_format(llr, (0, 1), wrong, pick))
            assert (got["status"], got["data"], got["level"], got["mask"]) == ("ok", b"FORMAT", level, mask)


def test_both_copies_of_the_format_gone() -> None:
    """Whatever is a codeword for a higher level is one for the lower ones too, which must not be taken for it."""
    for level, mask in itertools.product(LEVELS, range(8)):
        llr = encode("FORMAT", 1, level, mask=mask)
        for place in itertools.chain(*format_places(len(llr))):
            llr[place] = 0
        got = decode_any_guess(llr)
        assert (got["status"], got["data"], got["level"], got["mask"]) == ("ok", b"FORMAT", level, mask)


@pytest.mark.parametrize("version", [1, 2, 5, 8])
def test_the_format_of_a_weaker_level_gives_no_wrong_text(version: int) -> None:
    """In one of some twenty full symbols what follows the text passes for a terminator."""
    for level, weaker in itertools.pairwise(reversed(LEVELS)):
        other = encode("1", version, weaker, mask=3)
        for seed in range(40):
            text, data = text_of("byte", capacity(version, level, "byte"), seed)
            llr = encode(text, version, level, mask=3, mode="byte", encoding="iso8859-1", eci=False)
            for place in itertools.chain(*format_places(len(llr))):
                llr[place] = other[place]
            got = stages.decode_modules(llr)
            assert got["status"] != "ok" or got["data"] == data


def test_clear_format_has_one_guess() -> None:
    assert stages.decode_modules(encode("one", 1, "M"), guess=1)["status"] == "format"


def test_version_information_of_another_version() -> None:
    """A grid of version 8 that carries the version information of 7."""
    eight, seven = encode("version", 8, "M"), encode("version", 7, "M")
    n = len(eight)
    eight[n - 11 : n - 8, :6] = seven[len(seven) - 11 : len(seven) - 8, :6]
    one_copy = stages.decode_modules(eight)
    assert (one_copy["status"], one_copy["data"]) == ("ok", b"version")
    eight[:6, n - 11 : n - 8] = seven[:6, len(seven) - 11 : len(seven) - 8]
    assert stages.decode_modules(eight)["status"] == "version"


def test_function_patterns_are_asked_for() -> None:
    llr = encode("pattern", 2, "H")
    noise = np.random.default_rng(3).choice([-SURE, SURE], llr.shape).astype(np.float32)
    assert stages.decode_modules(noise)["status"] == "function_pattern"
    assert stages.decode_modules(-llr)["status"] == "function_pattern"


# ------------------------------------------------------------------------------------------------ damage and acceptance


def data_modules(version: int) -> np.ndarray:
    code = segno.make("x", version=version, error="L", micro=False)
    kinds = (segno.consts.TYPE_DATA_DARK, segno.consts.TYPE_DATA_LIGHT)
    return np.isin(np.array([list(row) for row in code.matrix_iter(border=0, verbose=True)]), kinds)


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


# ------------------------------------------------------------------------------------------------ Reed-Solomon


def rs_codec(check: int) -> reedsolo.RSCodec:
    return reedsolo.RSCodec(check, nsize=255, fcr=0, generator=2, prim=0x11D)


def damaged(word: bytes, errors: int, erasures: int, pick: random.Random) -> tuple[bytes, list[int]]:
    places = pick.sample(range(len(word)), errors + erasures)
    out = bytearray(word)
    for place in places:
        out[place] ^= pick.randrange(1, 256)
    return bytes(out), places[errors:]


def codewords_near(codec: reedsolo.RSCodec, received: bytes, erasures: list[int]) -> list[bytes]:
    """What reedsolo makes of it, at most one; sometimes that goes beyond 2 v + e <= n, which the core never does."""
    try:
        found = bytes(codec.decode(received, erase_pos=erasures)[1])
    except reedsolo.ReedSolomonError:
        return []
    errors = sum(found[i] != received[i] for i in range(len(received)) if i not in erasures)
    return [found] if 2 * errors + len(erasures) <= codec.nsym and codec.check(found)[0] else []


@pytest.mark.parametrize("check", [2, 5, 7, 10, 13, 16, 17, 22, 30, 36, 68])
def test_blocks_within_capacity(check: int) -> None:
    pick = random.Random(check)
    codec = rs_codec(check)
    for erasures in range(check + 1):
        errors = (check - erasures) // 2
        word = bytes(codec.encode(pick.randbytes(pick.randrange(1, 150))))
        if errors + erasures > len(word):
            continue
        received, places = damaged(word, errors, erasures, pick)
        status, mended, corrected = stages.correct_block(received, check, places)
        assert (status, mended, corrected) == ("ok", word, errors + erasures)


@pytest.mark.parametrize("check", [7, 10, 13, 18, 30])
def test_blocks_past_capacity(check: int) -> None:
    """The same answer as reedsolo's, mostly none."""
    pick = random.Random(check)
    codec = rs_codec(check)
    for erasures in range(0, check + 1, 3):
        for beyond in (1, 2, 3):
            errors = (check - erasures) // 2 + beyond
            word = bytes(codec.encode(pick.randbytes(60)))
            received, places = damaged(word, errors, erasures, pick)
            status, mended, _ = stages.correct_block(received, check, places)
            near = codewords_near(codec, received, places)
            if status == "ok":
                assert mended in near
            else:
                assert mended == received
                assert not near


def test_erasures_that_make_no_sense() -> None:
    word = bytes(range(1, 20))
    for check, erasures in [(20, []), (7, list(range(8))), (7, [19]), (7, [-1]), (7, [3, 3])]:
        with pytest.raises(ValueError, match="codewords"):
            stages.correct_block(word, check, erasures)


# ------------------------------------------------------------------------------------------------ bit stream

PARTS = {
    "numeric": st.text("0123456789", max_size=12).map(str.encode),
    "alphanumeric": st.text(oracle.ALPHANUMERIC, max_size=12).map(str.encode),
    "byte": st.binary(max_size=12),
    "kanji": st.text(KANJI, max_size=6).map(lambda t: t.encode("shift_jis")),
    "hanzi": st.text(HANZI, max_size=6).map(lambda t: t.encode("gb2312")),
}


def segments_of(*modes: str) -> st.SearchStrategy:
    part = st.one_of(*(st.tuples(st.just(mode), PARTS[mode]) for mode in modes))
    return st.lists(part, max_size=6)


def layout_of(segments: list[tuple[str, bytes]], eci: int = -1) -> list[tuple[str, int, int, int]]:
    offsets = itertools.accumulate((len(data) for _, data in segments), initial=0)
    return [(mode, eci, offset, len(data)) for (mode, data), offset in zip(segments, offsets, strict=False)]


@given(st.data(), st.integers(1, 40), segments_of(*MODES), st.integers(0, 60))
def test_stream_round_trip(data: st.DataObject, version: int, segments: list[tuple[str, bytes]], room: int) -> None:
    code = oracle.Code("qr", version)
    stream = "".join(oracle.segment(code, *s) for s in segments)
    eci = data.draw(st.one_of(st.just(-1), st.integers(0, 999999)))
    if eci >= 0:
        stream = oracle.eci(eci) + stream
    append = data.draw(st.one_of(st.none(), st.tuples(st.integers(0, 15), st.just(16), st.integers(0, 255))))
    if append:
        stream = oracle.append(*append) + stream
    least = -(-len(stream) // 8)  # codewords
    got = stages.read_bitstream(oracle.finish(code, stream, 8 * (least + room)), version)
    assert got["status"] == "ok"
    assert got["padding_ok"]
    assert got["data"] == b"".join(part for _, part in segments)
    assert got["segments"] == layout_of(segments, eci)
    assert got["append"] == (append or (0, 0, 0))
    assert (got["fnc1"], got["aim_indicator"]) == ("none", -1)


@given(st.integers(1, 4), st.data(), st.integers(0, 5))
def test_micro_stream_round_trip(version: int, data: st.DataObject, room: int) -> None:
    code = oracle.Code("micro_qr", version)
    modes = ("numeric", "alphanumeric", "byte", "kanji")[: version if version < 3 else 4]
    mode = data.draw(st.sampled_from(modes))
    part = data.draw(PARTS[mode].filter(bool))
    count = len(part) // 2 if mode == "kanji" else len(part)
    if count >= 1 << code.count_width(mode):
        return
    stream = oracle.segment(code, mode, part)
    short = 4 * (version % 2)  # the last codeword of M1 and M3
    size = 8 * (-(-(len(stream) + short) // 8) + room) - short
    got = stages.read_bitstream(oracle.finish(code, stream, size), version, symbology="micro_qr")
    assert (got["status"], got["data"], got["padding_ok"]) == ("ok", part, True)
    assert got["segments"] == layout_of([(mode, part)])


@pytest.mark.parametrize("head", ["0000", "0001", "1000"])
def test_model_1_stream_starts_with_four_zeros(head: str) -> None:
    code = oracle.Code("qr", 1)
    data = oracle.finish(code, head + oracle.segment(code, "byte", b"1"), 8 * 19)
    got = stages.read_bitstream(data, 1, symbology="qr_model_1")
    assert (got["status"], got["data"]) == (("ok", b"1") if head == "0000" else ("bitstream", b""))
    assert stages.read_bitstream(b"", 1, symbology="qr_model_1")["status"] == "bitstream"


@given(
    st.sampled_from([("gs1", "0101", -1), ("aim", "1001" + "00100101", 37), ("aim", "1001" + "11000101", 197)]),
    st.lists(
        st.tuples(
            st.sampled_from(["alphanumeric", "byte"]),
            # "%" after a separator, or a second one, would read as an escaped percent sign.
            st.lists(st.sampled_from(["A", "%", "\x1dB"]), max_size=8).map("".join),
            st.sampled_from(["", "\x1d"]),
        ),
        max_size=4,
    ),
)
def test_fnc1_separators(position: tuple[str, str, int], parts: list[tuple[str, str, str]]) -> None:
    name, header, indicator = position
    code = oracle.Code("qr", 5)
    segments = [(mode, (text + end).encode()) for mode, text, end in parts]
    written = [(m, oracle.fnc1_escaped(d) if m == "alphanumeric" else d) for m, d in segments]
    stream = header + "".join(oracle.segment(code, *s) for s in written)
    got = stages.read_bitstream(oracle.finish(code, stream, 8 * 100), 5)
    assert (got["status"], got["fnc1"], got["aim_indicator"]) == ("ok", name, indicator)
    assert got["data"] == b"".join(data for _, data in segments)
    assert got["segments"] == layout_of(segments)


def test_eci_holds_from_where_it_stands() -> None:
    code = oracle.Code("qr", 1)
    stream = oracle.segment(code, "byte", b"a")
    for number in (26, 127, 128, 899, 16383, 16384, 999999):
        stream += oracle.eci(number) + oracle.segment(code, "byte", b"b")
    got = stages.read_bitstream(oracle.finish(code, stream, 600), 1)
    assert [s[1] for s in got["segments"]] == [-1, 26, 127, 128, 899, 16383, 16384, 999999]


ONE = oracle.segment(oracle.Code("qr", 1), "byte", b"1")
PAD = "1110110000010001"


@pytest.mark.parametrize(
    ("rest", "padding_ok"),
    [
        ("", True),  # the data ends with the symbol
        ("0000" + PAD * 3, True),
        ("0000" + "0" * 24, False),  # zeros for padding
        ("0000" + "00000000" + PAD * 2, False),  # one codeword too late
        ("0000" + PAD[8:] + PAD, False),  # the other one first
        ("0000" + "10110110" * 3, False),  # what was in memory
        (("0" * 4) + "1" * 16, False),
    ],
)
def test_padding_of_real_encoders(rest: str, padding_ok: bool) -> None:
    got = stages.read_bitstream(oracle.pack(ONE + rest), 1)
    assert (got["status"], got["data"], got["padding_ok"]) == ("ok", b"1", padding_ok)


@pytest.mark.parametrize(("rest", "padding_ok"), [("000", True), ("010", False)])
def test_terminator_cut_short(rest: str, padding_ok: bool) -> None:
    """Three bits are left, too few for a mode; what they are matters little."""
    stream = oracle.segment(oracle.Code("qr", 1), "numeric", b"12") + rest
    assert len(stream) % 8 == 0
    got = stages.read_bitstream(oracle.pack(stream), 1)
    assert (got["status"], got["data"], got["padding_ok"]) == ("ok", b"12", padding_ok)


@pytest.mark.parametrize("digits", range(1, 9))
def test_missing_terminator_before_padding(digits: int) -> None:
    """The padding starts at the next codeword, with no zeros or too few between."""
    stream = oracle.segment(oracle.Code("qr", 1), "numeric", b"7" * digits)
    stream += "0" * (-len(stream) % 8)
    got = stages.read_bitstream(oracle.pack(stream + PAD * 2), 1)
    assert (got["status"], got["data"]) == ("ok", b"7" * digits)


@pytest.mark.parametrize(
    "stream",
    [
        "0110" + "0" * 20,  # unknown modes
        "1111" + "0" * 20,
        "0100" + "00000011" + "01100001" * 2,  # a byte less than it says
        "0100" + "00000011",
        "0100" + "0000",  # no room for its count
        "0001" + "0000000011" + "1111101000" + "0000",  # 1000 as three digits
        "0001" + "0000000010" + "1100100" + "0000000",  # 100 as two
        "0001" + "0000000001" + "1010" + "000000",  # 10 as one
        "0010" + "000000010" + "11111101001" + "0" * 8,  # 45 * 45 as two characters
        "0010" + "000000001" + "101101" + "0" * 5,  # 45 as one
        "1000" + "00000001" + "0000000111111" + "0" * 7,  # second byte 0x7F
        "1000" + "00000001" + "1011100111101" + "0" * 7,  # second byte 0xFD
        "1101" + "0010" + "00000001" + "0" * 16,  # not GB 2312
        "1101" + "0001" + "00000001" + "0000001011110" + "0" * 11,  # second byte 0xFF
        "1101" + "0001" + "00000001" + "1111111100000" + "0" * 11,  # first byte past 0xFA
        "0111" + "11100000" + "0" * 28,  # an ECI of four bytes
        "0111" + "110" + format(1000000, "021b") + "0" * 12,
        "0111" + "110" + "0" * 5,
        ONE + "0101" + ONE,  # FNC1 after a segment
        "0101" + "0101" + ONE,  # twice
        "1001" + "01111111" + ONE,  # an application that there is not
        ONE + oracle.append(0, 2, 0) + ONE,  # structured append after a segment
        oracle.append(0, 2, 0) * 2 + ONE,  # twice
    ],
)
def test_faults_in_the_stream(stream: str) -> None:
    assert stages.read_bitstream(oracle.pack(stream), 1)["status"] == "bitstream"


def test_append_place_past_the_end_is_dropped() -> None:
    got = stages.read_bitstream(oracle.pack(oracle.append(5, 3, 9) + ONE + "0000"), 1)
    assert (got["status"], got["data"], got["append"]) == ("ok", b"1", (0, 0, 0))


@pytest.mark.parametrize("stream", ["", ONE[:4] + "00000000"])
def test_empty_message_needs_exact_padding(stream: str) -> None:
    """No segment, or one of length zero."""
    code = oracle.Code("qr", 1)
    good = oracle.finish(code, stream, 128)
    got = stages.read_bitstream(good, 1)
    assert (got["status"], got["data"], got["padding_ok"]) == ("ok", b"", True)
    assert stages.read_bitstream(good[:-1] + b"\0", 1)["status"] == "bitstream"
    assert stages.read_bitstream(bytes(16), 1)["status"] == "bitstream"


@settings(max_examples=300)
@given(st.binary(max_size=60), st.integers(1, 40))
def test_any_bytes_as_stream(data: bytes, version: int) -> None:
    got = stages.read_bitstream(data, version)
    assert got["status"] in ("ok", "bitstream")
    end = 0
    for _, _, offset, length in got["segments"]:
        assert offset == end
        end += length
    if got["status"] == "ok":
        assert end == len(got["data"])


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
