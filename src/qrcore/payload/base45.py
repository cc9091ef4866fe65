"""Base45 (RFC 9285), strict: nothing but the 45 characters, no value above 65535, no lone last character."""

from __future__ import annotations

import re
import sys
from array import array

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_CHARS = ALPHABET.encode()
_BAD = 255
_VALUES = bytes(_CHARS.index(code) if code in _CHARS else _BAD for code in range(256))
_FOREIGN = re.compile(r"[^0-9A-Z $%*+\-./:]")


class Base45Error(ValueError):
    """Not Base45. `position` is the index of the first wrong character, or of the group that is wrong."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def decode(text: str) -> bytes:
    """The bytes of `text`. Raises `Base45Error`."""
    if found := _FOREIGN.search(text):
        raise Base45Error("a character outside the alphabet", found.start())
    if len(text) % 3 == 1:
        raise Base45Error("one character too many or too few", len(text) - 1)
    values = text.encode("ascii").translate(_VALUES)
    whole = len(values) // 3 * 3
    triples = zip(values[0:whole:3], values[1:whole:3], values[2:whole:3], strict=True)
    words = [a + 45 * b + 2025 * c for a, b, c in triples]
    try:
        pairs = array("H", words)
    except OverflowError:
        wrong = next(i for i, word in enumerate(words) if word > 0xFFFF)
        raise Base45Error("a group above 65535", 3 * wrong) from None
    if sys.byteorder == "little":
        pairs.byteswap()
    if whole == len(values):
        return pairs.tobytes()
    last = values[whole] + 45 * values[whole + 1]
    if last > 0xFF:
        raise Base45Error("a last group above 255", whole)
    return pairs.tobytes() + bytes((last,))


def encode(data: bytes) -> str:
    """`data` as Base45."""
    out = bytearray()
    even = len(data) // 2 * 2
    for high, low in zip(data[0:even:2], data[1:even:2], strict=True):
        rest, first = divmod(high << 8 | low, 45)
        third, second = divmod(rest, 45)
        out += bytes((_CHARS[first], _CHARS[second], _CHARS[third]))
    if even < len(data):
        second, first = divmod(data[-1], 45)
        out += bytes((_CHARS[first], _CHARS[second]))
    return out.decode("ascii")
