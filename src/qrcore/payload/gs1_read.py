"""Reads element strings and product numbers into a `Gs1`; sources and limits stand in `gs1`."""

from __future__ import annotations

import re

from qrcore.payload.base import Issue, ordered
from qrcore.payload.checks import has_gs1_check_digit
from qrcore.payload.gs1 import GS, Element, Gs1
from qrcore.payload.gs1_ai import CHARSETS, Ai, find_ai, fitting, table
from qrcore.payload.gs1_lint import ISSUE_OF, TESTS

_AIM = re.compile(r"\](?:C1|e[0-3]|d2|Q3|J1)")
_BRACKET = re.compile(r"\(([0-9]{2,4})\)")
_ADD_ON = re.compile(r"([0-9]{8,13})[ +]?([0-9]{5}|[0-9]{2})")


def read_elements(text: str, start: int = 0) -> Gs1:
    """An element string, U+001D for FNC1."""
    issues: list[Issue] = []
    elements: list[Element] = []
    position, stop = start, -1
    while position < len(text):
        if text[position] == GS:
            position += 1
            continue
        if stop < position:
            stop = text.find(GS, position)
            stop = len(text) if stop < 0 else stop
        known = find_ai(text, position)
        if known is None:
            issues.append(Issue("gs1.unknown_ai", position))
            position = stop
            continue
        begin = position + len(known.code)
        end = min(stop, begin + known.most) if known.predefined else stop
        elements.append(Element(known.code, text[begin:end], begin))
        check_value(known, text[begin:end], begin, issues)
        position = end
    if not elements:
        issues.append(Issue("gs1.empty", start))
    check_company(elements, issues)
    return Gs1(tuple(elements), raw=text, issues=ordered(issues))


def read_aim(text: str) -> Gs1 | None:
    """An element string behind an AIM symbology identifier (`]d2`, `]C1`, `]Q3`, `]e0`, `]J1`)."""
    return read_elements(text, 3) if _AIM.match(text) else None


def read_brackets(text: str, lenient: bool = False) -> Gs1 | None:
    """`(01)09506000134352(10)ABC`. Unless `lenient`, None where an identifier is unknown or a length wrong."""
    if not _BRACKET.match(text):
        return None
    issues: list[Issue] = []
    elements: list[Element] = []
    marks = [match for match in _BRACKET.finditer(text) if lenient or find_ai(match[1], 0)]
    if not marks:
        return None
    for mark, stop in zip(marks, [*(m.start() for m in marks[1:]), len(text)], strict=True):
        value = text[mark.end() : stop]
        known = table().get(mark[1])
        if known is None:
            issues.append(Issue("gs1.unknown_ai", mark.start(1)))
        elements.append(Element(mark[1], value, mark.end()))
        if known is not None:
            check_value(known, value, mark.end(), issues)
    grave = ("gs1.unknown_ai", "gs1.length", "gs1.character")
    if not lenient and (marks[0].start() or any(issue.code in grave for issue in issues)):
        return None
    check_company(elements, issues)
    return Gs1(tuple(elements), "brackets", raw=text, issues=ordered(issues))


def read_product(text: str, symbology: str) -> Gs1 | None:
    """The number of a product barcode, as 14 digits under 01."""
    number, add_on = text.strip(), ""
    if (match := _ADD_ON.fullmatch(number)) and symbology in ("EAN_13", "UPC_A", "UPC_E", "EAN_8") and (
        " " in number or "+" in number
    ):  # fmt: skip
        number, add_on = match[1], match[2]
    if not (number.isascii() and number.isdigit() and len(number) in (8, 12, 13, 14)):
        return None
    start = text.index(number)
    last = start + len(number) - 1
    if symbology == "UPC_E" and len(number) == 8:
        number = expand_upc_e(number)
    issues = () if has_gs1_check_digit(number) else (Issue("gs1.check_digit", last),)
    return Gs1((Element("01", number.zfill(14), start),), "product", None, add_on, raw=text, issues=issues)


def expand_upc_e(number: str) -> str:
    """The twelve digits of a zero-suppressed code (General Specifications, 5.2.2.4.2)."""
    system, body, check = number[0], number[1:7], number[7]
    last = body[5]
    if last in "012":
        full = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        full = body[:3] + "00000" + body[3:5]
    elif last == "4":
        full = body[:4] + "00000" + body[4]
    else:
        full = body[:5] + "0000" + last
    return system + full + check


def check_value(known: Ai, value: str, position: int, issues: list[Issue]) -> None:
    """Note what is wrong with a value."""
    if not known.least <= len(value) <= known.most:
        issues.append(Issue("gs1.length", position + min(len(value), known.most)))
        return
    at = 0
    for part in known.components:
        if part.optional and at >= len(value):
            return
        piece = value[at : at + part.most]
        if len(piece) < part.least:
            issues.append(Issue("gs1.length", position + len(value)))
            return
        legal = CHARSETS[part.charset].match(piece)
        sound = legal.end() if legal else 0
        if sound < len(piece):
            issues.append(Issue("gs1.character", position + at + sound))
            return
        for test in part.tests:
            wrong = TESTS[test](piece)
            if wrong is not None:
                issues.append(Issue(ISSUE_OF.get(test, "gs1.value"), position + at + wrong))
        at += len(piece)


def check_company(elements: list[Element], issues: list[Issue]) -> None:
    """Note elements that contradict each other or lack one that they need."""
    first: dict[str, Element] = {}
    for element in elements:
        if first.setdefault(element.ai, element).value != element.value:
            issues.append(Issue("gs1.repeated", element.position))

    def there(pattern: str) -> bool:
        return any(fitting(pattern, first))

    for code, element in first.items():
        known = table().get(code)
        if known is None:
            continue
        if any(other != code for pattern in known.excluded for other in fitting(pattern, first)):
            issues.append(Issue("gs1.excludes", element.position))
        if not all(any(all(map(there, group)) for group in groups) for groups in known.required):
            issues.append(Issue("gs1.requires", element.position))
