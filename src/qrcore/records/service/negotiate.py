"""What a request's headers ask for: media types, languages, versions that it has. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["languages", "matches", "page_language", "prefers", "quality"]

_Q = re.compile(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)", re.IGNORECASE)
_MOST = 32
"""Entries of a header that are looked at."""


def quality(accept: str, media_type: str) -> float:
    """How much `Accept` wants a media type (RFC 9110, 12.5.1): the most specific range that fits decides."""
    kind = media_type.partition("/")[0]
    best, found = -1, 1.0 if not accept.strip() else 0.0
    for name, q in _entries(accept):
        rank = 2 if name == media_type else 1 if name == f"{kind}/*" else 0 if name == "*/*" else -1
        if rank > best:
            best, found = rank, q
    return found


def prefers(accept: str, media_type: str, to: str) -> bool:
    """Whether `media_type` is named, and wanted at least as much as `to`, which may come by a wildcard."""
    named = any(name == media_type and q > 0 for name, q in _entries(accept))
    return named and quality(accept, media_type) >= quality(accept, to)


def languages(accept_language: str) -> list[str]:
    """The languages that are wanted, best first."""
    entries = [(name, q) for name, q in _entries(accept_language) if q > 0 and name != "*"]
    return [name for name, _ in sorted(entries, key=lambda entry: -entry[1])]


def page_language(accept_language: str, known: Sequence[str] = ("en", "zh")) -> str:
    """The first wanted language that the pages have, else the first of those."""
    wanted = (tag.partition("-")[0].lower() for tag in languages(accept_language))
    return next((tag for tag in wanted if tag in known), known[0])


def matches(if_none_match: str, etag: str) -> bool:
    """Whether the representation that a client has is this one (weak comparison)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")[:_MOST]]
    return "*" in tags or etag in tags


def _entries(header: str) -> list[tuple[str, float]]:
    out = []
    for entry in header.split(",")[:_MOST]:
        name, *parameters = entry.split(";")
        q = next((match[1] for p in parameters if (match := _Q.fullmatch(p.strip()))), "1")
        if name.strip():
            out.append((name.strip().lower(), min(float(q), 1.0)))
    return out
