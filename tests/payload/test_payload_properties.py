"""Properties: `parse` of anything returns, places are inside, and what is built reads back."""

from __future__ import annotations

import string
from datetime import date, datetime, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from qrcore.payload import (
    Address,
    Binary,
    CodeRef,
    Contact,
    Element,
    Email,
    Emv,
    Epc,
    Event,
    Geo,
    Gs1,
    Hc1,
    Labelled,
    Name,
    Otp,
    Party,
    Pay,
    Payload,
    Sealed,
    Shc,
    ShLink,
    Sms,
    SwissBill,
    Tel,
    Text,
    Tlv,
    Uri,
    Wifi,
    parse,
)
from qrcore.payload.checks import gs1_check_digit
from qrcore.payload.coderef import write_ref
from qrcore.payload.dispatch import PRECEDENCE

STARTS = [
    *{f"{prefix}:" for rule in PRECEDENCE for prefix in rule.prefixes},
    *("https://", "https://id.gs1.org/01/09520123456788", "https://q.example/C/0123456789ABCDEF#", "upi://pay?"),
    *("WIFI:T:WPA;S:", "MECARD:N:", "BEGIN:VCARD\nN:", "BEGIN:VEVENT\nDTSTART:"),
    "BEGIN:VEVENT\nDTSTART:20260101\nDURATION:",
    *("MEMORY:\r\nNAME1:", "geo:1,", "otpauth://totp/", "otpauth://hotp/?counter=", "000201", "BCD\n002\n1\nSCT\n\n\n"),
    *("SPC\n0200\n1\n" + "\n" * 20, "shc:/1/2/", "shlink:/", "https://a#shlink:/", "QRC1:", "HC1:"),
    *("(01)", "]d2", "]C110"),
    *("https://xn--", "https://[", "http://0x", "BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=", "bitcoin:"),
]  # fmt: skip
PIECES = st.sampled_from(
    ["%", "%41", "%ff", "\\", "\\;", ";", ":", ",", "@", "?", "&", "=", "#", "/", "//", "\n", "\r\n", "\x1d", "\x00",
     "0", "10", "01", "²", "٣", "xn--", "é", "\ud800", "。", "\u202e", "P1D", "T:", "S:", "P:", "N:", "EUR", "(", ")",
     "\t", " ", "a" * 64]
)  # fmt: skip
SHAPED = st.builds(
    lambda start, parts: start + "".join(parts),
    st.sampled_from(STARTS),
    st.lists(PIECES | st.text(max_size=5), max_size=12),
)
SYMBOLOGIES = st.sampled_from([None, "QR", "EAN_13", "EAN_8", "UPC_A", "UPC_E", "ITF", "DATABAR", "DATABAR_EXPANDED"])
FNC1 = st.sampled_from([None, "GS1", "AIM"])


def sound(payload: Payload, length: int) -> None:
    """What holds of every payload."""
    assert all(0 <= issue.position <= length for issue in payload.issues)
    assert all(issue.message for issue in payload.issues)
    assert str(payload).isprintable() or not str(payload).isascii()
    repr(payload)
    payload.to_dict(secrets=True)
    hash(payload)


@given(st.binary(max_size=300), SYMBOLOGIES, FNC1)
def test_parse_of_any_bytes_returns(data, symbology, fnc1):
    payload = parse(data, symbology=symbology, fnc1=fnc1)
    assert payload.raw in (data, data.decode("utf-8", "replace"))
    sound(payload, len(data))


@settings(max_examples=400)
@given(st.text(max_size=100) | SHAPED, SYMBOLOGIES, FNC1)
def test_parse_of_any_text_returns(text, symbology, fnc1):
    payload = parse(text, symbology=symbology, fnc1=fnc1)
    assert payload.raw == text
    assert payload == parse(text, symbology=symbology, fnc1=fnc1)
    sound(payload, len(text))


