"""GS1 Digital Links: a web link whose path names a GS1 key (GS1 Digital Link: URI Syntax 1.6.0).

Any domain may carry one, so the path alone decides. It is taken for one where a key stands in it with nothing but
identifiers and values after it, and where chance is ruled out: the value has the key's length and characters and,
but for a 14-digit GTIN and the other keys of a fixed length, a check digit that fits or a company prefix.
Identifiers by name (`/gtin/`, as versions before 1.2 had them) and short GTINs are read, and are issues.
"""

from __future__ import annotations

import re

from qrcore.payload.base import Issue, ordered
from qrcore.payload.checks import has_gs1_check_digit
from qrcore.payload.gs1 import Element, Gs1
from qrcore.payload.gs1_ai import table
from qrcore.payload.gs1_read import check_company, check_value
from qrcore.payload.links import decode_percent, read_query
from qrcore.payload.uri import read as read_uri

_NAMES = {
    "sscc": "00", "gtin": "01", "lot": "10", "ser": "21", "cpv": "22", "gdti": "253", "glnx": "254", "gcn": "255",
    "ginc": "401", "gsin": "402", "gln": "414", "party": "417", "grai": "8003", "giai": "8004", "itip": "8006",
    "cpid": "8010", "cpsn": "8011", "gmn": "8013", "gsrnp": "8017", "gsrn": "8018", "srin": "8019",
}  # fmt: skip
_KEY = re.compile(
    r"/(?:0[01]|25[35]|40[12]|41[457]|80(?:0[346]|1[0378])"
    r"|gtin|sscc|gdti|gcn|ginc|gsin|gln|party|grai|giai|itip|cpid|gmn|gsrnp?)/[^/]"
)
"""A quick look for a key, by number or by name, before anything is taken apart."""
_WEB = re.compile(r"https?://[^/?#\\]+(/[^?#]*)", re.IGNORECASE)
_FIXED = frozenset(("00", "01", "402", "414", "415", "417", "8006", "8017", "8018"))
_GRAVE = frozenset(("gs1.length", "gs1.character", "gs1.prefix"))


def read_link(text: str) -> Gs1 | None:
    """A Digital Link, or None for any other link."""
    web = _KEY.search(text) and _WEB.match(text)
    link = read_uri(text) if web else None
    if not web or link is None:
        return None
    start, stop = web.span(1)
    issues: list[Issue] = list(link.issues)
    segments = _segments(text, start, stop)
    key = _find_key(segments)
    if key < 0:
        return None
    elements: list[Element] = []
    for (name, position), (written, at) in zip(segments[key::2], segments[key + 1 :: 2], strict=True):
        code = _NAMES.get(name, name)
        if code != name:
            issues.append(Issue("gs1.link_name", position))
        elements.append(_element(code, decode_percent(written, at, issues), at, issues))
    found = _check(elements[0])
    if not _is_plausible(elements[0], found):
        return None
    issues += found
    qualifiers = _check_order(elements, issues)
    if text[stop - 1] == "/":
        issues.append(Issue("gs1.link_slash", stop - 1))
    for element in _attributes(text, stop, issues):
        if element.ai in qualifiers or not table()[element.ai].attribute:
            issues.append(Issue("gs1.link_attribute", element.position))
        if any(element.ai == other.ai for other in elements):
            issues.append(Issue("gs1.repeated", element.position))
        elements.append(element)
    for element in elements[1:]:
        issues += _check(element)
    check_company(elements, issues)
    return Gs1(tuple(elements), "digital_link", link, raw=text, issues=ordered(issues))


def _segments(text: str, start: int, stop: int) -> list[tuple[str, int]]:
    """The segments of the path with their positions; one empty segment at the end is dropped."""
    out = []
    position = start + 1
    for part in text[start + 1 : stop].split("/"):
        out.append((part, position))
        position += len(part) + 1
    return out[:-1] if len(out) > 1 and not out[-1][0] else out


def _find_key(segments: list[tuple[str, int]]) -> int:
    """The index of the key, reading pairs from the end of the path; -1 where there is none."""
    for index in range(len(segments) - 2, -1, -2):
        name = segments[index][0]
        known = table().get(_NAMES.get(name, name))
        if known is None or not segments[index + 1][0]:
            return -1
        if known.qualifiers is not None:
            return index
    return -1


def _check(element: Element) -> list[Issue]:
    issues: list[Issue] = []
    check_value(table()[element.ai], element.value, element.position, issues)
    return issues


def _is_plausible(key: Element, issues: list[Issue]) -> bool:
    """Whether chance is ruled out for a key with these issues."""
    codes = {issue.code for issue in issues}
    if codes & _GRAVE:
        return False
    return "gs1.check_digit" not in codes or key.ai in _FIXED


def _element(code: str, value: str, position: int, issues: list[Issue]) -> Element:
    """An element, a short GTIN filled up to 14 digits."""
    if code == "01" and re.fullmatch("[0-9]{8}|[0-9]{12,13}", value) and has_gs1_check_digit(value):
        issues.append(Issue("gs1.short_gtin", position))
        value = value.zfill(14)
    return Element(code, value, position)


def _check_order(elements: list[Element], issues: list[Issue]) -> tuple[str, ...]:
    """The sequence of qualifiers that the path follows. Notes qualifiers that the key does not have, or that stand in
    another order than its."""
    codes = [element.ai for element in elements[1:]]
    for sequence in table()[elements[0].ai].qualifiers or ():
        if [code for code in sequence if code in codes] == codes:
            return sequence
    if codes:
        issues.append(Issue("gs1.link_order", elements[1].position))
    return ()


def _attributes(text: str, stop: int, issues: list[Issue]) -> list[Element]:
    """The elements of the query; other parameters (`linkType`) are the resolver's."""
    if text[stop : stop + 1] != "?":
        return []
    out = []
    query = text[stop + 1 :].partition("#")[0].replace(";", "&")
    for name, value, at in read_query(query, stop + 1, issues, plus=" "):
        code = "17" if name == "exp" else _NAMES.get(name, name)
        if code not in table():
            if name.isdigit():
                issues.append(Issue("gs1.unknown_ai", at))
            continue
        out.append(_element(code, value, at, issues))
    return out
