"""Checks of what somebody wants to write; all of them raise `write.invalid`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qrcore.payload import base64url

from .errors import WriteError

__all__ = ["invalid", "line_of_text", "only", "read_base64"]


def only(value: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    """There is no member but those that are known."""
    if unknown := sorted(map(str, set(value) - known)):
        raise invalid(f"{where}: no member {', '.join(unknown)[:200]!r}; there are {', '.join(sorted(known))}")


def invalid(detail: str) -> WriteError:
    """The error to raise."""
    return WriteError("write.invalid", detail)


def line_of_text(value: Any, name: str, most: int) -> str:
    """A text on one line, or empty for none."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most or any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value):
        raise invalid(f"{name} is a text of at most {most} characters on one line")
    return value


def read_base64(text: Any) -> bytes:
    """Canonical base64url without padding. Raises `write.invalid`."""
    try:
        return base64url.decode(text)
    except (ValueError, TypeError):
        raise invalid("not base64url, or padded, or not canonical") from None
