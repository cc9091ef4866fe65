"""References and the text of cloud codes (F1, F2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qrcore.payload import CodeRef, parse
from qrcore.payload.coderef import read_ref
from qrcore.records import code_url, new_ref, new_secret
from qrcore.records.errors import PayloadError
from qrcore.records.refs import normalize_authority, normalize_ref, ref_bytes, write_ref


def test_new_references_are_canonical_and_differ() -> None:
    refs = {new_ref() for _ in range(1000)}
    assert len(refs) == 1000
    assert all(normalize_ref(ref) == ref and len(ref_bytes(ref)) == 10 for ref in refs)


@given(st.binary(min_size=10, max_size=10))
def test_a_reference_survives_every_accepted_spelling(data: bytes) -> None:
    ref = write_ref(data)
    assert ref_bytes(ref) == ref_bytes(ref.lower()) == data
    assert ref_bytes(ref.replace("0", "O").replace("1", "l")) == data
    assert ref_bytes(ref.replace("0", "o").replace("1", "I")) == data


@given(st.text(max_size=20) | st.text(alphabet="0123456789abcdefghijklmnopqrstuvwxyz_+- ", min_size=16, max_size=16))
def test_references_are_read_like_the_payload_does(text: str) -> None:
    expected = read_ref(text)
    if expected is None:
        with pytest.raises(PayloadError):
            ref_bytes(text)
    else:
        assert ref_bytes(text) == expected


def test_an_open_code_is_printed_in_36_upper_case_characters() -> None:
    url = code_url("q.example", "0123456789abcdef")
    assert url == "HTTPS://Q.EXAMPLE/C/0123456789ABCDEF"
    assert len(url) == 36


def test_a_sealed_code_keeps_its_secret_behind_the_fragment() -> None:
    secret = new_secret()
    found = parse(code_url("q.example", new_ref(), secret))
    assert isinstance(found, CodeRef)
    assert found.secret == secret
    assert found.url.endswith(found.ref)


@pytest.mark.parametrize(
    "bad",
    ["", "a b", "user@host", "host/path", "host:port", "[::1]", "ho%73t", "-a.example", "a..b", "höst.example", "a\n"],
)
def test_an_authority_is_an_ascii_host_name(bad: str) -> None:
    with pytest.raises(PayloadError):
        normalize_authority(bad)


def test_an_authority_is_lower_case_and_keeps_its_port() -> None:
    assert normalize_authority("Q.Example:8443") == "q.example:8443"
