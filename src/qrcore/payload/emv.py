"""`Emv`: a payment code that a merchant shows, and that the customer's bank app reads.

Source: EMVCo, "EMV QR Code Specification for Payment Systems: Merchant-Presented Mode", version 1.1. Objects are
ID (2 digits), length (2 digits), value. Measured on the specification's own sample: a length counts characters,
while the CRC runs over UTF-8 bytes. Pix, PromptPay, QRIS, DuitNow, PayNow and others are this form with a scheme of
their own in IDs 26 to 51.

A wrong CRC is an issue and no more: banks emit them. Limits: amounts are strings as written; what a scheme keeps
inside its template is given as objects, not understood; qrcore pays nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

from qrcore.payload.base import Issue, Payload, encode_utf8, ordered, sentence
from qrcore.payload.checks import crc16

_NETWORKS = (
    (2, 3, "Visa"), (4, 5, "Mastercard"), (6, 8, "EMVCo"), (9, 10, "Discover"), (11, 12, "American Express"),
    (13, 14, "JCB"), (15, 16, "UnionPay"), (17, 25, "EMVCo"),
)  # fmt: skip
_SCHEMES = {
    "BR.GOV.BCB.PIX": "Pix", "A000000677010111": "PromptPay", "A000000677010112": "PromptPay",
    "ID.CO.QRIS.WWW": "QRIS", "A0000006150001": "DuitNow", "SG.PAYNOW": "PayNow", "SG.COM.NETS": "NETS",
    "HK.COM.HKICL": "FPS", "A000000727": "VietQR", "COM.P2PQRPAY": "QR Ph", "PH.PPMI.P2M": "QR Ph",
    "A000000524": "BharatQR",
}  # fmt: skip
_TEMPLATES = {*range(26, 52), 62, 64, *range(80, 100)}
_INNER_TEMPLATES = {62: set(range(50, 100))}
"""The IDs that are templates at the top, and inside a template (additional data: those of payment systems)."""
_AMOUNT = re.compile(r"(?=.{1,13}\Z)[0-9]+(?:\.[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object. `children` are the objects of a template; else `value` says all."""

    id: str
    value: str
    position: int = field(default=0, compare=False)
    children: tuple[Tlv, ...] = ()

    def child(self, id: str) -> str:
        """The value of the first child with that ID, or empty."""
        return next((entry.value for entry in self.children if entry.id == id), "")


@dataclass(frozen=True, slots=True)
class Account:
    """A merchant account: the network's name where it is known, the scheme's identifier, the objects under it."""

    id: str
    network: str
    identifier: str
    value: str


@dataclass(frozen=True, slots=True)
class Emv(Payload):
    """The top-level objects, in order; the properties read the common ones.

    Source: EMVCo, Merchant-Presented Mode 1.1, sections 3 and 4. Limits: what a scheme keeps in its template is
    not understood.
    """

    kind: ClassVar[str] = "emv"

    objects: tuple[Tlv, ...] = ()

    def get(self, *path: str) -> str:
        """The value at a path of IDs, `get("62", "05")`; empty where there is none."""
        level = self.objects
        value = ""
        for id in path:
            found = next((entry for entry in level if entry.id == id), None)
            if found is None:
                return ""
            level, value = found.children, found.value
        return value

    @property
    def dynamic(self) -> bool:
        """Whether the code is for one payment (ID 01 is `12`)."""
        return self.get("01") == "12"

    @property
    def merchant(self) -> str:
        """The merchant's name (ID 59)."""
        return self.get("59")

    @property
    def city(self) -> str:
        """The merchant's city (ID 60)."""
        return self.get("60")

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2 (ID 58)."""
        return self.get("58")

    @property
    def category(self) -> str:
        """The merchant category, ISO 18245 (ID 52)."""
        return self.get("52")

    @property
    def currency(self) -> str:
        """ISO 4217, three digits (ID 53)."""
        return self.get("53")

    @property
    def amount(self) -> str:
        """The amount as written, empty where the customer enters it (ID 54)."""
        return self.get("54")

    @property
    def reference(self) -> str:
        """The reference label (ID 62, 05)."""
        return self.get("62", "05")

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Where the money may go, IDs 02 to 51."""
        out = []
        for entry in self.objects:
            if 2 <= int(entry.id) <= 51:
                identifier = entry.child("00")
                network = _SCHEMES.get(identifier.upper()) or next(
                    (name for low, high, name in _NETWORKS if low <= int(entry.id) <= high), ""
                )
                out.append(Account(entry.id, network, identifier, entry.value))
        return tuple(out)

    def encode(self) -> str:
        """The text for a code, with lengths and CRC reckoned anew."""
        body = "".join(_write(entry) for entry in self.objects if entry.id != "63") + "6304"
        return f"{body}{crc16(encode_utf8(body)):04X}"

    def __str__(self) -> str:
        networks = sorted({account.network or account.identifier for account in self.accounts} - {""})
        amount = f"{self.amount} (currency {self.currency})" if self.amount else "an amount to be entered"
        return sentence(
            f"Pay {self.merchant or 'a merchant'}",
            " ".join(filter(None, (self.city, self.country))),
            amount,
            f"by {' or '.join(networks)}" if networks else "",
            f"reference {self.reference}" if self.reference else "",
        )


