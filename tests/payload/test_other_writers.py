"""What an independent writer, segno, puts in a code is read back as what it was given."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st
from segno import helpers

from qrcore.payload import Epc, parse

WORD = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=20)
ADDRESS = WORD.map(lambda user: f"{user}@mail.example")


@given(LINE, st.text("abc;,:\"\\ 123'", min_size=8, max_size=20), st.booleans())
def test_wifi(ssid, password, hidden):
    wifi = parse(helpers.make_wifi_data(ssid, password, "WPA", hidden=hidden))
    assert (wifi.ssid, wifi.password, wifi.security, wifi.hidden) == (ssid, password, "WPA", hidden) or "%" in ssid


@given(LINE.filter(lambda text: "," not in text), ADDRESS, LINE, LINE)
def test_mecard(name, email, memo, nickname):
    text = helpers.make_mecard_data(name, email=email, phone="+15551212", memo=memo, nickname=nickname)
    contact = parse(text)
    assert (contact.name, contact.note, contact.nicknames) == (name, memo, (nickname,))
    assert (contact.emails[0].value, contact.phones[0].value) == (email, "+15551212")


@given(WORD, WORD, *[LINE.filter(lambda text: "\\" not in text)] * 2, ADDRESS)  # segno writes a backslash as it is
def test_vcard(family, given_name, memo, street, email):
    text = helpers.make_vcard_data(
        f"{family};{given_name}", f"{given_name} {family}", email=email, phone="+1", cellphone="+2", memo=memo,
        street=street, city="Here", birthday="1976-05-20", org="Org", title="Boss", lat=1.5, lng=-2.5,
    )  # fmt: skip
    contact = parse(text)
    assert (contact.name, contact.parts.family, contact.parts.given) == (f"{given_name} {family}", family, given_name)
    assert (contact.note, contact.addresses[0].street, contact.addresses[0].city) == (memo, street, "Here")
    assert [phone.value for phone in contact.phones] == ["+1", "+2"]
    assert (contact.organization, contact.title, contact.birthday) == ("Org", "Boss", "1976-05-20")


@given(st.integers(-90, 90), st.integers(-180, 180))
def test_geo(latitude, longitude):
    geo = parse(helpers.make_geo_data(latitude / 1.0, longitude / 1.0))
    assert (geo.latitude, geo.longitude, geo.issues) == (latitude, longitude, ())


@given(st.lists(ADDRESS, min_size=1, max_size=3), ADDRESS, LINE, LINE)
def test_email(to, cc, subject, body):
    mail = parse(helpers.make_make_email_data(to, cc=cc, subject=subject, body=body))
    assert (mail.to, mail.cc, mail.subject, mail.body) == (tuple(to), (cc,), subject, body)


@given(WORD, st.integers(1, 9999999999), st.text("ab äöüßé", max_size=20).map(str.strip).filter(bool))
def test_epc(name, cents, text):
    euros = f"{cents // 100}.{cents % 100:02d}"
    written = helpers._make_epc_qr_data(name, "BE72000000001616", float(euros), text=text)
    epc = parse(written)
    assert isinstance(epc, Epc)
    assert (epc.name, epc.iban, epc.text) == (name, "BE72000000001616", text)
    assert float(epc.amount) == float(euros)
    assert epc.issues == ()
