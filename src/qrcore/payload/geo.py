"""`Geo`: a place.

Source: RFC 5870, with Google's `?q=` label as phones read it. Limits: only WGS 84 is understood; another `crs` is
an issue and the numbers are given as they stand.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Issue, Payload, sentence
from qrcore.payload.links import encode_percent, first, read_query

_PLACE = re.compile(
    r"(-?[0-9]+(?:\.[0-9]*)?|-?\.[0-9]+),\s?(-?[0-9]+(?:\.[0-9]*)?|-?\.[0-9]+)(?:,\s?(-?[0-9]+(?:\.[0-9]*)?))?"
    r"((?:;[^;?]*)*)(?:\?(.*))?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Geo(Payload):
    """Degrees north and east on WGS 84, metres above it, and the uncertainty in metres.

    Source: RFC 5870. Limits: WGS 84 only.
    """

    kind: ClassVar[str] = "geo"

    latitude: float
    longitude: float
    altitude: float | None = None
    uncertainty: float | None = None
    query: str = ""
    label: str = ""

    def encode(self) -> str:
        """A `geo:` link."""
        altitude = "" if self.altitude is None else f",{_plain(self.altitude)}"
        uncertainty = "" if self.uncertainty is None else f";u={_plain(self.uncertainty)}"
        query = self.query or (f"q={encode_percent(self.label)}" if self.label else "")
        place = f"geo:{_plain(self.latitude)},{_plain(self.longitude)}{altitude}{uncertainty}"
        return f"{place}?{query}" if query else place

    def __str__(self) -> str:
        return sentence(
            self.label,
            f"{abs(self.latitude):g} {'S' if self.latitude < 0 else 'N'}",
            f"{abs(self.longitude):g} {'W' if self.longitude < 0 else 'E'}",
            f"{self.altitude:g} m" if self.altitude is not None else "",
            f"within {self.uncertainty:g} m" if self.uncertainty is not None else "",
        )


def read(text: str) -> Geo | None:
    """`geo:latitude,longitude[,altitude][;u=..][?q=..]`"""
    match = _PLACE.fullmatch(text, 4)
    if not match or any(len(part or "") > 40 for part in match.groups()[:3]):
        return None
    issues: list[Issue] = []
    latitude, longitude = float(match[1]), float(match[2])
    if abs(latitude) > 90:
        issues.append(Issue("geo.range", match.start(1)))
    if abs(longitude) > 180:
        issues.append(Issue("geo.range", match.start(2)))
    uncertainty = None
    for parameter in match[4].split(";"):
        name, _, value = parameter.partition("=")
        if name.lower() == "u":
            uncertainty = _number(value)
            if uncertainty is None:
                issues.append(Issue("geo.uncertainty", match.start(4)))
        elif name.lower() == "crs" and value.lower() != "wgs84":
            issues.append(Issue("geo.crs", match.start(4)))
    query = match[5] or ""
    label = first(read_query(query, match.start(5), issues), "q") if query else ""
    altitude = float(match[3]) if match[3] else None
    return Geo(latitude, longitude, altitude, uncertainty, query, label, raw=text, issues=tuple(issues))


def _number(text: str) -> float | None:
    if not re.fullmatch(r"[0-9]{1,20}(?:\.[0-9]{1,20})?", text):
        return None
    return float(text)


def _plain(value: float) -> str:
    """A number without exponent, to a tenth of a millimetre on the ground."""
    return f"{value:.9f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"
