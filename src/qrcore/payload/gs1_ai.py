"""GS1 application identifiers, read from the committed table when first needed.

Sources: the GS1 Barcode Syntax Dictionary (`_gs1_table`), whose notation is kept; and, for the few identifiers that
the stored dictionary does not have yet, the list at ref.gs1.org/ai as `biip` 5.2.0 (October 2026) carries it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from qrcore.payload._gs1_table import TABLE

_NEWER = """\
717 ? X..20 req=01 # NHRN SRN
8040 - N15 # IMEI
8041 - N15 # IMEI2
8042 - N32 # ESIM
8043 - N18 [N..2] # PSIM
"""

_COMPONENT = re.compile(r"(\[?)([NXYZ])(\.\.)?([0-9]+)\]?((?:,[a-z0-9]+)*)")

CHARSETS = {
    "N": re.compile(r"[0-9]*"),
    "X": re.compile(r"[!\"%-?A-Z_a-z]*"),
    "Y": re.compile(r"[#\-/0-9A-Z]*"),
    "Z": re.compile(r"[\-0-9A-Z_a-z=]*"),
}
"""Numeric, and the character sets 82, 39 and 64 of the General Specifications, figures 7.11-1 to -3."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a value: its character set, its least and greatest length, and the tests that it must pass."""

    charset: str
    least: int
    most: int
    optional: bool
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ai:
    """An identifier; a value has `least` to `most` characters. `qualifiers` holds the sequences that may follow it in
    a Digital Link, None for no key."""

    code: str
    title: str
    predefined: bool
    attribute: bool
    components: tuple[Component, ...]
    least: int
    most: int
    required: tuple[tuple[tuple[str, ...], ...], ...]
    excluded: tuple[str, ...]
    qualifiers: tuple[tuple[str, ...], ...] | None


@cache
def table() -> dict[str, Ai]:
    """All identifiers by their digits."""
    out = {}
    for line in (TABLE + _NEWER).splitlines():
        body, _, title = line.partition(" # ")
        span, flags, *rest = body.split(" ")
        components = tuple(_component(word) for word in rest if word[0] in "[NXYZ")
        attributes = [word for word in rest if word[0] not in "[NXYZ"]
        first, _, last = span.partition("-")
        for number in range(int(first), int(last or first) + 1):
            code = str(number).zfill(len(first))
            out[code] = Ai(
                code, title, "*" in flags, "?" in flags, components,
                sum(part.least for part in components if not part.optional), sum(part.most for part in components),
                _required(attributes),
                tuple(code for word in attributes if word.startswith("ex=") for code in word[3:].split(",")),
                _qualifiers(attributes),
            )  # fmt: skip
    return out


def find_ai(text: str, position: int) -> Ai | None:
    """The identifier that `text` has at `position`; none is the start of another."""
    known = table()
    for size in (2, 3, 4):
        if found := known.get(text[position : position + size]):
            return found
    return None


def fitting(pattern: str, codes: Collection[str]) -> Iterator[str]:
    """Those of the identifiers that fit a pattern of the dictionary: `310n`, in which `n` is any digit."""
    if "n" not in pattern:
        return iter((pattern,) if pattern in codes else ())
    stem = pattern.rstrip("n")
    return (code for code in codes if len(code) == len(pattern) and code.startswith(stem))


def _component(word: str) -> Component:
    match = _COMPONENT.fullmatch(word)
    if match is None:
        raise ValueError(f"not a component: {word}")
    most = int(match[4])
    return Component(match[2], 1 if match[3] else most, most, bool(match[1]), tuple(match[5].split(",")[1:]))


def _required(attributes: list[str]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Of each group one alternative must be there; an alternative is patterns that must all be there."""
    return tuple(
        tuple(tuple(part.split("+")) for part in word[4:].split(",")) for word in attributes if word.startswith("req=")
    )


def _qualifiers(attributes: list[str]) -> tuple[tuple[str, ...], ...] | None:
    for word in attributes:
        if word.startswith("dlpkey"):
            listed = word.partition("=")[2]
            return tuple(tuple(part.split(",")) for part in listed.split("|")) if listed else ()
    return None
