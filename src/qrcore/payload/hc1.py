"""`Hc1`: an EU Digital COVID Certificate.

Source: eHealth Network, "Technical Specifications for EU Digital COVID Certificates", volumes 1 and 3: `HC1:`, Base45
(RFC 9285), zlib (RFC 1950), COSE_Sign1 (RFC 9052) by ES256 or PS256, a CWT (RFC 8392) with the certificate in claim
-260, 1. At most 64 KiB are inflated.

`claims` and `verify` load the `[records]` extra (cbor2, cryptography); recognising does not. Everything is unverified
until `verify` says so. The key identifier is read from the protected header, else, as several states write it, from
the unprotected one: it does no more than pick a key out of those that the caller trusts.

Limits: no trust list is fetched, no certificate chain built, no business rule applied, and a time is only compared
when the caller gives one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, ClassVar

from qrcore.payload import base45, hc1_cose
from qrcore.payload.base import Issue, Payload

PREFIX = "HC1:"
MAX_INFLATED = 64 * 1024
_STARTS = (b"\xd2\x84", b"\x84", hc1_cose.CWT_TAG + b"\xd2\x84")


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer of `Hc1.verify`: true or false in a condition. `reason` is empty where it is true."""

    ok: bool
    reason: str = ""
    kid: bytes = b""
    issued: datetime | None = None
    expires: datetime | None = None

    def __bool__(self) -> bool:
        return self.ok


@dataclass(frozen=True, slots=True)
class Hc1(Payload):
    """`cose` is the COSE_Sign1 message, empty where the text could not be decoded so far.

    Source: eHealth Network, EU DCC technical specifications, volumes 1 and 3. Limits: no trust lists, no business
    rules.
    """

    kind: ClassVar[str] = "hc1"

    cose: bytes = field(default=b"", repr=False)

    @property
    def claims(self) -> dict[Any, Any]:
        """The CWT claims: 1 issuer, 4 expires, 6 issued, -260 {1: the certificate}; empty where there are none
        to be read. Unverified. Raises `MissingExtraError` without the `[records]` extra."""
        message = hc1_cose.load_message(self.cose)
        return hc1_cose.load_claims(message) if message else {}

    @property
    def certificate(self) -> dict[str, Any]:
        """Claim -260, 1: name, date of birth, and the vaccination, test or recovery entries. Unverified."""
        outer = self.claims.get(-260)
        inner = outer.get(1) if isinstance(outer, Mapping) else None
        return dict(inner) if isinstance(inner, Mapping) else {}

    def verify(self, keys: Mapping[bytes, Any] | Iterable[Any], *, at: datetime | None = None) -> Verification:
        """Whether one of `keys` signed this certificate and, with `at`, whether it holds at that time.

        `keys` is a mapping from key identifier to key, or the signers' certificates. A key is an X.509 certificate
        (object, DER or PEM) or a public key of `cryptography`; a certificate's identifier is the first 8 bytes of
        the SHA-256 of its DER form. `reason` is one of `malformed`, `algorithm`, `unknown_key`, `signature`,
        `not_yet_valid`, `expired`; `at` needs a time zone. Raises `MissingExtraError` without the `[records]` extra.
        """
        message = hc1_cose.load_message(self.cose)
        if message is None or not message.kid:
            return Verification(False, "malformed")
        reasons = [hc1_cose.check_signature(message, key) for key in hc1_cose.find_keys(keys, message.kid)]
        if "" not in reasons:
            return Verification(False, reasons[0] if reasons else "unknown_key", message.kid)
        reason = ""
        claims = hc1_cose.load_claims(message)
        issued, expires = _time(claims.get(6)), _time(claims.get(4))
        if not claims:
            reason = "malformed"
        elif at is not None and expires is not None and at >= expires:
            reason = "expired"
        elif at is not None and issued is not None and at < issued:
            reason = "not_yet_valid"
        return Verification(not reason, reason, message.kid, issued, expires)

    def encode(self) -> str:
        """The text for a code."""
        return PREFIX + base45.encode(zlib.compress(self.cose, 9))

    def __str__(self) -> str:
        return "EU health certificate, unverified" if self.cose else "EU health certificate, damaged"


def read(text: str) -> Hc1:
    """`HC1:...`"""
    start = len(PREFIX)

    def damaged(code: str, position: int = start) -> Hc1:
        return Hc1(raw=text, issues=(Issue(code, position),))

    try:
        data = base45.decode(text[start:])
    except base45.Base45Error as error:
        return damaged("hc1.base45", start + error.position)
    issues: tuple[Issue, ...] = ()
    if data[:1] == b"\x78":
        inflate = zlib.decompressobj()
        try:
            cose = inflate.decompress(data, MAX_INFLATED)
        except zlib.error:
            return damaged("hc1.zlib")
        if inflate.unconsumed_tail and not inflate.eof:
            return damaged("hc1.too_large")
        if not inflate.eof or inflate.unused_data:
            return damaged("hc1.zlib")
    else:
        cose, issues = data, (Issue("hc1.not_compressed", start),)
    if not cose.startswith(_STARTS):
        issues += (Issue("hc1.cose", start),)
    return Hc1(cose, raw=text, issues=issues)


def _time(value: Any) -> datetime | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, timezone.utc)
        except (ValueError, OverflowError, OSError):
            return None
    return None
