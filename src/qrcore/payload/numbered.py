"""Texts in which the number of a line says what it holds: EPC codes and Swiss QR-bills."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qrcore.payload.base import Issue

_BREAK = re.compile(r"\r\n|\n|\r")


class NumberedLines:
    """The lines of a text, up to `most` of them filled up with empty ones, and what is wrong with them."""

    def __init__(self, text: str, most: int) -> None:
        breaks = list(_BREAK.finditer(text))
        self.starts = [0, *(found.end() for found in breaks)]
        ends = [*(found.start() for found in breaks), len(text)]
        self.lines = [text[start:end] for start, end in zip(self.starts, ends, strict=True)]
        self.count = len(self.lines)  # that the text has
        self.issues: list[Issue] = []
        missing = max(0, most - self.count)
        self.lines += [""] * missing
        self.starts += [len(text)] * missing

    def check(self, line: int, sound: bool, code: str) -> None:
        """Notes an issue at the start of a line that is not sound."""
        if not sound:
            self.issues.append(Issue(code, self.starts[line]))


def write_numbered(fields: Iterable[str], line_break: str) -> str:
    """The fields as lines. Raises `ValueError` for a line break in one, which would shift all that follow."""
    fields = list(fields)
    if any(_BREAK.search(field) for field in fields):
        raise ValueError("a field of a payment code holds no line break")
    return line_break.join(fields)
