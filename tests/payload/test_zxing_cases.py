"""The cases of ZXing's result parsers (zxing/zxing, core/src/test/.../client/result, Apache-2.0), as facts.

Where we answer otherwise on purpose, the case stands in `DIFFERENT` with its reason.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from qrcore.payload import Contact, Event, parse

TEXT = [
    "",
    "foo",
    "Hi.",
    "This is a test",
    "This is a test\nwith newlines",
    "This: a test with lots of @ nearly-random punctuation! No? OK then.",
    "TO:srowen@example.org;SUB:Stuff;BODY:This is some text;;",
    "srowen",
    "Let's meet @ 2",
    "N:Sean Owen;TEL:+12125551212;;",
    "12345678901",
    "00393158",
    "5051140178490",
    "97845678901",
    "97945678901",
    "geo",
    "geography",
    "tel",
    "telephone",
    "google.c",
    ".com",
    ":80/",
    "ABC,20.3,AB,AD",
    "http://google.com?q=foo bar",
    "12756.501",
    "google.50",
    "Da65cV1g^>%^f0bAbPn1CJB6lV7ZY8hs0Sm:DXU0cd]GyEeWBz8]bUHLB",
    "123.365",
    "123@abcd.c",
    "123@ab,cd.com",
    "123@ab#cd.com",
    "123@ab!#cd.com",
    "123@ab_cd.com",
    "1M8GDM9AXKP042788",
]


@pytest.mark.parametrize("text", TEXT)
def test_text(text):
    assert parse(text).kind == "text"


BTCTX = (
    "BTCTX:-TC4TO3$ZYZTC5NC83/SYOV+YGUGK:$BSF0P8/STNTKTKS.V84+JSA$LB+EHCG+8A725.2AZ-NAVX3VBV5K4MH7UL2.2M:"
    "F*M9HSL*$2P7T*FX.ZT80GWDRV0QZBPQ+O37WDCNZBRM3EQ0S9SZP+3BPYZG02U/LA*89C2U.V1TS.CT1VF3DIN*HN3W-O-"
)
LINKS = [
    ("MEBKM:URL:google.com;;", "http://google.com", ""),
    ("MEBKM:URL:google.com;TITLE:Google;;", "http://google.com", "Google"),
    ("MEBKM:TITLE:Google;URL:google.com;;", "http://google.com", "Google"),
    ("MEBKM:URL:google.com;TITLE:Google;", "http://google.com", "Google"),
    ("MEBKM:URL:http://google.com;;", "http://google.com", ""),
    ("MEBKM:URL:HTTPS://google.com;;", "HTTPS://google.com", ""),
    ("urlto:foo:bar.com", "http://bar.com", "foo"),
    ("URLTO:foo:bar.com", "http://bar.com", "foo"),
    ("URLTO::bar.com", "http://bar.com", ""),
    ("URLTO::http://bar.com", "http://bar.com", ""),
    ("google.com", "http://google.com", ""),
    ("123.com", "http://123.com", ""),
    ("google.com:443", "http://google.com:443", ""),
    ("google.com:443/", "http://google.com:443/", ""),
    ("google.com:443/foobar", "http://google.com:443/foobar", ""),
    *(
        (link, link, "")
        for link in (
            "http://google.com",
            "https://google.com",
            "HTTP://google.com",
            "http://google.com/foobar",
            "https://google.com:443/foobar",
            "http://google.com:443/foobar",
            "ftp://google.com/fake",
            "gopher://google.com/obsolete",
            "https://www.google.com/calendar/hosted/google.com/embed?mode=AGENDA&force_login=true"
            "&src=google.com_726f6f6d5f6265707075@resource.calendar.google.com",
            "otpauth://remoteaccess?devaddr=00%a1b2%c3d4&devname=foo&key=bar",
            "s3://amazon.com:8123",
            "HTTP://R.BEETAGG.COM/?12345",
            BTCTX,
            "BEGIN:VEVENTSUMMARY:EventDTSTART:20081030T122030ZDTEND:20081030T132030ZEND:VEVENT",
        )
    ),
]


@pytest.mark.parametrize(("text", "uri", "title"), LINKS)
def test_links(text, uri, title):
    payload = parse(text)
    assert (payload.kind, payload.uri, payload.title) == ("uri", uri, title)


@pytest.mark.parametrize(
    ("text", "suspicious"),
    [
        ("http://google.com", False),
        ("http://google.com@evil.com", True),
        ("http://google.com:@evil.com", True),
        ("https://google.com:443", False),
        ("https://google.com:443/", False),
        ("https://evil@google.com:443", True),
        ("http://google.com/foo@bar", False),
        ("http://google.com/@@", False),
    ],
)
def test_what_zxing_calls_possibly_malicious_is_user_info(text, suspicious):
    assert ("user_info" in parse(text).flags) is suspicious


MAIL = [
    ("srowen@example.org", ("srowen@example.org",), (), (), "", ""),
    ("srowen@example", ("srowen@example",), (), (), "", ""),
    ("123@abcd.com", ("123@abcd.com",), (), (), "", ""),
    ("123@ab-cd.com", ("123@ab-cd.com",), (), (), "", ""),
    ("abc.456@ab-cd.com", ("abc.456@ab-cd.com",), (), (), "", ""),
    ("建設省.456@ab-cd.com", ("建設省.456@ab-cd.com",), (), (), "", ""),
    ("mailto:srowen@example.org", ("srowen@example.org",), (), (), "", ""),
    ("MAILTO:srowen@example.org", ("srowen@example.org",), (), (), "", ""),
    ("mailto:srowen@example.org,bob@example.org", ("srowen@example.org", "bob@example.org"), (), (), "", ""),
    ("mailto:?to=srowen@example.org,bob@example.org", ("srowen@example.org", "bob@example.org"), (), (), "", ""),
    ("mailto:?cc=srowen@example.org,bob@example.org", (), ("srowen@example.org", "bob@example.org"), (), "", ""),
    ("mailto:?bcc=srowen@example.org,bob@example.org", (), (), ("srowen@example.org", "bob@example.org"), "", ""),
    (
        "mailto:bob@example.org?cc=foo@example.org&bcc=srowen@example.org&subject=baz&body=buzz",
        ("bob@example.org",), ("foo@example.org",), ("srowen@example.org",), "baz", "buzz",
    ),
    ("MATMSG:TO:srowen@example.org;;", ("srowen@example.org",), (), (), "", ""),
    ("MATMSG:TO:srowen@example.org;SUB:Stuff;;", ("srowen@example.org",), (), (), "Stuff", ""),
    (
        "MATMSG:TO:srowen@example.org;SUB:Stuff;BODY:This is some text;;",
        ("srowen@example.org",), (), (), "Stuff", "This is some text",
    ),
    (
        "MATMSG:SUB:Stuff;BODY:This is some text;TO:srowen@example.org;;",
        ("srowen@example.org",), (), (), "Stuff", "This is some text",
    ),
    ("smtp:srowen@example.org", ("srowen@example.org",), (), (), "", ""),
    ("SMTP:srowen@example.org", ("srowen@example.org",), (), (), "", ""),
    ("smtp:srowen@example.org:foo", ("srowen@example.org",), (), (), "foo", ""),
    ("smtp:srowen@example.org:foo:bar", ("srowen@example.org",), (), (), "foo", "bar"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "to", "cc", "bcc", "subject", "body"), MAIL)
def test_mail(text, to, cc, bcc, subject, body):
    mail = parse(text)
    assert mail.kind == "email"
    assert (mail.to, mail.cc, mail.bcc, mail.subject, mail.body) == (to, cc, bcc, subject, body)


CONTACTS: list[tuple[str, dict[str, Any]]] = [
    ("MECARD:N:Sean Owen;;", {"name": "Sean Owen"}),
    ("MECARD:TEL:+12125551212;N:Sean Owen;;", {"name": "Sean Owen", "phones": ["+12125551212"]}),
    (
        "MECARD:TEL:+12125551212;N:Sean Owen;URL:google.com;EMAIL:srowen@example.org;",
        {"name": "Sean Owen", "phones": ["+12125551212"], "urls": ["google.com"], "emails": ["srowen@example.org"]},
    ),
    ("MECARD:ADR:76 9th Ave;N:Sean Owen;URL:google.com;", {"addresses": ["76 9th Ave"], "urls": ["google.com"]}),
    ("MECARD:BDAY:19760520;N:Sean Owen;", {"name": "Sean Owen", "birthday": "19760520"}),
    ("MECARD:ORG:Google;N:Sean Owen;", {"name": "Sean Owen", "organization": "Google"}),
    ("MECARD:NOTE:ZXing Team;N:Sean Owen;", {"name": "Sean Owen", "note": "ZXing Team"}),
    (
        "MECARD:N:Foo Bar;ORG:Company;TEL:5555555555;EMAIL:foo.bar@xyz.com;ADR:City, 10001;ADR:City, 10001;"
        "NOTE:This is the memo.;;",
        {"addresses": ["City, 10001", "City, 10001"], "phones": ["5555555555"], "note": "This is the memo."},
    ),
    ("MEMORY:\r\n", {"name": ""}),
    ("MEMORY:foo\r\nNAME1:Sean\r\n", {"name": "Sean", "note": "foo"}),
    ("TEL1:+12125551212\r\nMEMORY:\r\n", {"phones": ["+12125551212"]}),
    (
        "BIZCARD:N:Sean;X:Owen;C:Google;A:123 Main St;M:+12225551212;E:srowen@example.org;",
        {
            "name": "Sean Owen", "organization": "Google", "addresses": ["123 Main St"], "phones": ["+12225551212"],
            "emails": ["srowen@example.org"],
        },
    ),
    ("BEGIN:VCARD", {"name": ""}),
    ("BEGIN:VCARD\r\nEND:VCARD", {"name": ""}),
    ("BEGIN:VCARD\r\nN:Owen;Sean\r\nEND:VCARD", {"name": "Sean Owen"}),
    ("BEGIN:VCARD\r\nVERSION:2.1\r\nN:Owen;Sean\r\nEND:VCARD", {"name": "Sean Owen"}),
    (
        "BEGIN:VCARD\r\nADR;HOME:123 Main St\r\nVERSION:2.1\r\nN:Owen;Sean\r\nEND:VCARD",
        {"name": "Sean Owen", "addresses": ["123 Main St"]},
    ),
    ("BEGIN:VCARD\r\nVERSION:2.1\r\nN:Owen;Sean;T;Mr.;Esq.\r\nEND:VCARD", {"name": "Mr. Sean T Owen Esq."}),
    ("BEGIN:VCARD\r\nVERSION:2.1\r\nN:Owen;Sean;;;\r\nEND:VCARD", {"name": "Sean Owen"}),
    ("BEGIN:VCARD\r\nVERSION:2.1\r\nN:;Sean;;;\r\nEND:VCARD", {"name": "Sean"}),
    (
        "begin:vcard\r\nadr;HOME:123 Main St\r\nVersion:2.1\r\nn:Owen;Sean\r\nEND:VCARD",
        {"name": "Sean Owen", "addresses": ["123 Main St"]},
    ),
    (
        "BEGIN:VCARD\r\nADR;HOME:123\\;\\\\ Main\\, St\\nHome\r\nVERSION:2.1\r\nN:Owen;Sean\r\nEND:VCARD",
        {"name": "Sean Owen", "addresses": ["123;\\ Main, St\nHome"]},
    ),
    (
        "BEGIN:VCARD\r\nADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;"
        "=38=38=20=4C=79=6E=62=72=6F=6F=6B=0D=0A=43=\r\n=4F=20=36=39=39=\r\n=39=39;;;\r\nEND:VCARD",
        {"addresses": ["88 Lynbrook\r\nCO 69999"]},
    ),
    ("BEGIN:VCARD\r\nNOTE:foo\\nbar\r\nEND:VCARD", {"note": "foo\nbar"}),
    ("BEGIN:VCARD\r\nNOTE:foo\\;bar\r\nEND:VCARD", {"note": "foo;bar"}),
    ("BEGIN:VCARD\r\nNOTE:foo\\\\bar\r\nEND:VCARD", {"note": "foo\\bar"}),
    ("BEGIN:VCARD\r\nNOTE:foo\\,bar\r\nEND:VCARD", {"note": "foo,bar"}),
    ("BEGIN:VCARD\r\nTEL;HOME:\r\nTEL;WORK:10\r\nTEL:20\r\nTEL;CELL:30\r\nEND:VCARD", {"phones": ["10", "20", "30"]}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CONTACTS)
def test_contacts(text, expected):
    contact = parse(text)
    assert isinstance(contact, Contact)
    for name, value in expected.items():
        found = getattr(contact, name)
        if name in ("phones", "emails", "addresses"):
            found = [entry.value for entry in found]
        assert (list(found) if isinstance(found, tuple) else found) == value


def test_types_of_telephones():
    contact = parse("BEGIN:VCARD\r\nTEL;HOME:\r\nTEL;WORK:10\r\nTEL:20\r\nTEL;CELL:30\r\nEND:VCARD")
    assert [phone.types for phone in contact.phones] == [("work",), (), ("cell",)]


START = datetime(2008, 5, 4, 12, 34, 56, tzinfo=timezone.utc)
EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("DTSTART:20080504T123456Z\r\nDTEND:20080505T234555Z", {"end": START + timedelta(days=1, seconds=40259)}),
    ("DTSTART:20080504T123456Z", {"end": None}),
    ("DTSTART:20080504T123456Z\r\nDURATION:P1D", {"end": START + timedelta(days=1)}),
    ("DTSTART:20080504T123456Z\r\nDURATION:P1DT2H3M4S", {"end": datetime(2008, 5, 5, 14, 38, 0, tzinfo=timezone.utc)}),
    ("SUMMARY:foo\r\nDTSTART:20080504T123456Z", {"summary": "foo"}),
    ("LOCATION:Miami\r\nDTSTART:20080504T123456Z", {"location": "Miami"}),
    ("DTSTART:20080504T123456Z\r\nDESCRIPTION:This is a test", {"description": "This is a test"}),
    (
        "DTSTART:20080504T123456Z\r\nDESCRIPTION:This is a test\r\n\t with a continuation",
        {"description": "This is a test with a continuation"},
    ),
    ("DTSTART:20080504T123456Z\r\nGEO:-12.345;-45.678", {"geo": (-12.345, -45.678)}),
    ("DTSTART:20080504T123456Z\r\nORGANIZER:mailto:bob@example.org", {"organizer": "bob@example.org"}),
    (
        "DTSTART:20080504T123456Z\r\nATTENDEE:mailto:bob@example.org\r\nATTENDEE:mailto:alice@example.org",
        {"attendees": ("bob@example.org", "alice@example.org")},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), EVENTS)
@pytest.mark.parametrize("frame", ["BEGIN:VCALENDAR\r\n{}\r\nEND:VCALENDAR", "{}"])
def test_events(body, expected, frame):
    event = parse(frame.format(f"BEGIN:VEVENT\r\n{body}\r\nEND:VEVENT"))
    assert isinstance(event, Event)
    assert event.issues == ()
    for name, value in {"start": START, **expected}.items():
        assert getattr(event, name) == value


def test_an_event_with_escapes_and_a_zone():
    event = parse(
        "BEGIN:VEVENT\nCREATED:20111109T110351Z\nUID:0f6d14ef-6cb7-4484-9080-61447ccdf9c2\nSUMMARY:Summary line\n"
        "DTSTART;TZID=Europe/Vienna:20111110T110000\nDTEND;TZID=Europe/Vienna:20111110T120000\n"
        "LOCATION:Location\\, with\\, escaped\\, commas\n"
        "DESCRIPTION:Meeting with a friend\\nlook at homepage first\\n\\n\n  \\n\nSEQUENCE:1\nEND:VEVENT"
    )
    # RFC 5545 joins lines that a bare line feed parts as well; ZXing keeps that line feed and both spaces
    assert event.description == "Meeting with a friend\nlook at homepage first\n\n \n"
    assert event.location == "Location, with, escaped, commas"
    assert (event.start, event.end) == (datetime(2011, 11, 10, 11), datetime(2011, 11, 10, 12))
    assert event.timezone == "Europe/Vienna"


def test_whole_days():
    for body in ("DTSTART:20080504\r\nDTEND:20080505", "DTSTART;VALUE=DATE:20080504\r\nDTEND;VALUE=DATE:20080505"):
        event = parse(f"BEGIN:VEVENT\r\n{body}\r\nEND:VEVENT")
        assert (event.start, event.end, event.all_day) == (date(2008, 5, 4), date(2008, 5, 5), True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("geo:1,2", (1.0, 2.0, None, "")),
        ("GEO:1,2", (1.0, 2.0, None, "")),
        ("geo:1,2,3", (1.0, 2.0, 3.0, "")),
        ("geo:80.33,-32.3344,3.35", (80.33, -32.3344, 3.35, "")),
        ("geo:-20.33,132.3344,0.01", (-20.33, 132.3344, 0.01, "")),
        ("geo:-20.33,132.3344,0.01?q=foobar", (-20.33, 132.3344, 0.01, "q=foobar")),
        ("GEO:-20.33,132.3344,0.01?q=foobar", (-20.33, 132.3344, 0.01, "q=foobar")),
    ],
)
def test_places(text, place):
    geo = parse(text)
    assert (geo.latitude, geo.longitude, geo.altitude, geo.query) == place


@pytest.mark.parametrize("number", ["+15551212", "212 555 1212", "2125551212", "212-555-1212"])
@pytest.mark.parametrize("scheme", ["tel", "TEL"])
def test_telephones(number, scheme):
    tel = parse(f"{scheme}:{number}")
    assert (tel.kind, tel.number, tel.issues) == ("tel", number, ())


@pytest.mark.parametrize(
    ("rest", "numbers", "vias", "subject", "body"),
    [
        ("+15551212", ["+15551212"], [""], "", ""),
        ("+15551212;via=999333", ["+15551212"], ["999333"], "", ""),
        ("+15551212?subject=foo&body=bar", ["+15551212"], [""], "foo", "bar"),
        ("+15551212,+12124440101", ["+15551212", "+12124440101"], ["", ""], "", ""),
    ],
)
@pytest.mark.parametrize("scheme", ["sms", "SMS", "mms", "MMS"])
def test_messages(scheme, rest, numbers, vias, subject, body):
    sms = parse(f"{scheme}:{rest}")
    assert (list(sms.numbers), list(sms.vias), sms.subject, sms.body) == (numbers, vias, subject, body)


@pytest.mark.parametrize(
    ("rest", "number", "body"),
    [
        ("+15551212", "+15551212", ""),
        ("+15551212:subject", "+15551212", "subject"),
        ("+15551212:My message", "+15551212", "My message"),
        ("+15551212:What's up?", "+15551212", "What's up?"),
        ("+15551212:Directions: Do this", "+15551212", "Directions: Do this"),
        ("212-555-1212:Here's a longer message. Should be fine.", "212-555-1212",
         "Here's a longer message. Should be fine."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["smsto", "SMSTO", "mmsto", "MMSTO"])
def test_messages_with_a_colon(scheme, rest, number, body):
    sms = parse(f"{scheme}:{rest}")
    assert (sms.numbers, sms.body) == ((number,), body)  # ZXing calls this text the subject


@pytest.mark.parametrize(
    ("text", "ssid", "password", "security"),
    [
        ("WIFI:S:NoPassword;P:;T:;;", "NoPassword", "", "nopass"),
        ("WIFI:S:No Password;P:;T:;;", "No Password", "", "nopass"),
        ("WIFI:S:TenChars;P:0123456789;T:WEP;;", "TenChars", "0123456789", "WEP"),
        ("WIFI:S:TenChars;P:hellothere;T:WEP;;", "TenChars", "hellothere", "WEP"),
        ("WIFI:S:Ten\\;\\;Chars;P:0123456789;T:WEP;;", "Ten;;Chars", "0123456789", "WEP"),
        ("WIFI:S:Ten\\:\\:Chars;P:0123456789;T:WEP;;", "Ten::Chars", "0123456789", "WEP"),
        ("WIFI:S:TenChars;P:wow;T:WPA;;", "TenChars", "wow", "WPA"),
        ("WIFI:S:TenChars;P:space is silent;T:WPA;;", "TenChars", "space is silent", "WPA"),
        ("WIFI:S:TenChars;P:hello\\;there;T:WEP;;", "TenChars", "hello;there", "WEP"),
        ("WIFI:S:TenChars;P:hello\\:there;T:WEP;;", "TenChars", "hello:there", "WEP"),
    ],
)
def test_networks(text, ssid, password, security):
    wifi = parse(text)
    assert (wifi.ssid, wifi.password, wifi.security) == (ssid, password, security)


@pytest.mark.parametrize(
    ("text", "symbology", "gtin"),
    [
        ("123456789012", "UPC_A", "00123456789012"),
        ("1234567890123", "UPC_A", "01234567890123"),
        ("01234565", "UPC_E", "00012345000065"),
        ("00393157", "EAN_8", "00000000393157"),
        ("5051140178499", "EAN_13", "05051140178499"),
        ("9784567890123", "EAN_13", "09784567890123"),
        ("9794567890123", "EAN_13", "09794567890123"),
    ],
)
def test_products(text, symbology, gtin):
    assert parse(text, symbology=symbology).gtin == gtin


def test_databar_with_identifiers_in_brackets():
    text = "(01)66546(13)001205(3932)4455(3102)6544(123)544654"
    gs1 = parse(text, symbology="DATABAR_EXPANDED")
    assert [(element.ai, element.value) for element in gs1.elements] == [
        ("01", "66546"), ("13", "001205"), ("3932", "4455"), ("3102", "6544"), ("123", "544654"),
    ]  # fmt: skip
    assert {"gs1.length", "gs1.unknown_ai"} <= {issue.code for issue in gs1.issues}


DIFFERENT = [
    ("bitcoin:mySD89iqpmptrK3PhHFW9fa7BXiP7ANy3Y", "pay", "a link of a payment network has a class of its own"),
    ("BEGIN:VEVENT\r\nDTEND:20080505T\r\nEND:VEVENT", "event", "an event without a start is one, with issues"),
    ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nGEO:-12.345\r\nEND:VEVENT\r\nEND:VCALENDAR", "event", "likewise"),
    ("123.365.com", "uri", "a bare host, as `123.com` is; ZXing only says that it is no mail address"),
]


@pytest.mark.parametrize(("text", "kind", "reason"), DIFFERENT)
def test_what_we_answer_otherwise(text, kind, reason):
    assert parse(text).kind == kind, reason
