"""Any text or bytes through the payload parsers: no exception, issues inside of the text, a dict that JSON can hold."""

from __future__ import annotations

import json
import sys

import atheris

with atheris.instrument_imports(include=["qrcore.payload"]):
    from qrcore import payload

import _fuzzing

SEEDS = [
    text.encode()
    for text in (
        "https://user@xn--mnchen-3ya.example:8443/a%20b?q=1#f", "http://0x7f.1/", "mailto:a@b.example?subject=x&cc=c@d",
        "WIFI:T:WPA2-EAP;S:a\\;b;P:\"secret\";E:PEAP;PH2:MS;I:me;H:true;;", "MECARD:N:Doe,Jane;TEL:+1;EMAIL:j@d.e;;",
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN;ENCODING=QUOTED-PRINTABLE;CHARSET=utf-8:=C3=A9;x\r\nTEL;TYPE=cell:+49\r\nEND:VCARD",
        "BEGIN:VEVENT\nDTSTART;TZID=Europe/Berlin:20260101T120000\nDURATION:P1DT2H\nSUMMARY:x\nEND:VEVENT",
        "MEMORY:a\r\nNAME1:b\r\nTEL1:1\r\n", "geo:52.5,13.4;u=10?z=3", "tel:+49-30-1234;ext=5", "smsto:+49:hi there",
        "otpauth://totp/Me:a@b?secret=JBSWY3DPEHPK3PXP&issuer=Me&digits=8&period=30&algorithm=SHA256",
        "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
        "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016A0112233"
        "449988770708123456786304A13A",
        "BCD\n002\n1\nSCT\nBHBLDEHHXXX\nFranz\nDE71110220330123456789\nEUR12.3\nGDDS\nRF18539007547034\n\nhi",
        "SPC\n0200\n1\nCH4431999123000889012\nS\nR AG\nRue\n1268\n2501\nBiel\nCH\n\n\n\n\n\n\n\n1949.75\nCHF\nS\nP\nG\n"
        "1\n9400\nR\nCH\nQRR\n210000000003139471430009017\nOrder\nEPD",
        "upi://pay?pa=a@b&pn=N&am=1.00&cu=INR", "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4?amount=0.1",
        "(01)09520123456788(17)260101(10)A1", "]d2010952012345678810A\x1d21B", "https://id.gs1.org/01/09520123456788/10/A?17=260101",
        "HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH-R6IOOK.IR9B+9G4G50PHZF0AT4V22F/8X*G3M9JUPY0BX/KR96R/S09T./0LWTKD33236J3TA3M*4VV2",
        "shc:/5676290952432060346029243740446031222959532654603460292540772804336028",
        "shlink:/eyJ1cmwiOiJodHRwczovL2EuYi9jIiwia2V5IjoiYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYSJ9",
        "https://q.example/C/0123456789ABCDEF#abcdefghijklmnopqrstuv", "QRC1:6BF5ZN3", "\ufeff  mailto:x@y \x00", "",
    )
]  # fmt: skip


def test_one(data: bytes) -> None:
    options = atheris.FuzzedDataProvider(data[:2])
    fnc1 = options.PickValueInList([None, "GS1", "AIM"])
    source: str | bytes = data[2:]
    if options.ConsumeBool():
        source = data[2:].decode("utf-8", "surrogateescape")
    found = payload.parse(source, fnc1=fnc1)
    assert found.raw == source or isinstance(source, bytes)
    for issue in found.issues:
        assert 0 <= issue.position <= len(source), issue
        assert issue.message
    for secrets in (False, True):
        json.dumps(found.to_dict(secrets=secrets))
    assert str(found).isprintable() or not str(found).isascii()
    repr(found)
    hash(found)


if __name__ == "__main__":
    _fuzzing.run(sys.argv, test_one, [b"\0\0" + seed for seed in SEEDS])
