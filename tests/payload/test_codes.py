"""`CodeRef` and `Sealed`: strict grammars, and a secret that is seen nowhere."""

from __future__ import annotations

import pickle

import pytest

from qrcore.payload import CodeRef, Sealed, parse
from qrcore.payload.coderef import read_ref, read_secret, write_ref, write_secret
from qrcore.payload.sealed import Envelope, join_message, protected_header, split_message

SECRET = "AAECAwQFBgcICQoLDA0ODw"
REF = "0123456789ABCDEF"


def test_an_open_code():
    ref = parse(f"HTTPS://Q.EXAMPLE/C/{REF}")
    assert ref == CodeRef("q.example", REF)
    assert (ref.sealed, ref.issues, ref.url) == (False, (), f"https://q.example/C/{REF}")
    assert ref.encode() == f"HTTPS://Q.EXAMPLE/C/{REF}"
    assert len(ref.encode()) == 36


def test_a_reference_is_read_in_any_spelling():
    assert parse("https://q.example/c/oiLoiloIlO12abcD").ref == "01101101 1012ABCD".replace(" ", "")


def test_a_sealed_code():
    ref = parse(f"https://Q.example/C/{REF}#{SECRET}")
    assert ref == CodeRef("q.example", REF, bytes(range(16)))
    assert ref.encode() == f"HTTPS://Q.EXAMPLE/C/{REF}#{SECRET}"
    assert SECRET not in ref.url


def test_the_secret_is_in_no_repr_str_dict_or_issue():
    for fragment in (SECRET, SECRET[:-1] + "x", SECRET + "=="):
        ref = parse(f"https://q.example/C/{REF}#{fragment}")
        assert isinstance(ref, CodeRef)
        for shown in (repr(ref), str(ref), str(ref.to_dict()), repr(ref.issues), *(str(i) for i in ref.issues)):
            assert SECRET[:8] not in shown
            assert "\\x01\\x02" not in shown
            assert "000102" not in shown


@pytest.mark.parametrize(
    "fragment", ["", SECRET[:-1], SECRET + "A", SECRET[:-1] + "x", SECRET + "==", "a/b+" * 5 + "AA"]
)
def test_a_fragment_that_is_no_canonical_secret_is_an_issue(fragment):
    ref = parse(f"https://q.example/C/{REF}#{fragment}")
    assert ref.secret is None
    assert [(issue.code, issue.position) for issue in ref.issues] == [("code_ref.secret", 39 - 2)]


@pytest.mark.parametrize(
    "text",
    [
        f"http://q.example/C/{REF}",
        f"https://user@q.example/C/{REF}",
        f"https://q.example\\@evil.test/C/{REF}",
        f"https://q.exam%70le/C/{REF}",
        f"https://q.example/C/{REF}/",
        f"https://q.example/C/{REF}?x=1",
        f"https://q.example/x/C/{REF}",
        f"https://q.example/C/{REF}0",
        f"https://q.example/C/{REF[:-1]}",
        f"https://q.example/C/{REF[:-1]}U",
        f"https://q.example/C/{REF[:-1]}%41",
        f"https://gооd.example/C/{REF}",
        f"https://q..example/C/{REF}",
        f"https://-q.example/C/{REF}",
        f"https://q.example\t/C/{REF}",
        f"https:/q.example/C/{REF}",
        f"https://q.example/C/{REF}\n#{SECRET}",
    ],
)
def test_whatever_does_not_fit_exactly_is_a_plain_link(text):
    assert parse(text).kind == "uri"


def test_a_port_belongs_to_the_authority():
    assert parse(f"https://localhost:8443/C/{REF}").authority == "localhost:8443"


def test_references_and_secrets_convert_both_ways():
    assert write_ref(bytes(10)) == "0" * 16
    assert write_ref(b"\xff" * 10) == "Z" * 16
    assert read_ref("zzzzzzzzzzzzzzzz") == b"\xff" * 10
    assert read_ref("U" * 16) is None
    assert read_ref("0" * 15) is None
    assert read_secret(write_secret(bytes(range(16)))) == bytes(range(16))
    with pytest.raises(ValueError, match="10 bytes"):
        write_ref(bytes(9))
    with pytest.raises(ValueError, match="16 bytes"):
        write_secret(bytes(15))


