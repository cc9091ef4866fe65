"""`Sealed`: an offline code of qrcore (wire format F3): `QRC1:` and the Base45 of one COSE message of a fixed shape.

    encrypted   D0 83 bstr(prot) A1 05 4C iv[12] bstr(ciphertext tag[16])    prot = A2 01 alg 04 bstr(kid)
    signed      D2 84 bstr(prot) A0 bstr(payload) 58 40 signature[64]

`alg` is 3 (A256GCM) or 24 (ChaCha20/Poly1305), or -8 (EdDSA) for a signed message; `kid` has 1 to 8 bytes, 8 in a
signed one. Lengths in their shortest form, at most 3 KiB, no byte more (RFC 9052 and RFC 8949 admit far more; this
profile does not). Base45 as RFC 9285 has it, strictly.

What is here is unverified: nothing of it may be shown as true before `qrcore.records.unseal` or `verify` has agreed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from qrcore.payload import base45
from qrcore.payload.base import Issue, Payload

PREFIX = "QRC1:"
MAX_BYTES = 3 * 1024
ALGORITHMS = {3: "A256GCM", 24: "ChaCha20/Poly1305", -8: "EdDSA"}
_ALG_BYTES = {3: b"\x03", 24: b"\x18\x18", -8: b"\x27"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The parts of a message. `iv` is empty in a signed one, `signature` in an encrypted one."""

    signed: bool
    alg: int
    kid: bytes
    protected: bytes
    iv: bytes
    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Sealed(Payload):
    """`message` is the COSE message; `alg` and `kid` are 0 and empty where it has not the shape of one.

    Source: wire format F3 of qrcore, at the head of this module; RFC 9052, RFC 9285. Limits: not opened, not
    verified.
    """

    kind: ClassVar[str] = "sealed"

    message: bytes = field(repr=False)
    signed: bool = False
    alg: int = 0
    kid: bytes = b""

    def envelope(self) -> Envelope | None:
        """The parts of the message, or None where it has not the shape of one."""
        return split_message(self.message)

    def encode(self) -> str:
        """The text for a code."""
        return PREFIX + base45.encode(self.message)

    def __str__(self) -> str:
        if not self.alg:
            return "Offline code of qrcore, damaged"
        what = "Signed" if self.signed else "Encrypted"
        return f"{what} offline code, key {self.kid.hex()}, {ALGORITHMS[self.alg]}, {len(self.message)} bytes"


def read(text: str) -> Sealed:
    """`QRC1:...`"""
    try:
        message = base45.decode(text[len(PREFIX) :])
    except base45.Base45Error as error:
        return Sealed(b"", raw=text, issues=(Issue("sealed.base45", len(PREFIX) + error.position),))
    if len(message) > MAX_BYTES:
        return Sealed(message, raw=text, issues=(Issue("sealed.size", len(PREFIX)),))
    envelope = split_message(message)
    if envelope is None:
        return Sealed(message, raw=text, issues=(Issue("sealed.shape", len(PREFIX)),))
    return Sealed(message, envelope.signed, envelope.alg, envelope.kid, raw=text)


def split_message(message: bytes) -> Envelope | None:
    """The parts of a message of the shape above, or None for any other bytes."""
    if len(message) > MAX_BYTES or message[:2] not in (b"\xd0\x83", b"\xd2\x84"):
        return None
    signed = message[0] == 0xD2
    protected, at = _bstr(message, 2)
    header = _header(protected, signed)
    if header is None:
        return None
    alg, kid = header
    if signed:
        if message[at : at + 1] != b"\xa0":
            return None
        body, at = _bstr(message, at + 1)
        if body is None or message[at : at + 2] != b"\x58\x40" or len(message) != at + 66:
            return None
        return Envelope(True, alg, kid, protected or b"", b"", body, message[at + 2 :])
    iv = message[at + 3 : at + 15]
    if message[at : at + 3] != b"\xa1\x05\x4c" or len(iv) != 12:
        return None
    body, at = _bstr(message, at + 15)
    if body is None or len(body) < 16 or at != len(message):
        return None
    return Envelope(False, alg, kid, protected or b"", iv, body, b"")


def join_message(envelope: Envelope) -> bytes:
    """The message of these parts; the inverse of `split_message`."""
    head = b"\xd2\x84" if envelope.signed else b"\xd0\x83"
    head += write_bstr(envelope.protected)
    if envelope.signed:
        return head + b"\xa0" + write_bstr(envelope.body) + write_bstr(envelope.signature)
    return head + b"\xa1\x05" + write_bstr(envelope.iv) + write_bstr(envelope.body)


def protected_header(alg: int, kid: bytes) -> bytes:
    """`prot` for an algorithm and a key identifier."""
    return b"\xa2\x01" + _ALG_BYTES[alg] + b"\x04" + write_bstr(kid)


def _header(protected: bytes | None, signed: bool) -> tuple[int, bytes] | None:
    """Algorithm and key identifier, or None."""
    if protected is None:
        return None
    for alg, written in _ALG_BYTES.items():
        start = b"\xa2\x01" + written + b"\x04"
        if (alg == -8) == signed and protected.startswith(start):
            kid, end = _bstr(protected, len(start))
            least = 8 if signed else 1
            if kid is not None and end == len(protected) and least <= len(kid) <= 8:
                return alg, kid
    return None


def _bstr(data: bytes, at: int) -> tuple[bytes | None, int]:
    """The byte string at `at`, its length in the shortest form, and where it ends; None for anything else."""
    head = data[at] if at < len(data) else 0
    if 0x40 <= head <= 0x57:
        size, at = head - 0x40, at + 1
    elif head == 0x58 and at + 1 < len(data) and data[at + 1] >= 24:
        size, at = data[at + 1], at + 2
    elif head == 0x59 and at + 2 < len(data) and data[at + 1]:
        size, at = data[at + 1] << 8 | data[at + 2], at + 3
    else:
        return None, at
    return (data[at : at + size], at + size) if at + size <= len(data) else (None, at)


def write_bstr(data: bytes) -> bytes:
    """A CBOR byte string, its length in the shortest form."""
    size = len(data)
    if size < 24:
        return bytes((0x40 + size,)) + data
    if size < 256:
        return bytes((0x58, size)) + data
    return bytes((0x59, size >> 8, size & 255)) + data
