"""Host names: the ASCII form that is connected to, the Unicode form that a person reads, and what is odd about it.

Sources and limits are those of `qrcore.payload.uri`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_SCRIPT_SETS = (
    frozenset(("LATIN", "HAN", "HIRAGANA", "KATAKANA")),
    frozenset(("LATIN", "HAN", "BOPOMOFO")),
    frozenset(("LATIN", "HAN", "HANGUL")),
)
"""UTS 39 section 5.2, "highly restrictive": the scripts that may share a label."""
_SCRIPT_NAMES = {"CJK": "HAN", "IDEOGRAPHIC": "HAN"}
_SCRIPT_COMMON = frozenset(("MODIFIER", "COMBINING", "FEMININE", "MASCULINE", "KATAKANA-HIRAGANA"))

INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
"""Ranges of characters that cannot be seen, or that turn the direction of writing; for a character class."""
_IGNORED = re.compile("[\u00ad\u034f\u180e\u200b\u2060\ufe00-\ufe0f\ufeff]")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\"#/:<>?@\[\\\]^`{|}%]")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


@dataclass(frozen=True, slots=True)
class Host:
    """`faults` are (code, offset in the host as written); `flags` are values of `UriFlag`."""

    ascii: str
    unicode: str
    flags: tuple[str, ...] = ()
    faults: tuple[tuple[str, int], ...] = ()


def is_plain(host: str) -> bool:
    """Whether a lower-case ASCII host needs no closer look: labels sound, no Punycode, no address."""
    if "xn--" in host or ".." in host or host[0] == ".":
        return False
    if host[host.rfind(".", 0, -1) + 1].isdigit():
        return False
    return len(host) < 64 or (len(host) < 254 and all(len(label) < 64 for label in host.split(".")))


def read_host(text: str) -> Host:
    """Examine a host as written in a link, brackets and percent escapes included."""
    if not text:
        return Host("", "", (), (("uri.host_empty", 0),))
    if text[0] == "[":
        return _bracketed(text)
    flags: list[str] = []
    faults: list[tuple[str, int]] = []
    name = text
    if "%" in name:
        flags.append("percent_host")
        try:
            name = unquote_to_bytes(name.encode("utf-8", "replace")).decode("utf-8")
        except UnicodeDecodeError:
            faults.append(("uri.host_character", text.index("%")))
    if dot := _DOTS.search(name):
        faults.append(("uri.dot", min(dot.start(), len(text) - 1)))
        name = _DOTS.sub(".", name)
    if not name.isascii():
        name = _fold(_IGNORED.sub("", name))
    name = name.lower()
    if found := _FORBIDDEN.search(name):
        faults.append(("uri.host_character", min(found.start(), len(text) - 1)))
    address = _ipv4(name)
    if address is not None:
        flags.append("ip_host")
        if address != name:
            faults.append(("uri.ip_form", 0))
        return Host(address, address, tuple(flags), tuple(faults))

    pairs = []
    for label in name.split("."):
        to_ascii, to_unicode, sound = _label(label)
        pairs.append((to_ascii, to_unicode))
        if not sound or (not label and len(pairs) <= name.count(".")):
            faults.append(("uri.label", 0))
        if to_unicode != to_ascii:
            flags.append("idn")
        if not _one_script(to_unicode):
            flags.append("mixed_scripts")
    host_ascii = ".".join(pair[0] for pair in pairs)
    if len(host_ascii) > 254:
        faults.append(("uri.label", 0))
    host_unicode = ".".join(pair[1] for pair in pairs)
    return Host(host_ascii, host_unicode, tuple(flags), tuple(dict.fromkeys(faults)))


def _bracketed(text: str) -> Host:
    inside = text[1:].partition("]")[0]
    try:
        address = ipaddress.IPv6Address(inside).compressed
    except ValueError:
        return Host(inside.lower(), inside.lower(), ("ip_host",), (("uri.host_character", 0),))
    tail = () if text == f"[{inside}]" else (("uri.host_character", len(inside) + 1),)
    return Host(address, address, ("ip_host",), tail)


def _fold(name: str) -> str:
    """NFKC and lower case, once more after lowering, as UTS 46 maps (without its table)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())


def _label(label: str) -> tuple[str, str, bool]:
    """The ASCII form, the Unicode form, and whether the label is sound."""
    if len(label) > 63:
        return _to_ascii(label) if len(label) < 256 else label, label, False
    if label.startswith("xn--"):
        try:
            decoded = label[4:].encode("ascii").decode("punycode")
        except (UnicodeError, ValueError, OverflowError):
            return label, label, False
        decoded_ok = (
            not decoded.isascii()
            and decoded.isprintable()
            and _fold(decoded) == decoded
            and not _FORBIDDEN.search(decoded)
        )
        decoded_ok = decoded_ok and _to_ascii(decoded) == label
        return (label, decoded, True) if decoded_ok else (label, label, False)
    coded = _to_ascii(label)
    return coded, label, len(coded) < 64


def _to_ascii(label: str) -> str:
    if label.isascii():
        return label
    try:
        return "xn--" + label.encode("punycode").decode("ascii")
    except UnicodeError:
        return label.encode("ascii", "backslashreplace").decode("ascii")


def _one_script(label: str) -> bool:
    if label.isascii():
        return True
    found = frozenset(_scripts(label))
    return len(found) < 2 or any(found <= allowed for allowed in _SCRIPT_SETS)


def _scripts(label: str) -> Iterator[str]:
    for char in label:
        if unicodedata.category(char)[0] == "L":
            name = unicodedata.name(char, "").split(" ", 1)[0]
            if name not in _SCRIPT_COMMON:
                yield _SCRIPT_NAMES.get(name, name)


def _ipv4(name: str) -> str | None:
    """The dotted address that browsers read from `name` (WHATWG, "IPv4 parser"), or None."""
    parts = name.removesuffix(".").split(".")
    if not _NUMBER.fullmatch(parts[-1]) or len(parts) > 4:
        return None
    numbers = []
    for part in parts:
        if not _NUMBER.fullmatch(part) or len(part) > 40:
            return None
        base = 16 if part[:2] in ("0x", "0X") else 8 if part[0] == "0" and len(part) > 1 else 10
        digits = part[2:] if base == 16 else part
        if base == 8 and ("8" in digits or "9" in digits):
            return None
        numbers.append(int(digits or "0", base))
    last_limit = 256 ** (5 - len(numbers))
    if numbers[-1] >= last_limit or any(number > 255 for number in numbers[:-1]):
        return None
    value = numbers[-1] + sum(number << (8 * (3 - i)) for i, number in enumerate(numbers[:-1]))
    return str(ipaddress.IPv4Address(value))
