"""Percent escapes and query strings, shared by the kinds that are written as links (RFC 3986 section 2.1)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from qrcore.payload.base import Issue, encode_utf8

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode_percent(text: str, position: int, issues: list[Issue]) -> str:
    """`text`, which stands at `position`, with its escapes undone; a broken escape stays and is an issue."""
    if "%" not in text:
        return text
    if broken := _BAD_PERCENT.search(text):
        issues.append(Issue("link.percent", position + broken.start()))
    try:
        return unquote_to_bytes(encode_utf8(text)).decode("utf-8")
    except UnicodeDecodeError:
        issues.append(Issue("link.charset", position + text.index("%")))
        return unquote_to_bytes(encode_utf8(text)).decode("latin-1")


def encode_percent(text: str, also_safe: str = "") -> str:
    """Everything but unreserved characters and a few that every parser leaves alone, escaped as UTF-8."""
    return quote(encode_utf8(text), safe="@:/!$'()*,-._~+" + also_safe)


def read_query(query: str, position: int, issues: list[Issue], *, plus: str = "+") -> list[tuple[str, str, int]]:
    """The pairs of a query as (name, value, position of the value), in order. `plus` is what a `+` stands for:
    itself (RFC 5870, 6068), or a space (HTML forms, GS1)."""
    out = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        at = position + len(name) + len(equals)
        if pair:
            value = decode_percent(value.replace("+", plus), at, issues)
            out.append((decode_percent(name, position, issues), value, at))
        position += len(pair) + 1
    return out


def first(pairs: list[tuple[str, str, int]], *names: str) -> str:
    """The value of the first pair that has one of the names, in any case; else empty."""
    for name, value, _ in pairs:
        if name.lower() in names:
            return value
    return ""


def write_query(pairs: list[tuple[str, str]]) -> str:
    """`?a=b&c=d` of the pairs that have a value, or nothing."""
    body = "&".join(f"{encode_percent(name)}={encode_percent(value)}" for name, value in pairs if value)
    return f"?{body}" if body else ""
