"""`Epc`: a SEPA credit transfer ("GiroCode").

Source: EPC069-12, version 2.1 of the European Payments Council: up to twelve lines, each with its meaning by place.
One missing empty line shifts all that follow, so that an IBAN may stand where a name should: the checks on BIC, IBAN
and amount catch this. A line break inside a name would swap the payee; building refuses one.

Bytes that are not UTF-8 are read in the character set that the code names (ISO 8859); bytes that are, as UTF-8,
whatever it names, since many writers name the wrong one.

Limits: the purpose code is checked for shape only; nothing is paid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Payload, encode_utf8, ordered, sentence
from qrcore.payload.checks import is_creditor_reference, is_iban
from qrcore.payload.numbered import NumberedLines, write_numbered

_CHARSETS = {
    "2": "iso8859-1", "3": "iso8859-2", "4": "iso8859-4", "5": "iso8859-5", "6": "iso8859-7", "7": "iso8859-10",
    "8": "iso8859-15",
}  # fmt: skip
_BYTES = re.compile(rb"BCD(?:\r\n|\n|\r)00[12](?:\r\n|\n|\r)([2-8])[\r\n]")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_AMOUNT = re.compile(r"EUR[0-9]{1,9}(?:\.[0-9]{1,2})?")
_LIMITS = ((5, 70, "epc.name"), (10, 140, "epc.text"), (11, 70, "epc.information"))


@dataclass(frozen=True, slots=True)
class Epc(Payload):
    """`amount` is in euro, as written (`12.3`), empty where the payer enters it.

    Source: EPC069-12, version 2.1. Limits: no lists of purposes and banks.
    """

    kind: ClassVar[str] = "epc"

    name: str
    iban: str
    amount: str = ""
    bic: str = ""
    purpose: str = ""
    reference: str = ""
    text: str = ""
    information: str = ""
    version: str = "002"
    charset: int = 1

    def encode(self) -> str:
        """The twelve lines, less the empty ones at the end. Raises `ValueError` for a line break in a field."""
        amount = f"EUR{self.amount}" if self.amount else ""
        fields = [
            "BCD", self.version, str(self.charset), "SCT", self.bic, self.name, self.iban, amount, self.purpose,
            self.reference, self.text, self.information,
        ]  # fmt: skip
        while len(fields) > 7 and not fields[-1]:
            fields.pop()
        return write_numbered(fields, "\n")

    def __str__(self) -> str:
        return sentence(
            f"Transfer {self.amount} EUR" if self.amount else "Transfer",
            f"to {self.name}",
            self.iban,
            self.reference or self.text,
            self.information,
        )


def read(text: str) -> Epc | None:
    """`BCD`, and the lines below."""
    if not text.startswith("BCD"):
        return None
    found = NumberedLines(text, 12)
    lines, check = found.lines, found.check
    if found.count < 6 or lines[0] != "BCD":
        return None
    if any(lines[12:]):
        check(12, False, "epc.lines")
    version, charset, bic, iban, amount, reference = lines[1], lines[2], lines[4], lines[6], lines[7], lines[9]
    compact = iban.replace(" ", "").upper()
    check(1, version in ("001", "002"), "epc.version")
    check(2, charset in tuple("12345678"), "epc.charset")
    check(3, lines[3] in ("SCT", "INST"), "epc.service")
    check(4, bool(_BIC.fullmatch(bic)) if bic else version != "001", "epc.bic")
    check(5, bool(lines[5]), "epc.name")
    check(6, is_iban(compact), "epc.iban")
    check(7, not amount or (bool(_AMOUNT.fullmatch(amount)) and _in_range(amount[3:])), "epc.amount")
    check(8, bool(re.fullmatch(r"[A-Z0-9]{0,4}", lines[8])), "epc.purpose")
    check(9, not reference or _sound_reference(reference), "epc.reference")
    check(10, not (reference and lines[10]), "epc.two_references")
    for line, limit, code in _LIMITS:
        check(line, len(lines[line]) <= limit, code)
    if len(encode_utf8(text)) > 331:
        check(0, False, "epc.size")
    return Epc(
        lines[5], compact, amount.removeprefix("EUR"), bic, lines[8], reference, lines[10], lines[11], version,
        int(charset) if charset in tuple("12345678") else 1,
        raw=text, issues=ordered(found.issues),
    )  # fmt: skip


def decode(data: bytes) -> str | None:
    """The text of bytes that are not UTF-8, in the character set that their third line names."""
    match = _BYTES.match(data)
    return data.decode(_CHARSETS[match[1].decode()], "replace") if match else None


def _in_range(amount: str) -> bool:
    return 0.01 <= float(amount) <= 999999999.99


def _sound_reference(reference: str) -> bool:
    """An ISO 11649 reference, or a national one of at most 35 characters."""
    if reference.startswith("RF"):
        return is_creditor_reference(reference.replace(" ", ""))
    return len(reference) <= 35
