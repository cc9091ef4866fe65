"""`Epc` and `SwissBill`: codes whose lines have their meaning by place."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from qrcore.payload import Epc, Party, SwissBill, parse
from qrcore.payload.checks import is_creditor_reference, is_iban, is_qr_reference

EPC = (
    "BCD\n001\n1\nSCT\nBPOTBEB1\nRed Cross of Belgium\nBE72000000001616\nEUR1\nCHAR\n\nUrgency fund\nSample EPC QR code"
)
SWISS = "\r\n".join(  # SIX, Implementation Guidelines QR-bill 2.3, annex A: QR reference, bill information, schemes
    [
        *("SPC", "0200", "1", "CH4431999123000889012"),
        *("S", "Max Muster & Söhne", "Musterstrasse", "123", "8000", "Seldwyla", "CH"),
        *("",) * 7,
        *("1949.75", "CHF", "S", "Simon Muster", "Musterstrasse", "1", "8000", "Seldwyla", "CH"),
        *("QRR", "210000000003139471430009017", "Order of 15.06.2020", "EPD"),
        "//S1/10/1234/11/201021/30/102673386/32/7.7/40/0:30",
        *("Name AV1: UV;UltraPay005;12345", "Name AV2: XY;XYService;54321"),
    ]
)


SECOND = "\r\n".join(  # its second example: a creditor reference, combined no more
    [
        *("SPC", "0200", "1", "CH5800791123000889012"),
        *("S", "Robert Schneider AG", "Rue du Lac", "1268", "2501", "Biel", "CH"),
        *("",) * 7,
        *("199.95", "CHF", "S", "Pia-Maria Rutschmann-Schnyder", "Grosse Marktgasse", "28", "9400", "Rorschach", "CH"),
        *("SCOR", "RF18539007547034", "", "EPD"),
    ]
)
THIRD = "\r\n".join(  # its third: a donation, any amount, any debtor
    [
        *("SPC", "0200", "1", "CH3709000000304442225"),
        *("S", "Salvation Army Foundation Switzerland", "", "", "3000", "Bern", "CH"),
        *("",) * 8,
        "CHF",
        *("",) * 7,
        *("NON", "", "Donation to the Winterfest Campaign", "EPD"),
    ]
)


def codes(text: str) -> dict[str, int]:
    return {issue.code: issue.position for issue in parse(text).issues}


def test_the_published_epc_sample():
    assert parse(EPC) == Epc(
        "Red Cross of Belgium",
        "BE72000000001616",
        "1",
        "BPOTBEB1",
        "CHAR",
        "",
        "Urgency fund",
        "Sample EPC QR code",
        "001",
    )
    assert parse(EPC).issues == ()
    assert parse(EPC.replace("\n", "\r\n")) == parse(EPC)
    assert parse(EPC).encode() == EPC


def test_a_missing_empty_line_that_shifts_the_rest_is_seen():
    shifted = EPC.replace("BPOTBEB1\n", "")
    assert {"epc.bic", "epc.iban"} <= codes(shifted).keys()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("001", "003", "epc.version"),
        ("\n1\n", "\n9\n", "epc.charset"),
        ("SCT", "XYZ", "epc.service"),
        ("BPOTBEB1", "", "epc.bic"),
        ("BE72", "BE73", "epc.iban"),
        ("EUR1", "EUR0", "epc.amount"),
        ("EUR1", "USD1", "epc.amount"),
        ("EUR1", "EUR1,50", "epc.amount"),
        ("CHAR", "charity", "epc.purpose"),
        ("CHAR\n\n", "CHAR\nRF18539007547034\n", "epc.two_references"),
        ("CHAR\n\nUrgency fund", "CHAR\nRF19539007547034\n", "epc.reference"),
        ("Red Cross of Belgium", "x" * 71, "epc.name"),
        ("Urgency fund", "x" * 141, "epc.text"),
        ("Sample EPC QR code", "x" * 71, "epc.information"),
        ("Sample EPC QR code", "x\ny", "epc.lines"),
        ("Urgency fund", "x" * 300, "epc.size"),
    ],
)
def test_epc_faults_are_named(old, new, code):
    assert code in codes(EPC.replace(old, new))


def test_bytes_are_read_in_the_character_set_that_the_code_names():
    text = "BCD\n002\n{}\nSCT\n\n{}\nBE72000000001616\nEUR1"
    for number, name, codec in (("2", "Müller", "latin-1"), ("3", "Łódź", "iso8859-2"), ("8", "Œuvre €", "iso8859-15")):
        data = text.format(number, name).encode(codec)
        assert parse(data).name == name
        symbol = SimpleNamespace(text=data.decode("latin-1"), data=data, symbology="QR", fnc1=None)
        assert parse(symbol).name == name
    assert parse(text.format("2", "Müller").encode()).name == "Müller"  # UTF-8 in spite of what it says
    assert parse(text.format("1", "Müller").encode("latin-1")).kind == "binary"


def test_epc_positions_are_those_of_the_line():
    assert codes(EPC.replace("EUR1", "EUR0"))["epc.amount"] == EPC.index("EUR1")


def test_a_line_break_in_a_name_is_refused_when_building():
    with pytest.raises(ValueError, match="line break"):
        Epc("Red Cross\nBE00", "BE72000000001616").encode()
    with pytest.raises(ValueError, match="line break"):
        SwissBill("CH4431999123000889012", Party("a\nb")).encode()


def test_the_published_swiss_sample():
    bill = parse(SWISS)
    assert isinstance(bill, SwissBill)
    assert bill.issues == ()
    assert bill.creditor == Party("Max Muster & Söhne", "Musterstrasse", "123", "8000", "Seldwyla", "CH")
    assert bill.debtor == Party("Simon Muster", "Musterstrasse", "1", "8000", "Seldwyla", "CH")
    assert (bill.amount, bill.currency) == ("1949.75", "CHF")
    assert (bill.reference_type, bill.reference) == ("QRR", "210000000003139471430009017")
    assert bill.information.startswith("//S1/")
    assert bill.schemes == ("Name AV1: UV;UltraPay005;12345", "Name AV2: XY;XYService;54321")
    assert bill.encode() == SWISS
    assert parse(SWISS.replace("\r\n", "\n")) == bill


def test_the_other_published_swiss_samples():
    second, third = parse(SECOND), parse(THIRD)
    assert (second.issues, third.issues) == ((), ())
    assert (second.reference_type, second.reference, second.debtor.town) == ("SCOR", "RF18539007547034", "Rorschach")
    assert (third.amount, third.debtor, third.message) == ("", None, "Donation to the Winterfest Campaign")
    assert (second.encode(), third.encode()) == (SECOND, THIRD)


def test_a_bill_without_debtor_reference_or_information():
    bill = SwissBill("CH5800791123000889012", Party("Robert Schneider AG", postcode="2501", town="Biel", country="CH"))
    assert parse(bill.encode()) == bill
    assert parse(bill.encode()).issues == ()
    scor = SwissBill(
        "CH5800791123000889012", bill.creditor, "199.95", "EUR", reference_type="SCOR", reference="RF18539007547034"
    )
    assert parse(scor.encode()).issues == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("0200", "0300", "swiss.version"),
        ("CH4431999123000889012", "CH4431999123000889013", "swiss.iban"),
        ("CH4431999123000889012", "CH5800791123000889012", "swiss.qr_iban"),
        ("1949.75", "1949.7", "swiss.amount"),
        ("CHF", "USD", "swiss.currency"),
        ("S\r\nMax", "K\r\nMax", "swiss.combined_address"),
        ("S\r\nMax", "X\r\nMax", "swiss.address_type"),
        ("Max Muster & Söhne", "", "swiss.name"),
        ("123\r\n8000", "123\r\n", "swiss.address"),
        ("Seldwyla\r\nCH", "Seldwyla\r\nch", "swiss.country"),
        ("QRR", "ABC", "swiss.reference_type"),
        ("210000000003139471430009017", "210000000003139471430009018", "swiss.reference"),
        ("EPD", "END", "swiss.trailer"),
        ("Order of 15.06.2020", "x" * 141, "swiss.message"),
    ],
)
def test_swiss_faults_are_named(old, new, code):
    assert code in codes(SWISS.replace(old, new, 1))


def test_a_line_break_after_the_last_line_is_noted():
    assert "swiss.trailing_break" in codes(SWISS + "\r\n")


def test_check_digits_of_the_standards():
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB82WEST12345698765433")
    assert is_creditor_reference("RF18539007547034")
    assert is_qr_reference("210000000003139471430009017")
    assert not is_qr_reference("210000000003139471430009010")
