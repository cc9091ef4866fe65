"""`Emv`: the specification's sample, templates, and check sums."""

from __future__ import annotations

import pytest

from qrcore.payload import Account, Emv, Tlv, parse
from qrcore.payload.checks import crc16

SAMPLE = (  # EMVCo, Merchant-Presented Mode 1.1, section 5: the sample code
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
    "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME"
    "91320016A0112233449988770708123456786304A13A"
)


def seal(body: str) -> str:
    return f"{body}6304{crc16((body + '6304').encode()):04X}"


def test_the_sample_of_the_specification():
    emv = parse(SAMPLE)
    assert isinstance(emv, Emv)
    assert emv.issues == ()
    assert emv.dynamic
    assert (emv.merchant, emv.city, emv.country, emv.category) == ("BEST TRANSPORT", "BEIJING", "CN", "4111")
    assert (emv.amount, emv.currency) == ("23.72", "156")
    assert (emv.get("62", "03"), emv.get("62", "06"), emv.get("62", "07")) == ("1234", "***", "A6008667")
    assert (emv.get("64", "00"), emv.get("64", "01"), emv.get("64", "02")) == ("ZH", "最佳运输", "北京")
    assert emv.get("91", "07") == "12345678"
    assert [account.identifier for account in emv.accounts] == ["D15600000000", "D15600000001"]
    assert emv.encode() == SAMPLE


def test_lengths_count_characters_while_the_crc_runs_over_bytes():
    assert SAMPLE[-4:] == f"{crc16(SAMPLE[:-4].encode('utf-8')):04X}"
    assert parse(SAMPLE.encode("utf-8")) == parse(SAMPLE)


def test_networks_are_named():
    pix = parse(
        seal("00020126360014BR.GOV.BCB.PIX0114+55619999999995204000053039865802BR5913Fulano de Tal6008BRASILIA")
    )
    assert pix.accounts == (Account("26", "Pix", "BR.GOV.BCB.PIX", "0014BR.GOV.BCB.PIX0114+5561999999999"),)
    assert (pix.dynamic, pix.amount, pix.issues) == (False, "", ())
    assert "Pix" in str(pix)
    visa = parse(seal("0002010216400000000000000052045812530384058 02US5904SHOP6003NYC".replace(" ", "")))
    assert visa.accounts[0].network == "Visa"


@pytest.mark.parametrize(
    ("text", "network", "merchant", "issues"),
    [
        (  # Banco Central do Brasil, BR Code manual: a static Pix code
            "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR"
            "5913Fulano de Tal6008BRASILIA62070503***63041D3D",
            "Pix", "Fulano de Tal", set(),
        ),
        (  # PromptPay to a telephone number: banks leave out what the specification demands
            "00020101021129370016A000000677010111011300668012345675802TH530376463046197", "PromptPay", "",
            {"emv.missing"},
        ),
    ],
)  # fmt: skip
def test_codes_of_national_schemes(text, network, merchant, issues):
    emv = parse(text)
    assert (emv.accounts[0].network, emv.merchant) == (network, merchant)
    assert {issue.code for issue in emv.issues} == issues
    assert emv.encode() == text


def test_a_wrong_check_sum_is_reported_and_the_rest_is_read():
    emv = parse(SAMPLE[:-1] + "B")
    assert [(issue.code, issue.position) for issue in emv.issues] == [("emv.crc", len(SAMPLE) - 4)]
    assert emv.merchant == "BEST TRANSPORT"
    assert parse(SAMPLE[:-4] + "a13a").issues == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (SAMPLE[:-8], {"emv.no_crc"}),
        (SAMPLE + "6101X", {"emv.crc_place"}),
        (SAMPLE + "X", {"emv.structure"}),
        (SAMPLE[:-10], {"emv.structure", "emv.no_crc"}),
        (seal("0002010102135903ABC"), {"emv.missing", "emv.no_account", "emv.method"}),
        (seal("0002010204ABCD5802us5303USD54031,0"), {"emv.missing", "emv.country", "emv.currency", "emv.amount"}),
        (seal("0002010204ABCD0204ABCD"), {"emv.missing", "emv.repeated"}),
    ],
)
def test_faults_are_named(text, codes):
    payload = parse(text)
    assert payload.kind == "emv"
    assert {issue.code for issue in payload.issues} == codes


def test_a_template_inside_the_additional_data():
    inner = "5013" + "0009COM.BANK1"
    emv = parse(seal(f"00020102112603000520400005303840580 2US5901X6001Y62{len(inner):02d}{inner}".replace(" ", "")))
    assert emv.get("62", "50", "00") == "COM.BANK1"


def test_a_template_that_is_none_stays_a_value():
    emv = parse(seal("000201260512345520400005303840580 2US5904SHOP6003NYC".replace(" ", "")))
    assert "emv.template" in {issue.code for issue in emv.issues}
    assert emv.get("26") == "12345"


@pytest.mark.parametrize("text", ["0002", "000201", "00020", "00010236", "00029999", "00020a0102", "000201123"])
def test_digits_that_only_begin_like_one_are_text(text):
    assert parse(text).kind == "text"


def test_what_is_built_reads_back():
    objects = (
        Tlv("00", "01"),
        Tlv("26", "", children=(Tlv("00", "COM.EXAMPLE"), Tlv("01", "42"))),
        Tlv("52", "0000"),
        Tlv("53", "978"),
        Tlv("58", "FR"),
        Tlv("59", "Café"),
        Tlv("60", "Paris"),
    )
    read = parse(Emv(objects).encode())
    assert (read.issues, read.get("26", "01"), read.merchant) == ((), "42", "Café")
    assert parse(read.encode()) == read
