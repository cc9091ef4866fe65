"""Base45: the examples of RFC 9285, and what it forbids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qrcore.payload import base45


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")],
)
def test_examples_of_the_standard(data, text):
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@pytest.mark.parametrize(
    ("text", "position"),
    [("GGW", 0), ("BB8:::", 3), (":::", 0), ("BB8::", 3), ("A", 0), ("BB8A", 3), ("bb8", 0), ("BB8\n", 3), ("BBé", 2)],
)
def test_what_the_standard_forbids(text, position):
    with pytest.raises(base45.Base45Error) as caught:
        base45.decode(text)
    assert caught.value.position == position


def test_the_greatest_values_are_admitted():
    assert base45.decode("FGW") == b"\xff\xff"
    assert base45.decode("U5") == b"\xff"


@given(st.binary(max_size=200))
def test_both_ways(data):
    assert base45.decode(base45.encode(data)) == data


@given(st.text(st.sampled_from(base45.ALPHABET), max_size=40))
def test_agrees_with_the_reference_package(text):
    reference = pytest.importorskip("base45")
    try:
        ours = base45.decode(text)
    except base45.Base45Error:
        with pytest.raises(ValueError):  # noqa: PT011
            reference.b45decode(text)
    else:
        assert reference.b45decode(text) == ours
