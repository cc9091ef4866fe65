"""`Tel`: a telephone number.

Source: RFC 3966. Codes in the wild hold spaces and lack the `+`; both are read. Limits: a number is not checked
against any country's plan, and no call is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Issue, Payload, sentence
from qrcore.payload.links import decode_percent, encode_percent

_NUMBER = re.compile(r"\+?[A-Fa-f()./ \-]*[0-9*#][0-9A-Fa-f*#()./ \-]*")
_SEPARATORS = re.compile(r"[^0-9A-Fa-f*#+]")


@dataclass(frozen=True, slots=True)
class Tel(Payload):
    """`number` as written; `digits` without separators.

    Source: RFC 3966. Limits: no numbering plan.
    """

    kind: ClassVar[str] = "tel"

    number: str
    extension: str = ""
    context: str = ""

    @property
    def digits(self) -> str:
        """The number without separators."""
        return _SEPARATORS.sub("", self.number)

    def encode(self) -> str:
        """A `tel:` link."""
        tail = (f";ext={encode_percent(self.extension)}" if self.extension else "") + (
            f";phone-context={encode_percent(self.context)}" if self.context else ""
        )
        return f"tel:{encode_percent(self.number, ' #')}{tail}"

    def __str__(self) -> str:
        return sentence(f"Call {self.number}", f"extension {self.extension}" if self.extension else "")


def read(text: str) -> Tel:
    """`tel:...`"""
    issues: list[Issue] = []
    written, _, parameters = text[4:].partition(";")
    if "?" in written:
        written = written.partition("?")[0]
    number = decode_percent(written, 4, issues).strip()
    check_number(number, 4, issues)
    named = {}
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        named[name.lower()] = decode_percent(value, len(text) - len(parameters), issues)
    return Tel(number, named.get("ext", ""), named.get("phone-context", ""), raw=text, issues=tuple(issues))


def check_number(number: str, position: int, issues: list[Issue]) -> None:
    """Note where `number` is no telephone number."""
    if not _NUMBER.fullmatch(number):
        issues.append(Issue("tel.number", position))
