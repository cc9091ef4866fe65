"""`Email`: a letter to be written.

Sources: RFC 6068 (`mailto:`), NTT DoCoMo `MATMSG`, the `SMTP:to:subject:body` form, and a bare address.
Limits: addresses are checked for shape only, header fields other than to, cc, bcc, subject and body are dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Issue, Payload, sentence
from qrcore.payload.fields import split_fields
from qrcore.payload.links import decode_percent, encode_percent, first, read_query, write_query

ADDRESS = re.compile(
    r"""[^\s@,;:<>()\[\]"\\\x00-\x1f]{1,64}@(?:[^\W_](?:[^\W_]|-){0,62}\.)*[^\W_](?:[^\W_]|-){0,61}[^\W_]"""
)


@dataclass(frozen=True, slots=True)
class Email(Payload):
    """Addresses are as written, unescaped.

    Source: RFC 6068; NTT DoCoMo MATMSG; SMTP. Limits: addresses are checked for shape only.
    """

    kind: ClassVar[str] = "email"

    to: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()

    def encode(self) -> str:
        """A `mailto:` link."""
        headers = [("cc", ",".join(self.cc)), ("bcc", ",".join(self.bcc))]
        query = write_query([*headers, ("subject", self.subject), ("body", self.body)])
        return "mailto:" + ",".join(encode_percent(address) for address in self.to) + query

    def __str__(self) -> str:
        head = sentence(
            f"Mail to {', '.join(self.to)}",
            f"cc {', '.join(self.cc)}" if self.cc else "",
            f"bcc {', '.join(self.bcc)}" if self.bcc else "",
        )
        return sentence(head, self.subject, self.body, join=": ")


def read_mailto(text: str) -> Email:
    """`mailto:to?subject=..&body=..`"""
    issues: list[Issue] = []
    written, _, query = text[7:].partition("?")
    pairs = read_query(query, 8 + len(written), issues)
    to = _addresses(decode_percent(written, 7, issues), 7, issues)
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    for name, value, position in pairs:
        match name.lower():
            case "to":
                to += _addresses(value, position, issues)
            case "cc":
                cc += _addresses(value, position, issues)
            case "bcc":
                bcc += _addresses(value, position, issues)
    if not (to or cc or bcc):
        issues.append(Issue("email.no_recipient", 7))
    return Email(to, first(pairs, "subject"), first(pairs, "body"), cc, bcc, raw=text, issues=tuple(issues))


def read_matmsg(text: str) -> Email:
    """`MATMSG:TO:..;SUB:..;BODY:..;;`"""
    issues: list[Issue] = []
    fields = split_fields(text, 7)
    to: tuple[str, ...] = ()
    for field in fields:
        if field.key.upper() == "TO":
            to += _addresses(field.value, field.position, issues)
    if not to:
        issues.append(Issue("email.no_recipient", 7))
    named = {field.key.upper(): field.value for field in reversed(fields)}
    return Email(to, named.get("SUB", ""), named.get("BODY", ""), raw=text, issues=tuple(issues))


def read_smtp(text: str) -> Email:
    """`SMTP:to:subject:body`"""
    issues: list[Issue] = []
    to, _, rest = text[5:].partition(":")
    subject, _, body = rest.partition(":")
    return Email(_addresses(to, 5, issues), subject, body, raw=text, issues=tuple(issues))


def read_address(text: str) -> Email | None:
    """A bare address."""
    return Email((text,), raw=text) if len(text) < 321 and ADDRESS.fullmatch(text) else None


def _addresses(text: str, position: int, issues: list[Issue]) -> tuple[str, ...]:
    out = []
    for part in text.split(","):
        address = part.strip()
        if address:
            if not ADDRESS.fullmatch(address):
                issues.append(Issue("email.address", position))
            out.append(address)
    return tuple(out)
