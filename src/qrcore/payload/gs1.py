"""`Gs1`: what a GS1 symbol says about a product, a place or a parcel.

Sources: GS1 General Specifications, release 25 (element strings, section 7.8; dates, 7.12; check digits, 7.9); GS1
Barcode Syntax Dictionary (identifiers and tests); GS1 Digital Link: URI Syntax 1.6.0. Read are element strings with
FNC1 (as U+001D), with an AIM symbology identifier before them, or with the identifiers in brackets; Digital Links;
and the bare number of a product barcode.

That an identifier needs another (`gs1.requires`) is judged by this symbol alone, though the other may be printed in a
symbol beside it.

The readers are in `gs1_read` and `gs1_link`. Limits: compressed Digital Links are not read; see also `gs1_lint`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar
from urllib.parse import quote

from qrcore.payload.base import Payload, sentence
from qrcore.payload.gs1_ai import table
from qrcore.payload.uri import Uri

GS = "\x1d"

_PLACES = re.compile(r"3[1-6][0-9]{2}|39[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Element:
    """An identifier and its value; `position` is where the value stands in `raw`."""

    ai: str
    value: str
    position: int = field(default=0, compare=False)

    @property
    def title(self) -> str:
        """The data title of the identifier (`USE BY or EXPIRY`), or empty."""
        known = table().get(self.ai)
        return known.title if known else ""

    @property
    def number(self) -> Decimal | None:
        """The value of a measure or price, its decimal point put where the identifier's last digit says."""
        if not _PLACES.fullmatch(self.ai):
            return None
        digits = self.value[3:] if self.ai.startswith(("391", "393")) else self.value
        if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
            return None
        return Decimal(int(digits)).scaleb(-int(self.ai[3]))


@dataclass(frozen=True, slots=True)
class Gs1(Payload):
    """`elements` in their order. `form` is `element_string`, `brackets`, `digital_link` or `product`; `link` is the
    web link that a Digital Link is; `add_on` the two or five digits beside a product barcode.

    Source: GS1 General Specifications, sections 3 and 7; GS1 Digital Link: URI Syntax 1.6.0. Limits: no
    compressed links.
    """

    kind: ClassVar[str] = "gs1"

    elements: tuple[Element, ...]
    form: str = field(default="element_string", compare=False)
    link: Uri | None = field(default=None, compare=False)
    add_on: str = ""

    def get(self, ai: str) -> str:
        """The value of the first element with that identifier, or empty."""
        return next((element.value for element in self.elements if element.ai == ai), "")

    @property
    def gtin(self) -> str:
        """The GTIN in 14 digits: of the item itself (01, 8006, 03), else of what it contains (02, 8026)."""
        return self.get("01") or self.get("8006")[:14] or self.get("03") or self.get("02") or self.get("8026")[:14]

    @property
    def sscc(self) -> str:
        """The serial shipping container code (00)."""
        return self.get("00")

    @property
    def batch(self) -> str:
        """Batch or lot (10)."""
        return self.get("10")

    @property
    def serial(self) -> str:
        """Serial number (21)."""
        return self.get("21")

    @property
    def path(self) -> str:
        """The canonical Digital Link path, key and qualifiers: `/01/09506000134352/10/ABC`; empty without a key.
        Of several keys the first makes the path."""
        return "".join(f"/{element.ai}/{quote(element.value, safe='')}" for element in self._path_elements())

    def canonical(self, domain: str = "https://id.gs1.org") -> str:
        """The whole canonical Digital Link, other elements in its query in the order of their identifiers."""
        path = self.path
        if not path:
            return ""
        used = self._path_elements()
        rest = sorted((e for e in self.elements if e not in used), key=lambda element: element.ai)
        query = "&".join(f"{element.ai}={quote(element.value, safe='')}" for element in dict.fromkeys(rest))
        return f"{domain}{path}?{query}" if query else domain + path

    def dates(self, today: date | None = None) -> dict[str, date]:
        """The dates by identifier. A year of two digits is taken within 49 years of `today`, the day of the call
        where none is given; the day 00 is the last of its month (General Specifications, 7.12)."""
        year = (today or date.today()).year
        out: dict[str, date] = {}
        for element in self.elements:
            known = table().get(element.ai)
            tests = known.components[0].tests if known else ()
            if "yymmd0" in tests or "yymmdd" in tests:
                found = read_date(element.value[:6], year)
                if found:
                    out.setdefault(element.ai, found)
        return out

    def encode(self) -> str:
        """The element string, U+001D for FNC1 after each element that needs one."""
        out = []
        for element in self.elements:
            known = table().get(element.ai)
            out.append(element.ai + element.value + ("" if known and known.predefined else GS))
        return "".join(out).removesuffix(GS)

    def __str__(self) -> str:
        return sentence(
            *(f"({e.ai}) {e.title or 'unknown'} {e.value if e.number is None else e.number}" for e in self.elements),
            f"add-on {self.add_on}" if self.add_on else "",
        )

    def _path_elements(self) -> list[Element]:
        first = {element.ai: element for element in reversed(self.elements)}
        for key in self.elements:
            known = table().get(key.ai)
            if known is None or known.qualifiers is None:
                continue
            for element in self.elements:
                for sequence in known.qualifiers:
                    if element.ai in sequence:
                        return [key, *(first[ai] for ai in sequence if ai in first)]
            return [key]
        return []


def read_date(value: str, year: int) -> date | None:
    """YYMMDD, its century by the rule of 49 years round `year`; day 00 is the last of the month."""
    if not (value.isascii() and value.isdigit() and len(value) == 6):
        return None
    short, month, day = int(value[:2]), int(value[2:4]), int(value[4:])
    century = year // 100 * 100
    distance = short - year % 100
    if distance >= 51:
        century -= 100
    elif distance <= -50:
        century += 100
    try:
        if day:
            return date(century + short, month, day)
        first_of_next = date(century + short + month // 12, month % 12 + 1, 1)
        return first_of_next - timedelta(days=1)
    except (ValueError, OverflowError):
        return None
