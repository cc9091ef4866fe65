"""Reads a vCard into a `Contact`; sources and limits stand in `contact`."""

from __future__ import annotations

from collections.abc import Callable

from qrcore.payload.base import Issue
from qrcore.payload.contact import Address, Contact, ContactBuilder, Labelled, Name
from qrcore.payload.lines import Line, read_lines, split_components, split_list, split_structure, unescape


def read_vcard(text: str) -> Contact | None:
    """`BEGIN:VCARD`; only the first card of a text that holds several."""
    build = ContactBuilder()
    ended = False
    for line in read_lines(text):
        if line.name == "BEGIN" and line.value.strip().upper() != "VCARD":
            return None
        if line.name == "END":
            ended = line.value.strip().upper() == "VCARD"
            break
        if read := _VCARD.get(line.name):
            read(build, line)
    if not ended:
        build.issues.append(Issue("contact.no_end", len(text)))
    if not (build.name or build.parts != Name() or build.organization):
        build.issues.append(Issue("contact.no_name", 0))
    return build.contact(text)


def _set(attribute: str) -> Callable[[ContactBuilder, Line], None]:
    """A reader that keeps the first value that a line gives for `attribute`."""

    def read(build: ContactBuilder, line: Line) -> None:
        if not getattr(build, attribute):
            setattr(build, attribute, unescape(line.value).strip())

    return read


def _note(build: ContactBuilder, line: Line) -> None:
    build.note = build.note or unescape(line.value)


def _n(build: ContactBuilder, line: Line) -> None:
    values = [" ".join(split_list(part)) for part in split_components(line.value)]
    build.parts = Name(*(value.strip() for value in (values + [""] * 5)[:5]))


def _tel(build: ContactBuilder, line: Line) -> None:
    number = unescape(line.value).strip()
    if number.lower().startswith("tel:"):
        number = number[4:]
    if number:
        build.phones.append(Labelled(number, line.types))


def _email(build: ContactBuilder, line: Line) -> None:
    if address := unescape(line.value).strip():
        build.emails.append(Labelled(address.removeprefix("mailto:"), line.types))


def _adr(build: ContactBuilder, line: Line) -> None:
    values = [part.strip() for part in split_structure(line.value)]
    shown = " ".join(value for value in values if value)
    if not shown:
        return
    if len(values) == 1:
        build.addresses.append(Address(shown, line.types))
    else:
        build.addresses.append(Address(shown, line.types, *(values + [""] * 7)[:7]))


def _org(build: ContactBuilder, line: Line) -> None:
    build.organization = build.organization or "; ".join(filter(None, split_structure(line.value)))


def _url(build: ContactBuilder, line: Line) -> None:
    if link := unescape(line.value).strip():
        build.urls.append(link)


def _nickname(build: ContactBuilder, line: Line) -> None:
    build.nicknames += filter(None, (nick.strip() for nick in split_list(line.value)))


def _impp(build: ContactBuilder, line: Line) -> None:
    if address := unescape(line.value).strip():
        build.messengers.append(address)


def _version(build: ContactBuilder, line: Line) -> None:
    build.version = line.value.strip()
    if build.version not in ("2.1", "3.0", "4.0"):
        build.issues.append(Issue("contact.version", line.position))


_VCARD: dict[str, Callable[[ContactBuilder, Line], None]] = {
    "N": _n, "FN": _set("name"), "TEL": _tel, "EMAIL": _email, "ADR": _adr, "ORG": _org, "TITLE": _set("title"),
    "URL": _url, "NICKNAME": _nickname, "SOUND": _set("pronunciation"), "IMPP": _impp, "X-SKYPE-USERNAME": _impp,
    "BDAY": _set("birthday"), "GEO": _set("geo"), "NOTE": _note, "VERSION": _version,
}  # fmt: skip
