"""`Tel`, `Sms`, `Email`, `Geo`, `Otp`: the kinds that are links of their own."""

from __future__ import annotations

import pytest

from qrcore.payload import Email, Geo, Otp, Sms, Tel, parse


def codes(text: str) -> list[str]:
    return [issue.code for issue in parse(text).issues]


def test_tel_with_parameters():
    tel = parse("tel:+1-201-555-0123;ext=12;phone-context=example.com")
    assert tel == Tel("+1-201-555-0123", "12", "example.com")
    assert tel.digits == "+12015550123"
    assert parse("tel:*%2306%23").number == "*#06#"
    assert codes("tel:call me") == ["tel.number"]


def test_sms_to_several_with_routes():
    sms = parse("sms:+15551212;via=999333,+12124440101?body=a%20b&subject=s")
    assert sms == Sms(("+15551212", "+12124440101"), "a b", "s", ("999333", ""))
    assert parse("mmsto:5:x").multimedia


def test_email_keeps_a_plus_and_undoes_escapes():
    mail = parse("mailto:a+b@example.org?subject=caf%C3%A9+bar&body=1%0D%0A2&to=c@example.org")
    assert mail == Email(("a+b@example.org", "c@example.org"), "café+bar", "1\r\n2")
    assert codes("mailto:nobody at all") == ["email.address"]
    assert codes("mailto:") == ["email.no_recipient"]
    assert codes("mailto:a@b.example?subject=%E9") == ["link.charset"]
    assert codes("mailto:a@b.example?subject=%") == ["link.percent"]


def test_geo():
    assert parse("geo:48.2010,16.3695,183;u=40?q=Karlskirche") == Geo(
        48.201, 16.3695, 183.0, 40.0, "q=Karlskirche", "Karlskirche"
    )
    assert codes("geo:91,181") == ["geo.range", "geo.range"]
    assert codes("geo:1,2;crs=Moon-2011") == ["geo.crs"]
    assert str(parse("geo:-12.5,-45")) == "12.5 S, 45 W"


def test_geo_without_numbers_is_a_mere_link():
    assert parse("geo:here").kind == "uri"


def test_otp_label_parameters_and_defaults():
    label, issuer = "ACME%20Co:john@example.com", "ACME%20Co"
    otp = parse(f"otpauth://totp/{label}?secret=hxdm vjec-jjws rb3h&issuer={issuer}&algorithm=SHA256&digits=8")
    assert (otp.type, otp.issuer, otp.account) == ("totp", "ACME Co", "john@example.com")
    assert (otp.secret, otp.algorithm, otp.digits, otp.period) == ("HXDMVJECJJWSRB3H", "SHA256", 8, 30)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("otpauth://steam/x?secret=JBSWY3DP", "otp.type"),
        ("otpauth://totp/x", "otp.no_secret"),
        ("otpauth://totp/x?secret=018", "otp.secret"),
        ("otpauth://totp/A:x?secret=JBSWY3DP&issuer=B", "otp.issuer"),
        ("otpauth://totp/x?secret=JBSWY3DP&algorithm=MD5", "otp.algorithm"),
        ("otpauth://totp/x?secret=JBSWY3DP&digits=99", "otp.digits"),
        ("otpauth://totp/x?secret=JBSWY3DP&period=0", "otp.period"),
        ("otpauth://hotp/x?secret=JBSWY3DP", "otp.counter"),
    ],
)
def test_otp_faults_are_named(text, code):
    assert codes(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "otpauth://totp/ACME:joe?secret=JBSWY3DPEHPK3PXP&issuer=ACME",
        "otpauth://totp/ACME:joe?secret=JBSWY3DPEHPK3PXP#fragment",
        "otpauth://steam/joe?secret=JBSWY3DPEHPK3PXP",
        "otpauth-migration://offline?data=JBSWY3DPEHPK3PXP",
    ],
)
def test_the_seed_is_in_no_repr_str_or_dict(text):
    otp = parse(text)
    assert isinstance(otp, Otp)
    assert otp.secret == "JBSWY3DPEHPK3PXP"
    for shown in (repr(otp), str(otp), str(otp.to_dict()), repr(otp.issues)):
        assert "JBSWY3DPEHPK3PXP" not in shown
    assert otp.to_dict(secrets=True)["secret"] == "JBSWY3DPEHPK3PXP"
