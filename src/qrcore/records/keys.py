"""Keys, keyrings with rotation, and what is derived from the secret of a code.

    kid -> (algorithm, use, key, not_before, not_after)

The algorithm comes from the entry and a message must equal it, so nobody chooses it for us. `not_before` and
`not_after` bound *writing*: a retired key opens and verifies for as long as it is in the ring, or every code that was
printed with it would die. Rotation: `add` the new key, write with it, `retire` the old one.

Sources: RFC 9053 (algorithms), RFC 9679 (thumbprint of a COSE key), RFC 8037 and RFC 7517 (a key in a file), RFC 5869
(HKDF). Key material is in no `repr`, and a `Key` cannot be pickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from qrcore.errors import OptionError, UsageError
from qrcore.payload import base64url
from qrcore.payload.sealed import protected_header, write_bstr

from ._extra import needs
from .refs import normalize_authority, normalize_ref

with needs():
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = [
    "A256GCM",
    "CHACHA20_POLY1305",
    "CODE_KID",
    "EDDSA",
    "InvalidSignature",
    "InvalidTag",
    "Key",
    "Keyring",
    "Use",
    "claim_token",
    "code_key",
    "thumbprint",
    "token_hash",
]

Use = Literal["enc", "sign"]

A256GCM: Final = 3
CHACHA20_POLY1305: Final = 24
EDDSA: Final = -8
CODE_KID: Final = b"\x00"
"""The kid of a key that is derived from a code's own secret."""

