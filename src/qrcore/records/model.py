"""What a record says: a link set (RFC 9264), a little data, or a sealed message. Pure: no clock, no file, no network.

    {"title", "links": [{"rel", "href", "title", "hreflang": [], "type", "fwqs"}], "default": i | null,
     "data": {..}, "sealed": base64url?}

That is the body, which is versioned; what belongs to the record as it is now is in `envelope`. What is written is
checked here, and links once more where they are used: a store may hold what an older check let pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from qrcore.payload import Gs1, Uri, base64url, parse

from .checks import invalid, line_of_text, only, read_base64
from .errors import WriteError

__all__ = [
    "ANY_SCHEMES",
    "DEFAULT_REL",
    "FORBIDDEN_SCHEMES",
    "MAX_BODY",
    "PAGE_SCHEMES",
    "REDIRECT_SCHEMES",
    "Body",
    "Link",
    "LinkRules",
    "choose_link",
    "fill_label",
    "gs1_levels",
    "is_redirectable",
]

MAX_BODY: Final = 16 * 1024
"""The most bytes that a version's body has."""
MAX_LINKS: Final = 256
REDIRECT_SCHEMES: Final = frozenset(("http", "https"))
PAGE_SCHEMES: Final = frozenset(("tel", "mailto", "sms", "geo"))
ANY_SCHEMES: Final = REDIRECT_SCHEMES | PAGE_SCHEMES
FORBIDDEN_SCHEMES: Final = frozenset(
    ("javascript", "data", "vbscript", "file", "blob", "filesystem", "about", "view-source")
)
"""Schemes that no tenant and no policy admits: they run code or read what is not theirs."""
DEFAULT_REL: Final = "about"
"""The relation of a link that names none (RFC 6903)."""