@given(st.sampled_from(["\x1d10", "11", "0", "]d2", "(10)"]), st.text(string.digits + "\x1d()", max_size=60))
def test_digits_in_a_gs1_symbol_return(start, rest):
    payload = parse(start + rest, fnc1="GS1")
    sound(payload, len(start + rest))
    if isinstance(payload, Gs1):
        payload.dates(date(2026, 1, 1))
        payload.canonical()


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20).map(str.strip)
NO_COLON = LINE.filter(lambda text: ":" not in text)
WORD = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\r\x00"), max_size=30)
ADDRESS = st.builds(lambda user, host: f"{user}@{host}.example", WORD, st.text(string.ascii_lowercase, min_size=1))
NUMBER = st.text(string.digits, min_size=3, max_size=12).map(lambda digits: "+" + digits)
HOST = st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=10), min_size=2, max_size=4).map(".".join)
DIGITS13 = st.text(string.digits, min_size=13, max_size=13)
GTIN = DIGITS13.map(lambda body: body + gs1_check_digit(body))
AMOUNT = st.integers(1, 99999999).map(lambda cents: f"{cents // 100}.{cents % 100:02d}")


def back(payload: Payload) -> None:
    """What is built reads back as the same."""
    text = payload.encode()  # type: ignore[attr-defined]
    read = parse(text)
    assert read == payload, (text, read, payload)


@given(HOST, st.none() | st.integers(1, 65535), st.lists(WORD, max_size=3), st.none() | WORD, st.none() | WORD)
def test_uri(host, port, path, query, fragment):
    from dataclasses import replace

    built = Uri(
        scheme="https",
        host_ascii=host,
        host_unicode=host,
        port=port,
        path="/x/" + "/".join(path),
        query=query,
        fragment=fragment,
    )
    read = parse(built.encode())
    if isinstance(read, Uri):
        assert replace(read, uri="", flags=frozenset()) == built
        assert parse(read.encode()) == read


@given(
    LINE.filter(bool),
    st.sampled_from(["nopass", "WEP", "WPA", "SAE", "EAP", "OWE"]),
    LINE,
    st.booleans(),
    LINE,
    LINE,
    st.sampled_from(["", "1"]),
)
def test_wifi(ssid, security, password, hidden, identity, anonymous, disable):
    built = Wifi(
        ssid, security, password, hidden, "PEAP" if security == "EAP" else "", "", identity, anonymous, disable
    )
    back(built)


@given(
    LINE,
    LINE,
    st.lists(NUMBER, max_size=3),
    st.lists(ADDRESS, max_size=2),
    TEXT,
    LINE,
    st.lists(LINE.filter(bool), max_size=3),
)
def test_contact(family, given_name, phones, emails, note, organization, nicknames):
    name = Name(family, given_name)
    back(
        Contact(
            str(name), name, tuple(Labelled(phone, ("cell",)) for phone in phones), tuple(map(Labelled, emails)),
            (Address("1 Road City", ("home",), "", "", "1 Road", "City"),),
            "; ".join(part for part in organization.split("; ") if part).strip("; "),
            nicknames=tuple(nicknames), note=note, version="3.0",
        )
    )  # fmt: skip


@given(
    TEXT,
    st.datetimes(datetime(1, 1, 2), datetime(9999, 1, 1)) | st.dates(date(1, 1, 2)),
    LINE,
    st.booleans(),
    st.lists(ADDRESS, max_size=2),
)
def test_event(summary, start, place, utc, attendees):
    if isinstance(start, datetime):
        start = start.replace(microsecond=0, tzinfo=timezone.utc if utc else None)
    back(Event(summary, start, start, location=place, attendees=tuple(attendees)))


@given(
    st.floats(-90, 90).map(lambda x: round(x, 6)), st.floats(-180, 180).map(lambda x: round(x, 6)),
    st.none() | st.integers(-400, 9000).map(float), st.none() | st.integers(0, 500).map(float),
)  # fmt: skip
def test_geo(latitude, longitude, altitude, uncertainty):
    back(Geo(latitude, longitude, altitude, uncertainty))


@given(st.lists(ADDRESS, min_size=1, max_size=3), TEXT, TEXT, st.lists(ADDRESS, max_size=2))
def test_email(to, subject, body, cc):
    back(Email(tuple(to), subject, body, tuple(cc)))


@given(NUMBER, WORD, st.just("") | HOST)
def test_tel(number, extension, context):
    back(Tel(number, extension, context))


@given(st.lists(NUMBER, min_size=1, max_size=3), TEXT, TEXT, st.booleans())
def test_sms(numbers, body, subject, multimedia):
    back(Sms(tuple(numbers), body, subject, ("",) * len(numbers), multimedia))


