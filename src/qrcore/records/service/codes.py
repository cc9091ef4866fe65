"""What a printed code is answered with: a redirect, a page, or a representation of the record."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from .._extra import needs
from ..errors import RecordError, ResolveError
from ..moments import now_micros
from ..refs import write_ref
from ..sources import judge
from ..store import Stored
from . import page
from .linkset import Level, Rules, choose, has_relation, is_default, linkset, location, shown_href
from .negotiate import languages, matches, page_language, prefers
from .places import Place
from .problems import problem_response, retry_after
from .views import Landing, Notice, ShownLink, Viewer

with needs("server"):
    from fastapi import Request
    from starlette.responses import HTMLResponse, Response

__all__ = ["CORS", "JSON_LD_CONTEXT", "Asked", "Found", "html", "live_levels", "refused", "respond"]

LINKSET, COSE, _JSON_LD = "application/linkset+json", "application/cose", "application/ld+json"
JSON_LD_CONTEXT = "https://ref.gs1.org/standards/resolver/linkset-context"
"""What makes linked data of the link set of a GS1 key. It is named, and fetched by nobody here."""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Expose-Headers": "ETag, Link, Location, QRCore-Version, Retry-After",
}
_VARY = {"Vary": "Accept, Accept-Language"}
_MAX_AGE = 60
"""Seconds that a representation may be kept where its record says nothing."""
_PAGE_HEADERS = {
    "Content-Security-Policy": page.CSP,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self)",
}


class Asked(NamedTuple):
    """What a request wants of a code."""

    root: str
    accept: str
    languages: list[str]
    page_language: str
    link_type: str | None
    query: str
    if_none_match: str

    @classmethod
    def of(cls, request: Request) -> Asked:
        """Read from the query and the headers."""
        header = request.headers.get
        wanted = header("accept-language", "")
        return cls(
            request.scope.get("root_path", ""), header("accept", ""), languages(wanted), page_language(wanted),
            request.query_params.get("linkType"), request.scope["query_string"].decode("latin-1"),
            header("if-none-match", ""),
        )  # fmt: skip

    @property
    def wants_linkset(self) -> bool:
        """By query (`all` is the older name), or by `Accept` where the query asks for nothing else."""
        if self.link_type is not None:
            return self.link_type in ("linkset", "all")
        return prefers(self.accept, LINKSET, "text/html")

    @property
    def wants_page(self) -> bool:
        """Whether a person reads the answer."""
        return prefers(self.accept, "text/html", "application/json")


class Found(NamedTuple):
    """The answer, and the scan that it is: of which printed reference, by which relation."""

    response: Response
    scanned: tuple[bytes, str] | None = None


def live_levels(place: Place, rows: Sequence[Stored]) -> list[Level]:
    """The records that may be read now, the most specific first. Raises why there is none."""
    if not rows:
        raise ResolveError("resolve.not_found", "no such record")
    now = now_micros()
    verdicts = [judge(row, now) for row in rows]
    live = [row for row, error in zip(rows, verdicts, strict=True) if error is None]
    if not live:
        raise next(error for error in verdicts if error is not None)
    return [Level(_anchor(place, row), row, row.read_body()) for row in live]


def respond(place: Place, levels: Sequence[Level], asked: Asked, rules: Rules) -> Found:
    """The answer to a request for a code whose records were found."""
    first = levels[0]
    printed = first.row.asked if isinstance(first.row.asked, bytes) else first.row.ref
    if asked.wants_linkset:
        return Found(_linkset(levels, asked, rules), (printed, "linkset"))
    if first.body.sealed is not None:
        if prefers(asked.accept, COSE, "text/html"):
            return Found(_cose(first, asked))
        viewer = Viewer(
            root=asked.root,
            lang=asked.page_language,
            authority=place.name,
            ref=first.row.text,
            version=first.row.version,
            sealed=first.body.sealed,
            label=first.row.label,
            rules=rules(first.row.tenant),
            quota=first.row.is_limited,
        )
        return Found(html(page.viewer(viewer)), (printed, ""))
    rel = None if is_default(asked.link_type) else asked.link_type
    chosen = choose(levels, rel, asked.languages)
    if chosen is not None:
        level, link = chosen
        where = location(link, level.row.label, asked.query)
        if not rules(level.row.tenant).admit(where):  # the check of the write, made again at use
            raise ResolveError("resolve.not_found", "the record has no such link")
        headers = {**_VARY, "Location": where, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
                   "Link": _link_header(first)}  # fmt: skip
        return Found(Response(status_code=307, headers=headers), (printed, link.rel))
    if rel is not None and not has_relation(levels, rel):
        raise ResolveError("resolve.not_found", "the record has no link of this type")
    return Found(_landing(place, levels, asked, rules), (printed, ""))


def refused(error: RecordError, asked: Asked) -> Response:
    """An error: a plain page for a person, a problem document for a program."""
    if not asked.wants_page:
        response = problem_response(error)
    else:
        wait = retry_after(error)
        response = html(page.notice(Notice(asked.root, asked.page_language, error.status, error.code, wait)),
                        error.status)  # fmt: skip
        if wait is not None:
            response.headers["Retry-After"] = str(wait)
    response.headers.update(CORS | _VARY)
    return response


def html(content: str, status: int = 200) -> Response:
    """A page that is not kept, with the headers that keep it to itself."""
    return HTMLResponse(content, status, {**_PAGE_HEADERS, **_VARY, "Cache-Control": "no-store"})


def _linkset(levels: Sequence[Level], asked: Asked, rules: Rules) -> Response:
    rows = [level.row for level in levels]
    etag = f'"v{"-".join(str(row.version) for row in rows)}.ls"'
    headers = {**_VARY, "Cache-Control": _cache(rows), "ETag": etag, "Link": _link_header(levels[0])}
    gs1 = isinstance(rows[0].asked, str)
    if gs1:
        headers["Link"] += f', <{JSON_LD_CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="{_JSON_LD}"'
    if matches(asked.if_none_match, etag):
        return Response(status_code=304, headers=headers)
    content = linkset(levels, rules, gs1=gs1)
    return Response(json.dumps(content, ensure_ascii=False), 200, headers, LINKSET)


def _cose(level: Level, asked: Asked) -> Response:
    """The sealed message itself. It opens under this version alone."""
    etag = f'"v{level.row.version}.cose"'
    headers = {**_VARY, "Cache-Control": _cache([level.row]), "ETag": etag, "QRCore-Version": str(level.row.version)}
    if matches(asked.if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(level.body.sealed, 200, headers, COSE)


def _landing(place: Place, levels: Sequence[Level], asked: Asked, rules: Rules) -> Response:
    first = levels[0]
    links = tuple(
        ShownLink(link.rel, href, link.title, link.hreflang, link.type)
        for level in levels
        for link in level.body.links
        if (href := shown_href(link, level.row.label, rules(level.row.tenant)))
    )
    ref = _ref(first.row)
    view = Landing(
        root=asked.root,
        lang=asked.page_language,
        authority=place.name,
        ref=ref,
        title=first.body.title,
        label=first.row.label,
        links=links,
        data=first.body.data,
        quota=first.row.is_limited,
        claim_action=f"{asked.root}/c/{ref}/claim",
        claim_key=secrets.token_urlsafe(16),
        linkset=f"{first.anchor}?linkType=linkset",
    )
    content = page.landing(view)
    headers = {**_PAGE_HEADERS, **_VARY, "Cache-Control": _cache([level.row for level in levels])}
    headers |= {"Link": _link_header(first)}
    headers |= {"Referrer-Policy": "same-origin"}  # with no-referrer the form's POST would have no Origin
    if not first.row.is_limited:  # a form has a new key each time
        headers["ETag"] = f'"v{first.row.version}.{zlib.crc32(content.encode()):08x}"'  # by language and label too
        if matches(asked.if_none_match, headers["ETag"]):
            return Response(status_code=304, headers=headers)
    return HTMLResponse(content, 200, headers)


def _anchor(place: Place, row: Stored) -> str:
    """The record's own URL: by the path or the reference that was asked for."""
    path = row.asked if isinstance(row.asked, str) else f"/C/{_ref(row)}"
    return f"https://{place.name}{path}"


def _ref(row: Stored) -> str:
    """The reference that was scanned; for a product the record's own."""
    return write_ref(row.asked if isinstance(row.asked, bytes) else row.ref)


def _link_header(level: Level) -> str:
    return f'<{level.anchor}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'


def _cache(rows: Sequence[Stored]) -> str:
    """How long a representation may be kept. One with a quota is never kept."""
    if any(row.is_limited for row in rows):
        return "no-store"
    ages = [_MAX_AGE if row.cache_s is None else row.cache_s for row in rows]
    return f"public, max-age={min(ages)}, stale-if-error={max(min(ages), 1) * 10}" if min(ages) else "no-cache"
