"""A naive encoder of QR Code Model 1 (ISO/IEC 18004:2000, Annex M), codeword by codeword as its figures show them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import reedsolo

from . import bitstream

Matrix = npt.NDArray[np.bool_]

# Table M.4: codewords, data codewords and correctable errors of each of `n` blocks, by version and level.
BLOCKS = {
    (1, "L"): (1, 26, 19, 2),
    (1, "M"): (1, 26, 16, 4),
    (1, "Q"): (1, 26, 13, 6),
    (1, "H"): (1, 26, 9, 8),
    (2, "L"): (1, 46, 36, 4),
    (2, "M"): (1, 46, 30, 8),
    (2, "Q"): (1, 46, 24, 11),
    (2, "H"): (1, 46, 16, 15),
    (3, "L"): (1, 72, 57, 7),
    (3, "M"): (1, 72, 44, 14),
    (3, "Q"): (1, 72, 36, 18),
    (3, "H"): (1, 72, 24, 24),
    (4, "L"): (1, 100, 80, 10),
    (4, "M"): (1, 100, 60, 20),
    (4, "Q"): (1, 100, 50, 25),
    (4, "H"): (1, 100, 34, 33),
    (5, "L"): (1, 134, 108, 13),
    (5, "M"): (1, 134, 82, 26),
    (5, "Q"): (1, 134, 68, 33),
    (5, "H"): (2, 67, 23, 22),
    (6, "L"): (1, 170, 136, 17),
    (6, "M"): (2, 85, 53, 16),
    (6, "Q"): (2, 85, 43, 21),
    (6, "H"): (2, 85, 29, 28),
    (7, "L"): (1, 212, 170, 21),
    (7, "M"): (2, 106, 66, 20),
    (7, "Q"): (2, 106, 54, 26),
    (7, "H"): (3, 70, 24, 23),
    (8, "L"): (2, 128, 104, 12),
    (8, "M"): (2, 128, 80, 24),
    (8, "Q"): (2, 128, 64, 32),
    (8, "H"): (3, 85, 29, 28),
    (9, "L"): (2, 153, 123, 15),
    (9, "M"): (2, 153, 93, 30),
    (9, "Q"): (3, 102, 52, 25),
    (9, "H"): (3, 102, 34, 34),
    (10, "L"): (2, 179, 145, 17),
    (10, "M"): (2, 179, 111, 34),
    (10, "Q"): (3, 119, 61, 29),
    (10, "H"): (4, 89, 31, 29),
    (11, "L"): (2, 208, 168, 20),
    (11, "M"): (4, 104, 64, 20),
    (11, "Q"): (4, 104, 52, 26),
    (11, "H"): (5, 83, 29, 27),
    (12, "L"): (2, 238, 192, 23),
    (12, "M"): (4, 119, 73, 23),
    (12, "Q"): (4, 119, 61, 29),
    (12, "H"): (5, 95, 33, 31),
    (13, "L"): (3, 180, 144, 18),
    (13, "M"): (4, 135, 83, 26),
    (13, "Q"): (4, 135, 69, 33),
    (13, "H"): (6, 90, 32, 29),
    (14, "L"): (3, 203, 163, 20),
    (14, "M"): (4, 152, 92, 30),
    (14, "Q"): (5, 122, 62, 30),
    (14, "H"): (6, 101, 35, 33),
}
LEVEL_BITS = {"L": "01", "M": "00", "Q": "11", "H": "10"}
MASKS = (
    lambda row, column: (row + column) % 2,
    lambda row, _: row % 2,
    lambda _, column: column % 3,
    lambda row, column: (row + column) % 3,
    lambda row, column: (row // 2 + column // 3) % 2,
    lambda row, column: row * column % 2 + row * column % 3,
    lambda row, column: (row * column % 2 + row * column % 3) % 2,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2,
)
LEAD = "0000"  # the head of the first codeword, where the corner is


@dataclass
class Symbol:
    """A matrix, and where its codewords lie: (row, column) of their bits, most significant first."""

    matrix: Matrix  # true is dark
    codewords: list[list[tuple[int, int]]]
    blocks: list[list[int]]  # which codewords make up each block
    correctable: int  # codewords a block

    @property
    def is_data(self) -> Matrix:
        mask = np.zeros_like(self.matrix)
        for place in itertools.chain(*self.codewords):
            mask[place] = True
        return mask


def rectangle(bottom: int, right: int, height: int, width: int) -> list[tuple[int, int]]:
    return [(bottom - i, right - j) for i in range(height) for j in range(width)]


def codeword_places(size: int) -> Iterator[list[tuple[int, int]]]:
    """Every codeword of the symbol, the first in the lower right corner, each column of them from the bottom."""
    edge = size - 1
    extended = [edge - 8 * k for k in range(1, (size - 17) // 4 // 2 + 1)]  # lower or right ends of the extensions
    yield rectangle(edge, edge, 4, 2)[4:]  # without the corner
    for bottom in range(edge - 4, 8, -4):  # right edge
        if bottom not in extended:
            yield rectangle(bottom, edge, 4, 2)
    for bottom in range(edge, 8, -4):  # beside it
        yield rectangle(bottom, edge - 2, 4, 2)
    for right in range(edge - 4, 9, -4):  # the middle
        below_finder = right == edge - 4
        for bottom in range(edge, 8 if below_finder else 7, -2):
            if bottom != edge or right not in extended:
                yield rectangle(bottom, right, 2, 4)
        if not below_finder:
            for bottom in (5, 3, 1):  # above the timing pattern
                yield rectangle(bottom, right, 2, 4)
    for right in (8, 5, 3, 1):  # between the finders
        for bottom in range(size - 9, 8, -4):
            yield rectangle(bottom, right, 4, 2)


FINDER = ["#######.", "#.....#.", "#.###.#.", "#.###.#.", "#.###.#.", "#.....#.", "#######.", "........"]


def function_patterns(size: int) -> tuple[Matrix, Matrix]:
    """Colours, and where there is a pattern; format information counts as one, light."""
    dark, taken = np.zeros((size, size), bool), np.zeros((size, size), bool)
    finder = np.array([[c == "#" for c in row] for row in FINDER])

    def put(row: int, column: int, pattern: Matrix) -> None:
        height, width = pattern.shape
        dark[row : row + height, column : column + width] = pattern
        taken[row : row + height, column : column + width] = True

    timing = np.arange(size) % 2 == 0
    put(6, 0, timing[None, :])
    put(0, 6, timing[:, None])
    for row, column in (*((8, c) for c in range(9)), *((8, size - 1 - c) for c in range(8))):
        if column != 6:
            put(row, column, np.zeros((1, 1), bool))
            put(column, row, np.zeros((1, 1), bool))
    put(0, 0, finder)
    put(0, size - 8, finder[:, ::-1])
    put(size - 8, 0, finder[::-1])
    put(size - 8, 8, np.ones((1, 1), bool))
    extension = np.array([[False, True]] * 4)  # on the right edge
    for end in range(size - 8, size - 8 * ((size - 17) // 4 // 2) - 1, -8):
        put(end - 4, size - 2, extension)
        put(size - 2, end - 4, extension.T)
    put(size - 2, size - 2, np.array([[False, False], [False, True]]))
    return dark, taken


def format_word(level: str, mask: int) -> str:
    value = int(LEVEL_BITS[level] + format(mask, "03b"), 2)
    remainder = value << 10
    while remainder >= 1 << 10:
        remainder ^= 0b10100110111 << (remainder.bit_length() - 11)
    return format((value << 10 | remainder) ^ 0b010100000100101, "015b")


def data_codewords(version: int, level: str) -> int:
    blocks, _, data, _ = BLOCKS[version, level]
    return blocks * data


def encode(stream: str, version: int, level: str, mask: int) -> Symbol:
    """`stream` are the segments in bits, without what goes before and after them."""
    size = 17 + 4 * version
    count, total, data, correctable = BLOCKS[version, level]
    code = bitstream.Code("qr", version)
    message = bitstream.finish(code, LEAD + stream, 8 * count * data)
    codec = reedsolo.RSCodec(total - data, nsize=255, fcr=0, generator=2, prim=0x11D)
    parts = [bytes(codec.encode(message[b * data : (b + 1) * data])) for b in range(count)]
    # One block after the other; codewords that are left over stay light.
    final = b"".join([part[:data] for part in parts] + [part[data:] for part in parts])
    starts = [(b * data, count * data + b * (total - data)) for b in range(count)]

    matrix, taken = function_patterns(size)
    places = list(codeword_places(size))
    assert sorted(itertools.chain(*places)) == [tuple(p) for p in np.argwhere(~taken).tolist()]
    for place, codeword in zip(places, final, strict=False):
        bits = format(codeword, "08b")[-len(place) :]
        for (row, column), bit in zip(place, bits, strict=True):
            matrix[row, column] = (bit == "1") != (MASKS[mask](row, column) == 0)
    word = format_word(level, mask)
    first = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    second = [(size - 1 - i, 8) for i in range(7)] + [(8, size - 8 + i) for i in range(8)]
    for copy in (first, second):
        for place, bit in zip(copy, word, strict=True):
            matrix[place] = bit == "1"
    blocks = [[*range(at, at + data), *range(check, check + total - data)] for at, check in starts]
    return Symbol(matrix, places, blocks, correctable)
