"""Reads `MECARD`, `BIZCARD` and KDDI's address book into a `Contact`; sources and limits stand in `contact`."""

from __future__ import annotations

import re

from qrcore.payload.base import Issue
from qrcore.payload.contact import Address, Contact, ContactBuilder, Labelled, Name
from qrcore.payload.fields import split_fields, unescape


def read_mecard(text: str) -> Contact:
    """`MECARD:N:last,first;TEL:..;;`"""
    build = ContactBuilder()
    build.version = "MECARD"
    for field in split_fields(text, 7):
        value = field.value.strip()
        if not value:
            continue
        match field.key.upper():
            case "N":
                family, comma, given = field.written.partition(",")
                build.parts = Name(unescape(family).strip(), unescape(given).strip())
                build.name = str(build.parts) if comma else value
            case "SOUND":
                build.pronunciation = value
            case "TEL" | "TEL-AV":
                build.phones.append(Labelled(value, ("video",) if field.key.upper() == "TEL-AV" else ()))
            case "EMAIL":
                build.emails.append(Labelled(value))
            case "ADR":
                build.addresses.append(Address(value))
            case "NICKNAME":
                build.nicknames.append(value)
            case "NOTE" | "MEMO":
                build.note = f"{build.note}\n{value}" if build.note else value
            case "BDAY":
                build.birthday = value
                if not re.fullmatch(r"[0-9]{8}", value):
                    build.issues.append(Issue("contact.birthday", field.position))
            case "URL":
                build.urls.append(value)
            case "ORG":
                build.organization = value
            case "TITLE" | "ROLE":
                build.title = value
    return _named(build, text, 7)


def read_bizcard(text: str) -> Contact:
    """`BIZCARD:N:first;X:last;T:title;C:company;A:address;B:phone;M:mobile;F:fax;E:email;;`"""
    build = ContactBuilder()
    build.version = "BIZCARD"
    given = family = ""
    for field in split_fields(text, 8):
        value = field.value.strip()
        if not value:
            continue
        match field.key.upper():
            case "N":
                given = value
            case "X":
                family = value
            case "T":
                build.title = value
            case "C":
                build.organization = value
            case "A":
                build.addresses.append(Address(value))
            case "B" | "M" | "F" as kind:
                build.phones.append(Labelled(value, ({"B": "work", "M": "cell", "F": "fax"}[kind],)))
            case "E":
                build.emails.append(Labelled(value))
    build.parts = Name(family, given)
    return _named(build, text, 8)


_AU_LINE = re.compile(r"(MEMORY|NAME[12]|TEL[1-3]|MAIL[1-3]|ADD):([^\r\n]*)\r?\n")


def read_memory(text: str) -> Contact | None:
    """`MEMORY:..` with `NAME1:`, `TEL1:`, `MAIL1:`, `ADD:` lines (KDDI)."""
    if "MEMORY:" not in text or "\r\n" not in text:
        return None
    build = ContactBuilder()
    build.version = "MEMORY"
    for key, written in _AU_LINE.findall(text):
        value = written.strip()
        if not value:
            continue
        match key[:3]:
            case "MEM":
                build.note = value
            case "NAM" if key == "NAME1":
                build.name = value
            case "NAM":
                build.pronunciation = value
            case "TEL":
                build.phones.append(Labelled(value))
            case "MAI":
                build.emails.append(Labelled(value))
            case "ADD":
                build.addresses.append(Address(value))
    return build.contact(text)


def _named(build: ContactBuilder, text: str, position: int) -> Contact:
    contact = build.contact(text)
    if not contact.name and not contact.organization:
        build.issues.append(Issue("contact.no_name", position))
        return build.contact(text)
    return contact
