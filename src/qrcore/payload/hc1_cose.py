"""The signed message of a health certificate: its claims, and whether a key signed it.

Sources: RFC 9052 (COSE_Sign1, section 4.2; Sig_structure, 4.4), RFC 9053 (ES256, PS256), RFC 8392 (CWT). Needs
cbor2 and cryptography, of the `[records]` extra, which are loaded when first used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from qrcore.extras import needs

CWT_TAG, SIGN1_TAG = b"\xd8\x3d", b"\xd2"
ES256, PS256 = -7, -37
_ALG, _CRIT, _KID = 1, 2, 4
_PLAIN_TAGS = (0, 1, 4, 5, 30, 35, 36, 100, 1004)  # times, fractions, patterns: kept as they are written
_ASYMMETRIC = "cryptography.hazmat.primitives.asymmetric"


class Message(NamedTuple):
    """The parts of a COSE_Sign1."""

    protected: bytes
    payload: bytes
    signature: bytes
    alg: Any
    kid: bytes


def load_cbor(data: bytes) -> Any:
    """The CBOR value, or None for bytes that are none or that repeat a key."""
    cbor2 = _extra("cbor2")

    def keep(value: Any, *ignored: Any) -> Any:
        return value.decode() if isinstance(value, cbor2.CBORDecoder) else value

    try:
        return cbor2.loads(
            data, max_depth=32, allow_duplicate_keys=False, semantic_decoders=dict.fromkeys(_PLAIN_TAGS, keep)
        )
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        return None


def load_message(data: bytes) -> Message | None:
    """The parts of a COSE_Sign1, in tag 18 or bare, also inside the CWT tag 61."""
    value = load_cbor(data.removeprefix(CWT_TAG).removeprefix(SIGN1_TAG))
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        return None
    protected, unprotected, payload, signature = value
    if not all(isinstance(part, bytes) for part in (protected, payload, signature)):
        return None
    header = load_cbor(protected) if protected else {}
    if not isinstance(header, Mapping) or not isinstance(unprotected, Mapping):
        return None
    if any(header[label] != unprotected[label] for label in header.keys() & unprotected.keys()):
        return None
    if _CRIT in header or _CRIT in unprotected:  # we know no extension
        return None
    kid = header.get(_KID, unprotected.get(_KID))
    alg = header.get(_ALG)  # an algorithm that nobody signed for would be the attacker's choice
    return Message(protected, payload, signature, alg, kid if isinstance(kid, bytes) else b"")


def load_claims(message: Message) -> dict[Any, Any]:
    """The CWT claims, or nothing."""
    claims = load_cbor(message.payload.removeprefix(CWT_TAG))
    return dict(claims) if isinstance(claims, Mapping) else {}


def find_keys(keys: Mapping[bytes, Any] | Iterable[Any], kid: bytes) -> list[Any]:
    """The public keys that go by `kid`: eight bytes of a hash may name several."""
    if isinstance(keys, Mapping):
        return [_public_key(keys[kid])[0]] if kid in keys else []
    return [key for key, identifier in map(_public_key, keys) if identifier == kid]


def check_signature(message: Message, key: Any) -> str:
    """Empty where the signature is the key's, else `signature` or `algorithm`."""
    ec, rsa = _extra(f"{_ASYMMETRIC}.ec"), _extra(f"{_ASYMMETRIC}.rsa")
    sha256 = _extra("cryptography.hazmat.primitives.hashes").SHA256()
    signed = _signed_bytes(message)
    try:
        if message.alg == ES256 and isinstance(key, ec.EllipticCurvePublicKey) and key.key_size == 256:
            if len(message.signature) != 64:
                return "signature"
            r, s = (int.from_bytes(half, "big") for half in (message.signature[:32], message.signature[32:]))
            signature = _extra(f"{_ASYMMETRIC}.utils").encode_dss_signature(r, s)
            key.verify(signature, signed, ec.ECDSA(sha256))
        elif message.alg == PS256 and isinstance(key, rsa.RSAPublicKey):
            padding = _extra(f"{_ASYMMETRIC}.padding")
            key.verify(message.signature, signed, padding.PSS(padding.MGF1(sha256), 32), sha256)
        else:
            return "algorithm"
    except _extra("cryptography.exceptions").InvalidSignature:
        return "signature"
    return ""


def _signed_bytes(message: Message) -> Any:
    """The Sig_structure: an empty protected map counts as no bytes."""
    protected = b"" if message.protected == b"\xa0" else message.protected
    return _extra("cbor2").dumps(["Signature1", protected, b"", message.payload])


def _public_key(entry: Any) -> tuple[Any, bytes]:
    """A public key, and the identifier of the certificate that it came in, if it came in one."""
    x509 = _extra("cryptography.x509")
    if isinstance(entry, str):
        entry = entry.encode()
    if isinstance(entry, bytes):
        is_pem = b"-----BEGIN" in entry
        entry = x509.load_pem_x509_certificate(entry) if is_pem else x509.load_der_x509_certificate(entry)
    if isinstance(entry, x509.Certificate):
        der = entry.public_bytes(_extra("cryptography.hazmat.primitives.serialization").Encoding.DER)
        return entry.public_key(), hashlib.sha256(der).digest()[:8]
    return entry, b""


def _extra(name: str) -> Any:
    """A module of the `[records]` extra."""
    with needs("records"):
        return import_module(name)
