"""Which link a request leads to, and all of them as a link set (RFC 9264, GS1-Conformant resolver 1.2.0)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_plus

from ..model import DEFAULT_REL, Body, Link, LinkRules, choose_link, fill_label, is_redirectable
from ..store import Stored

__all__ = ["GS1_VOCABULARY", "Level", "Rules", "choose", "is_default", "linkset", "location", "shown_href"]

Rules = Callable[[str], LinkRules]
"""What the links of a tenant may be."""

GS1_VOCABULARY = "https://ref.gs1.org/voc/"
_GS1_SPELLINGS = (GS1_VOCABULARY, "gs1:", "https://gs1.org/voc/", "https://www.gs1.org/voc/")
_DEFAULT = GS1_VOCABULARY + "defaultLink"
_OWN_KEYS = frozenset(("linktype", "context"))
"""Keys of a query that are meant for the resolver, and not for where it leads."""


class Level(NamedTuple):
    """A record of those that a code finds: one for a reference, up to one a qualifier for a GS1 key."""

    anchor: str
    row: Stored
    body: Body


def choose(levels: Sequence[Level], rel: str | None, languages: Sequence[str]) -> tuple[Level, Link] | None:
    """The link to go to: of the asked relation, else the default, of the most specific level that has one."""
    for level in levels:
        links = [link for link in level.body.links if is_redirectable(link.href)]
        for spelling in [None] if rel is None else _spellings(rel):
            default = level.body.default
            if default is not None and rel is None:
                if not 0 <= default < len(level.body.links) or level.body.links[default] not in links:
                    continue
                default = links.index(level.body.links[default])
            found = choose_link(links, default=default, rel=spelling, lang=languages)
            if found is not None:
                return level, found
    return None


def has_relation(levels: Iterable[Level], rel: str) -> bool:
    """Whether any level has a link of that relation, be it one that nothing redirects to."""
    wanted = _spellings(rel)
    return any(link.rel in wanted for level in levels for link in level.body.links)


def location(link: Link, label: str, query: str) -> str:
    """Where a redirect goes: label and query filled in, and always a fragment, or the code's own would be kept."""
    href, mark, fragment = fill_label(link.href, label).partition("#")
    if link.fwqs and query:
        have = {_key(part) for part in href.partition("?")[2].split("&") if part}
        more = [part for part in query.split("&") if part and _key(part) not in have | _OWN_KEYS]
        if more:
            href += ("&" if "?" in href else "?") + "&".join(quote(part, safe="%=+;:@,!$'()*/?-._~") for part in more)
    return href + "#" + (fragment if mark else "")


def is_default(rel: str | None) -> bool:
    """Whether a request asks for the default link: by saying nothing, or by its name."""
    return rel is None or _spellings(rel)[0] == _DEFAULT


def linkset(levels: Sequence[Level], rules: Rules, gs1: bool) -> dict[str, Any]:
    """All links of all levels. `gs1`: no more than the published schema of GS1 has room for, and links to the web."""
    out = []
    for anchor, row, body in levels:
        context: dict[str, Any] = {"anchor": anchor, "itemDescription": body.title or row.text}
        if body.sealed is not None:
            sealed = {"href": anchor, "title": body.title or row.text, "type": "application/cose"}
            context["alternate"] = [sealed]
        for i, link in enumerate(body.links):
            href = shown_href(link, row.label, rules(row.tenant))
            if not href or (gs1 and not is_redirectable(href)):
                continue
            target: dict[str, Any] = {"href": href, "title": link.title or body.title or link.rel}
            if i == body.default:
                context[_DEFAULT] = [_within_schema(target) if gs1 else dict(target)]
            if link.type:
                target["type"] = link.type
            if link.hreflang:
                target["hreflang"] = list(link.hreflang)
            if not link.fwqs:
                target["fwqs"] = False
            relation = _spellings(link.rel)[0]
            if relation in (_DEFAULT, "anchor") or (gs1 and not _SCHEMA_RELATION.fullmatch(relation)):
                relation = DEFAULT_REL  # the default link is one, and "anchor" the context itself
            context.setdefault(relation, []).append(_within_schema(target) if gs1 else target)
        out.append(context)
    return {"linkset": out}


def shown_href(link: Link, label: str, rules: LinkRules) -> str:
    """The link as a page or a link set shows it, or empty where it is not admitted."""
    href = fill_label(link.href, label)
    return href if rules.admit(href) else ""


_SCHEMA_RELATION = re.compile(r"(?!anchor|description)[a-z-]+|https?://[A-Za-z0-9./_]+")
_SCHEMA_TYPE = re.compile(r"[A-Za-z0-9_]/[-+.A-Za-z0-9_]")
_SCHEMA_LANGUAGE = re.compile(r"([a-z]{2})(?![a-z0-9])(?:-[a-z]{3,4}(?![a-z0-9]))*(?:-([a-z]{2})(?![a-z0-9]))?", re.I)
"""Language of two letters, other subtags, country of two letters (RFC 5646)."""


def _within_schema(target: dict[str, Any]) -> dict[str, Any]:
    """A link as GS1's schema admits it: `zh-Hans-CN` is `zh-CN` there, and what it has no word for is left out."""
    scheme, colon, rest = target["href"].partition(":")
    out = {**target, "href": scheme.lower() + colon + rest}
    if not _SCHEMA_TYPE.search(out.get("type", "")):
        out.pop("type", None)
    tags = map(_SCHEMA_LANGUAGE.match, out.pop("hreflang", ()))
    if languages := dict.fromkeys("-".join(filter(None, tag.groups())) for tag in tags if tag):
        out["hreflang"] = list(languages)
    return out


def _spellings(rel: str) -> list[str]:
    """The names of one relation, that of link sets first: `gs1:pip` is written out there."""
    for prefix in _GS1_SPELLINGS:
        if rel.startswith(prefix):
            return [other + rel[len(prefix) :] for other in _GS1_SPELLINGS]
    return [rel]


def _key(part: str) -> str:
    return unquote_plus(part.partition("=")[0]).lower()