def read(text: str) -> Emv | None:
    """`000201...`; None where the text is not made of such objects."""
    issues: list[Issue] = []
    objects, end = _objects(text, 0, len(text), issues, _TEMPLATES)
    if len(objects) < 2 or objects[0].id != "00" or len(objects[0].value) != 2:
        return None
    if end < len(text):
        if not any(entry.id == "63" for entry in objects) and len(objects) < 4:
            return None
        issues.append(Issue("emv.structure", end))
    _check(text, objects, issues)
    return Emv(objects, raw=text, issues=ordered(issues))


def _objects(text: str, start: int, stop: int, issues: list[Issue], templates: set[int]) -> tuple[tuple[Tlv, ...], int]:
    """The objects of `text[start:stop]`, those with an ID of `templates` taken apart, and where reading stopped."""
    out = []
    position = start
    while position + 4 <= stop:
        head = text[position : position + 4]
        if not (head.isascii() and head.isdigit()):
            break
        begin, end = position + 4, position + 4 + int(head[2:])
        if end > stop:
            break
        children: tuple[Tlv, ...] = ()
        if (id := int(head[:2])) in templates:
            children, reached = _objects(text, begin, end, issues, _INNER_TEMPLATES.get(id, set()))
            if reached < end:
                issues.append(Issue("emv.template", reached))
                children = ()
        out.append(Tlv(head[:2], text[begin:end], begin, children))
        position = end
    return tuple(out), position


def _check(text: str, objects: tuple[Tlv, ...], issues: list[Issue]) -> None:
    found: dict[str, Tlv] = {}
    for entry in objects:
        if entry.id in found:
            issues.append(Issue("emv.repeated", entry.position))
        found.setdefault(entry.id, entry)
    for id in ("52", "53", "58", "59", "60"):
        if id not in found:
            issues.append(Issue("emv.missing", len(text)))
            break
    if not any(2 <= int(entry.id) <= 51 for entry in objects):
        issues.append(Issue("emv.no_account", len(text)))
    for id, pattern, code in (
        ("01", "1[12]", "emv.method"),
        ("53", "[0-9]{3}", "emv.currency"),
        ("58", "[A-Z]{2}", "emv.country"),
        ("54", _AMOUNT, "emv.amount"),
    ):
        if id in found and not re.fullmatch(pattern, found[id].value):
            issues.append(Issue(code, found[id].position))
    crc = found.get("63")
    if crc is None:
        issues.append(Issue("emv.no_crc", len(text)))
    elif objects[-1] is not crc or len(crc.value) != 4:
        issues.append(Issue("emv.crc_place", crc.position))
    elif crc.value.upper() != f"{crc16(encode_utf8(text[: crc.position])):04X}":
        issues.append(Issue("emv.crc", crc.position))


def _write(entry: Tlv) -> str:
    value = "".join(map(_write, entry.children)) if entry.children else entry.value
    return f"{entry.id}{len(value):02d}{value}"
