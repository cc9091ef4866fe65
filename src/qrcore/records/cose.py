"""Sealing and signing: a small fixed-shape profile of COSE (RFC 9052, RFC 9053).

    encrypted   D0 83 bstr(prot) A1 05 4C iv[12] bstr(ciphertext tag[16])    prot = A2 01 alg 04 bstr(kid)
    signed      D2 84 bstr(prot) A0 bstr(payload) 58 40 signature[64]

Nothing else is admitted: no other order, no longer length, no further header, no byte more. Readers that take all of
COSE have taken messages without an algorithm, with the kid outside of the protected header, with labels given twice
and with bytes after the end; here the header is compared, not interpreted.

What a message is *for* is its `Context`, which goes into the additional data (RFC 9052, sections 4.4 and 5.3) as CBOR
`["qrcore/1", use, authority, ref, version]`: a record's seal opens under its own reference and version alone, so no
server can swap records or bring an old one back. A shared key is no evidence of origin; a signature is. "Signed and
sealed" is a signed message inside a sealed one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from qrcore.errors import OptionError, UsageError
from qrcore.payload import Sealed, base45
from qrcore.payload.sealed import MAX_BYTES, PREFIX, write_bstr

from .errors import SealError
from .keys import EDDSA, InvalidSignature, InvalidTag, Key, Keyring, Use
from .refs import normalize_authority, normalize_ref

__all__ = [
    "MAX_OFFLINE",
    "MAX_RECORD",
    "Content",
    "Context",
    "Opened",
    "enc_structure",
    "is_signed",
    "open_offline",
    "seal",
    "seal_offline",
    "sig_structure",
    "sign",
    "sign_offline",
    "unseal",
    "verify",
]

MAX_OFFLINE = MAX_BYTES
"""The longest message that a code may hold by itself."""
MAX_RECORD = 12 * 1024 - 64
"""The longest message in a record: in base64url it fills a body of 16 KiB."""

_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


@dataclass(frozen=True, slots=True)
class Context:
    """What a message is for. `Context.offline(use)` is that of a code which holds its message itself."""

    use: Use
    authority: str
    ref: str
    version: int
    external_aad: bytes = field(init=False, repr=False, compare=False)
    limit: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.use not in ("enc", "sign"):
            raise OptionError(f"no such use: {self.use!r}; there are 'enc' and 'sign'")
        offline = not self.authority and not self.ref
        if self.version != 0 if offline else not 1 <= self.version < 2**63:
            raise OptionError("a record's versions count from 1; an offline message has version 0")
        if not offline:
            object.__setattr__(self, "authority", normalize_authority(self.authority))
            object.__setattr__(self, "ref", normalize_ref(self.ref))
        texts = b"".join(_tstr(text) for text in ("qrcore/1", self.use, self.authority, self.ref))
        object.__setattr__(self, "external_aad", b"\x85" + texts + _uint(self.version))
        object.__setattr__(self, "limit", MAX_OFFLINE if offline else MAX_RECORD)

    @classmethod
    def offline(cls, use: Use) -> Context:
        """That of an offline code (F3)."""
        return _OFFLINE_ENC if use == "enc" else _OFFLINE_SIGN


class Opened(NamedTuple):
    """What a message said, and under which key."""

    body: bytes
    kid: bytes
    alg: int


def seal(body: bytes, *, key: Key, context: Context) -> bytes:
    """Encrypts `body` (COSE_Encrypt0, RFC 9052 section 5.2), under a fresh random nonce."""
    return _seal(body, key, context, os.urandom(12))


def _seal(body: bytes, key: Key, context: Context, iv: bytes) -> bytes:
    if context.use != "enc" or key.cipher is None:
        raise UsageError("sealing needs a key and a context for 'enc'")
    protected = write_bstr(key.protected)
    ciphertext = key.cipher.encrypt(iv, body, enc_structure(protected, context.external_aad))
    return _fitting(b"\xd0\x83" + protected + b"\xa1\x05\x4c" + iv + _bstr(ciphertext), context)


def unseal(message: bytes, keyring: Keyring, *, context: Context) -> Opened:
    """What `seal` closed, by the key that the message names. Raises `SealError`, whatever is wrong."""
    end = 3 + (message[2] & 0x1F) if len(message) > 2 else 0
    key = keyring.by_header(message[2:end])
    at = end + 15
    if (
        key is None
        or key.cipher is None
        or context.use != "enc"
        or message[:2] != b"\xd0\x83"
        or message[end : end + 3] != b"\xa1\x05\x4c"
        or (start := _body(message, at, len(message), context)) is None
    ):
        raise SealError from None
    aad = enc_structure(message[2:end], context.external_aad)
    try:
        body = key.cipher.decrypt(message[end + 3 : at], message[start:], aad)
    except InvalidTag:
        raise SealError from None
    return Opened(body, key.kid, key.alg)


def sign(body: bytes, *, key: Key, context: Context) -> bytes:
    """Signs `body` (COSE_Sign1, RFC 9052 section 4.2) with Ed25519."""
    if context.use != "sign" or key.private is None:
        raise UsageError("signing needs a private key and a context for 'sign'")
    protected, payload = write_bstr(key.protected), _bstr(body)
    signature = key.private.sign(sig_structure(protected, context.external_aad, payload))
    return _fitting(b"\xd2\x84" + protected + b"\xa0" + payload + b"\x58\x40" + signature, context)


def verify(message: bytes, keyring: Keyring, *, context: Context) -> Opened:
    """What `sign` signed, where the signature is that of the key it names. Raises `SealError`, whatever is wrong."""
    end = 3 + (message[2] & 0x1F) if len(message) > 2 else 0
    key = keyring.by_header(message[2:end])
    stop = len(message) - 66
    if (
        key is None
        or key.public is None
        or context.use != "sign"
        or message[:2] != b"\xd2\x84"
        or message[end : end + 1] != b"\xa0"
        or message[stop : stop + 2] != b"\x58\x40"
        or (start := _body(message, end + 1, stop, context)) is None
    ):
        raise SealError from None
    signed = sig_structure(message[2:end], context.external_aad, message[end + 1 : stop])
    try:
        key.public.verify(message[stop + 2 :], signed)
    except InvalidSignature:
        raise SealError from None
    return Opened(message[start:stop], key.kid, key.alg)


def enc_structure(protected: bytes, external_aad: bytes) -> bytes:
    """What authenticates an encrypted message (RFC 9052, section 5.3). `protected` is the byte string, head and all."""
    return b"\x83\x68Encrypt0" + protected + write_bstr(external_aad)


def sig_structure(protected: bytes, external_aad: bytes, payload: bytes) -> bytes:
    """What is signed (RFC 9052, section 4.4). `protected` and `payload` are byte strings, head and all."""
    return b"\x84\x6aSignature1" + protected + write_bstr(external_aad) + payload


def is_signed(message: bytes) -> bool:
    """Whether the message says of itself that it is signed, not sealed."""
    return message[:1] == b"\xd2"


class Content(NamedTuple):
    """What an offline code says: a content type first, so that a ticket never passes as a coupon."""

    type: str
    data: bytes
    kid: bytes = b""
    signed: bool = False


def seal_offline(type: str, data: bytes, *, key: Key) -> str:
    """The text of an offline code (F3) that only holders of the key can read."""
    return PREFIX + base45.encode(seal(_pack(type, data), key=key, context=_OFFLINE_ENC))


def sign_offline(type: str, data: bytes, *, key: Key) -> str:
    """The text of an offline code (F3) that everybody can read and nobody can forge."""
    return PREFIX + base45.encode(sign(_pack(type, data), key=key, context=_OFFLINE_SIGN))


def open_offline(code: str | bytes | Sealed, keyring: Keyring, *, type: str) -> Content:
    """The content of an offline code, which must be of that type (`*` for any). Raises `SealError`.

    `signed` says whether a signature was verified. It is no proof against copying: replay is caught by a claim.
    """
    message = _message(code)
    if is_signed(message):
        opened = verify(message, keyring, context=_OFFLINE_SIGN)
    else:
        opened = unseal(message, keyring, context=_OFFLINE_ENC)
    found, data = _unpack(opened.body)
    if type not in ("*", found):
        raise SealError from None
    return Content(found, data, opened.kid, opened.alg == EDDSA)


def _message(code: str | bytes | Sealed) -> bytes:
    if isinstance(code, Sealed):
        return code.message
    if isinstance(code, bytes):
        return code
    if not code.startswith(PREFIX) or len(code) > 2 * MAX_BYTES:
        raise SealError
    try:
        return base45.decode(code[len(PREFIX) :])
    except base45.Base45Error:
        raise SealError from None


def _pack(type: str, data: bytes) -> bytes:
    """The content type as a CBOR text of 1 to 64 characters, and then the data as it is."""
    if len(type) > 64 or not _CONTENT_TYPE.fullmatch(type):
        raise OptionError(f"not a content type: {type!r}; write it like text/plain, in lower case")
    return _tstr(type) + data


def _unpack(body: bytes) -> tuple[str, bytes]:
    head = body[0] if body else 0
    if 0x61 <= head <= 0x77:
        start, size = 1, head - 0x60
    elif head == 0x78 and len(body) > 1 and 24 <= body[1] <= 64:
        start, size = 2, body[1]
    else:
        raise SealError
    name = body[start : start + size].decode("latin-1")
    if len(name) != size or not _CONTENT_TYPE.fullmatch(name):
        raise SealError
    return name, body[start + size :]


def _fitting(message: bytes, context: Context) -> bytes:
    if len(message) > context.limit:
        raise OptionError(f"the message would have {len(message)} bytes, and {context.limit} are admitted")
    return message


def _body(message: bytes, at: int, stop: int, context: Context) -> int | None:
    """Where the byte string at `at` has its first byte, if it ends at `stop` with its length in the shortest form."""
    if len(message) > context.limit or at >= stop:
        return None
    head, size = message[at], stop - at
    if 0x40 <= head < 0x58:
        return at + 1 if size == head - 0x3F else None
    if head == 0x58 and size > 2:
        return at + 2 if message[at + 1] >= 24 and size == message[at + 1] + 2 else None
    if head == 0x59 and size > 3:
        length = message[at + 1] << 8 | message[at + 2]
        return at + 3 if length >= 256 and size == length + 3 else None
    return None


def _bstr(data: bytes) -> bytes:
    if len(data) > 0xFFFF:
        raise OptionError(f"the body has {len(data)} bytes, which is far too much")
    return write_bstr(data)


def _tstr(text: str) -> bytes:
    """A CBOR text string; what comes here is shorter than 64 KiB."""
    data = text.encode("ascii")
    head = write_bstr(data)
    return bytes((head[0] | 0x20,)) + head[1:]


def _uint(number: int) -> bytes:
    """A CBOR unsigned integer in its shortest form."""
    if number < 24:
        return bytes((number,))
    size = 1 if number < 2**8 else 2 if number < 2**16 else 4 if number < 2**32 else 8
    return bytes((0x17 + size.bit_length(),)) + number.to_bytes(size, "big")


_OFFLINE_ENC = Context("enc", "", "", 0)
_OFFLINE_SIGN = Context("sign", "", "", 0)
