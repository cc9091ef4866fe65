"""`qrcore decode --payload` and `--json`: every kind of payload, from the pixels of a code to what is printed."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import base45
import pytest
import zxingcpp
from pictures import code, encoded
from PIL import Image

import qrcore.payload
from qrcore.payload import Payload

SEED = "JBSWY3DPEHPK3PXP"
SECRET = "AAECAwQFBgcICQoLDA0ODw"
KEY = "rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q"
SHLINK = base64.urlsafe_b64encode(json.dumps({"url": "https://h.example/x", "key": KEY}).encode()).decode().rstrip("=")
MESSAGE = bytes.fromhex("d08346a20103044101a1054c" + "00" * 12 + "54" + "00" * 20)  # F3: COSE_Encrypt0, empty kid 1
HEALTH = "HC1:" + base45.b45encode(zlib.compress(bytes.fromhex("d28443a10126a0405840" + "00" * 64))).decode()
VCARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nTEL:+4420\r\nEND:VCARD\r\n"
EVENT = "BEGIN:VEVENT\r\nSUMMARY:Lunch\r\nDTSTART:20260102T120000Z\r\nEND:VEVENT\r\n"
EMV = "00020101021126160012merchant-0015204000053039785802FR5904Shop6005Paris63043A3F"
EPC = "BCD\n002\n1\nSCT\n\nRed Cross of Belgium\nBE72000000001616\nEUR1.5\n\n\nUrgency fund"
SWISS = "\r\n".join(
    [
        *(
            "SPC",
            "0200",
            "1",
            "CH5800791123000889012",
            "S",
            "Robert Schneider AG",
            "Rue du Lac",
            "1268",
            "2501",
            "Biel",
        ),
        *("CH", *("",) * 7, "199.95", "CHF", *("",) * 7, "SCOR", "RF18539007547034", "", "EPD"),
    ]
)

# By kind: what stands in the code, and some of what is printed.
CASES: dict[str, tuple[str | bytes, dict[str, Any]]] = {
    "text": ("just words", {"text": "just words"}),
    "binary": (b"\x00\x01\xfe\xff\x80", {"data": "0001feff80"}),
    "uri": ("https://user@bücher.example:8443/a?b#c", {"host_ascii": "xn--bcher-kva.example", "port": 8443}),
    "wifi": ("WIFI:T:SAE;S:home\\;1;P:pass;H:true;;", {"ssid": "home;1", "security": "SAE", "hidden": True}),
    "contact": (VCARD, {"name": "Ada Lovelace"}),
    "event": (EVENT, {"summary": "Lunch", "start": "2026-01-02T12:00:00+00:00"}),
    "geo": ("geo:48.2,16.4", {"latitude": 48.2, "longitude": 16.4}),
    "email": ("mailto:a@b.example?subject=Hi", {"to": ["a@b.example"], "subject": "Hi"}),
    "tel": ("tel:+43123", {"number": "+43123"}),
    "sms": ("smsto:+43123:hello", {"numbers": ["+43123"], "body": "hello"}),
    "otp": (f"otpauth://totp/ACME:ada?secret={SEED}&issuer=ACME", {"issuer": "ACME", "account": "ada", "digits": 6}),
    "emv": (EMV, {}),
    "epc": (EPC, {"name": "Red Cross of Belgium", "iban": "BE72000000001616", "amount": "1.5"}),
    "swiss_bill": (SWISS, {"iban": "CH5800791123000889012", "amount": "199.95"}),
    "pay": ("bitcoin:175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W?amount=0.1", {"network": "Bitcoin", "amount": "0.1"}),
    "gs1": ("https://id.gs1.org/01/09506000134352/10/ABC", {"form": "digital_link"}),
    "hc1": (HEALTH, {}),
    "shc": ("shc:/56762909", {"part": 1}),
    "sh_link": (f"shlink:/{SHLINK}", {"url": "https://h.example/x"}),
    "code_ref": (
        f"HTTPS://Q.EXAMPLE/C/0123456789ABCDEF#{SECRET}",
        {"authority": "q.example", "ref": "0123456789ABCDEF"},
    ),
    "sealed": ("QRC1:" + base45.b45encode(MESSAGE).decode(), {"alg": 3, "kid": "01", "signed": False}),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a picture of each kind, and of a book's EAN-13."""
    folder = tmp_path_factory.mktemp("kinds")
    for kind, (content, _) in CASES.items():
        bytes_only = {"mode": "byte", "encoding": None} if isinstance(content, bytes) else {}
        (folder / f"{kind}.png").write_bytes(encoded(code(content, **bytes_only)))
    book = zxingcpp.create_barcode("9780201379624", zxingcpp.BarcodeFormat.EAN13).to_image(scale=3)
    Image.fromarray(book).save(folder / "book.png")
    return folder


def printed(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """The lines that `qrcore decode` prints."""
    line = [sys.executable, "-m", "qrcore", "decode", *arguments]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_kind_has_a_case() -> None:
    exported = (getattr(qrcore.payload, name) for name in qrcore.payload.__all__)
    kinds = {each.kind for each in exported if isinstance(each, type) and issubclass(each, Payload) and each.kind}
    assert kinds == set(CASES)


def test_payload_prints_the_parsed_form_of_every_kind(pictures: Path) -> None:
    lines = printed(pictures, "--payload", *(f"{kind}.png" for kind in CASES))
    for (kind, (_, expected)), line in zip(CASES.items(), lines, strict=True):
        assert (line["source"], line["kind"]) == (f"{kind}.png", kind)
        assert {name: line[name] for name in expected} == expected
        assert isinstance(line["issues"], list)


def test_json_holds_the_same_beside_the_exact_text(pictures: Path) -> None:
    names = [f"{kind}.png" for kind in CASES]
    lines = printed(pictures, "--payload", *names)
    whole = printed(pictures, "--json", *names)
    for (content, _), line, picture in zip(CASES.values(), lines, whole, strict=True):
        (symbol,) = picture["symbols"]
        assert {"source": picture["source"], **symbol["payload"]} == line
        if isinstance(content, bytes):
            assert base64.b64decode(symbol["data"]) == content
        else:
            assert symbol["text"] == content


def test_secrets_are_not_in_the_parsed_form(pictures: Path) -> None:
    shown = json.dumps(printed(pictures, "--payload", "otp.png", "code_ref.png", "sh_link.png"))
    for secret in (SEED, SECRET, bytes(range(16)).hex(), KEY):
        assert secret not in shown


def test_faults_are_printed_with_their_place(pictures: Path) -> None:
    (line,) = printed(pictures, "--payload", "emv.png")
    assert [issue["code"] for issue in line["issues"]] == ["emv.crc"]  # the sample's check sum is made up
    assert all(issue["message"] for issue in line["issues"])


def test_a_product_barcode_is_a_gtin(pictures: Path) -> None:
    (line,) = printed(pictures, "--payload", "--symbologies", "ean_13", "book.png")
    assert (line["kind"], line["form"]) == ("gs1", "product")
    assert line["elements"] == [{"ai": "01", "value": "09780201379624", "position": 0}]
