"""Text of others for the eye: `printable`."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    """`text` on one line and without anything that acts on a terminal: such characters stand as \\n, \\x1b, \\u202e.

    Backslashes stay, so this is for the eye and cannot be undone; use JSON to hand text on.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
