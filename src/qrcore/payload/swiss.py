"""`SwissBill`: the payment part of a Swiss QR-bill.

Source: SIX, "Swiss Implementation Guidelines for the QR-bill", version 2.3: 31 lines by place, then bill information
and up to two alternative schemes; no break after the last line. Since November 2025 an address must be structured
(`S`); a combined one (`K`) is read and is an issue. A QR-IBAN (institution 30000 to 31999) goes with a QR reference,
no other IBAN does.

Limits: the allowed subset of characters is not checked; billing information (Swico) is kept as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Payload, ordered, sentence
from qrcore.payload.checks import is_creditor_reference, is_iban, is_qr_reference
from qrcore.payload.numbered import NumberedLines, write_numbered

_AMOUNT = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Party:
    """A creditor or debtor. Where `type` is `K`, `street` and `number` are the two lines of the address."""

    name: str = ""
    street: str = ""
    number: str = ""
    postcode: str = ""
    town: str = ""
    country: str = ""
    type: str = "S"

    def lines(self) -> tuple[str, ...]:
        """The seven lines of a code."""
        return (self.type, self.name, self.street, self.number, self.postcode, self.town, self.country)

    def __str__(self) -> str:
        parts = (f"{self.street} {self.number}".strip(), f"{self.postcode} {self.town}".strip(), self.country)
        return ", ".join(part for part in (self.name, *parts) if part)


@dataclass(frozen=True, slots=True)
class SwissBill(Payload):
    """`reference_type` is `QRR`, `SCOR` or `NON`; `amount` is as written, empty where the payer enters it.

    Source: SIX, Implementation Guidelines for the QR-bill 2.3, section 4. Limits: the subset of characters is not
    checked.
    """

    kind: ClassVar[str] = "swiss_bill"

    iban: str
    creditor: Party
    amount: str = ""
    currency: str = "CHF"
    debtor: Party | None = None
    reference_type: str = "NON"
    reference: str = ""
    message: str = ""
    information: str = ""
    schemes: tuple[str, ...] = ()
    ultimate_creditor: Party | None = None
    version: str = "0200"

    def encode(self) -> str:
        """The lines of a code. Raises `ValueError` for a line break in a field."""
        empty = ("",) * 7
        fields = [
            "SPC", self.version, "1", self.iban, *self.creditor.lines(),
            *(self.ultimate_creditor.lines() if self.ultimate_creditor else empty),
            self.amount, self.currency, *(self.debtor.lines() if self.debtor else empty),
            self.reference_type, self.reference, self.message, "EPD",
        ]  # fmt: skip
        if self.information or self.schemes:
            fields += [self.information, *self.schemes]
        return write_numbered(fields, "\r\n")

    def __str__(self) -> str:
        return sentence(
            f"Pay {self.amount or 'an amount to be entered in'} {self.currency}",
            f"to {self.creditor}",
            self.iban,
            f"reference {self.reference}" if self.reference else "",
            self.message,
            f"from {self.debtor}" if self.debtor else "",
        )


def read(text: str) -> SwissBill | None:
    """`SPC`, and the lines below."""
    if not text.startswith("SPC"):
        return None
    found = NumberedLines(text, 34)
    lines, check, count = found.lines, found.check, found.count
    if count < 20 or lines[0] != "SPC":
        return None
    iban, amount, currency = lines[3].replace(" ", ""), lines[18], lines[19]
    reference_type, reference = lines[27], lines[28]
    check(1, bool(re.fullmatch(r"02[0-9]{2}", lines[1])), "swiss.version")
    check(2, lines[2] == "1", "swiss.coding")
    check(3, iban[:2] in ("CH", "LI") and len(iban) == 21 and is_iban(iban), "swiss.iban")
    check(18, not amount or bool(_AMOUNT.fullmatch(amount)), "swiss.amount")
    check(19, currency in ("CHF", "EUR"), "swiss.currency")
    creditor = _party(found, 4)
    check(4, creditor is not None, "swiss.creditor")
    ultimate = _party(found, 11)
    check(11, ultimate is None, "swiss.ultimate_creditor")
    debtor = _party(found, 20)
    check(27, reference_type in ("QRR", "SCOR", "NON"), "swiss.reference_type")
    check(28, _sound_reference(reference_type, reference), "swiss.reference")
    check(27, _is_qr_iban(iban) == (reference_type == "QRR"), "swiss.qr_iban")
    check(29, len(lines[29]) + len(lines[31]) <= 140, "swiss.message")
    check(30, lines[30] == "EPD", "swiss.trailer")
    check(33, count <= 34, "swiss.lines")
    check(count - 1, count <= 31 or bool(lines[count - 1]), "swiss.trailing_break")
    return SwissBill(
        iban, creditor or Party(), amount, currency, debtor, reference_type, reference, lines[29], lines[31],
        tuple(line for line in lines[32:34] if line), ultimate, lines[1],
        raw=text, issues=ordered(found.issues),
    )  # fmt: skip


def _party(found: NumberedLines, at: int) -> Party | None:
    """The seven lines from `at`, or None where all are empty."""
    type, name, street, number, postcode, town, country = found.lines[at : at + 7]
    if not any(found.lines[at : at + 7]):
        return None
    party = Party(name, street, number, postcode, town, country, type)
    found.check(at, type != "K", "swiss.combined_address")
    found.check(at, type in ("S", "K"), "swiss.address_type")
    found.check(at + 1, 1 <= len(party.name) <= 70, "swiss.name")
    found.check(at + 4, type != "S" or bool(party.postcode and party.town), "swiss.address")
    found.check(at + 6, bool(_COUNTRY.fullmatch(party.country)), "swiss.country")
    return party


def _sound_reference(type: str, reference: str) -> bool:
    if type == "QRR":
        return is_qr_reference(reference)
    if type == "SCOR":
        return is_creditor_reference(reference)
    return type != "NON" or not reference


def _is_qr_iban(iban: str) -> bool:
    return "30000" <= iban[4:9] <= "31999"