_REL = re.compile(r"[a-z][a-z0-9.-]{0,63}(?::[A-Za-z][A-Za-z0-9-]{0,63})?|https?://[!-~]{1,255}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.ASCII)
_WEB = re.compile(r"(https?://(?:[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)(?:[/?#]|$)", re.IGNORECASE)
_HREF = re.compile(r"[!#-;=?-\[\]_a-z~{}]+")
"""Printable ASCII that a link may hold (RFC 3986), and braces for `{label}`."""
_BODY_MEMBERS = frozenset(("title", "links", "default", "data", "sealed"))


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a record. `fwqs`: whether a query of the request is handed on to it (GS1 resolver, "fwqs")."""

    href: str
    rel: str = DEFAULT_REL
    title: str = ""
    hreflang: tuple[str, ...] = ()
    type: str = ""
    fwqs: bool = True

    def to_json(self) -> dict[str, Any]:
        """As a body holds it, defaults left out."""
        out: dict[str, Any] = {"rel": self.rel, "href": self.href}
        if self.title:
            out["title"] = self.title
        if self.hreflang:
            out["hreflang"] = list(self.hreflang)
        if self.type:
            out["type"] = self.type
        if not self.fwqs:
            out["fwqs"] = False
        return out


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What a tenant's links may be: beyond what any link may be (`schemes`), or less (`targets`).

    `schemes` are admitted beside http, https, tel, mailto, sms and geo. `targets`, where there are any, are the only
    hosts that web links lead to: `shop.example` is that host at any port, `*.shop.example` every host below it.
    """

    schemes: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()

    def admit(self, href: str) -> bool:
        """Whether a link may be shown at all. The check of the write, made again at use."""
        return is_safe_href(href, ANY_SCHEMES | self.schemes) and (not self.targets or self._is_target(href))

    def _is_target(self, href: str) -> bool:
        origin = _WEB.match(href)
        if origin is None:
            return True  # no web link
        host = re.sub(":[0-9]+$", "", origin[1].partition("://")[2].lower())
        return host in self.targets or any(t[0] == "*" and host.endswith(t[1:]) for t in self.targets)


ANY_LINK: Final = LinkRules()


@dataclass(frozen=True, slots=True)
class Body:
    """The versioned part of a record."""

    title: str = ""
    links: tuple[Link, ...] = ()
    default: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    sealed: bytes | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The body as JSON values, members in this order, empty ones left out."""
        out: dict[str, Any] = {}
        if self.title:
            out["title"] = self.title
        if self.links:
            out["links"] = [link.to_json() for link in self.links]
        if self.default is not None:
            out["default"] = self.default
        if self.data:
            out["data"] = self.data
        if self.sealed is not None:
            out["sealed"] = base64url.encode(self.sealed)
        return out

    def encode(self) -> bytes:
        """The bytes that are stored, with their hash: compact JSON in UTF-8."""
        try:
            text = json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            return text.encode("utf-8")
        except (ValueError, TypeError, RecursionError) as error:
            raise WriteError("write.invalid", f"data is not plain JSON: {error}") from None

    @classmethod
    def decode(cls, stored: bytes) -> Body:
        """The body of stored bytes. They were checked when they were written; links are checked again in use."""
        return cls.from_json(json.loads(stored))

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Body:
        """The body of such JSON."""
        sealed = found.get("sealed")
        return cls(
            found.get("title", ""),
            tuple(map(_stored_link, found.get("links", ()))),
            found.get("default"),
            found.get("data", {}),
            None if sealed is None else read_base64(sealed),
        )

    @classmethod
    def parse(cls, value: Any, *, rules: LinkRules = ANY_LINK) -> Body:
        """A body as somebody wants to write it, checked. Raises `write.invalid`, `write.too_large`."""
        if isinstance(value, Body):
            value = json.loads(value.encode())
        if not isinstance(value, Mapping):
            raise invalid("a body is a JSON object")
        only(value, _BODY_MEMBERS, "body")
        links = [] if value.get("links") is None else value["links"]
        if not isinstance(links, (list, tuple)) or len(links) > MAX_LINKS:
            raise invalid(f"links is a list of at most {MAX_LINKS}")
        checked = tuple(_link(link, i, rules) for i, link in enumerate(links))
        default = value.get("default")
        if default is None and "default" not in value and len(checked) == 1 and is_redirectable(checked[0].href):
            default = 0
        if default is not None and (type(default) is not int or not 0 <= default < len(checked)):
            raise invalid("default is the index of a link, or null")
        if default is not None and not is_redirectable(checked[default].href):
            raise invalid("the default link is http or https")
        data = {} if value.get("data") is None else value["data"]
        if not isinstance(data, Mapping):
            raise invalid("data is a JSON object")
        sealed = value.get("sealed")
        if sealed is not None:
            sealed = read_base64(sealed)
            if sealed[:2] not in (b"\xd0\x83", b"\xd2\x84"):
                raise invalid("sealed is a COSE message of this profile")
            if checked or data:
                raise invalid("a sealed body has its links and data inside")
        body = cls(line_of_text(value.get("title"), "title", 512), checked, default, data, sealed)
        size = len(body.encode())
        if size > MAX_BODY:
            raise WriteError("write.too_large", f"the body has {size} bytes, and {MAX_BODY} are admitted")
        return body


def choose_link(
    links: Sequence[Link],
    *,
    default: int | None = None,
    rel: str | None = None,
    lang: str | Sequence[str] | None = None,
) -> Link | None:
    """The link that fits: of the relation `rel`, else the default; of several the one in the best language.

    `lang` is one language or several, best first (RFC 4647, "lookup": zh-Hant-TW falls back to zh-Hant, then zh).
    None where the record has no link of that relation, and without a relation where it has no default link.
    """
    wanted = [lang] if isinstance(lang, str) else list(lang or ())
    if rel is not None:
        fitting = [link for link in links if link.rel == rel]
    elif default is None or not 0 <= default < len(links):
        return None
    else:
        first = links[default]  # the same relation in the asked language is meant too
        fitting = [first, *(link for link in links if link.rel == first.rel and link is not first)]
        if not wanted:
            return first
    for tag in wanted:
        parts = tag.lower().split("-")
        while parts:
            prefix = "-".join(parts)
            for link in fitting:
                if any(h.lower() == prefix or h.lower().startswith(prefix + "-") for h in link.hreflang):
                    return link
            parts.pop()
    if rel is None:
        return fitting[0]
    return next((link for link in fitting if not link.hreflang), fitting[0] if fitting else None)


def is_redirectable(href: str) -> bool:
    """Whether a redirect may go there: http and https alone, to a host."""
    return scheme_of(href) in REDIRECT_SCHEMES and _has_host(href)


def scheme_of(href: str) -> str:
    """The scheme in lower case, or empty where the link has none."""
    match = _SCHEME.match(href[:64].lower())
    return match[1] if match else ""


def is_safe_href(href: str, schemes: frozenset[str] = ANY_SCHEMES) -> bool:
    """Whether a link is a sound one of these schemes."""
    scheme = scheme_of(href)
    return scheme in schemes and bool(_HREF.fullmatch(href)) and (scheme not in REDIRECT_SCHEMES or _has_host(href))


def _has_host(href: str) -> bool:
    """Whether browsers and strict parsers see the same, sound host in a web link."""
    origin = _WEB.match(href)
    return origin is not None and _is_sound(origin[1])


@lru_cache(4096)
def _is_sound(origin: str) -> bool:
    """The same of scheme, host and port, which no other character can change: the pattern admits none."""
    found = parse(origin)
    return isinstance(found, Uri) and bool(found.host_ascii) and not any(i.code in _HOST_FAULTS for i in found.issues)


_HOST_FAULTS = frozenset(
    ("uri.host_character", "uri.host_empty", "uri.label", "uri.dot", "uri.ip_form", "uri.control", "uri.port")
)


def fill_label(href: str, label: str) -> str:
    """`{label}` in the query of a link filled with the label of the reference that was scanned, percent-encoded."""
    head, mark, query = href.partition("?")
    return head + mark + query.replace("{label}", quote(label, safe=""))


def gs1_levels(payload: Gs1) -> list[str]:
    """The canonical paths under which a record may lie, from the most to the least specific (F4)."""
    segments = payload.path.split("/")[1:]
    return ["/" + "/".join(segments[:end]) for end in range(len(segments), 1, -2)]


def _stored_link(entry: Mapping[str, Any]) -> Link:
    get = entry.get
    return Link(
        entry["href"],
        get("rel", DEFAULT_REL),
        get("title", ""),
        tuple(get("hreflang", ())),
        get("type", ""),
        get("fwqs", True),
    )


def _link(entry: Any, index: int, rules: LinkRules) -> Link:
    if isinstance(entry, Link):
        entry = entry.to_json()
    if not isinstance(entry, Mapping):
        raise invalid(f"link {index} is no JSON object")
    only(entry, frozenset(("rel", "href", "title", "hreflang", "type", "fwqs")), f"link {index}")
    href, rel = entry.get("href"), entry.get("rel", DEFAULT_REL)
    if not isinstance(href, str) or len(href) > 2048 or not is_safe_href(href, ANY_SCHEMES | rules.schemes):
        schemes = ", ".join(sorted(ANY_SCHEMES | rules.schemes))
        raise invalid(f"link {index}: href is an ASCII link of {schemes}, with a sound host")
    if not rules.admit(href):
        raise invalid(f"link {index}: it leads to a host that is none of this tenant's targets")
    before = href.partition("?")[0]
    if "{" in before or "}" in before or "{" in href.replace("{label}", "") or "}" in href.replace("{label}", ""):
        raise invalid(f"link {index}: braces stand for {{label}}, in the query alone")
    if not isinstance(rel, str) or not _REL.fullmatch(rel) or rel == "anchor":  # a link set's own word (RFC 9264)
        raise invalid(f"link {index}: rel is a registered relation in lower case, a compact name or a URL")
    languages = entry.get("hreflang") or ()
    languages = (languages,) if isinstance(languages, str) else languages
    if not isinstance(languages, (list, tuple)) or not all(
        isinstance(tag, str) and _LANGUAGE.fullmatch(tag) for tag in languages
    ):
        raise invalid(f"link {index}: hreflang is a list of language tags")
    media = entry.get("type") or ""
    if media and (not isinstance(media, str) or not _MEDIA_TYPE.fullmatch(media)):
        raise invalid(f"link {index}: type is a media type in lower case")
    title = line_of_text(entry.get("title"), f"link {index}: title", 256)
    if not isinstance(entry.get("fwqs", True), bool):
        raise invalid(f"link {index}: fwqs is true or false")
    return Link(href, rel, title, tuple(languages), media, entry.get("fwqs", True))
