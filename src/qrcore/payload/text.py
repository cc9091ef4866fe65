"""`Text` and `Binary`: what is left when nothing else fits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Payload, visible

_BINARY = re.compile("[\x00-\x03\x05-\x08\x0b\x0e-\x1b\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True, slots=True)
class Text(Payload):
    """Plain text. Source: none; limits: no guess at its language or direction."""

    kind: ClassVar[str] = "text"

    text: str = ""

    def encode(self) -> str:
        """The text itself."""
        return self.text

    def __str__(self) -> str:
        return visible(self.text)


@dataclass(frozen=True, slots=True)
class Binary(Payload):
    """Bytes that are no text: not UTF-8, or with control characters that text does not hold.

    Source: none. Limits: nothing is guessed from the bytes.
    """

    kind: ClassVar[str] = "binary"

    data: bytes = b""

    def encode(self) -> bytes:
        """The bytes themselves."""
        return self.data

    def __str__(self) -> str:
        head = self.data[:32].hex(" ")
        more = " ..." if len(self.data) > 32 else ""
        return f"{len(self.data)} bytes: {head}{more}" if self.data else "0 bytes"


def is_binary(text: str) -> bool:
    """Whether `text` holds control characters other than white space, form feed, NEL, and the
    separators that barcodes use (EOT and U+001C to U+001F)."""
    return bool(_BINARY.search(text))
