"""`Shc` and `ShLink`: SMART Health Cards and Links, recognised and taken apart, no more.

Sources: HL7 SMART Health Cards and Links 1.0 (STU 1): `shc:/` with two digits a character of a compact JWS, each its
code less 45, and the deprecated split over several codes; `shlink:/` with the base64url of a JSON object, bare or
behind the `#` of a viewer's address.

A link's key is in no `repr`, `str` or `to_dict`. Limits: no signature is checked, no body inflated, nothing fetched
or decrypted.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from qrcore.payload import base64url
from qrcore.payload.base import Issue, Payload, encode_utf8, ordered, quiet_field, secret_field, sentence

_CARD = re.compile(r"shc:/(?:([0-9]{1,3})/([0-9]{1,3})/)?([0-9]*)(.*)", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"(?:https?://[^#\s]*#)?(shlink:/)([A-Za-z0-9_=-]*)(.*)", re.IGNORECASE | re.DOTALL)
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Shc(Payload):
    """One code of a card: `part` of `parts`. `jws` is whole only where there is one part.

    Source: HL7 SMART Health Cards and Links 1.0, "Health Cards". Limits: no signature is checked.
    """

    kind: ClassVar[str] = "shc"

    jws: str = quiet_field("")
    part: int = 1
    parts: int = 1

    @property
    def sections(self) -> tuple[str, ...]:
        """Header, payload and signature of the JWS, as base64url."""
        return tuple(self.jws.split("."))

    @property
    def header(self) -> dict[str, Any]:
        """The header (`alg`, `kid`, `zip`), or nothing where it cannot be read."""
        return _json(self.sections[0])

    def encode(self) -> str:
        """The text for a code."""
        chunk = f"{self.part}/{self.parts}/" if self.parts > 1 else ""
        return f"shc:/{chunk}" + "".join(f"{ord(char) - 45:02d}" for char in self.jws)

    def __str__(self) -> str:
        part = f"part {self.part} of {self.parts}" if self.parts > 1 else ""
        return sentence("SMART Health Card, unverified", part)


@dataclass(frozen=True, slots=True)
class ShLink(Payload):
    """`url` is where the manifest of the records lies; `expires` is in seconds since 1970; `flag` is of L, P, U.

    Source: HL7 SMART Health Cards and Links 1.0, "Health Links". Limits: nothing is fetched or decrypted.
    """

    kind: ClassVar[str] = "sh_link"

    url: str = ""
    key: str = secret_field("")
    expires: int | None = None
    flag: str = ""
    label: str = ""
    version: int = 1
    viewer: str = ""

    def encode(self) -> str:
        """The text for a code, key included."""
        body: dict[str, Any] = {"url": self.url, "key": self.key}
        if self.expires is not None:
            body["exp"] = self.expires
        if self.flag:
            body["flag"] = self.flag
        if self.label:
            body["label"] = self.label
        if self.version != 1:
            body["v"] = self.version
        written = json.dumps(body, separators=(",", ":")).encode()
        coded = base64url.encode(written)
        return (f"{self.viewer}#" if self.viewer else "") + f"shlink:/{coded}"

    def __str__(self) -> str:
        passcode = "needs a passcode" if "P" in self.flag else ""
        return sentence(f"SMART Health Link to {self.url}", self.label, passcode)


def read_card(text: str) -> Shc | None:
    """`shc:/...`"""
    match = _CARD.fullmatch(text)
    if not match:
        return None
    issues = []
    digits = match[3]
    if match[4] or len(digits) % 2 or not digits:
        issues.append(Issue("shc.digits", match.start(4) if match[4] else len(text)))
    codes = [int(digits[i : i + 2]) + 45 for i in range(0, len(digits) - 1, 2)]
    if any(code > 122 for code in codes):
        issues.append(Issue("shc.characters", match.start(3)))
    part, parts = int(match[1] or 1), int(match[2] or 1)
    if not 1 <= part <= parts:
        issues.append(Issue("shc.part", match.start(1)))
    jws = "".join(map(chr, codes))
    if parts == 1 and jws.count(".") != 2:
        issues.append(Issue("shc.jws", match.start(3)))
    return Shc(jws, part, parts, raw=text, issues=tuple(issues))


def read_link(text: str) -> ShLink | None:
    """`shlink:/...`, bare or behind a viewer's address."""
    if "shlink:/" not in text and text[:8].lower() != "shlink:/":
        return None
    match = _LINK.fullmatch(text)
    if not match:
        return None
    issues = []
    start = match.start(2)
    body = {} if match[3] else _json(match[2])

    def field(name: str, kind: type, required: bool = False) -> Any:
        value = body.get(name)
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        if required or value is not None:
            issues.append(Issue(f"sh_link.{name}", start))
        return None

    viewer = text[: max(0, match.start(1) - 1)]
    if not body:
        issues.append(Issue("sh_link.json", start))
        return ShLink(viewer=viewer, raw=text, issues=tuple(issues))
    url, key, flag = field("url", str, True) or "", field("key", str, True) or "", field("flag", str) or ""
    expires, label, version = field("exp", int), field("label", str) or "", field("v", int) or 1
    if url and not url.startswith("https://"):
        issues.append(Issue("sh_link.url", start))
    if key and not _KEY.fullmatch(key):
        issues.append(Issue("sh_link.key", start))
    if set(flag) - set("LPU") or {"P", "U"} <= set(flag):
        issues.append(Issue("sh_link.flag", start))
    return ShLink(url, key, expires, flag, label, version, viewer, raw=text, issues=ordered(issues))


def _json(coded: str) -> dict[str, Any]:
    """The JSON object behind unpadded base64url, or nothing."""
    data = encode_utf8(coded.rstrip("="))
    try:
        value = json.loads(base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
