"""`Hc1` on the certificates of several states, `Shc` and `ShLink`."""

from __future__ import annotations

import base64
import json
import sys
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from qrcore.errors import MissingExtraError
from qrcore.payload import Hc1, Shc, ShLink, base45, parse
from qrcore.payload.hc1 import MAX_INFLATED


@pytest.fixture(scope="module")
def certificates(data: Path) -> list[dict[str, Any]]:
    """All cases of dgc-testdata, each with its text, its steps, its expected claims and its signer."""
    pytest.importorskip("cbor2")
    pytest.importorskip("cryptography")
    paths = sorted((data / "dcc").rglob("*.json"))
    if not paths:
        pytest.skip("no certificates here")
    return [{"path": str(path), **json.loads(path.read_text(encoding="utf-8-sig"))} for path in paths]


def signer(case: dict[str, Any]) -> bytes:
    return base64.b64decode(case["TESTCTX"]["CERTIFICATE"])


def test_every_certificate_has_its_expected_message_and_claims(certificates):
    for case in certificates:
        payload = parse(case["PREFIX"])
        expected = case["EXPECTEDRESULTS"]
        assert isinstance(payload, Hc1)
        if expected.get("EXPECTEDDECODE", True):
            assert payload.issues == (), case["path"]
            assert payload.cose.hex() == case["COSE"].lower(), case["path"]
            assert payload.certificate == case["JSON"], case["path"]


def test_every_certificate_verifies_as_expected_with_its_own_key_and_with_no_other(certificates):
    from cryptography import x509

    signers = list({signer(case): None for case in certificates})
    for case in certificates:
        if "EXPECTEDVERIFY" not in case["EXPECTEDRESULTS"]:
            continue
        payload = parse(case["PREFIX"])
        expected = case["EXPECTEDRESULTS"]["EXPECTEDVERIFY"]
        assert bool(payload.verify([signer(case)])) is expected, case["path"]
        assert bool(payload.verify(signers)) is expected, case["path"]
        others = [other for other in signers if other != signer(case)]
        assert payload.verify(others).reason == "unknown_key"
        kid = payload.verify([signer(case)]).kid
        for other in others[:3]:  # the right name on a wrong key
            wrong = x509.load_der_x509_certificate(other).public_key()
            assert payload.verify({kid: wrong}).reason in ("signature", "algorithm")


def test_a_changed_byte_never_verifies(certificates):
    case = certificates[0]
    cose = bytes.fromhex(case["COSE"])
    for index in range(0, len(cose), 7):
        changed = cose[:index] + bytes((cose[index] ^ 1,)) + cose[index + 1 :]
        payload = parse(Hc1(changed).encode())
        assert not payload.verify([signer(case)])


def test_a_time_is_compared_only_where_one_is_given(certificates):
    case = certificates[0]
    payload, keys = parse(case["PREFIX"]), [signer(case)]
    sound = payload.verify(keys)
    assert sound
    assert sound.issued is not None
    assert sound.expires is not None
    assert payload.verify(keys, at=sound.issued + timedelta(hours=1))
    assert payload.verify(keys, at=sound.expires).reason == "expired"
    assert payload.verify(keys, at=sound.issued - timedelta(seconds=1)).reason == "not_yet_valid"
    assert not payload.verify(keys, at=datetime(2030, 1, 1, tzinfo=timezone.utc))


def sign(payload: Any, *, protected: Any = None, tags: tuple[int, ...] = (18,), alg: int = -7) -> tuple[Hc1, Any]:
    """A certificate signed by a new key, and the key."""
    cbor2 = pytest.importorskip("cbor2")
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    head = cbor2.dumps({1: alg, 4: b"12345678"} if protected is None else protected)
    body = cbor2.dumps(payload)
    signed = cbor2.dumps(["Signature1", head, b"", body])
    if alg == -7:
        key = ec.generate_private_key(ec.SECP256R1())
        r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    else:
        key = rsa.generate_private_key(65537, 2048)
        signature = key.sign(signed, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    message: Any = [head, {}, body, signature]
    for tag in tags:
        message = cbor2.CBORTag(tag, message)
    return Hc1(cbor2.dumps(message)), key.public_key()


CLAIMS = {1: "XX", 4: 1700000000, 6: 1600000000, -260: {1: {"ver": "1.3.0"}}}


@pytest.mark.parametrize("alg", [-7, -37])
@pytest.mark.parametrize("tags", [(18,), (), (18, 61)])
def test_both_algorithms_and_every_tagging_verify(alg, tags):
    built, key = sign(CLAIMS, tags=tags, alg=alg)
    read = parse(built.encode())
    assert (read, read.issues) == (built, ())
    assert read.claims == CLAIMS
    assert read.certificate == {"ver": "1.3.0"}
    assert read.verify({b"12345678": key})


def test_an_algorithm_that_is_not_signed_for_does_not_count():
    built, key = sign(CLAIMS, protected={4: b"12345678"})
    assert built.verify({b"12345678": key}).reason == "algorithm"


def test_a_critical_header_that_we_do_not_know_is_refused():
    built, key = sign(CLAIMS, protected={1: -7, 4: b"12345678", 2: [99], 99: 1})
    assert built.verify({b"12345678": key}).reason == "malformed"


def test_dates_of_cbor_stay_as_written():
    cbor2 = pytest.importorskip("cbor2")
    built, _ = sign({-260: {1: {"sc": cbor2.CBORTag(0, "2021-05-20T10:00:00Z")}}})
    assert built.certificate == {"sc": "2021-05-20T10:00:00Z"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("HC1:abc", "hc1.base45"),
        ("HC1:" + base45.encode(b"\x78\x9cgarbage"), "hc1.zlib"),
        ("HC1:" + base45.encode(zlib.compress(b"\xd2\x84")[:-2]), "hc1.zlib"),
        ("HC1:" + base45.encode(zlib.compress(b"\xd2\x84") + b"x"), "hc1.zlib"),
        ("HC1:" + base45.encode(zlib.compress(bytes(MAX_INFLATED + 1), 9)), "hc1.too_large"),
        ("HC1:" + base45.encode(zlib.compress(bytes(3 << 20), 9)), "hc1.too_large"),
        ("HC1:" + base45.encode(zlib.compress(b"hello")), "hc1.cose"),
        ("HC1:" + base45.encode(b"\xd2\x84\x40\xa0\x40\x40"), "hc1.not_compressed"),
        ("HC1:", "hc1.not_compressed"),
    ],
)
def test_damage_is_named_and_gives_no_claims(text, code):
    payload = parse(text)
    assert code in [issue.code for issue in payload.issues]
    pytest.importorskip("cbor2")
    assert payload.claims == {}
    assert payload.verify({}).reason in ("malformed", "unknown_key")


