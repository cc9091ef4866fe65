"""`POST /v1/decode`: one picture, within limits of bytes, pixels and time, and as many at once as there are processors.

What a code names is resolved in this very store, as far as the caller may see it, or at the authorities of a trust
file; nobody else is asked. Nothing of the picture or its texts is kept or logged.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any

from qrcore import Symbol, decode
from qrcore.errors import ImageError
from qrcore.formats import measure
from qrcore.payload import CodeRef, Gs1, Payload

from .._extra import needs
from ..errors import DecodeError, RecordError
from ..model import gs1_levels
from ..sources import Query, lookup
from ..trust import AuthorityPolicy, Trust
from ..wire import problem, write_answers
from . import schemas
from .auth import Caller, Needs, service_of
from .replies import problems

with needs("server"):
    from fastapi import APIRouter, Depends, Request
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from ..resolver import Resolver
    from .core import Service
    from .places import Place

__all__ = ["Decoding", "router"]

NOTICE = "The server has seen this picture, with every secret in it. It keeps nothing of it."
_PICTURE = {
    "requestBody": {
        "required": True,
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
router = APIRouter(prefix="/v1", tags=["decoding"])


class Decoding:
    """The threads that decode, as many as there are processors; nobody waits in a queue."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="decode")

    async def run(self, data: bytes, pixels: int, milliseconds: float) -> tuple[int, int, list[Symbol]]:
        """Width, height and symbols of a picture. Raises `DecodeError`."""
        if self._free < 1:
            raise DecodeError("decode.busy", "every processor decodes", retry_after=1)
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _decode, data, pixels, milliseconds)
        finally:
            self._free += 1

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False)


def _decode(data: bytes, pixels: int, milliseconds: float) -> tuple[int, int, list[Symbol]]:
    try:
        width, height = measure(data)
        if width * height > pixels:
            raise DecodeError("decode.too_large", f"{width} x {height} pixels, and {pixels} are admitted")
        return width, height, decode(data, deadline_ms=milliseconds, max_pixels=pixels)
    except ImageError as error:
        raise DecodeError("decode.image", str(error)[:200]) from None


@router.post(
    "/decode", response_model=schemas.Decoded, responses=problems(), openapi_extra=_PICTURE, summary="Decode a picture"
)
async def decode_picture(request: Request, caller: Annotated[Caller, Depends(Needs("decode"))]) -> Response:
    """The symbols of one picture, what each says, whom it leads to, and the record where it names one.

    The server sees the picture, and so every secret in it. Who must not show it decodes at home.
    """
    service, limits = service_of(request), service_of(request).limits
    try:
        found = await service.decoding.run(await request.body(), limits.pixels, limits.decode_ms)
    except DecodeError as error:
        service.meters.decodes.labels(error.code).inc()
        raise
    service.meters.decodes.labels("found" if found[2] else "none").inc()
    width, height, symbols = found
    places = await service.places.all()
    shown = await run_in_threadpool(_explain, service, caller, places, symbols)
    content = {"width": width, "height": height, "symbols": shown, "notice": NOTICE}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _explain(
    service: Service, caller: Caller, places: Mapping[str, Place], symbols: list[Symbol]
) -> list[dict[str, Any]]:
    """Each symbol as JSON, with its payload, its verdict and its record."""
    tenant = caller.key.tenant if caller.key else ""
    own = {name: AuthorityPolicy() for name, place in places.items() if place.admits(tenant)}
    others = dict(service.trust or {})
    gs1 = caller.store.authority if caller.store.authority in own else service.trust and service.trust.gs1
    trust = Trust({**others, **own}, gs1=gs1 or None)
    out = []
    for symbol in symbols:
        payload = symbol.payload
        verdict = trust.verdict(payload)
        record = _record(payload, trust, caller, own, service.resolver)
        shown = {"level": verdict.level.value, "reasons": list(verdict.reasons),
                 "host_ascii": verdict.host_ascii, "host_unicode": verdict.host_unicode}  # fmt: skip
        out.append(symbol.to_dict() | {"verdict": shown, "record": record})
    return out


def _record(
    payload: Payload, trust: Trust, caller: Caller, own: Mapping[str, AuthorityPolicy], resolver: Resolver | None
) -> dict[str, Any] | None:
    """What its authority says about a payload; None where it names none that is known here."""
    if not isinstance(payload, (CodeRef, Gs1)):
        return None
    try:
        authority = trust.authority_of(payload)
        if authority in own:
            query = Query(payload.ref) if isinstance(payload, CodeRef) else Query("", tuple(gs1_levels(payload)))
            if not query.ref and not query.paths:
                return None
            answers = lookup(caller.store.using(authority=authority), [query])
            item: dict[str, Any] = json.loads(write_answers(answers))["items"][0]
            return item
        if resolver is None:
            return None
        found = resolver.resolve(payload)
    except RecordError as error:
        return None if error.code.startswith("trust.") else {"error": problem(error)}
    body = {"title": found.title, "links": [link.to_json() for link in found.links], "data": found.data}
    return {"records": [{"ref": found.ref, "version": found.version, "body": body}]}
