"""Which link a request leads to, and all of them as a link set (RFC 9264, GS1-Conformant resolver 1.2.0)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_plus

from ..model import Body, Link, LinkRules, choose_link, fill_label, is_redirectable
from ..store import Stored

__all__ = ["Level", "Rules", "choose", "linkset", "location", "relation_url", "shown_href"]

Rules = Callable[[str], LinkRules]
"""What the links of a tenant may be."""

_GS1 = "https://ref.gs1.org/voc/"
_GS1_SPELLINGS = ("gs1:", _GS1, "https://gs1.org/voc/", "https://www.gs1.org/voc/")
_DEFAULT = _GS1 + "defaultLink"
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


def linkset(levels: Sequence[Level], rules: Rules, web_only: bool) -> dict[str, Any]:
    """All links of all levels. `web_only`: the published schema of GS1 has links to the web alone."""
    out = []
    for anchor, row, body in levels:
        context: dict[str, Any] = {"anchor": anchor, "itemDescription": body.title or row.text}
        if body.sealed is not None:
            sealed = {"href": anchor, "title": body.title or row.text, "type": "application/cose"}
            context["alternate"] = [sealed]
        for i, link in enumerate(body.links):
            href = shown_href(link, row.label, rules(row.tenant))
            if not href or (web_only and not is_redirectable(href)):
                continue
            target: dict[str, Any] = {"href": href, "title": link.title or body.title or link.rel}
            if i == body.default:
                context.setdefault(_DEFAULT, []).append(dict(target))
            if link.type:
                target["type"] = link.type
            if link.hreflang:
                target["hreflang"] = list(link.hreflang)
            if not link.fwqs:
                target["fwqs"] = False
            context.setdefault(relation_url(link.rel), []).append(target)
        out.append(context)
    return {"linkset": out}


def shown_href(link: Link, label: str, rules: LinkRules) -> str:
    """The link as a page or a link set shows it, or empty where it is not admitted."""
    href = fill_label(link.href, label)
    return href if rules.admit(href) else ""


def relation_url(rel: str) -> str:
    """A relation as a link set names it: `gs1:pip` written out."""
    return _GS1 + rel[4:] if rel.startswith("gs1:") else rel


def _spellings(rel: str) -> list[str]:
    for prefix in _GS1_SPELLINGS:
        if rel.startswith(prefix):
            return [other + rel[len(prefix) :] for other in _GS1_SPELLINGS]
    return [rel]


def _key(part: str) -> str:
    return unquote_plus(part.partition("=")[0]).lower()
