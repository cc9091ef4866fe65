"""`Otp`: the seed of a one-time-password generator.

Source: the "Key URI Format" of Google Authenticator; RFC 4226 (HOTP) and RFC 6238 (TOTP).
`otpauth-migration:` (an export of many seeds) is recognised and its data kept as it stands, undecoded.

The secret is in no `repr`, `str` or `to_dict`. Limits: no code is computed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote

from qrcore.payload.base import Issue, Payload, ordered, secret_field, sentence
from qrcore.payload.links import decode_percent, encode_percent, first, read_query

_BASE32 = re.compile(r"[A-Z2-7]+=*", re.IGNORECASE | re.ASCII)
_LINK = re.compile(r"otpauth://([^/?#]*)(?:/([^?#]*))?(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_TYPES = ("totp", "hotp")
_ALGORITHMS = ("SHA1", "SHA256", "SHA512")


@dataclass(frozen=True, slots=True)
class Otp(Payload):
    """`type` is `totp`, `hotp`, `migration`, or another word that stands in the link. `secret` is base 32, upper
    case, without padding.

    Source: Key URI Format of Google Authenticator; RFC 4226, RFC 6238. Limits: no code is computed.
    """

    kind: ClassVar[str] = "otp"

    type: str
    account: str = ""
    issuer: str = ""
    secret: str = secret_field("")
    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30
    counter: int | None = None

    def encode(self) -> str:
        """The `otpauth:` link, secret included."""
        if self.type == "migration":
            return f"otpauth-migration://offline?data={_escape(self.secret)}"
        pairs = [("secret", self.secret), ("issuer", self.issuer)]
        if self.algorithm != "SHA1":
            pairs.append(("algorithm", self.algorithm))
        if self.digits != 6:
            pairs.append(("digits", str(self.digits)))
        if self.type == "totp" and self.period != 30:
            pairs.append(("period", str(self.period)))
        if self.counter is not None:
            pairs.append(("counter", str(self.counter)))
        query = "&".join(f"{name}={_escape(value)}" for name, value in pairs if value)
        label = f"{_escape(self.issuer)}:" if self.issuer else ""
        return f"otpauth://{self.type}/{label}{_escape(self.account)}?{query}"

    def __str__(self) -> str:
        if self.type == "migration":
            return "One-time passwords: an export of several seeds"
        return sentence(
            f"One-time password ({self.type.upper()}) for {self.account or 'an account'}",
            f"at {self.issuer}" if self.issuer else "",
            f"{self.digits} digits",
            f"every {self.period} s" if self.type == "totp" else "",
            self.algorithm if self.algorithm != "SHA1" else "",
        )


def read(text: str) -> Otp | None:
    """`otpauth://totp/Issuer:account?secret=..`; None for a link of that scheme that is neither for a time nor for
    a counter and holds no secret."""
    match = _LINK.fullmatch(text)
    if not match:
        return None
    issues: list[Issue] = []
    kind = match[1].lower()
    pairs = read_query(match[3] or "", max(match.start(3), 0), issues)
    where = {name.lower(): position for name, _, position in reversed(pairs)}
    if kind not in _TYPES:
        if "secret" not in where:
            return None
        issues.append(Issue("otp.type", match.start(1)))
    label = match[2] or ""
    issuer, account = _label(label, max(match.start(2), 0), issues)
    named = first(pairs, "issuer")
    if issuer and named and issuer != named:
        issues.append(Issue("otp.issuer", where["issuer"]))

    secret = first(pairs, "secret").replace(" ", "").replace("-", "")
    if not secret:
        issues.append(Issue("otp.no_secret", where.get("secret", 0)))
    elif not _BASE32.fullmatch(secret):
        issues.append(Issue("otp.secret", where["secret"]))
    algorithm = first(pairs, "algorithm").upper().replace("-", "").removeprefix("HMAC") or "SHA1"
    if algorithm not in _ALGORITHMS:
        issues.append(Issue("otp.algorithm", where["algorithm"]))

    def number(name: str, default: int, least: int, most: int) -> int:
        written = first(pairs, name)
        if not written:
            return default
        if re.fullmatch(r"[0-9]{1,18}", written) and least <= int(written) <= most:
            return int(written)
        issues.append(Issue(f"otp.{name}", where[name]))
        return default

    digits = number("digits", 6, 5, 10)
    period = number("period", 30, 1, 86400)
    counter = None
    if kind == "hotp":
        if not first(pairs, "counter"):
            issues.append(Issue("otp.counter", len(text)))
        counter = number("counter", 0, 0, 10**18)
    return Otp(
        kind, account, named or issuer, secret.upper().rstrip("="), algorithm, digits, period, counter,
        raw=text, issues=ordered(issues),
    )  # fmt: skip


def read_migration(text: str) -> Otp:
    """`otpauth-migration://offline?data=..`"""
    found = re.search(r"[?&]data=([^&#]*)", text)
    issues = () if found else (Issue("otp.no_secret", 0),)
    return Otp("migration", secret=unquote(found[1]) if found else "", raw=text, issues=issues)


def _label(label: str, position: int, issues: list[Issue]) -> tuple[str, str]:
    """Issuer and account; the colon between them may be escaped, and spaces may follow it."""
    decoded = decode_percent(label, position, issues)
    issuer, colon, account = decoded.partition(":")
    return (issuer.strip(), account.strip()) if colon else ("", decoded.strip())


def _escape(text: str) -> str:
    return encode_percent(text).replace(":", "%3A").replace("/", "%2F").replace("+", "%2B")
