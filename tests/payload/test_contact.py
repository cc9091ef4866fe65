"""`Contact`: vCard 2.1, 3.0 and 4.0, MECARD, BIZCARD and MEMORY."""

from __future__ import annotations

from qrcore.payload import Address, Contact, Labelled, Name, parse


def test_vcard_3():
    contact = parse(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lovelace;Ada;Augusta;Lady;\r\nFN:Lady Ada Lovelace\r\n"
        "ORG:Analytical Engines;Programming\r\nTITLE:Countess\r\nitem1.TEL;TYPE=WORK,VOICE:+44 20 7946 0000\r\n"
        "EMAIL;TYPE=INTERNET:ada@example.org\r\nADR;TYPE=HOME:;;12 St James's Sq;London;;SW1Y;UK\r\n"
        "URL:https://ada.example\r\nBDAY:1815-12-10\r\nNOTE:a\\nb\\, c\\; d\r\nNICKNAME:Ada,The Enchantress\r\n"
        "GEO:51.5;-0.13\r\nIMPP:xmpp:ada@example.org\r\nEND:VCARD"
    )
    assert contact.issues == ()
    assert (contact.name, contact.version) == ("Lady Ada Lovelace", "3.0")
    assert contact.parts == Name("Lovelace", "Ada", "Augusta", "Lady", "")
    assert contact.phones == (Labelled("+44 20 7946 0000", ("work", "voice")),)
    assert contact.addresses == (
        Address("12 St James's Sq London SW1Y UK", ("home",), "", "", "12 St James's Sq", "London", "", "SW1Y", "UK"),
    )
    assert (contact.organization, contact.title) == ("Analytical Engines; Programming", "Countess")
    assert contact.note == "a\nb, c; d"
    assert contact.nicknames == ("Ada", "The Enchantress")
    assert (contact.birthday, contact.geo, contact.messengers) == (
        "1815-12-10",
        "51.5;-0.13",
        ("xmpp:ada@example.org",),
    )


def test_vcard_4_parameters_in_quotes_and_tel_links():
    contact = parse(
        'BEGIN:VCARD\nVERSION:4.0\nFN:Jo\nTEL;VALUE=uri;TYPE="voice,home":tel:+1-555-555-5555;ext=5555\nEND:VCARD'
    )
    assert contact.phones == (Labelled("+1-555-555-5555;ext=5555", ("voice", "home")),)


def test_vcard_2_quoted_printable_over_several_lines():
    contact = parse(
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen\r\n"
        "NOTE;ENCODING=QUOTED-PRINTABLE:one =\r\ntwo=0D=0Athree\r\nEND:VCARD"
    )
    assert contact.parts == Name("Müller", "Jürgen")
    assert contact.note == "one two\r\nthree"


def test_quoted_printable_in_another_character_set():
    contact = parse("BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=FCrgen\nEND:VCARD")
    assert contact.name == "Jürgen"
    unknown = parse("BEGIN:VCARD\nFN;CHARSET=NO-SUCH;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen\nEND:VCARD")
    assert unknown.name == "Jürgen"


def test_folded_lines_are_joined():
    contact = parse("BEGIN:VCARD\nVERSION:3.0\nFN:Ada Love\n lace\nNOTE:a\n\tb\nEND:VCARD")
    assert (contact.name, contact.note) == ("Ada Lovelace", "ab")


def test_only_the_first_of_several_cards_is_read():
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:{}\nEND:VCARD\n"
    assert parse(card.format("One") + card.format("Two")).name == "One"


def test_a_card_cut_short_is_read_and_noted():
    contact = parse("BEGIN:VCARD\nFN:Ada")
    assert contact.name == "Ada"
    assert [issue.code for issue in contact.issues] == ["contact.no_end"]


def test_mecard():
    contact = parse(
        r"MECARD:N:Owen,Sean;SOUND:oh;TEL:+1;TEL-AV:+2;EMAIL:a@b.example;ADR:1\, Road;NOTE:x;BDAY:19760520;;"
    )
    assert contact.parts == Name("Owen", "Sean")
    assert contact.name == "Sean Owen"
    assert contact.phones == (Labelled("+1"), Labelled("+2", ("video",)))
    assert contact.addresses[0].value == "1, Road"
    assert contact.issues == ()
    assert [issue.code for issue in parse("MECARD:N:A;BDAY:May 1976;;").issues] == ["contact.birthday"]
    assert [issue.code for issue in parse("MECARD:TEL:1;;").issues] == ["contact.no_name"]


def test_what_is_built_reads_back():
    contact = Contact(
        "Ada Lovelace",
        Name("Lovelace", "Ada"),
        phones=(Labelled("+44 20 7946 0000", ("work",)),),
        emails=(Labelled("ada@example.org"),),
        addresses=(Address("12 Sq London", ("home",), "", "", "12 Sq", "London"),),
        organization="Engines; Software",
        urls=("https://ada.example/a;b,c",),
        nicknames=("Ada", "A,B"),
        note="über\n" + "long " * 40,
    )
    read = parse(contact.encode())
    assert read.version == "3.0"
    assert {**read.to_dict(), "version": ""} == contact.to_dict()
