"""Stage bitstream: segments, ECI, FNC1, padding and faults, against a plain reader and writer."""

from __future__ import annotations

import itertools

import pytest
from grids import HANZI, KANJI, MODES
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import bitstream as oracle

from qrcore._core import stages

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
