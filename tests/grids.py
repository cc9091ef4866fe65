"""Grids of module confidences, drawn by another encoder, and the roles of their modules."""

from __future__ import annotations

import itertools
import random

import numpy as np
import segno
import segno.consts
from reference import bitstream as oracle

from qrcore._core import stages

SURE = np.float32(4)  # llr of a module that nothing speaks against
LEVELS = "LMQH"
KANJI = "点茗日本語漢字符号亜腕弌熙"
HANZI = "书读百遍其义自现啊齄"
MODES = ("numeric", "alphanumeric", "byte", "kanji", "hanzi")
DATA, LIGHT, DARK = 0, 1, 2  # roles of modules


def grid_of(matrix: object) -> np.ndarray:
    """Confidences of a matrix whose true values are dark."""
    return np.where(np.asarray(matrix) != 0, SURE, -SURE).astype(np.float32)


def encode(text: str | bytes, version: int | str, level: str | None, **options: object) -> np.ndarray:
    """A symbol as segno draws it."""
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
    """Of all blocks of a QR symbol."""
    code = getattr(segno.consts, f"ERROR_LEVEL_{level}")
    return sum(block.num_blocks * block.num_data for block in segno.consts.ECC[version][code])


def data_modules(version: int) -> np.ndarray:
    """Which modules of a QR symbol hold data: height x width, bool."""
    code = segno.make("x", version=version, error="L", micro=False)
    kinds = (segno.consts.TYPE_DATA_DARK, segno.consts.TYPE_DATA_LIGHT)
    return np.isin(np.array([list(row) for row in code.matrix_iter(border=0, verbose=True)]), kinds)


def roles(version: int) -> np.ndarray:
    """Of the modules of a QR symbol, as the core has them: height x width."""
    layout = stages.layout(version)
    return np.frombuffer(layout["roles"], np.uint8).reshape(layout["height"], layout["width"])


def known(version: int) -> np.ndarray:
    """1 where a module of a QR symbol is always dark, -1 where light, 0 elsewhere."""
    return (roles(version) == DARK).astype(int) - (roles(version) == LIGHT)


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
    """Characters of a mode that fit into a QR symbol, by the bits of each."""
    code = oracle.Code("qr", version)
    room = 8 * qr_data_codewords(version, level) - len(code.mode(mode)) - code.count_width(mode) - 4 * (mode == "hanzi")
    tenths = {"numeric": 34, "alphanumeric": 55, "byte": 80, "kanji": 130, "hanzi": 130}[mode]
    return room * 10 // tenths
