"""Keys, keyrings, rotation, and what follows from a code's secret."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import pickle
import stat
from pathlib import Path

import cbor2
import pytest

from qrcore.errors import OptionError, UsageError
from qrcore.records import (
    Context,
    Key,
    Keyring,
    SealError,
    claim_token,
    code_key,
    seal,
    sign,
    token_hash,
    unseal,
    verify,
)
from qrcore.records.keys import A256GCM, CHACHA20_POLY1305, thumbprint

SECRET = bytes(range(16))
OFFLINE = Context.offline("enc")
SIGNED = Context.offline("sign")


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 by the letter, for lengths up to 32."""
    pseudo = hmac.digest(b"\0" * 32, secret, "sha256")
    return hmac.digest(pseudo, info + b"\1", "sha256")[:length]


def test_the_key_of_a_sealed_code_follows_from_secret_authority_and_reference() -> None:
    key = code_key(SECRET, "Q.Example", "0123456789abcdef")
    expected = _hkdf(SECRET, b"qrcore/1 enc\0q.example\x000123456789ABCDEF", 32)
    assert (key.kid, key.alg, key.use) == (b"\0", A256GCM, "enc")
    assert key.to_jwk(secret=True)["k"] == Key.encryption(b"\0", expected).to_jwk(secret=True)["k"]


def test_the_claim_token_is_another_key_of_the_same_secret() -> None:
    token = claim_token(SECRET, "q.example", "0123456789ABCDEF")
    assert token == _hkdf(SECRET, b"qrcore/1 claim\0q.example\x000123456789ABCDEF", 16)
    assert token_hash(token) == hashlib.sha256(token).digest()


def test_the_kid_of_a_signing_key_begins_its_rfc_9679_thumbprint() -> None:
    key = Key.signing(b"\7" * 32)
    cose_key = cbor2.dumps({1: 1, -1: 6, -2: key.public_bytes}, canonical=True)
    assert thumbprint(key.public_bytes) == hashlib.sha256(cose_key).digest()
    assert key.kid == hashlib.sha256(cose_key).digest()[:8]


def test_a_rotated_key_still_opens_and_the_new_one_writes() -> None:
    old = Key.encryption(b"\1", not_before=0)
    ring = Keyring([old])
    printed = seal(b"old", key=ring.writer("enc", 10), context=OFFLINE)
    new = Key.encryption(b"\2", alg=CHACHA20_POLY1305, not_before=20)
    ring = ring.add(new)
    assert ring.writer("enc", 10).kid == b"\1"
    assert ring.writer("enc", 30).kid == b"\2"
    ring = ring.retire(b"\1", at=40)
    assert unseal(printed, ring, context=OFFLINE).body == b"old"
    with pytest.raises(SealError):
        unseal(printed, ring.drop(b"\1"), context=OFFLINE)


def test_a_retired_signing_key_still_verifies_and_writes_no_more() -> None:
    key = Key.signing()
    product = sign(b"serial 1", key=key, context=SIGNED)
    ring = Keyring([key]).retire(key.kid, at=5)
    assert verify(product, ring, context=SIGNED).body == b"serial 1"
    with pytest.raises(UsageError):
        ring.writer("sign", 6)


def test_the_public_half_verifies_and_cannot_sign() -> None:
    key = Key.signing()
    public = Keyring([key, Key.encryption(b"\1")]).public()
    assert list(public) == [key.kid]
    assert verify(sign(b"x", key=key, context=SIGNED), public, context=SIGNED).kid == key.kid
    with pytest.raises(UsageError):
        sign(b"x", key=public[key.kid], context=SIGNED)
    with pytest.raises(UsageError):
        public.writer("sign")


def test_two_keys_under_one_kid_are_refused() -> None:
    with pytest.raises(OptionError):
        Keyring([Key.encryption(b"\1"), Key.encryption(b"\1")])


@pytest.mark.parametrize("kid", [b"", b"123456789"])
def test_a_kid_has_one_to_eight_bytes(kid: bytes) -> None:
    with pytest.raises(OptionError):
        Key.encryption(kid)


def test_a_ring_survives_its_file_which_only_the_owner_reads(tmp_path: Path) -> None:
    ring = Keyring([Key.encryption(b"\1", not_before=1.5), Key.signing(not_after=9), Key.verifying(os.urandom(32))])
    ring.save(tmp_path / "keys.json")
    again = Keyring.load(tmp_path / "keys.json")
    assert again.to_json(secret=True) == ring.to_json(secret=True)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


def test_what_is_published_holds_no_secret() -> None:
    ring = Keyring([Key.encryption(b"\1"), Key.signing()])
    published = json.loads(ring.to_json())["keys"]
    assert [set(entry) & {"d", "k"} for entry in published] == [set()]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"keys": [{}]}', '{"keys": [{"kty": "oct", "alg": "A256GCM", "k": "AA"}]}']
)
def test_a_broken_key_file_is_an_option_error(text: str) -> None:
    with pytest.raises(OptionError):
        Keyring.from_json(text)


def test_halves_that_do_not_belong_together_are_refused() -> None:
    jwk = Key.signing(b"\1" * 32).to_jwk(secret=True) | {"x": Key.signing(b"\2" * 32).to_jwk()["x"]}
    with pytest.raises(OptionError):
        Key.from_jwk(jwk)


def test_key_material_is_in_no_repr_and_no_pickle() -> None:
    for key in (Key.encryption(b"\1", b"\xaa" * 32), Key.signing(b"\xaa" * 32)):
        shown = f"{key!r} {key} {Keyring([key])!r}"
        assert "\\xaa" not in shown
        assert "qqqq" not in shown
        with pytest.raises(TypeError):
            pickle.dumps(key)
