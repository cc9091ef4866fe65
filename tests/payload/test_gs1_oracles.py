"""`Gs1` against others: cases of GS1's own syntax engine, and `biip`.

The cases are facts of gs1/gs1-syntax-engine (Apache-2.0), tests of its Digital Link reader and writer: a link and the
element string that it stands for, `^` for FNC1.
"""

from __future__ import annotations

import random
from importlib import import_module
from importlib.metadata import version

import pytest

from qrcore.payload import Gs1, parse
from qrcore.payload.checks import gs1_check_digit
from qrcore.payload.gs1_ai import table

VALID = """
https://a/01/12312312312333/22/TEST/10/ABC/21/XYZ                             ^011231231231233322TEST^10ABC^21XYZ
https://a/01/12312312312333/235/TEST                                          ^0112312312312333235TEST
https://a/253/1231231231232                                                   ^2531231231231232
https://a/253/1231231231232TEST5678901234567                                  ^2531231231231232TEST5678901234567
https://a/8018/123456789012345675/8019/123                                    ^8018123456789012345675^8019123
https://a/stem/00/006141411234567890?                                         ^00006141411234567890
https://a/stem/00/006141411234567890?99=ABC                                   ^0000614141123456789099ABC
https://a/stem/401/12345678?99=ABC                                            ^40112345678^99ABC
https://a/01/12312312312333?99=ABC&98=XYZ                                     ^011231231231233399ABC^98XYZ
https://a/01/12312312312333?&&&99=ABC&&&&&&98=XYZ&&&                          ^011231231231233399ABC^98XYZ
https://a/01/12312312312333?99=ABC&unknown=666&98=XYZ                         ^011231231231233399ABC^98XYZ
https://a/01/12312312312333?unknown1=555&99=ABC&unknown2=666&98=XYZ&u3=777    ^011231231231233399ABC^98XYZ
https://a/01/12312312312333?singleton1&99=ABC&singleton2&98=XYZ&singleton3    ^011231231231233399ABC^98XYZ
https://a/01/12312312312333/22/ABC%2d123?99=ABC&98=XYZ%2f987  ^011231231231233322ABC-123^99ABC^98XYZ/987
https://a/01/12312312312333/22/ABC+123?99=ABC&98=XYZ%2f987  ^011231231231233322ABC+123^99ABC^98XYZ/987
https://a/01/12312312312333/22/test/10/abc/21/xyz#                            ^011231231231233322test^10abc^21xyz
https://a/01/12312312312333/22/test/10/abc/21/xyz#fragment                    ^011231231231233322test^10abc^21xyz
https://a/stem/00/006141411234567890?99=ABC#fragment                          ^0000614141123456789099ABC
https://id.gs1.org/01/09520123456788                                          ^0109520123456788
https://id.gs1.org/01/09520123456788/22/2A                                    ^0109520123456788222A
https://id.gs1.org/01/09520123456788/10/ABC123                                ^010952012345678810ABC123
https://id.gs1.org/01/09520123456788/21/12345                                 ^01095201234567882112345
https://id.gs1.org/01/09520123456788/10/ABC1/21/12345?17=180426               ^010952012345678810ABC1^2112345^17180426
https://id.gs1.org/01/09520123456788?3103=000195                              ^01095201234567883103000195
https://example.com/01/09520123456788?3103=000195&3922=0299&17=201225  ^0109520123456788310300019539220299^17201225
https://id.gs1.org/01/09520123456788?17=201225&3103=000195&3922=0299  ^010952012345678817201225310300019539220299
https://id.gs1.org/00/952012345678912345                                      ^00952012345678912345
https://id.gs1.org/00/952012345678912345?02=09520123456788&37=25&10=A1  ^0095201234567891234502095201234567883725^10A1
https://id.gs1.org/414/9520123456788                                          ^4149520123456788
https://id.gs1.org/414/9520123456788/254/32a%2Fb                              ^414952012345678825432a/b
https://id.gs1.org/01/09520123456788/235/XYZ?10=ABC123                        ^0109520123456788235XYZ^10ABC123
"""
SHORT_GTIN = """
https://a/01/2112345678900                                                    ^0102112345678900
https://a/01/416000336108                                                     ^0100416000336108
https://a/01/02345673                                                         ^0100000002345673
https://brand.example.com/01/9520123456788                                    ^0109520123456788
https://brand.example.com/some-extra/pathinfo/01/9520123456788                ^0109520123456788
https://example.com/8004/9520614141234567?01=9520123456788                    ^80049520614141234567^0109520123456788
"""
INVALID = """
https://a/253/1231231231232TEST56789012345678
https://a/stem/00/006141411234567890/
https://a/01/12312312312333?99=
https://a/01/12312312312333?99=ABC&999=faux
https://a/01/12312312312333/22/ABC%2d123?99=ABC&98=XYZ+987
https://example.com/01/09520123456788?10=ABC123
https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&01=09520123456788
https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&10=ABC123
https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&99=XYZ789
https://example.com/01/09520123456788/89/ABC123?99=XYZ
https://example.com/01/09520123456788?99=XYZ&89=ABC123
https://a/01/12312312312333/10/ABC/22/XYZ
https://a/01/12312312312333/22/ABC/235/XYZ
"""
WRITTEN = """
(01)12312312312326(21)abc123                              /01/12312312312326/21/abc123
(01)12312312312326(22)ABC(10)DEF(21)GHI                   /01/12312312312326/22/ABC/10/DEF/21/GHI
(01)12312312312326(22)ABC(10)DEF(21)GHI(95)INT            /01/12312312312326/22/ABC/10/DEF/21/GHI?95=INT
(21)XYZ(01)12312312312333(10)ABC123(99)XYZ                /01/12312312312333/10/ABC123/21/XYZ?99=XYZ
(01)12312312312333(10)ABC+123(99)XYZ+QWERTY               /01/12312312312333/10/ABC%2B123?99=XYZ%2BQWERTY
(01)12312312312326(01)12312312312326(10)ABC123(99)XYZ789  /01/12312312312326/10/ABC123?99=XYZ789
(01)12312312312326(10)ABC123(10)ABC123(99)XYZ789          /01/12312312312326/10/ABC123?99=XYZ789
(01)12312312312326(10)ABC123(99)XYZ789(99)XYZ789          /01/12312312312326/10/ABC123?99=XYZ789
(8017)795260646688514634(99)000001(253)9526064000028000001  /8017/795260646688514634?253=9526064000028000001&99=000001
(253)9526064000028000001(99)000001(8017)795260646688514634  /253/9526064000028000001?8017=795260646688514634&99=000001
"""


