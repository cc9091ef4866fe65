"""Content lines, which vCard and iCalendar share: `NAME;PARAM=x,y:value`, folded over several lines.

Sources: RFC 6350 section 3.2 and 3.3, RFC 5545 section 3.1 (folding by a line break and one white space), vCard 2.1
(bare parameters such as `HOME`, `ENCODING=QUOTED-PRINTABLE` with soft line breaks, `CHARSET`), RFC 6868 (`^n`, `^'`).
Limits: parameters keep their case but are looked up without it; other encodings than quoted-printable are kept as
they stand.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from typing import NamedTuple

from qrcore.payload.base import encode_utf8


class Line(NamedTuple):
    """One content line, its group prefix dropped. `value` still holds backslash escapes; see `unescape`."""

    name: str
    parameters: dict[str, tuple[str, ...]]
    value: str
    position: int

    @property
    def types(self) -> tuple[str, ...]:
        """The types in lower case."""
        return tuple(kind.lower() for kind in self.parameters.get("TYPE", ()))


_BREAK = re.compile(r"\r\n|\n|\r")
_HEAD = re.compile(r'((?:[^":;]|"[^"]*")*)((?:;(?:[^":;]|"[^"]*")*)*):', re.DOTALL)
_PARAMETER = re.compile(r';((?:[^":;]|"[^"]*")*)')
_LIST = re.compile(r'(?:[^",]|"[^"]*")+')
_CARET = re.compile(r"\^([n^'])")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SEMICOLON = re.compile(r"(?:[^\\;]|\\.)*\\?", re.DOTALL)
_COMMA = re.compile(r"(?:[^\\,]|\\.)*\\?", re.DOTALL)
_BARE_ENCODINGS = ("QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B")


def read_lines(text: str) -> Iterator[Line]:
    """The content lines of `text`; what is no content line is left out."""
    for joined, position in _unfold(text):
        head = _HEAD.match(joined)
        if head:
            yield _line(head[1], head[2], joined[head.end() :], position)


def _unfold(text: str) -> Iterator[tuple[str, int]]:
    """Whole lines with the place where each starts. Quoted-printable lines also go on after a final `=`."""
    parts: list[str] = []
    start = position = 0
    soft = False
    while position <= len(text):
        found = _BREAK.search(text, position)
        end = found.start() if found else len(text)
        line = text[position:end]
        if soft and parts:
            parts.append("\r\n" + line)
        elif parts and line[:1] in (" ", "\t") and line:
            parts.append(line[1:])
        else:
            if parts:
                yield "".join(parts), start
            parts, start = [line], position
        soft = line.endswith("=") and "QUOTED-PRINTABLE" in parts[0].upper()
        position = found.end() if found else len(text) + 1
    if parts:
        yield "".join(parts), start


def _line(name: str, written: str, value: str, position: int) -> Line:
    parameters: dict[str, tuple[str, ...]] = {}
    for parameter in _PARAMETER.findall(written):
        key, equals, listed = parameter.partition("=")
        if not equals:  # vCard 2.1 writes the bare value
            listed, key = key, "ENCODING" if key.upper() in _BARE_ENCODINGS else "TYPE"
        key = key.strip().upper()
        values = tuple(_CARET.sub(_uncaret, item.strip('"')) for item in _LIST.findall(listed))
        if key == "TYPE":  # TYPE="work,voice" is legal in 4.0
            values = tuple(part for item in values for part in item.split(","))
        parameters[key] = parameters.get(key, ()) + values
    if any(item.upper() == "QUOTED-PRINTABLE" for item in parameters.get("ENCODING", ())):
        value = _quoted_printable(value, (parameters.get("CHARSET") or ("UTF-8",))[0])
    return Line(name.rpartition(".")[2].strip(" \t\ufeff").upper(), parameters, value, position)


def _quoted_printable(value: str, charset: str) -> str:
    data = quopri.decodestring(encode_utf8(value))
    try:
        return data.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        return data.decode("utf-8", "replace")


def _uncaret(match: re.Match[str]) -> str:
    return {"n": "\n", "^": "^", "'": '"'}[match[1]]


def unescape(text: str) -> str:
    r"""`\n` is a line break; before any other character a backslash makes it plain."""
    return _ESCAPE.sub(lambda m: "\n" if m[1] in "nN" else m[1], text) if "\\" in text else text


def escape(text: str) -> str:
    """The inverse of `unescape`."""
    return escape_link(text).replace(";", "\\;").replace(",", "\\,")


def escape_link(text: str) -> str:
    """As `escape`, but for the marks that a link or a pair of numbers needs as they are."""
    return text.replace("\\", "\\\\").replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def split_structure(value: str) -> list[str]:
    """The unescaped components of a value that bare semicolons divide."""
    return [unescape(part) for part in split_components(value)]


def split_components(value: str) -> list[str]:
    """The components of a value that bare semicolons divide, escapes kept."""
    return list(_split(value, _SEMICOLON))


def split_list(value: str) -> list[str]:
    """The unescaped items of a value that bare commas divide."""
    return [unescape(part) for part in _split(value, _COMMA)]


def _split(value: str, pattern: re.Pattern[str]) -> Iterator[str]:
    position = 0
    while position <= len(value):
        found = pattern.match(value, position)
        end = found.end() if found else len(value)
        yield value[position:end]
        position = end + 1


def fold(line: str) -> str:
    """A content line in pieces of at most 75 octets of UTF-8, as both standards ask."""
    if len(line) < 25 or len(encode_utf8(line)) <= 75:
        return line
    pieces, size = [""], 0
    for char in line:
        width = len(encode_utf8(char))
        if size + width > 75:
            pieces.append(" ")
            size = 1
        pieces[-1] += char
        size += width
    return "\r\n".join(pieces)
