"""The COSE profile: what it opens, and above all what it does not."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qrcore.errors import OptionError, UsageError
from qrcore.payload import Sealed, base45, parse
from qrcore.payload.sealed import split_message
from qrcore.records import (
    Context,
    Key,
    Keyring,
    SealError,
    open_offline,
    seal,
    seal_offline,
    sign,
    sign_offline,
    unseal,
    verify,
)
from qrcore.records.cose import MAX_OFFLINE, MAX_RECORD
from qrcore.records.keys import CHACHA20_POLY1305

GCM = Key.encryption(b"\1\2", b"\1" * 32)
CHACHA = Key.encryption(b"\3", b"\2" * 32, alg=CHACHA20_POLY1305)
SIGNER = Key.signing(b"\3" * 32)
RING = Keyring([GCM, CHACHA, SIGNER])
RECORD = Context("enc", "q.example", "0123456789ABCDEF", 7)
OFFLINE = Context.offline("enc")
SIGNED = Context.offline("sign")


@given(st.binary(max_size=400), st.sampled_from([GCM, CHACHA]), st.sampled_from([RECORD, OFFLINE]))
def test_unsealing_undoes_sealing(body: bytes, key: Key, context: Context) -> None:
    opened = unseal(seal(body, key=key, context=context), RING, context=context)
    assert opened == (body, key.kid, key.alg)


@given(st.binary(max_size=400))
def test_verifying_undoes_signing(body: bytes) -> None:
    assert verify(sign(body, key=SIGNER, context=SIGNED), RING, context=SIGNED).body == body


@given(st.binary(max_size=300), st.sampled_from(["enc", "sign"]))
def test_what_is_written_has_the_shape_that_payloads_recognise(body: bytes, use: str) -> None:
    message = seal(body, key=CHACHA, context=OFFLINE) if use == "enc" else sign(body, key=SIGNER, context=SIGNED)
    envelope = split_message(message)
    assert envelope is not None
    assert envelope.signed == (use == "sign")
    tag = cbor2.loads(message)
    assert tag.tag == (18 if use == "sign" else 16)
    assert cbor2.dumps(tag, canonical=True) == message


@pytest.mark.parametrize("context", [RECORD, OFFLINE, Context("enc", "a.example:1", "Z" * 16, 2**40)])
def test_the_additional_data_is_the_array_of_the_specification(context: Context) -> None:
    expected = ["qrcore/1", context.use, context.authority, context.ref, context.version]
    assert context.external_aad == cbor2.dumps(expected)


@given(st.integers(1, 2**63 - 1))
def test_versions_are_written_in_their_shortest_form(version: int) -> None:
    context = Context("enc", "q.example", "0" * 16, version)
    assert context.external_aad == cbor2.dumps(["qrcore/1", "enc", "q.example", "0" * 16, version])


@pytest.mark.parametrize(
    "other",
    [
        Context("enc", "q.example", "0123456789ABCDEF", 6),
        Context("enc", "q.example", "0123456789ABCDEG", 7),
        Context("enc", "p.example", "0123456789ABCDEF", 7),
        OFFLINE,
    ],
)
def test_a_message_opens_in_its_own_context_alone(other: Context) -> None:
    message = seal(b"body", key=GCM, context=RECORD)
    with pytest.raises(SealError):
        unseal(message, RING, context=other)


def test_the_case_in_which_a_code_prints_its_authority_does_not_matter() -> None:
    message = seal(b"body", key=GCM, context=RECORD)
    shouted = Context("enc", "Q.EXAMPLE", "o123456789abcdef", 7)
    assert unseal(message, RING, context=shouted).body == b"body"


def test_a_signature_is_no_seal_and_a_seal_no_signature() -> None:
    sealed, signed = seal(b"x", key=GCM, context=OFFLINE), sign(b"x", key=SIGNER, context=SIGNED)
    for call in (
        lambda: verify(sealed, RING, context=SIGNED),
        lambda: unseal(signed, RING, context=OFFLINE),
        lambda: unseal(sealed, RING, context=SIGNED),
        lambda: verify(signed, RING, context=OFFLINE),
    ):
        with pytest.raises(SealError):
            call()
    for wrong in (lambda: seal(b"x", key=SIGNER, context=OFFLINE), lambda: sign(b"x", key=GCM, context=SIGNED)):
        with pytest.raises(UsageError):
            wrong()


def test_the_algorithm_comes_from_the_ring() -> None:
    message = seal(b"x", key=Key.encryption(b"\1\2", b"\1" * 32, alg=CHACHA20_POLY1305), context=OFFLINE)
    with pytest.raises(SealError):
        unseal(message, RING, context=OFFLINE)


@functools.cache
def _messages() -> list[tuple[bytes, bool]]:
    bodies = (b"", b"x" * 5, b"x" * 64, b"x" * 300)
    sealed = [(seal(body, key=key, context=OFFLINE), False) for body in bodies for key in (GCM, CHACHA)]
    return sealed + [(sign(body, key=SIGNER, context=SIGNED), True) for body in bodies]


def _opens(message: bytes, signed: bool) -> bool:
    try:
        if signed:
            verify(message, RING, context=SIGNED)
        else:
            unseal(message, RING, context=OFFLINE)
    except SealError:
        return False
    return True


def test_every_change_of_a_byte_every_cut_and_every_byte_more_is_refused() -> None:
    for message, signed in _messages():
        assert _opens(message, signed)
        for i in range(len(message)):
            assert not _opens(message[:i], signed)
            assert not _opens(message[:i] + b"\0" + message[i:], signed)
            assert not _opens(message[:i] + message[i + 1 :], signed)
            for flip in (1, 0x80):
                assert not _opens(message[:i] + bytes((message[i] ^ flip,)) + message[i + 1 :], signed)
        assert not _opens(message + b"\0", signed)


def test_the_first_bytes_admit_no_other_value() -> None:
    """Each head byte has one value that opens; the rest of the message is the same."""
    for message, signed in _messages():
        for i in range(min(len(message), 24)):
            for value in range(256):
                if value != message[i]:
                    assert not _opens(message[:i] + bytes((value,)) + message[i + 1 :], signed)


def _naive(message: bytes, signed: bool) -> bool:
    """The same profile by a CBOR library and nothing clever: decode, compare with what it would be written as."""
    try:
        tag = cbor2.loads(message)
        if len(message) > MAX_OFFLINE or cbor2.dumps(tag) != message or tag.tag != (18 if signed else 16):
            return False
        protected, unprotected, *rest = tag.value
        header = cbor2.loads(protected)
        if cbor2.dumps(header) != protected or list(header) != [1, 4]:
            return False
        key = RING.get(header[4])
        if key is None or key.alg != header[1] or type(header[1]) is not int:
            return False
        aad = cbor2.dumps(["qrcore/1", "sign" if signed else "enc", "", "", 0])
        if signed:
            payload, signature = rest
            if unprotected != {} or len(signature) != 64 or not isinstance(payload, bytes) or key.public is None:
                return False
            key.public.verify(signature, cbor2.dumps(["Signature1", protected, aad, payload]))
        else:
            (ciphertext,) = rest
            if list(unprotected) != [5] or len(unprotected[5]) != 12 or key.cipher is None:
                return False
            if type(next(iter(unprotected))) is not int:  # the simple value 5 equals 5 in cbor2
                return False
            key.cipher.decrypt(unprotected[5], ciphertext, cbor2.dumps(["Encrypt0", protected, aad]))
    except Exception:
        return False
    return True


def _mutations(seed: int, count: int) -> Iterator[tuple[bytes, bool]]:
    """Messages changed in one to four places, in ways that CBOR readers trip over, and now and then changed back."""
    rng = random.Random(seed)
    messages = _messages()
    splices = (b"\xff", b"\x9f", b"\xbf", b"\xf6", b"\xa0", b"\x40", b"\x58\x00", b"\x59\x00\x01", b"\xd0\x83", b"\xc1")
    for _ in range(count):
        original, signed = rng.choice(messages)
        data = bytearray(original)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data) + 1)
            how = rng.randrange(6)
            if how == 0 and at < len(data):
                data[at] = rng.randrange(256)
            elif how == 1:
                del data[at : at + rng.randint(1, 4)]
            elif how == 2:
                data[at:at] = rng.choice(splices)
            elif how == 3:
                data[at:at] = data[at : at + rng.randint(1, 16)]
            elif how == 4 and at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            else:
                other = rng.choice(messages)[0]
                data[at:] = other[at:]
        yield bytes(data), signed


def _count_opened(seed: int, count: int) -> int:
    """How many mutated messages open; that a naive reader agrees about each is asserted."""
    opened = 0
    originals = {message for message, _ in _messages()}
    for message, signed in _mutations(seed, count):
        found = _opens(message, signed)
        assert found == _naive(message, signed), message.hex()
        opened += found and message not in originals
    return opened


def test_mutated_messages_do_not_open_and_a_naive_reader_agrees() -> None:
    assert _count_opened(1, 8_000) == 0


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(10))
def test_a_million_mutated_messages_do_not_open(seed: int) -> None:
    assert _count_opened(100 + seed, 100_000) == 0
    print("100,000 messages")


def test_a_message_that_is_too_long_is_refused_on_both_sides() -> None:
    with pytest.raises(OptionError):
        seal(b"x" * MAX_OFFLINE, key=GCM, context=OFFLINE)
    longest = seal(b"x" * (MAX_RECORD - 60), key=GCM, context=RECORD)
    assert unseal(longest, RING, context=RECORD)
    with pytest.raises(SealError):
        unseal(seal(b"x" * (MAX_OFFLINE + 1), key=GCM, context=RECORD), RING, context=OFFLINE)


def test_a_kid_outside_of_the_protected_header_counts_for_nothing() -> None:
    prot = cbor2.dumps({1: 3})
    aad = cbor2.dumps(["Encrypt0", prot, OFFLINE.external_aad])
    assert GCM.cipher is not None
    ciphertext = GCM.cipher.encrypt(b"\0" * 12, b"x", aad)
    message = cbor2.dumps(cbor2.CBORTag(16, [prot, {4: b"\1\2", 5: b"\0" * 12}, ciphertext]))
    with pytest.raises(SealError):
        unseal(message, RING, context=OFFLINE)


def test_a_ticket_never_passes_as_a_coupon() -> None:
    code = sign_offline("application/vnd.ticket", b"seat 5", key=SIGNER)
    content = open_offline(code, RING, type="application/vnd.ticket")
    assert (content.data, content.signed) == (b"seat 5", True)
    with pytest.raises(SealError):
        open_offline(code, RING, type="application/vnd.coupon")


@given(st.binary(max_size=100), st.sampled_from(["text/plain", "a/b", "application/" + "x" * 52]))
def test_an_offline_code_carries_its_content_type(data: bytes, type: str) -> None:
    code = seal_offline(type, data, key=GCM)
    found = parse(code)
    assert isinstance(found, Sealed)
    assert not found.issues
    assert open_offline(found, RING, type=type)[:2] == (type, data)
    assert open_offline(code, RING, type="*").signed is False


@pytest.mark.parametrize("type", ["", "text", "TEXT/plain", "text/plain; charset=utf-8", "a/" + "b" * 63, "ä/b"])
def test_a_content_type_is_short_and_lower_case(type: str) -> None:
    with pytest.raises(OptionError):
        seal_offline(type, b"", key=GCM)


@pytest.mark.parametrize("body", [b"", b"\x60", b"\x6atext", b"\x78\x05a/b45", b"\x65a/b45", b"text/plain", b"\x63a b"])
def test_a_body_without_a_sound_content_type_is_refused(body: bytes) -> None:
    message = seal(body, key=GCM, context=OFFLINE)
    if body == b"\x65a/b45":
        assert open_offline(message, RING, type="a/b45").data == b""
        return
    with pytest.raises(SealError):
        open_offline(message, RING, type="*")


@pytest.mark.parametrize(
    "change", [str.lower, lambda c: c + "\n", lambda c: c[:-1], lambda c: c + "A", lambda c: c[5:]]
)
def test_the_text_of_an_offline_code_is_strict(change: object) -> None:
    code = seal_offline("text/plain", b"hello", key=GCM)
    with pytest.raises(SealError):
        open_offline(change(code), RING, type="*")  # type: ignore[operator]


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_seal_invalid_and_nothing_else(data: bytes) -> None:
    for signed in (False, True):
        assert not _opens(data, signed)
    with pytest.raises(SealError) as caught:
        open_offline(base45.encode(data), RING, type="*")
    assert (caught.value.code, str(caught.value)) == ("seal.invalid", "seal.invalid")


def test_the_error_tells_nothing_of_its_cause() -> None:
    with pytest.raises(SealError) as caught:
        unseal(seal(b"x", key=GCM, context=RECORD)[:-1] + b"\0", RING, context=RECORD)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.timing
def test_sixty_thousand_offline_unseals_a_second(headroom: int) -> None:
    """64-byte bodies, the key cached, Base45 included."""
    import time

    text = base45.encode(seal(b"x" * 64, key=GCM, context=OFFLINE))
    best = 0.0
    for _ in range(5):
        begin = time.process_time()
        for _ in range(3000):
            unseal(base45.decode(text), RING, context=OFFLINE)
        best = max(best, 3000 / (time.process_time() - begin))
    assert best > 60_000 / headroom
