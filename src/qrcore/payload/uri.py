"""`Uri`: a link, with the host that a browser would open and what is suspicious about it.

Sources: RFC 3986 (syntax), RFC 3987 (characters beyond ASCII are legal), the WHATWG URL standard (what browsers
do: tabs and line breaks vanish, backslashes count as slashes, `0x7f.1` is an address), RFC 3492 (Punycode),
UTS 39 section 5.2 (which scripts may share a label), NTT DoCoMo `MEBKM`, and `URLTO`.

The host is the one that a *browser* would open; where another parser would see another host, that is an issue.
qrcore opens nothing.

Limits: the mapping of host names is NFKC and lower case over Python's Unicode tables, not the full UTS 46 table,
and no rule of IDNA 2008 for bidirectional labels or joiners is checked. A character's script is read off its
Unicode name. A label wholly in one script that merely looks like another (all-Cyrillic `аррӏе`) is flagged `idn`,
not `mixed_scripts`: compare `host_ascii`. A text with a space in it is prose, not a link.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import ClassVar

from qrcore.payload.base import Issue, Payload, ordered, visible
from qrcore.payload.fields import split_fields
from qrcore.payload.hosts import INVISIBLE, is_plain, read_host


class UriFlag(str, enum.Enum):
    """What an app should tell its user before it opens a link."""

    USER_INFO = "user_info"
    """Something stands before an `@`: what looks like the host may be a user name."""
    IDN = "idn"
    """The host has letters beyond ASCII."""
    MIXED_SCRIPTS = "mixed_scripts"
    """One label mixes scripts that no language mixes."""
    IP_HOST = "ip_host"
    """The host is a bare address."""
    ODD_PORT = "odd_port"
    """Another port than the scheme's own."""
    UNSAFE_SCHEME = "unsafe_scheme"
    """Neither the web nor a mere name: it may run code, read files or start a program."""
    PERCENT_HOST = "percent_host"
    """The host is written with percent escapes."""


NO_FLAGS: frozenset[UriFlag] = frozenset()

_DEFAULT_PORT = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443, "ftps": 990}
_BROWSER_SCHEMES = frozenset(("http", "https", "ftp", "ws", "wss"))
_SAFE_SCHEMES = frozenset(("http", "https", "ftp", "ftps", "urn", "doi", "tag", "did"))
_ASSUMED = "http://"

