"""Stage symbol: format and version information, guessed and damaged."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from grids import LEVELS, SURE, capacity, decode_any_guess, encode, text_of

from qrcore._core import stages


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


@pytest.mark.parametrize("level", LEVELS)
def test_a_message_of_zeros_is_of_the_level_that_its_format_says(level: str) -> None:
    """Zeros are a codeword of every level."""
    llr = encode("1", 1, level, mask=3)
    row, column = np.indices(llr.shape)
    data = (row != 6) & (column != 6) & ~((row < 9) & ((column < 9) | (column > 12))) & ~((row > 12) & (column < 9))
    llr[data] = np.where((row + column) % 3 == 0, SURE, -SURE)[data]
    got = stages.decode_modules(llr)
    assert (got["status"], got["level"], got["corrected"]) == ("bitstream", level, 0)  # which has nothing to say


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