@pytest.fixture(scope="module")
def biip():
    """The package, of a version whose list of identifiers is as new as ours."""
    module = pytest.importorskip("biip")
    if tuple(map(int, version("biip").split(".")[:2])) < (5, 2):
        pytest.skip("an older biip")
    return module


def lines(block: str) -> list[list[str]]:
    return [line.split() for line in block.strip().splitlines()]


@pytest.mark.parametrize(("link", "expected"), lines(VALID))
def test_links_that_the_engine_reads(link, expected):
    gs1 = parse(link)
    assert isinstance(gs1, Gs1)
    assert "^" + gs1.encode().replace("\x1d", "^") == expected
    assert {issue.code for issue in gs1.issues} <= {"gs1.requires"}  # the engine's reader does not judge pairs
    assert parse(gs1.encode(), fnc1="GS1") == gs1


@pytest.mark.parametrize(("link", "expected"), lines(SHORT_GTIN))
def test_links_that_the_engine_reads_only_where_short_numbers_are_permitted(link, expected):
    gs1 = parse(link)
    assert "^" + gs1.encode().replace("\x1d", "^") == expected
    assert "gs1.short_gtin" in {issue.code for issue in gs1.issues}


@pytest.mark.parametrize("link", [line[0] for line in lines(INVALID)])
def test_links_that_the_engine_refuses(link):
    payload = parse(link)
    assert payload.kind == "uri" or {issue.code for issue in payload.issues} - {"gs1.requires"}


@pytest.mark.parametrize(("text", "expected"), lines(WRITTEN))
def test_links_as_the_engine_writes_them_but_for_the_order_of_a_query(text, expected):
    assert parse(text).canonical("") == expected


def test_biip_reads_the_same_elements(biip):
    rng = random.Random(7)
    attributes = ["11", "13", "15", "17", "10", "21", "240", "3103", "3922", "37", "422", "91"]
    values = {
        "11": "261231", "13": "260200", "15": "991231", "17": "500101", "10": "AB-1", "21": "S/9", "240": "x",
        "3103": "001250", "3922": "1995", "37": "12", "422": "276", "91": "abc",
    }  # fmt: skip
    for _ in range(300):
        body = "".join(rng.choice("0123456789") for _ in range(13))
        chosen = rng.sample(attributes, rng.randint(0, 5))
        text = "01" + body + gs1_check_digit(body)
        text += "".join(ai + values[ai] + ("" if table()[ai].predefined else "\x1d") for ai in chosen)
        text = text.removesuffix("\x1d")
        ours = parse(text, fnc1="GS1")
        theirs = biip.parse("]d2" + text).gs1_message
        assert [(e.ai, e.value) for e in ours.elements] == [(e.ai.ai, e.value) for e in theirs.element_strings]
        for element in theirs.element_strings:
            if element.date is not None:
                assert ours.dates()[element.ai.ai] == element.date
            if element.decimal is not None and element.ai.ai.startswith("3"):
                number = next(e.number for e in ours.elements if e.ai == element.ai.ai)
                if number is not None:
                    assert number == element.decimal


@pytest.mark.parametrize(("link", "expected"), lines(VALID))
def test_biip_agrees_on_links_that_it_reads(biip, link, expected):
    theirs = biip.parse(link).gs1_digital_link_uri
    if theirs is None:
        pytest.skip("biip refuses it")
    ours = parse(link)
    mine = sorted((e.ai, e.value) for e in ours.elements)
    assert sorted((e.ai.ai, e.value) for e in theirs.element_strings) == mine


def test_biip_knows_the_same_identifiers(biip):
    module = import_module("biip.gs1_application_identifiers")
    theirs = module._GS1_APPLICATION_IDENTIFIERS
    assert set(theirs) == set(table())
    for code, ai in table().items():
        assert theirs[code].separator_required is not ai.predefined