_PLAIN = re.compile(
    r"(https?)://([a-z0-9._-]+)(:[0-9]{1,5})?(/[a-z0-9._~:/@!$&'()*+,;=%-]*)?"
    r"(?:\?([a-z0-9._~:/?@!$&'()*+,;=%-]*))?(?:#([a-z0-9._~:/?@!$&'()*+,;=%-]*))?",
    re.IGNORECASE | re.ASCII,
)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")
_SCHEMELESS = re.compile(r"(?:[a-zA-Z0-9-]+\.){1,6}[a-zA-Z]{2,}(?::[0-9]{1,5})?(?:[/?]\S*)?", re.ASCII)
_BROWSER_SLASHES = re.compile(r"[/\\\t\n\r]*")
_BROWSER_END = re.compile(r"[/\\?#]|\Z")
_OTHER_END = re.compile(r"[/?#]|\Z")
_PORT = re.compile(r":([^:\]]*)\Z")
_STRIPPED = str.maketrans("", "", "\t\n\r")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ODD = re.compile("[^!#-;=?-\\]_a-~\xa1-\xac\xae-\u02ff]|%(?![0-9A-Fa-f]{2})")
"""What a link rarely holds: a first look before the four below."""
_CHARACTERS = (
    ("uri.control", re.compile("[\x00-\x1f\x7f-\x9f]")),
    ("uri.invisible", re.compile(f"[{INVISIBLE}]")),
    ("uri.percent", _BAD_PERCENT),
    ("uri.character", re.compile(r'[ "<>^`{|}]')),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Uri(Payload):
    """A link. `uri` is the link alone; `host_ascii` is what is connected to, `host_unicode` what it reads as.

    Source: RFC 3986, RFC 3987, RFC 3492, the WHATWG URL standard, UTS 39 section 5.2. Limits: no full UTS 46
    table, no IDNA 2008 context rules.
    """

    kind: ClassVar[str] = "uri"

    uri: str = ""
    scheme: str = ""
    host_ascii: str = ""
    host_unicode: str = ""
    port: int | None = None
    path: str = ""
    query: str | None = None
    fragment: str | None = None
    flags: frozenset[UriFlag] = NO_FLAGS
    title: str = ""
    user_info: str = ""

    def encode(self) -> str:
        """The link as a code carries it."""
        if self.uri:
            return self.uri
        host = f"[{self.host_ascii}]" if ":" in self.host_ascii else self.host_ascii
        user = f"{self.user_info}@" if self.user_info else ""
        port = "" if self.port is None else f":{self.port}"
        return (
            f"{self.scheme}:"
            + (f"//{user}{host}{port}" if host else "")
            + self.path
            + ("" if self.query is None else f"?{self.query}")
            + ("" if self.fragment is None else f"#{self.fragment}")
        )

    def __str__(self) -> str:
        text = f"{self.title}: {self.encode()}" if self.title else self.encode()
        notes = sorted(flag.value for flag in self.flags)
        if self.host_ascii and (notes or self.issues):
            reads = f" reads {self.host_unicode}" if self.host_unicode != self.host_ascii else ""
            notes.insert(0, f"host {self.host_ascii}{reads}")
        return visible(f"{text} ({', '.join(notes)})" if notes else text)


def read(text: str) -> Uri | None:
    """`text` as a link, or None where it is none."""
    plain = _PLAIN.fullmatch(text)
    if plain:
        scheme, host, port, path, query, fragment = plain.groups()
        host = host.lower()
        if is_plain(host) and ("%" not in text or not _BAD_PERCENT.search(text)):
            scheme = scheme.lower()
            number = None if port is None else int(port[1:])
            if number is None or number == _DEFAULT_PORT[scheme]:
                return Uri(text, scheme, host, host, number, path or "", query, fragment, raw=text)
    if " " in text:
        return None
    if _SCHEMELESS.fullmatch(text):
        return _Reader(text, text, 0, assumed=True).read()
    return _Reader(text, text, 0).read() if _SCHEME.match(text) else None


def read_bookmark(text: str) -> Uri | None:
    """`MEBKM:TITLE:..;URL:..;;` (DoCoMo)."""
    fields = {entry.key.upper(): entry for entry in reversed(split_fields(text, 6))}
    link, title = fields.get("URL"), fields.get("TITLE")
    return _titled(text, link.value, title.value if title else "", link.position) if link else None


def read_urlto(text: str) -> Uri | None:
    """`URLTO:title:link`."""
    title, _, link = text[6:].partition(":")
    return _titled(text, link, title, 7 + len(title))


def _titled(text: str, link: str, title: str, position: int) -> Uri | None:
    if not link or " " in link:
        return None
    assumed = bool(_SCHEMELESS.fullmatch(link)) or not _SCHEME.match(link)
    return _Reader(text, link, position, title=title, assumed=assumed).read()


class _Reader:
    """The slow path, for links that need a closer look. `link` stands at `offset` in `raw`."""

    def __init__(self, raw: str, link: str, offset: int, *, title: str = "", assumed: bool = False) -> None:
        self.raw, self.title = raw, title
        self.uri = _ASSUMED + link if assumed else link
        self.shift = offset - len(_ASSUMED) if assumed else offset
        self.first = offset
        self.issues: list[Issue] = [Issue("uri.no_scheme", offset)] if assumed else []
        self.flags: set[UriFlag] = set()

    def note(self, code: str, position: int) -> None:
        """Record a fault at a position of `self.uri`."""
        self.issues.append(Issue(code, max(self.first, position + self.shift)))

    def read(self) -> Uri:
        uri = self.uri
        if _ODD.search(uri):
            for code, pattern in _CHARACTERS:
                if found := pattern.search(uri):
                    self.note(code, found.start())
        rest = uri.index(":") + 1
        scheme = uri[: rest - 1].lower()
        if scheme not in _SAFE_SCHEMES:
            self.flags.add(UriFlag.UNSAFE_SCHEME)
        browser = scheme in _BROWSER_SCHEMES
        user = host = readable = ""
        port = None
        if browser or uri.startswith("//", rest):
            rest, user, host, readable, port = self._authority(scheme, rest, browser)
        tail = uri[rest:].translate(_STRIPPED) if browser else uri[rest:]
        tail, hash_mark, fragment = tail.partition("#")
        path, question, query = tail.partition("?")
        return Uri(
            uri, scheme, host, readable, port, path, query if question else None, fragment if hash_mark else None,
            frozenset(self.flags) or NO_FLAGS, self.title, user, raw=self.raw, issues=ordered(self.issues),
        )  # fmt: skip

    def _authority(self, scheme: str, start: int, browser: bool) -> tuple[int, str, str, str, int | None]:
        """Where the authority ends, its user info, its host in ASCII and Unicode, and its port."""
        begin = start + 2
        if browser:
            slashes = _BROWSER_SLASHES.match(self.uri, start)
            begin = slashes.end() if slashes else start
            if self.uri[start:begin] != "//":
                self.note("uri.slashes", start)
            if (backslash := self.uri.find("\\")) >= 0:
                self.note("uri.backslash", backslash)
        found = (_BROWSER_END if browser else _OTHER_END).search(self.uri, begin)
        end = found.start() if found else len(self.uri)
        user, at, written = self.uri[begin:end].rpartition("@")
        if at:
            self.flags.add(UriFlag.USER_INFO)
            if "@" in user:
                self.note("uri.many_at", begin + user.index("@"))
        here = end - len(written)
        port = None
        if colon := _PORT.search(written):
            port = self._port(scheme, colon[1].translate(_STRIPPED), here + colon.start())
            written = written[: colon.start()]
        host = read_host(written.translate(_STRIPPED))
        if written or scheme != "file":
            for code, position in host.faults:
                self.note(code, here + position)
        self.flags.update(map(UriFlag, host.flags))
        return end, user, host.ascii, host.unicode, port

    def _port(self, scheme: str, digits: str, position: int) -> int | None:
        if not (digits.isascii() and digits.isdigit() and len(digits) < 11 and int(digits) < 65536):
            self.note("uri.port", position)
            return None
        if int(digits) != _DEFAULT_PORT.get(scheme):
            self.flags.add(UriFlag.ODD_PORT)
        return int(digits)
