"""Stage correct: Reed-Solomon blocks with errors and erasures, against another implementation."""

from __future__ import annotations

import random

import pytest
import reedsolo

from qrcore._core import stages


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