def test_just_64_kib_are_admitted():
    assert parse("HC1:" + base45.encode(zlib.compress(b"\x84" + bytes(MAX_INFLATED - 1), 9))).issues == ()


def test_without_the_extra_the_error_names_the_command(monkeypatch):
    for name in ("cbor2", "cryptography", "cryptography.x509"):
        monkeypatch.setitem(sys.modules, name, None)
    payload = Hc1(b"\xd2\x84")
    assert parse(payload.encode()).issues == ()  # recognising needs nothing
    with pytest.raises(MissingExtraError, match=r'pip install "qrcore\[records\]"'):
        _ = payload.claims
    with pytest.raises(MissingExtraError):
        payload.verify([])


JWS = "eyJ6aXAiOiJERUYiLCJhbGciOiJFUzI1NiIsImtpZCI6ImFiYyJ9.AAAA.BBBB"


def test_a_health_card_is_taken_apart():
    card = parse(Shc(JWS).encode())
    assert card == Shc(JWS)
    assert card.issues == ()
    assert card.header == {"zip": "DEF", "alg": "ES256", "kid": "abc"}
    assert card.sections[1:] == ("AAAA", "BBBB")
    part = parse(Shc(JWS[:20], 1, 3).encode())
    assert (part.part, part.parts, part.issues) == (1, 3, ())


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("shc:/", {"shc.digits", "shc.jws"}),
        ("shc:/123", {"shc.digits", "shc.jws"}),
        ("shc:/12x4", {"shc.digits", "shc.jws"}),
        ("shc:/9999", {"shc.characters", "shc.jws"}),
        ("shc:/3/2/5656", {"shc.part"}),
    ],
)
def test_faults_of_a_card_are_named(text, codes):
    assert {issue.code for issue in parse(text).issues} == codes


KEY = "rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q"
LINK = ShLink("https://ehr.example/qr/Y9xwkUdtmN9wwoJoN3ffJIhX2UGvCL1JnlPVNL3kDWM", KEY, 1700000000, "L", "Jo's card")


@pytest.mark.parametrize("viewer", ["", "https://viewer.example/index.html", "https://viewer.example/"])
def test_a_health_link_is_taken_apart_with_or_without_a_viewer(viewer):
    built = ShLink(LINK.url, KEY, 1700000000, "LP", "Jo's card", viewer=viewer)
    read = parse(built.encode())
    assert (read, read.issues) == (built, ())


def test_the_key_of_a_health_link_is_in_no_repr_str_or_dict():
    read = parse(LINK.encode())
    assert read.key == KEY
    for shown in (repr(read), str(read), str(read.to_dict())):
        assert KEY not in shown


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("[]", {"sh_link.json"}),
        ("{}", {"sh_link.json"}),
        ('{"url":"http://x","key":"short"}', {"sh_link.url", "sh_link.key"}),
        ('{"url":1,"key":null,"exp":"soon","flag":7,"label":[],"v":"x"}',
         {"sh_link.url", "sh_link.key", "sh_link.exp", "sh_link.flag", "sh_link.label", "sh_link.v"}),
        (f'{{"url":"https://x","key":"{KEY}","flag":"PU"}}', {"sh_link.flag"}),
        ("[" * 100000, {"sh_link.json"}),
    ],
)  # fmt: skip
def test_faults_of_a_link_are_named(body, codes):
    text = "shlink:/" + base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")
    assert {issue.code for issue in parse(text).issues} == codes
