"""Base64url without padding (RFC 4648, section 5), strict: each value is written in one way."""

from __future__ import annotations

import base64


def encode(data: bytes) -> str:
    """The text of `data`."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode(text: str) -> bytes:
    """The inverse of `encode`. Raises `ValueError` for anything that `encode` does not write."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    if encode(data) != text:
        raise ValueError("base64url that is not canonical, or padded")
    return data
