"""References and secrets: what a printed code carries (wire formats F1 and F2). Pure: no clock, no file, no network.

    HTTPS://{AUTHORITY}/C/{REF}             F1, an open cloud code
    HTTPS://{AUTHORITY}/C/{REF}#{SECRET}    F2, a sealed one; the fragment reaches no server

A reference is 80 random bits: with three million of them in use, a guess hits with a probability of 2.5e-18. It is
drawn once and never again. The spelling (Crockford's base 32) is that of `qrcore.payload.coderef`.
"""

from __future__ import annotations

import re
import secrets

from qrcore.payload import CodeRef, parse
from qrcore.payload.coderef import REF_BYTES, SECRET_BYTES, read_secret, write_ref, write_secret

from .errors import PayloadError

__all__ = [
    "as_code_ref",
    "code_url",
    "new_ref",
    "new_secret",
    "normalize_authority",
    "normalize_ref",
    "read_secret",
    "ref_bytes",
    "write_ref",
    "write_secret",
]


def new_ref() -> str:
    """A new reference: 16 characters, upper case."""
    return write_ref(secrets.token_bytes(REF_BYTES))


def new_secret() -> bytes:
    """A new secret for the fragment of a sealed code."""
    return secrets.token_bytes(SECRET_BYTES)


def ref_bytes(ref: str) -> bytes:
    """The 10 bytes of a reference in any accepted spelling. Raises `payload.format`."""
    if not _REF.fullmatch(ref):
        raise PayloadError("payload.format", "a reference has 16 characters of Crockford's base 32")
    return int(ref.upper().translate(_TO_BASE32), 32).to_bytes(REF_BYTES, "big")


_REF = re.compile(r"[0-9A-TV-Z]{16}", re.IGNORECASE | re.ASCII)
_CANONICAL = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}", re.ASCII)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZOIL"
_TO_BASE32 = str.maketrans(_CROCKFORD, "0123456789ABCDEFGHIJKLMNOPQRSTUV" + "011")
"""From Crockford's digits to those of Python's `int`, and O, I and L to what they look like."""


def normalize_ref(ref: str) -> str:
    """The canonical spelling of a reference. Raises `payload.format`."""
    return ref if _CANONICAL.fullmatch(ref) else write_ref(ref_bytes(ref))


def normalize_authority(authority: str) -> str:
    """The authority in lower case, as key derivation and additional data have it. Raises `payload.format`.

    It is a host name in ASCII letters, digits, hyphens and dots, a port behind it only where one is meant.
    """
    found = parse(f"https://{authority}/C/{'0' * 16}")
    if not isinstance(found, CodeRef):
        raise PayloadError("payload.format", "an authority is an ASCII host name, with or without a port")
    return found.authority


def as_code_ref(ref_or_url: str | CodeRef, authority: str | None = None) -> CodeRef:
    """A reference, a link or a parsed link as `CodeRef`. Raises `payload.format`."""
    if isinstance(ref_or_url, CodeRef):
        return ref_or_url
    found = parse(ref_or_url)
    if isinstance(found, CodeRef):
        if found.issues:
            raise PayloadError("payload.format", found.issues[0].message)
        return found
    if authority is None:
        raise PayloadError("payload.format", "no link to a code record")
    return CodeRef(normalize_authority(authority), normalize_ref(ref_or_url))


def code_url(authority: str, ref: str, secret: bytes | None = None) -> str:
    """The text that is printed: all upper case, which a symbol holds in fewer modules, but for the secret."""
    return CodeRef(normalize_authority(authority), normalize_ref(ref), secret).encode()