def test_a_reference_survives_pickling_with_its_secret():
    ref = CodeRef("q.example", REF, bytes(range(16)))
    assert pickle.loads(pickle.dumps(ref)) == ref


ENCRYPTED = Envelope(False, 3, b"\x01", protected_header(3, b"\x01"), bytes(12), bytes(20), b"")
CHACHA = Envelope(False, 24, b"12345678", protected_header(24, b"12345678"), bytes(12), bytes(300), b"")
SIGNED = Envelope(True, -8, b"abcdefgh", protected_header(-8, b"abcdefgh"), b"", b"jtext/plainhello", bytes(64))


@pytest.mark.parametrize("envelope", [ENCRYPTED, CHACHA, SIGNED])
def test_a_message_of_the_profile_is_taken_apart(envelope):
    message = join_message(envelope)
    assert split_message(message) == envelope
    sealed = parse(Sealed(message).encode())
    assert sealed == Sealed(message, envelope.signed, envelope.alg, envelope.kid)
    assert sealed.issues == ()
    assert sealed.envelope() == envelope


def test_the_bytes_of_the_profile():
    assert join_message(ENCRYPTED).hex() == "d083" + "46a20103044101" + "a1054c" + "00" * 12 + "54" + "00" * 20
    assert protected_header(24, b"\x09").hex() == "a2011818044109"
    assert join_message(SIGNED).hex().startswith("d2844da20127044861626364656667 68a050".replace(" ", ""))


@pytest.mark.parametrize("envelope", [ENCRYPTED, SIGNED])
def test_no_byte_more_and_none_less(envelope):
    message = join_message(envelope)
    assert split_message(message + b"\0") is None
    assert all(split_message(message[:end]) is None for end in range(len(message)))


@pytest.mark.parametrize(
    "message",
    [
        join_message(ENCRYPTED).replace(b"\x46", b"\x58\x06", 1),  # a length not in its shortest form
        join_message(Envelope(False, 3, b"", b"\xa2\x01\x03\x04\x40", bytes(12), bytes(20), b"")),  # no kid
        join_message(Envelope(False, 1, b"", b"\xa2\x01\x01\x04\x41\x01", bytes(12), bytes(20), b"")),  # A128GCM
        join_message(Envelope(False, 3, b"", b"\xa2\x04\x41\x01\x01\x03", bytes(12), bytes(20), b"")),  # other order
        join_message(Envelope(False, -8, b"", protected_header(-8, b"abcdefgh"), bytes(12), bytes(20), b"")),
        join_message(Envelope(True, 3, b"", protected_header(3, b"abcdefgh"), b"", b"x", bytes(64))),
        join_message(Envelope(True, -8, b"", protected_header(-8, b"abc"), b"", b"x", bytes(64))),  # a short kid
        join_message(Envelope(True, -8, b"", protected_header(-8, b"abcdefgh"), b"", b"x", bytes(63))),
        join_message(Envelope(False, 3, b"", protected_header(3, b"1"), bytes(11), bytes(20), b"")),
        join_message(Envelope(False, 3, b"", protected_header(3, b"1"), bytes(12), bytes(15), b"")),
        join_message(Envelope(False, 3, b"", protected_header(3, b"1"), bytes(12), bytes(3100), b"")),
    ],
)
def test_nothing_else_is_admitted(message):
    assert split_message(message) is None
    sealed = parse(Sealed(message).encode())
    assert sealed.issues[0].code in ("sealed.shape", "sealed.size")
    assert sealed.alg == 0


def test_base45_is_strict():
    text = Sealed(join_message(ENCRYPTED)).encode()
    for wrong in (text + "\n", text + " ", text.lower().replace("qrc1", "QRC1"), text[:-1]):
        assert parse(wrong).issues[0].code in ("sealed.base45", "sealed.shape")
    assert parse(text.replace("QRC1", "qrc1")).kind != "sealed"
