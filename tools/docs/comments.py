"""Griffe extension: a comment behind a field or a member of an enumeration is its docstring.

qrcore documents fields where they stand, `corrected: int = 0  # codewords that error correction changed`, which is
short to read in the source; the API reference shows the same text.
"""

from __future__ import annotations

import io
import tokenize
from typing import Any

import griffe


class Comments(griffe.Extension):  # type: ignore[misc]
    """Takes the comments at the end of an attribute's lines where it has no docstring of its own; drops `__slots__`."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        cls.members.pop("__slots__", None)

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        if attr.docstring is not None or attr.lineno is None:
            return
        text = " ".join(_comments("\n".join(attr.lines) + "\n"))
        if text and not text.startswith(("noqa", "type:")):
            sentence = text[0].upper() + text[1:]
            attr.docstring = griffe.Docstring(sentence if sentence.endswith(".") else sentence + ".", parent=attr)


def _comments(source: str) -> list[str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source.lstrip()).readline))
    except (tokenize.TokenError, IndentationError):
        return []
    return [token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT]
