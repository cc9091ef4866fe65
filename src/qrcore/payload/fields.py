"""The `KEY:value;KEY:value;;` grammar that MECARD, BIZCARD, MATMSG, MEBKM and WIFI share (NTT DoCoMo).

A backslash makes the next character plain. A value that holds a bare semicolon cannot be told from two fields.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Field(NamedTuple):
    """One field: its value as written and unescaped, and where the written value starts."""

    key: str
    written: str
    value: str
    position: int


_FIELD = re.compile(r"([^:;\\]*):((?:[^\\;]|\\.)*\\?)(;|\Z)|[^;]*(?:;|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'([\\;,:"])')


def split_fields(text: str, start: int) -> list[Field]:
    """The fields of `text` from `start`, in order; empty and broken ones are left out."""
    out = []
    for match in _FIELD.finditer(text, start):
        if match[1] is not None:
            out.append(Field(match[1].strip(), match[2], unescape(match[2]), match.start(2)))
    return out


def unescape(text: str) -> str:
    """A backslash makes the next character plain; one at the very end stays."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def escape(text: str) -> str:
    """The inverse of `unescape`, for every character that some reader treats specially."""
    return _SPECIAL.sub(r"\\\1", text)
