"""`Gs1`: element strings, Digital Links, product numbers, dates, and the table of identifiers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qrcore.payload import Element, Gs1, parse
from qrcore.payload.gs1 import read_date
from qrcore.payload.gs1_ai import table
from qrcore.payload.gs1_lint import TESTS, alpha_check

GTIN = "0109506000134352"


def elements(text: str, **options: object) -> list[tuple[str, str]]:
    payload = parse(text, **options)
    assert isinstance(payload, Gs1)
    return [(element.ai, element.value) for element in payload.elements]


def codes(text: str, fnc1: str | None = "GS1") -> dict[str, int]:
    return {issue.code: issue.position for issue in reversed(parse(text, fnc1=fnc1).issues)}


def test_an_element_string():
    text = GTIN + "17261231" + "10ABC/1\x1d" + "21S1"
    gs1 = parse(text, fnc1="GS1")
    assert gs1 == Gs1(
        (Element("01", "09506000134352"), Element("17", "261231"), Element("10", "ABC/1"), Element("21", "S1"))
    )
    assert gs1.issues == ()
    assert (gs1.gtin, gs1.batch, gs1.serial) == ("09506000134352", "ABC/1", "S1")
    assert gs1.path == "/01/09506000134352/10/ABC%2F1/21/S1"
    assert gs1.canonical() == "https://id.gs1.org/01/09506000134352/10/ABC%2F1/21/S1?17=261231"
    assert gs1.encode() == text
    assert [element.position for element in gs1.elements] == [2, 18, 26, 34]


def test_a_separator_at_the_start_or_where_none_is_needed_is_no_fault():
    assert elements("\x1d" + GTIN + "\x1d17261231\x1d", fnc1="GS1") == [("01", "09506000134352"), ("17", "261231")]


def test_without_fnc1_digits_are_text_but_an_aim_identifier_says_the_same():
    assert parse(GTIN + "10ABC").kind == "text"
    assert elements("]d2" + GTIN + "10ABC") == [("01", "09506000134352"), ("10", "ABC")]
    assert elements("]C1" + GTIN, fnc1="GS1") == [("01", "09506000134352")]


def test_brackets_are_read_where_everything_fits():
    assert elements("(01)09506000134352(17)261231(10)A(1)") == [
        ("01", "09506000134352"), ("17", "261231"), ("10", "A(1)"),
    ]  # fmt: skip
    assert parse("(01)09506000134352(10)ABC").form == "brackets"
    assert parse("(555) 123-4567").kind == "text"
    assert parse("(01)12345").kind == "text"
    assert parse("(10) items at 5 each").kind == "text"


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("0109506000134353", "gs1.check_digit", 15),
        ("010950600013435", "gs1.length", 15),
        ("01A9506000134352", "gs1.character", 2),
        (GTIN + "17261331", "gs1.date", 20),
        (GTIN + "17260230", "gs1.date", 22),
        (GTIN + "10" + "x" * 21, "gs1.length", 38),
        (GTIN + "10A B", "gs1.character", 19),
        (GTIN + "89X", "gs1.unknown_ai", 16),
        (GTIN + "7003" + "2612312460", "gs1.time", 26),
        (GTIN + "3932" + "0010050", "gs1.value", 20),
        (GTIN + "422" + "001", "gs1.value", 19),
        (GTIN + "10A\x1d10B", "gs1.repeated", 22),
        ("10A", "gs1.requires", 2),
        (GTIN + "3712", "gs1.excludes", 2),
        ("", "gs1.empty", 0),
        ("8018" + "123456789012345675" + "\x1d8017" + "123456789012345675", "gs1.excludes", 4),
        ("8007GB82WEST12345698765433", "gs1.check_digit", 4),
        ("40112A45678", "gs1.prefix", 3),
        ("8003" + "1" + "1231231231232", "gs1.value", 4),
        ("8006" + "09506000134352" + "0302", "gs1.value", 18),
        ("4309" + "1800000001" + "0000000000", "gs1.value", 4),
    ],
)
def test_faults_are_named_with_their_place(text, code, position):
    assert codes(text)[code] == position


def test_day_00_is_the_last_of_its_month_and_centuries_follow_the_year():
    gs1 = parse(GTIN + "17240200", fnc1="GS1")
    assert gs1.issues == ()
    assert gs1.dates(date(2026, 1, 1)) == {"17": date(2024, 2, 29)}
    assert read_date("260100", 2026) == date(2026, 1, 31)
    assert read_date("261200", 2026) == date(2026, 12, 31)
    for short, full in ((75, 2075), (76, 2076), (77, 1977), (99, 1999), (0, 2000), (26, 2026)):
        assert read_date(f"{short:02d}0101", 2026) == date(full, 1, 1)
    assert read_date("010101", 2060) == date(2101, 1, 1)
    assert read_date("130101", 2060) == date(2013, 1, 1)
    assert read_date("990101", 2101) == date(2099, 1, 1)


def test_measures_and_prices_have_their_decimal_point():
    gs1 = parse(GTIN + "3103001250" + "3922" + "1995" + "\x1d" + "3932" + "978" + "1995", fnc1="GS1")
    assert [element.number for element in gs1.elements] == [None, Decimal("1.250"), Decimal("19.95"), Decimal("19.95")]
    assert gs1.elements[1].title == "NET WEIGHT (kg)"


@pytest.mark.parametrize(
    ("text", "symbology", "gtin"),
    [
        ("5051140178499", "EAN_13", "05051140178499"),
        ("00393157", "EAN_8", "00000000393157"),
        ("123456789012", "UPC_A", "00123456789012"),
        ("01234565", "UPC_E", "00012345000065"),
        ("04252614", "UPC_E", "00042100005264"),
        ("10614141000415", "ITF", "10614141000415"),
        ("09506000134352", "DATABAR", "09506000134352"),
        (GTIN, "DATABAR", "09506000134352"),
        (GTIN + "3103001250", "DATABAR_EXPANDED", "09506000134352"),
    ],
)
def test_a_product_number_becomes_a_gtin_of_14_digits(text, symbology, gtin):
    gs1 = parse(text, symbology=symbology)
    assert (gs1.kind, gs1.gtin, gs1.issues) == ("gs1", gtin, ())
    assert gs1.path == f"/01/{gtin}"


def test_a_product_number_with_a_wrong_digit_or_an_add_on():
    assert [i.code for i in parse("5051140178490", symbology="EAN_13").issues] == ["gs1.check_digit"]
    book = parse("9780201379624 51299", symbology="EAN_13")
    assert (book.gtin, book.add_on, book.issues) == ("09780201379624", "51299", ())
    assert parse("12345", symbology="ITF").kind == "text"


def test_a_digital_link_keeps_its_web_link():
    gs1 = parse("https://user@brand.example/some/path/01/09520123456788/10/A?17=261231&linkType=all#x")
    assert (gs1.form, gs1.gtin, gs1.batch) == ("digital_link", "09520123456788", "A")
    assert gs1.link.host_ascii == "brand.example"
    assert gs1.link.flags == {"user_info"}


def test_what_is_wrong_with_the_web_link_is_an_issue_of_the_digital_link():
    assert codes("https://good.example:0x/01/09520123456788", None) == {"uri.port": 20}
    assert parse("https://good.example\\@evil.test/01/09520123456788").kind == "uri"
    assert parse("https:///01/09520123456788").kind == "uri"


def test_positions_count_from_the_start_of_raw():
    text = "  https://a.example/01/09520123456788"
    assert text[parse(text).elements[0].position :] == "09520123456788"


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/01/20240102",
        "https://example.com/01/02/2024",
        "https://example.com/00/1",
        "https://example.com/8004/abc",
        "https://example.com/401/page",
        "https://example.com/blog/01/welcome",
        "https://example.com/01/09520123456788/comments",
        "https://example.com/01/09520123456788/page/2",
        "https://example.com/?01=09520123456788",
        "https://example.com/#/01/09520123456788",
    ],
)
def test_a_web_link_with_numbers_in_it_is_no_digital_link(text):
    assert parse(text).kind == "uri"


def test_names_and_short_numbers_of_older_digital_links_are_read_and_noted():
    text = "https://example.com/gtin/9520123456788/lot/A?exp=261231"
    assert elements(text) == [("01", "09520123456788"), ("10", "A"), ("17", "261231")]
    assert set(codes(text, None)) == {"gs1.link_name", "gs1.short_gtin"}


def test_a_wrong_check_digit_in_a_link_is_an_issue():
    assert set(codes("https://example.com/01/09520123456789", None)) == {"gs1.check_digit"}


def test_check_characters_of_a_model_number():
    assert alpha_check("1987654Ad4X4bL5ttr2310c") == "2K"  # the example of the General Specifications


def test_every_identifier_names_only_tests_that_exist():
    known = table()
    assert len(known) == 541
    for ai in known.values():
        for part in ai.components:
            assert set(part.tests) <= TESTS.keys()
        assert ai.least <= ai.most <= 90
        for group in (*ai.required, (ai.excluded,)):
            for patterns in group:
                assert all(pattern.replace("n", "0").isdigit() for pattern in patterns)


def test_no_identifier_is_the_start_of_another():
    known = set(table())
    assert not [ai for ai in known for end in range(2, len(ai)) if ai[:end] in known]


def test_the_committed_table_is_what_the_dictionary_says_of_these():
    known = table()
    assert known["01"].qualifiers == (("22", "10", "21"), ("235",))
    assert known["8030"].components[0].charset == "Z"
    assert (known["3105"].title, known["3105"].predefined) == ("NET WEIGHT (kg)", True)
    assert (known["423"].least, known["423"].most) == (3, 15)
    assert known["10"].required == ((("01",), ("02",), ("03",), ("8006",), ("8026",)),)
    assert ("01", "21") in known["8030"].required[0]
