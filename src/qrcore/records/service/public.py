"""What a phone's camera asks for: `/c/{ref}` and `/01/{gtin}/..`. Open to everybody, and writes nothing but counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

from qrcore.payload import Gs1, parse

from .._extra import needs
from ..errors import PayloadError, RecordError, ResolveError
from ..model import gs1_levels
from ..refs import normalize_ref, ref_bytes
from ..store import Stored
from ..wire import write_receipt
from . import page
from .auth import authorize, client_of, service_of
from .codes import CORS, Asked, Found, html, live_levels, refused, respond
from .places import Place
from .problems import MEDIA_TYPE
from .schemas import REF_PATTERN, Problem, inlined
from .views import Notice

with needs("server"):
    from fastapi import APIRouter, Request
    from starlette.concurrency import run_in_threadpool
    from starlette.convertors import Convertor, register_url_convertor
    from starlette.responses import Response

__all__ = ["router"]


async def code(request: Request) -> Response:
    """Where a printed code leads: on to a link, to a page of its links, or to the links themselves."""
    return await _answer(request, lambda place: _by_ref(place, request.path_params["ref"]))


async def product(request: Request) -> Response:
    """The same for a GS1 Digital Link: the records of every level, the most specific first."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.decode("latin-1").removeprefix(request.scope.get("root_path", ""))
    return await _answer(request, lambda place: _by_path(place, path.partition("?")[0]))


async def options() -> Response:
    """What may be asked here, from any site."""
    return Response(status_code=204, headers={**CORS, "Allow": "GET, HEAD, OPTIONS", "Access-Control-Max-Age": "86400"})


async def redeem(request: Request) -> Response:
    """The button of a landing page: claims with the key of the page's cookie. Looking never claims."""
    service, asked = service_of(request), Asked.of(request)
    fields = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    try:
        caller = await authorize(request, "claim")
        qty = fields.get("qty", "1")
        if not (qty.isascii() and qty.isdigit() and len(qty) < 10):
            raise PayloadError("payload.format", "qty is a number")
        receipt = await run_in_threadpool(
            caller.store.claim,
            normalize_ref(request.path_params["ref"]),
            key=fields.get("key", ""),
            claimant=fields.get("claimant") or None,
            qty=int(qty),
        )
    except RecordError as error:
        service.meters.claims.labels(error.code).inc()
        return refused(error, asked._replace(accept="text/html"))
    service.feed.ring(caller.store.tenant or "")
    service.meters.claims.labels("granted").inc()
    view = Notice(asked.root, asked.page_language, 201, "claim.granted", None, write_receipt(receipt),
                  caller.store.authority, receipt.ref)  # fmt: skip
    return html(page.notice(view), 201)


async def _answer(request: Request, find: Callable[[Place], Sequence[Stored]]) -> Response:
    service, asked = service_of(request), Asked.of(request)
    place: Place | None = request.scope["qrcore.place"]

    def work() -> Found | None:
        rows = find(place) if place is not None else ()
        return respond(place, live_levels(place, rows), asked, service.places.link_rules) if place and rows else None

    try:
        found = await run_in_threadpool(work)
        if found is None:
            service.meters.misses.inc()
            service.throttle.miss(client_of(request))
            raise ResolveError("resolve.not_found", "no such record")
    except RecordError as error:
        return refused(error, asked)
    response = found.response
    purpose = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    if found.scanned and request.method == "GET" and response.status_code != 304 and "prefetch" not in purpose.lower():
        assert place is not None
        service.scans.add(place, *found.scanned)
    response.headers.update(CORS)
    return response


def _by_ref(place: Place, ref: str) -> list[Stored]:
    return list(place.public.lookup([ref_bytes(ref)]).values())


def _by_path(place: Place, path: str) -> list[Stored]:
    """All levels. A trailing slash is no mistake."""
    found = parse(f"https://{place.name}{path.rstrip('/')}")
    if not isinstance(found, Gs1) or not found.path:
        raise PayloadError("payload.format", "no GS1 Digital Link")
    if found.issues:
        raise PayloadError("payload.format", found.issues[0].message)
    levels = gs1_levels(found)
    rows = place.public.lookup((), levels)
    return [rows[level] for level in levels if level in rows]


_REFUSALS = {
    MEDIA_TYPE: {"schema": inlined(Problem)},
    "text/html": {"schema": {"type": "string"}},
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page, or the representation that was asked for",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/linkset+json": {"schema": {"type": "object", "required": ["linkset"]}},
            "application/cose": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    304: {"description": "The representation that the client has is this one"},
    307: {"description": "The link that fits", "headers": {"Location": {"schema": {"type": "string"}}}},
    **{
        status: {"description": text, "content": _REFUSALS}
        for status, text in (
            (400, "No reference"), (404, "No such code"), (410, "Retired or expired"), (425, "Not open yet"),
            (429, "Too many misses from this network"), (503, "The store does not answer"),
        )
    },
}  # fmt: skip
_PARAMETERS = {
    "parameters": [
        {"name": "ref", "in": "path", "required": True, "schema": {"type": "string", "pattern": REF_PATTERN}},
        {"name": "linkType", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "A relation such as gs1:pip, or linkset"},
    ]
}  # fmt: skip


class _Ai(Convertor[str]):
    """The first segment of a Digital Link: a GS1 application identifier."""

    regex = "[0-9]{2,4}"

    def convert(self, value: str) -> str:
        """As it stands."""
        return value

    def to_string(self, value: str) -> str:
        """As it stands."""
        return value


register_url_convertor("gs1_ai", _Ai())

router = APIRouter(tags=["codes"])
for _path, _handler in (("/c/{ref}", code), ("/C/{ref}", code), ("/{ai:gs1_ai}/{key:path}", product)):
    _shown = _path == "/c/{ref}"
    router.add_api_route(_path, _handler, methods=["GET"], responses=_RESPONSES, response_class=Response,
                         openapi_extra=_PARAMETERS, include_in_schema=_shown)  # fmt: skip
    router.add_api_route(_path, _handler, methods=["HEAD"], include_in_schema=False)
    router.add_api_route(_path, options, methods=["OPTIONS"], include_in_schema=False)
router.add_api_route("/c/{ref}/claim", redeem, methods=["POST"], include_in_schema=False)
