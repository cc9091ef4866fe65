"""From the bytes of a symbol to its text.

The rule, segment by segment:

1. Numeric and alphanumeric segments are ASCII, kanji segments Shift_JIS, Hanzi segments GB 2312.
2. A byte segment under an ECI that names a character set has that set (`ECI_CODECS`); bytes that it does not have
   become U+FFFD. Under ECI 899 (binary) each byte is one character of ISO 8859-1.
3. All byte segments without an ECI, or under one that is not assigned to a character set, are taken together: UTF-8
   where all of them are valid UTF-8 (a byte order mark at the start is dropped), else the most plausible of
   Shift_JIS, GB 18030, Big5, EUC-KR and ISO 8859-1, see `charset`.

A character that is cut by the border between two byte segments of one character set is put together again.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence

from .charset import decodes, guess_charset

__all__ = ["ECI_CODECS", "decode_segments"]

# Character sets by ECI assignment number (AIM ITS/04-023, table of character sets; GB 18030 by AIM ECI 32). The
# codecs of one entry are tried in order: the set itself, then what is written in practice under its name.
ECI_CODECS: dict[int, tuple[str, ...]] = {
    0: ("cp437",),
    1: ("latin-1",),
    2: ("cp437",),
    3: ("latin-1",),
    4: ("iso8859-2",),
    5: ("iso8859-3",),
    6: ("iso8859-4",),
    7: ("iso8859-5",),
    8: ("iso8859-6",),
    9: ("iso8859-7",),
    10: ("iso8859-8",),
    11: ("iso8859-9",),
    12: ("iso8859-10",),
    13: ("iso8859-11", "cp874"),
    15: ("iso8859-13",),
    16: ("iso8859-14",),
    17: ("iso8859-15",),
    18: ("iso8859-16",),
    20: ("shift_jis", "cp932", "shift_jis_2004"),
    21: ("cp1250",),
    22: ("cp1251",),
    23: ("cp1252",),
    24: ("cp1256",),
    25: ("utf-16-be",),
    26: ("utf-8",),
    27: ("ascii",),
    28: ("big5", "cp950", "big5hkscs"),
    29: ("gb2312", "gb18030"),
    30: ("euc_kr", "cp949"),
    31: ("gbk", "gb18030"),
    32: ("gb18030",),
    33: ("utf-16-le",),
    34: ("utf-32-be",),
    35: ("utf-32-le",),
    170: ("ascii",),
    899: ("latin-1",),
}
_NOT_ASCII = {25, 33, 34, 35}  # sets in which bytes below 0x80 are not ASCII

_MODE_CODECS = {
    "numeric": ("ascii",),
    "alphanumeric": ("ascii",),
    "kanji": ("shift_jis", "cp932"),
    "hanzi": ("gb2312", "gb18030"),
}

Piece = tuple[str, "int | None", bytes]  # mode, ECI assignment number, bytes


def decode_segments(pieces: Sequence[Piece]) -> list[str]:
    """The text of each segment; together they are the text of the symbol."""
    for _, eci, data in pieces:
        if not data.isascii() or eci in _NOT_ASCII:
            break
    else:
        return [data.decode("ascii") for _, _, data in pieces]

    guessed: tuple[str, ...] = ()
    texts: list[str] = []
    for codecs_of_run, run in _runs(pieces):
        if not codecs_of_run:
            guessed = guessed or guess_charset(_unnamed(pieces), {mode for mode, _, _ in pieces})
            codecs_of_run = guessed
        texts += _decode_run(codecs_of_run, run)
    return texts


def _codecs_of(mode: str, eci: int | None) -> tuple[str, ...]:
    """Codecs to try, best first; none where they have to be guessed."""
    if mode == "byte":
        return ECI_CODECS.get(eci, ()) if eci is not None else ()
    return _MODE_CODECS[mode]


def _runs(pieces: Iterable[Piece]) -> list[tuple[tuple[str, ...], list[bytes]]]:
    """Neighbours of one character set together."""
    runs: list[tuple[tuple[str, ...], list[bytes]]] = []
    for mode, eci, data in pieces:
        names = _codecs_of(mode, eci)
        if runs and runs[-1][0] == names:
            runs[-1][1].append(data)
        else:
            runs.append((names, [data]))
    return runs


def _unnamed(pieces: Iterable[Piece]) -> list[bytes]:
    """The runs of bytes whose character set nobody names."""
    return [b"".join(run) for names, run in _runs(pieces) if not names]


def _decode_run(names: tuple[str, ...], run: list[bytes]) -> list[str]:
    whole = b"".join(run)
    codec = next((name for name in names if decodes(whole, name)), names[-1])
    decoder = codecs.getincrementaldecoder(codec)(errors="replace")
    return [decoder.decode(data, final=i == len(run) - 1) for i, data in enumerate(run)]
