"""`parse`: the published table, what goes in, and what all payloads share."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path

import pytest

from qrcore.payload import ISSUES, PRECEDENCE, Binary, Issue, Payload, Text, parse
from qrcore.types import Fnc1, Point, Symbol, Symbology

SOURCES = Path(__file__).resolve().parents[2] / "src" / "qrcore" / "payload"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "payloads.md"
REF = "0123456789ABCDEF"


@dataclass(frozen=True)
class FakeSymbol:
    text: str
    data: bytes = b""
    symbology: object = Symbology.QR
    fnc1: object = None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"https://q.example/C/{REF}", "code_ref"),
        (f"https://qr.alipay.com/C/{REF}", "code_ref"),  # before pay
        ("https://qr.alipay.com/01/09520123456788", "pay"),  # before gs1
        ("https://viewer.example/01/09520123456788#shlink:/e30", "sh_link"),  # before gs1
        ("https://a.example/01/09520123456788", "gs1"),  # before uri
        ("http://a.example/01/09520123456788", "gs1"),
        (f"http://a.example/C/{REF}", "uri"),
        ("bitcoin:175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W", "pay"),
        ("google.com", "uri"),
        ("joe@google.com", "email"),
        ("geo:1,2", "geo"),
        ("geo:x", "uri"),
        ("otpauth://totp/x?secret=A", "otp"),
        ("otpauth://other/x", "uri"),
        ("begin:vcard", "contact"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR", "uri"),
        ("(01)09506000134352", "gs1"),
        ("tel:1", "tel"),
        ("Telephone: 1", "text"),
        ("hello", "text"),
    ],
)
def test_the_first_row_that_fits_wins(text, kind):
    assert parse(text).kind == kind


def test_what_a_symbol_says_comes_before_the_table():
    text = "0109506000134352"
    assert parse(text).kind == "text"
    assert parse(FakeSymbol(text, fnc1=Fnc1.GS1)).kind == "gs1"
    assert parse(text, fnc1=Fnc1.GS1).kind == "gs1"
    assert parse(text, fnc1="gs1").kind == "gs1"
    assert parse(FakeSymbol(text, fnc1=Fnc1.AIM)).kind == "text"
    assert parse(FakeSymbol("5051140178499", symbology=Symbology.EAN_13)).kind == "gs1"
    assert parse("5051140178499", symbology="ean-13").kind == "gs1"
    assert parse("https://a.example/", symbology=Symbology.EAN_13).kind == "uri"
    assert parse(FakeSymbol("5051140178499", symbology=Symbology.EAN_13), symbology="QR").kind == "text"


def test_a_symbol_parses_itself():
    corners = (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1))
    assert Symbol("geo:1,2", b"geo:1,2", corners).payload == parse("geo:1,2")
    assert Symbol("0109506000134352", b"", corners, fnc1=Fnc1.GS1).payload.gtin == "09506000134352"


def test_bytes_are_text_where_they_are_utf_8_without_foreign_controls():
    assert parse("grüße".encode()) == Text("grüße")
    assert parse(b"a\x1db") == Text("a\x1db")
    assert parse(b"\xff\xfe") == Binary(b"\xff\xfe")
    assert parse(b"\x00\x01") == Binary(b"\x00\x01")
    assert [(i.code, i.position) for i in parse(b"ab\xff").issues] == [("binary.charset", 2)]
    assert parse(bytearray(b"https://a.example/")).kind == "uri"
    assert parse(b"") == Text("")


def test_a_symbol_of_bytes_gives_its_bytes():
    assert parse(FakeSymbol("\x00\x89PNG", b"\x00\x89PNG")) == Binary(b"\x00\x89PNG")
    assert parse(FakeSymbol("日本", "日本".encode("shift_jis"))) == Text("日本")


def test_white_space_and_a_byte_order_mark_round_a_text_hide_nothing():
    for text in ("MECARD:N:Ada;;", "WIFI:S:x;;", f"https://q.example/C/{REF}", "tel:1", "MATMSG:TO:a@b.example;;"):
        payload = parse(f"\ufeff {text}\n")
        assert (payload.kind, payload) == (parse(text).kind, parse(text))
        assert "payload.white_space" in [issue.code for issue in payload.issues]
    assert parse("\ufeff\nBEGIN:VCARD\nFN:Ada\nEND:VCARD\n").name == "Ada"
    assert parse("\ufeffBEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n").kind == "event"


def test_what_is_neither_text_bytes_nor_a_symbol_is_a_type_error():
    with pytest.raises(TypeError, match="not int"):
        parse(7)


def test_raw_is_what_was_parsed():
    for text in (" https://a.example/ ", "WIFI:S:x;;", "hello", "BEGIN:VCARD\nFN:x\nEND:VCARD\n", "(01)09506000134352"):
        assert parse(text).raw == text
    assert parse(b"\xff").raw == b"\xff"


SAMPLES = [
    "https://a.example:8080/", "plain", "WIFI:S:x;;", "MECARD:N:a;;",
    "BEGIN:VEVENT\nDTSTART:20260101\nDURATION:P1D\nEND:VEVENT",
    "geo:1,2", "a@b.example", "tel:1", "sms:1", "otpauth://totp/x?secret=AAAA", "0002010102110202XX5802US",
    "BCD\n002\n1\nSCT\n\nName\nBE72000000001616", "upi://pay?pa=a@b", "(01)09506000134352", "HC1:6BF", "shc:/5656",
    "shlink:/e30", f"https://q.example/C/{REF}", "QRC1:AB", "https://a.example/01/09520123456788?17=261231",
    "\r\n".join(["SPC", "0200", "1", "CH", *[""] * 16]),
]  # fmt: skip


@pytest.mark.parametrize("text", [*SAMPLES, b"\x00"])
def test_every_kind_is_frozen_hashable_picklable_readable_and_json(text):
    payload = parse(text)
    assert isinstance(payload, Payload)
    assert payload.kind == type(payload).kind != ""
    assert hash(payload) == hash(parse(text))
    assert pickle.loads(pickle.dumps(payload)) == payload
    assert str(payload).isprintable()
    assert "raw=" not in repr(payload)
    assert json.loads(json.dumps(payload.to_dict()))["kind"] == payload.kind
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        payload.kind = "other"
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        payload.other = 1


def test_every_class_of_the_design_is_there_under_its_name():
    import qrcore.payload

    names = "Text Binary Uri Wifi Contact Event Geo Email Tel Sms Otp Emv Epc SwissBill Pay"
    for name in f"{names} Gs1 Hc1 Shc ShLink CodeRef Sealed".split():
        assert issubclass(getattr(qrcore.payload, name), Payload)
        assert name in qrcore.payload.__all__
        assert all(word in getattr(qrcore.payload, name).__doc__ for word in ("Source", "imits"))


def test_every_issue_code_in_the_sources_is_published_and_every_published_one_is_used():
    written = set()
    for path in SOURCES.glob("*.py"):
        if path.name != "issues.py":
            written |= set(re.findall(r'"([a-z_0-9]+\.[a-z_0-9]+)"', path.read_text(encoding="utf-8")))
    built = {code for code in ISSUES if code.startswith(("otp.", "sh_link."))}  # made of a prefix and a name
    assert {code for code in written if code.partition(".")[0] in {c.partition(".")[0] for c in ISSUES}} <= set(ISSUES)
    assert set(ISSUES) - built <= written


def test_an_issue_says_what_it_means():
    issue = Issue("uri.many_at", 9)
    assert str(issue) == f"uri.many_at at 9: {ISSUES['uri.many_at']}"


def test_the_documented_table_is_the_one_in_force():
    rows = re.findall(r"^\| \d+ \| `(\w+)` \| (.+?) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(rule.kind, rule.shape) for rule in PRECEDENCE]


def test_every_issue_code_is_documented():
    text = DOCS.read_text(encoding="utf-8")
    assert [code for code in ISSUES if f"`{code}`" not in text] == []


def test_parsing_opens_nothing(monkeypatch):
    import socket

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for text in SAMPLES:
        parse(text)
