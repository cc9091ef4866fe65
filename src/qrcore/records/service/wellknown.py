"""What is found under `/.well-known`: the resolver's description, and the keys to verify signed records with."""

from __future__ import annotations

import json
from typing import Any

from .._extra import needs
from ..errors import ResolveError
from .auth import service_of
from .codes import CORS, JSON_LD_CONTEXT
from .linkset import GS1_VOCABULARY

with needs("server"):
    from fastapi import APIRouter, Request
    from starlette.responses import JSONResponse, Response

__all__ = ["router"]

_HEADERS = {**CORS, "Cache-Control": "public, max-age=3600"}

router = APIRouter(prefix="/.well-known", tags=["description"], include_in_schema=False)


@router.get("/gs1resolver")
async def resolver_description(request: Request) -> Response:
    """The description file of a GS1 resolver. Compressed links are not read, so it is GS1-style, not conformant."""
    place = request.scope["qrcore.place"]
    if place is None:
        raise ResolveError("resolve.not_found", "no such host")
    content: dict[str, Any] = {
        "name": place.name,
        "resolverRoot": f"https://{place.name}",
        "supportedPrimaryKeys": ["all"],
        "supportedLinkType": [{"namespace": GS1_VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "supportedContextValuesEnumerated": [],
        "jsonLdContextLocation": JSON_LD_CONTEXT,
    }
    return JSONResponse(content, headers=_HEADERS)


@router.get("/qrcore-keys")
async def public_keys(request: Request) -> Response:
    """A JWK set of the keys that sign the records here."""
    keys = service_of(request).keys
    content = json.loads(keys.to_json()) if keys is not None else {"keys": []}
    return JSONResponse(content, headers=_HEADERS)