_NAMES = {A256GCM: "A256GCM", CHACHA20_POLY1305: "ChaCha20/Poly1305", EDDSA: "EdDSA"}
_JWK_ALG = {A256GCM: "A256GCM", CHACHA20_POLY1305: "C20P", EDDSA: "EdDSA"}
_SYMMETRIC: dict[int, type[AESGCM] | type[ChaCha20Poly1305]] = {
    A256GCM: AESGCM,
    CHACHA20_POLY1305: ChaCha20Poly1305,
}
_P = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset((0, 1, _P - 1, _P, _P + 1, _ORDER_8, _P - _ORDER_8))
"""The y of the points of Ed25519 whose order divides 8, written reduced or not."""


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """One entry of a keyring. Make it with `encryption`, `signing` or `verifying`; times are in seconds since 1970."""

    kid: bytes
    alg: int
    not_before: float | None = None
    not_after: float | None = None
    cipher: AESGCM | ChaCha20Poly1305 | None = field(default=None, repr=False)
    private: Ed25519PrivateKey | None = field(default=None, repr=False)
    public: Ed25519PublicKey | None = field(default=None, repr=False)
    protected: bytes = field(default=b"", repr=False)
    _secret: bytes = field(default=b"", repr=False)

    @property
    def use(self) -> Use:
        """What the key is for: `enc` or `sign`."""
        return "sign" if self.alg == EDDSA else "enc"

    @classmethod
    def encryption(
        cls,
        kid: bytes,
        secret: bytes | None = None,
        *,
        alg: int = A256GCM,
        not_before: float | None = None,
        not_after: float | None = None,
    ) -> Key:
        """A key to seal and unseal with; a new one where no 32 bytes are given. `kid` has 1 to 8 bytes."""
        if alg not in _SYMMETRIC:
            raise OptionError(f"no such algorithm to seal with: {alg}; A256GCM is 3, ChaCha20/Poly1305 is 24")
        if not 1 <= len(kid) <= 8:
            raise OptionError("a kid has 1 to 8 bytes")
        secret = secrets.token_bytes(32) if secret is None else bytes(secret)
        if len(secret) != 32:
            raise OptionError("a key to seal with has 32 bytes")
        cipher = _SYMMETRIC[alg](secret)
        header = protected_header(alg, kid)
        return cls(bytes(kid), alg, not_before, not_after, cipher, protected=header, _secret=secret)

    @classmethod
    def signing(
        cls,
        seed: bytes | None = None,
        *,
        not_before: float | None = None,
        not_after: float | None = None,
    ) -> Key:
        """A key to sign and verify with, from its seed of 32 bytes; a new one where none is given."""
        seed = secrets.token_bytes(32) if seed is None else bytes(seed)
        if len(seed) != 32:
            raise OptionError("the seed of a signing key has 32 bytes")
        private = Ed25519PrivateKey.from_private_bytes(seed)
        verifier = cls.verifying(private.public_key().public_bytes_raw())
        return replace(verifier, private=private, not_before=not_before, not_after=not_after, _secret=seed)

    @classmethod
    def verifying(cls, public: bytes) -> Key:
        """A key that can only verify, from its 32 public bytes. Its kid follows from it."""
        if len(public) == 32 and int.from_bytes(public, "little") % 2**255 in _SMALL_ORDER:
            raise OptionError("a public key of small order: everybody can sign for it")
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes(public))
        except ValueError:
            raise OptionError("a public key has 32 bytes") from None
        kid = thumbprint(public)[:8]
        return cls(kid, EDDSA, public=key, protected=protected_header(EDDSA, kid))

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes that may be published. Raises `UsageError` for a key that is not for signing."""
        if self.public is None:
            raise UsageError("a key to seal with has no public half")
        return self.public.public_bytes_raw()

    def public_half(self) -> Key:
        """The same key, able to verify and no more."""
        return replace(self, private=None, _secret=b"", public=Ed25519PublicKey.from_public_bytes(self.public_bytes))

    @property
    def can_write(self) -> bool:
        """Whether it holds what sealing or signing needs."""
        return self.cipher is not None or self.private is not None

    def may_write(self, now: float) -> bool:
        """Whether it may seal or sign at that time."""
        after = self.not_before is None or self.not_before <= now
        return self.can_write and after and (self.not_after is None or now < self.not_after)

    def to_jwk(self, *, secret: bool = False) -> dict[str, Any]:
        """The key as JSON (RFC 7517, RFC 8037). Without `secret` only what may be published."""
        out: dict[str, Any] = {"kid": base64url.encode(self.kid), "alg": _JWK_ALG[self.alg], "use": "enc"}
        if self.alg == EDDSA:
            out |= {"kty": "OKP", "crv": "Ed25519", "use": "sig", "x": base64url.encode(self.public_bytes)}
            if secret and self._secret:
                out["d"] = base64url.encode(self._secret)
        elif not secret:
            raise UsageError("a key to seal with has no public half")
        else:
            out |= {"kty": "oct", "k": base64url.encode(self._secret)}
        out |= {} if self.not_before is None else {"not_before": self.not_before}
        out |= {} if self.not_after is None else {"not_after": self.not_after}
        return out

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> Key:
        """The key of `to_jwk`. Raises `OptionError`, which never quotes the key."""
        try:
            begin, end = jwk.get("not_before"), jwk.get("not_after")
            if not isinstance(begin, (int, float, type(None))) or not isinstance(end, (int, float, type(None))):
                raise ValueError("not_before and not_after are numbers")
            if jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
                key = (
                    cls.signing(base64url.decode(jwk["d"])) if "d" in jwk else cls.verifying(base64url.decode(jwk["x"]))
                )
                if key.public_bytes != base64url.decode(jwk["x"]):
                    raise ValueError("the two halves do not belong together")
            else:
                alg = {name: number for number, name in _JWK_ALG.items()}[jwk["alg"]]
                key = cls.encryption(base64url.decode(jwk["kid"]), base64url.decode(jwk["k"]), alg=alg)
            if "kid" in jwk and base64url.decode(jwk["kid"]) != key.kid:
                raise ValueError("the kid is not the key's")
            return replace(key, not_before=begin, not_after=end)
        except (KeyError, ValueError, TypeError, AttributeError, OptionError) as error:
            reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}"
            raise OptionError(f"not a key: {reason}") from None

    def __str__(self) -> str:
        return f"{_NAMES[self.alg]} key {self.kid.hex()}"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled")


class Keyring(Mapping[bytes, Key]):
    """Keys by kid. Immutable: `add`, `drop` and `retire` give a new ring."""

    __slots__ = ("_headers", "_keys")

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._keys: dict[bytes, Key] = {}
        for key in keys:
            if self._keys.setdefault(key.kid, key) is not key:
                raise OptionError(f"two keys have the kid {key.kid.hex()}")
        # The protected header of a message that a key may open is a constant of that key: to look the header up
        # is to check its shape, the algorithm and the kid at once.
        self._headers = {write_bstr(key.protected): key for key in self._keys.values()}

    def __getitem__(self, kid: bytes) -> Key:
        return self._keys[kid]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(str(key) for key in self._keys.values())})"

    def by_header(self, header: bytes) -> Key | None:
        """The key whose messages have this protected header, length byte included."""
        return self._headers.get(header)

    def add(self, *keys: Key) -> Keyring:
        """A ring with these keys as well."""
        return Keyring([*self._keys.values(), *keys])

    def drop(self, kid: bytes) -> Keyring:
        """A ring without that key: what it sealed or signed opens no more."""
        return Keyring(key for key in self._keys.values() if key.kid != kid)

    def retire(self, kid: bytes, at: float | None = None) -> Keyring:
        """A ring in which that key writes no more from `at` (now) on, and reads as before."""
        end = time.time() if at is None else at
        return Keyring(replace(k, not_after=end) if k.kid == kid else k for k in self._keys.values())

    def writer(self, use: Use, now: float | None = None) -> Key:
        """The key to write with: of those that may, the one whose time began last. Raises `UsageError`."""
        now = time.time() if now is None else now
        able = [key for key in self._keys.values() if key.use == use and key.may_write(now)]
        if not able:
            raise UsageError(f"no key in the ring may write for {use!r} now")
        return max(able, key=lambda key: key.not_before or 0.0)

    def public(self) -> Keyring:
        """The halves that may be published."""
        return Keyring(key.public_half() for key in self._keys.values() if key.use == "sign")

    def to_json(self, *, secret: bool = False) -> str:
        """A JWK set (RFC 7517, section 5); without `secret` the published halves alone."""
        ring = self if secret else self.public()
        return json.dumps({"keys": [key.to_jwk(secret=secret) for key in ring.values()]}, indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> Keyring:
        """The ring of `to_json`. Raises `OptionError`."""
        try:
            entries = json.loads(text)["keys"]
            return cls([Key.from_jwk(entry) for entry in entries])
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, OptionError):
                raise
            raise OptionError("not a JWK set") from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the ring, secrets included, to a file that only its owner may read; whole or not at all."""
        target = Path(path)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(self.to_json(secret=True) + "\n")
            os.replace(draft, target)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Keyring:
        """The ring of a file."""
        return cls.from_json(Path(path).read_bytes())


