"""`Sms`: a text message to be sent.

Sources: RFC 5724 (`sms:`), the `smsto:`, `mms:` and `mmsto:` forms that phones read (`smsto:number:text`).
Limits: `via` is read and dropped when written anew; nothing is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Issue, Payload, sentence
from qrcore.payload.links import decode_percent, encode_percent, first, read_query, write_query
from qrcore.payload.tel import check_number


@dataclass(frozen=True, slots=True)
class Sms(Payload):
    """`vias` stands beside `numbers`: the route asked for each, or empty.

    Source: RFC 5724; the `smsto:` form of phones. Limits: `via` is the only parameter.
    """

    kind: ClassVar[str] = "sms"

    numbers: tuple[str, ...]
    body: str = ""
    subject: str = ""
    vias: tuple[str, ...] = ()
    multimedia: bool = False

    def encode(self) -> str:
        """An `sms:` or `mms:` link."""
        vias = self.vias + ("",) * (len(self.numbers) - len(self.vias))
        numbers = ",".join(
            encode_percent(number.replace(",", ""), " ") + (f";via={encode_percent(via)}" if via else "")
            for number, via in zip(self.numbers, vias, strict=False)
        )
        scheme = "mms" if self.multimedia else "sms"
        return f"{scheme}:{numbers}{write_query([('subject', self.subject), ('body', self.body)])}"

    def __str__(self) -> str:
        return sentence(f"Text to {', '.join(self.numbers)}", self.subject, join=": ") + (
            sentence(": ", self.body, join="") if self.body else ""
        )


def read(text: str) -> Sms:
    """`sms:`, `smsto:`, `mms:` and `mmsto:`."""
    issues: list[Issue] = []
    scheme, _, rest = text.partition(":")
    at = len(scheme) + 1
    subject = body = ""
    if scheme.lower().endswith("to") and ":" in rest:
        written, _, body = rest.partition(":")
    else:
        written, question, query = rest.partition("?")
        if question:
            pairs = read_query(query, at + len(written) + 1, issues)
            subject, body = first(pairs, "subject"), first(pairs, "body")
    numbers, vias = [], []
    for entry in written.split(","):
        number, _, parameter = entry.partition(";")
        number = decode_percent(number, at, issues).strip()
        check_number(number, at, issues)
        numbers.append(number)
        vias.append(decode_percent(parameter[4:], at, issues) if parameter.lower().startswith("via=") else "")
        at += len(entry) + 1
    return Sms(
        tuple(numbers), body, subject, tuple(vias), scheme.lower().startswith("mms"), raw=text, issues=tuple(issues)
    )
