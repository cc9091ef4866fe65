"""`Contact`: a person or a firm.

Sources: vCard 2.1 (versit, 1996), 3.0 (RFC 2426) and 4.0 (RFC 6350); NTT DoCoMo `MECARD`; `BIZCARD`; KDDI's
`MEMORY:` address book. No vCard library is kept well enough to depend on (the best known had its last release in
2024), so this is a reader of our own for the subset below.

The readers are in `vcard` and `mecard`.

Limits: photos, logos, sounds, keys and members are dropped; groups and `ALTID` variants are not joined; dates are
kept as written. MECARD knows no first and last name beyond `N:last,first`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Issue, Payload, sentence
from qrcore.payload.lines import escape, escape_link, fold


@dataclass(frozen=True, slots=True)
class Labelled:
    """A number, an address or a link, with its types (`home`, `work`, `cell`, ...) in lower case."""

    value: str
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a name; each may be empty."""

    family: str = ""
    given: str = ""
    additional: str = ""
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        parts = (self.prefix, self.given, self.additional, self.family, self.suffix)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Address(Labelled):
    """`value` is the address as one text, a line or a comma-free component after the other."""

    post_box: str = ""
    extended: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Contact(Payload):
    """`name` is the name to show. `version` is `2.1`, `3.0`, `4.0`, `MECARD`, `BIZCARD`, `MEMORY`, or empty.

    Source: vCard 2.1, RFC 2426 (3.0), RFC 6350 (4.0); NTT DoCoMo MECARD; BIZCARD; KDDI MEMORY. Limits: no
    pictures, sounds or keys; the first card only.
    """

    kind: ClassVar[str] = "contact"

    name: str = ""
    parts: Name = Name()
    phones: tuple[Labelled, ...] = ()
    emails: tuple[Labelled, ...] = ()
    addresses: tuple[Address, ...] = ()
    organization: str = ""
    title: str = ""
    urls: tuple[str, ...] = ()
    nicknames: tuple[str, ...] = ()
    pronunciation: str = ""
    messengers: tuple[str, ...] = ()
    birthday: str = ""
    geo: str = ""
    note: str = ""
    version: str = ""

    def encode(self) -> str:
        """A vCard 3.0, the version that phones read best."""
        parts = self.parts if self.parts != Name() else Name(family=self.name)
        lines = ["BEGIN:VCARD", "VERSION:3.0"]
        lines.append("N:" + _structure(parts.family, parts.given, parts.additional, parts.prefix, parts.suffix))
        lines.append(f"FN:{escape(self.name)}")
        for labelled, name in ((self.phones, "TEL"), (self.emails, "EMAIL")):
            lines += [f"{name}{_types(entry)}:{escape(entry.value)}" for entry in labelled]
        for place in self.addresses:
            structure = (
                place.post_box, place.extended, place.street, place.city, place.region, place.postcode, place.country
            )  # fmt: skip
            if not any(structure):
                structure = ("", "", place.value, "", "", "", "")
            lines.append(f"ADR{_types(place)}:" + _structure(*structure))
        if self.organization:
            lines.append("ORG:" + ";".join(escape(part) for part in self.organization.split("; ")))
        texts = [("TITLE", self.title), ("SOUND", self.pronunciation), ("BDAY", self.birthday), ("NOTE", self.note)]
        lines += [f"{name}:{escape(value)}" for name, value in texts if value]
        links = [("GEO", self.geo), *(("URL", url) for url in self.urls), *(("IMPP", to) for to in self.messengers)]
        lines += [f"{name}:{escape_link(value)}" for name, value in links if value]
        if self.nicknames:
            lines.append("NICKNAME:" + ",".join(escape(nick) for nick in self.nicknames))
        return "\r\n".join(fold(line) for line in [*lines, "END:VCARD"])

    def __str__(self) -> str:
        return sentence(
            self.name or "A contact",
            self.title,
            self.organization,
            *(entry.value for entry in (*self.phones, *self.emails, *self.addresses)),
            *self.urls,
            self.birthday,
            self.note,
        )


class ContactBuilder:
    """Collects what a reader finds; `contact` makes the payload."""

    def __init__(self) -> None:
        self.name = self.organization = self.title = self.pronunciation = ""
        self.birthday = self.geo = self.note = self.version = ""
        self.parts = Name()
        self.phones: list[Labelled] = []
        self.emails: list[Labelled] = []
        self.addresses: list[Address] = []
        self.urls: list[str] = []
        self.nicknames: list[str] = []
        self.messengers: list[str] = []
        self.issues: list[Issue] = []

    def contact(self, raw: str) -> Contact:
        return Contact(
            self.name or str(self.parts), self.parts, tuple(self.phones), tuple(self.emails), tuple(self.addresses),
            self.organization, self.title, tuple(self.urls), tuple(self.nicknames), self.pronunciation,
            tuple(self.messengers), self.birthday, self.geo, self.note, self.version,
            raw=raw, issues=tuple(self.issues),
        )  # fmt: skip


def _structure(*values: str) -> str:
    return ";".join(escape(value) for value in values)


def _types(entry: Labelled) -> str:
    clean = [kind for kind in (re.sub(r"[^a-z0-9-]", "", kind) for kind in entry.types) if kind]
    return f";TYPE={','.join(clean)}" if clean else ""