def thumbprint(public: bytes) -> bytes:
    """SHA-256 of the COSE key {1: 1 (OKP), -1: 6 (Ed25519), -2: x} in deterministic CBOR (RFC 9679, section 3)."""
    return hashlib.sha256(b"\xa3\x01\x01\x20\x06\x21" + write_bstr(bytes(public))).digest()


def code_key(secret: bytes, authority: str, ref: str) -> Key:
    """The key that the fragment of a sealed cloud code stands for (F2). Always A256GCM, as browsers have it."""
    return Key.encryption(CODE_KID, _derive(secret, "enc", authority, ref, 32))


def claim_token(secret: bytes, authority: str, ref: str) -> bytes:
    """The proof that somebody holds a code's own secret: 16 bytes, of which a service keeps `token_hash`."""
    return _derive(secret, "claim", authority, ref, 16)


def token_hash(token: bytes) -> bytes:
    """What a service keeps of a claim token."""
    return hashlib.sha256(token).digest()


def _derive(secret: bytes, purpose: str, authority: str, ref: str, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869) with the empty salt, over "qrcore/1 {purpose}" 00 authority 00 ref."""
    if len(secret) != 16:
        raise OptionError("the secret of a code has 16 bytes")
    info = b"\0".join(
        (f"qrcore/1 {purpose}".encode(), normalize_authority(authority).encode(), normalize_ref(ref).encode())
    )
    return HKDF(SHA256(), length, None, info).derive(secret)