@given(
    st.sampled_from(["totp", "hotp"]), NO_COLON, NO_COLON,
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=1, max_size=32), st.sampled_from(["SHA1", "SHA256", "SHA512"]),
    st.integers(5, 10), st.integers(1, 86400), st.integers(0, 10**9),
)  # fmt: skip
def test_otp(kind, account, issuer, secret, algorithm, digits, period, counter):
    if kind == "totp":
        back(Otp(kind, account, issuer, secret, algorithm, digits, period))
    else:
        back(Otp(kind, account, issuer, secret, algorithm, digits, 30, counter))


@given(LINE.filter(lambda text: 0 < len(text) < 25), LINE.filter(lambda text: 0 < len(text) < 15), AMOUNT, WORD)
def test_emv(merchant, city, amount, identifier):
    objects = (
        Tlv("00", "01"), Tlv("01", "12"),
        Tlv("26", f"00{len(identifier):02d}{identifier}", 0, (Tlv("00", identifier),)),
        Tlv("52", "0000"), Tlv("53", "978"), Tlv("54", amount), Tlv("58", "FR"), Tlv("59", merchant), Tlv("60", city),
    )  # fmt: skip
    read = parse(Emv(objects).encode())
    assert isinstance(read, Emv)
    assert read.issues == ()
    assert (read.merchant, read.city, read.amount, read.get("26", "00")) == (merchant, city, amount, identifier)
    back(read)


@given(LINE.filter(bool), st.just("") | AMOUNT, LINE, LINE)
def test_epc(name, amount, text, information):
    back(Epc(name, "BE72000000001616", amount, text=text, information=information))


@given(LINE.filter(bool), LINE, LINE, st.just("") | AMOUNT, LINE, LINE, st.lists(LINE.filter(bool), max_size=2))
def test_swiss_bill(name, street, town, amount, message, information, schemes):
    back(
        SwissBill(
            "CH5800791123000889012", Party(name, street, "1", "8000", town, "CH"), amount, "CHF",
            Party("Jo", postcode="1000", town="Bern", country="CH"), "SCOR", "RF18539007547034", message, information,
            tuple(schemes),
        )
    )  # fmt: skip


@given(ADDRESS, LINE, AMOUNT, LINE, WORD)
def test_pay(payee, name, amount, note, reference):
    from dataclasses import replace

    built = Pay("UPI", payee, name, amount, "INR", note, reference)
    assert replace(parse(built.encode()), parameters=(), uri="") == built


@given(
    GTIN,
    st.text(string.ascii_letters + "-./+%", max_size=20),
    st.text(string.digits, max_size=20),
    st.dates(date(2000, 1, 1), date(2049, 1, 1)),
)
def test_gs1(gtin, batch, serial, expiry):
    elements = [Element("01", gtin), Element("17", f"{expiry:%y%m%d}")]
    elements += [Element(ai, value) for ai, value in (("10", batch), ("21", serial)) if value]
    built = Gs1(tuple(elements))
    read = parse(built.encode(), fnc1="GS1")
    assert (read, read.issues) == (built, ())
    assert read.dates(date(2020, 1, 1))["17"] == expiry
    link = parse(built.canonical())
    assert link.path == built.path
    assert sorted(link.elements, key=lambda e: e.ai) == sorted(elements, key=lambda e: e.ai)
    assert link.issues == ()


@given(st.binary(min_size=10, max_size=10), st.none() | st.binary(min_size=16, max_size=16), HOST)
def test_code_ref(ref, secret, host):
    back(CodeRef(host, write_ref(ref), secret))


@given(st.binary(max_size=100))
def test_sealed_and_hc1_keep_any_message(message):
    assert parse(Sealed(message).encode()).message == message
    assert parse(Hc1(message).encode()).cose == message


@given(st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=40))
def test_shc(part):
    back(Shc(f"{part}.{part}.{part}"))
    back(Shc(part, 2, 3))


@given(WORD, LINE, st.none() | st.integers(0, 2**31), st.sampled_from(["", "L", "LP", "U"]))
def test_sh_link(path, label, expires, flag):
    back(ShLink(f"https://a.example/{path}", "A" * 43, expires, flag, label))


@given(st.binary(min_size=1, max_size=50))
def test_binary(data):
    back(Binary(b"\xff" + data))


@given(st.text(string.ascii_lowercase + " ", max_size=20).map(lambda text: "a " + text))
def test_text(text):
    back(Text(text))
