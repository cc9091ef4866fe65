"""`CodeRef`: a reference to a code record of qrcore (wire formats F1 and F2).

    HTTPS://{AUTHORITY}/C/{REF}             an open cloud code
    HTTPS://{AUTHORITY}/C/{REF}#{SECRET}    a sealed one: the key is in the fragment, which no server ever sees

`REF` is 10 bytes as 16 characters of Crockford's base 32, read in any case, with O as 0 and I and L as 1. `SECRET` is
16 bytes as canonical base64url without padding. The grammar is strict ASCII, so that no two parsers disagree about
the host: no user info, no percent escape, no query. Whatever does not fit is a plain `Uri`.

A port belongs to the authority; whether such an authority is trusted is for `qrcore.records.Trust` to say. The secret
is in no `repr`, `str` or `to_dict`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload import base64url
from qrcore.payload.base import Issue, Payload, secret_field

_LINK = re.compile(
    r"https://((?=[^/]{1,259}/)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?)"
    r"/c/([0-9a-tv-z]{16})(?:#(.*))?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FOLD = str.maketrans("OIL", "011")
_FROM_BASE32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _CROCKFORD.encode())
"""From the digits of RFC 4648 to Crockford's: the groups of five bits are the same."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
SECRET_BYTES = 16
REF_BYTES = 10


@dataclass(frozen=True, slots=True)
class CodeRef(Payload):
    """`authority` is lower case; `ref` is upper case, canonical. `secret` is None for an open code.

    Source: wire formats F1 and F2 of qrcore, at the head of this module. Limits: the reference is not resolved.
    """

    kind: ClassVar[str] = "code_ref"

    authority: str
    ref: str
    secret: bytes | None = secret_field(None)

    @property
    def sealed(self) -> bool:
        """Whether the code carries a key."""
        return self.secret is not None

    @property
    def url(self) -> str:
        """The reference without its fragment: what may be sent, logged and used as a key."""
        return f"https://{self.authority}/C/{self.ref}"

    def encode(self) -> str:
        """The text for a code, upper case but for the secret, which it holds."""
        fragment = "" if self.secret is None else "#" + write_secret(self.secret)
        return f"HTTPS://{self.authority.upper()}/C/{self.ref}{fragment}"

    def __str__(self) -> str:
        return f"Code record {self.ref} at {self.authority}" + (" (sealed)" if self.sealed else "")


def read(text: str) -> CodeRef | None:
    """An F1 or F2 link, or None."""
    if "/C/" not in text and "/c/" not in text:
        return None
    match = _LINK.fullmatch(text)
    if not match:
        return None
    authority, ref = match[1].lower(), match[2].upper().translate(_FOLD)
    if match[3] is None:
        return CodeRef(authority, ref, raw=text)
    secret = read_secret(match[3])
    issues = () if secret else (Issue("code_ref.secret", match.start(3)),)
    return CodeRef(authority, ref, secret, raw=text, issues=issues)


def read_ref(text: str) -> bytes | None:
    """The 10 bytes of a reference in any accepted spelling, or None."""
    number = 0
    if len(text) != 16 or not text.isascii():
        return None
    for char in text.upper().translate(_FOLD):
        value = _CROCKFORD.find(char)
        if value < 0:
            return None
        number = number << 5 | value
    return number.to_bytes(REF_BYTES, "big")


def write_ref(data: bytes) -> str:
    """The canonical 16 characters of 10 bytes."""
    if len(data) != REF_BYTES:
        raise ValueError(f"a reference has {REF_BYTES} bytes, not {len(data)}")
    return base64.b32encode(data).translate(_FROM_BASE32).decode("ascii")


def read_secret(text: str) -> bytes | None:
    """The 16 bytes of a canonical fragment, or None."""
    return base64.urlsafe_b64decode(text + "==") if _SECRET.fullmatch(text) else None


def write_secret(secret: bytes) -> str:
    """The 22 characters of a fragment."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a secret has {SECRET_BYTES} bytes, not {len(secret)}")
    return base64url.encode(secret)
