"""Who calls: an API key as a bearer token, or in the page's cookie; and what the key may do.

Of a key its hash alone is kept. It is looked up at each request, so that a revoked key is one at once.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._extra import needs
from ..errors import AuthError, ResolveError
from ..store import ApiKey, SqlStore
from .places import normalize_host

with needs("server"):
    from fastapi import Request
    from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
    from fastapi.security.base import SecurityBase
    from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from .core import Service
    from .places import Place

__all__ = ["COOKIE", "Caller", "Needs", "authorize", "client_of", "find_key", "find_place", "needs_claim", "service_of"]

COOKIE = "qrcore_key"
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and the store as that caller may use it. `token` is a claim token in place of a key."""

    store: SqlStore
    key: ApiKey | None
    token: bytes | None = None


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    service: Service = request.app.state.qrcore
    return service


def client_of(request: Request) -> str:
    """The address of the client, as the web server has it from the connection or from a proxy that was named."""
    return request.client.host if request.client else ""


async def find_place(request: Request) -> Place:
    """The authority that a request of `/v1` is about: named in a header, or by the Host."""
    named = request.headers.get("qrcore-authority")
    if named:
        return await service_of(request).places.named(named)
    place: Place | None = request.scope["qrcore.place"]
    if place is None:
        raise ResolveError("resolve.not_found", "which authority? Name it in QRCore-Authority")
    return place


async def find_key(request: Request) -> ApiKey:
    """The key of a request. Raises `auth.missing`."""
    service = service_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(COOKIE, "") if not scheme else ""
        if token and request.method not in _SAFE:
            _check_origin(request)
    if not token or len(token) > 256:
        raise AuthError("auth.missing", "an API key is needed: Authorization: Bearer ..")
    key = await run_in_threadpool(service.store.check_key, token)
    if key is None:
        service.throttle.miss(client_of(request))
        raise AuthError("auth.missing", "no such key, or no longer")
    request.scope["qrcore.key"] = key
    return key


async def authorize(request: Request, scope: str) -> Caller:
    """The caller, whose key has the scope. Another tenant's authority is as if it were not there."""
    key = await find_key(request)
    if scope not in key.scopes:
        raise AuthError("auth.scope", f"the key has no scope {scope}")
    place = await find_place(request)
    if not place.admits(key.tenant):
        raise ResolveError("resolve.not_found", "no such authority")
    return Caller(place.store.using(tenant=key.tenant, author=key.label, api_key=key.id), key)


class Needs(SecurityBase):
    """A dependency: the caller, whose key has one scope."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self.model = HTTPBearerModel(description="An API key with the scope that the operation names.")
        self.scheme_name = "key"

    async def __call__(self, request: Request) -> Caller:
        return await authorize(request, self.scope)


class NeedsClaim(Needs):
    """The same for claims, which the token of the code itself admits too."""

    async def __call__(self, request: Request) -> Caller:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "claim":
            return await authorize(request, self.scope)
        try:
            token = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            token = b""
        if len(token) != 16:
            raise AuthError("auth.missing", "a claim token is 16 bytes as base64url")
        return Caller((await find_place(request)).public, None, token)


needs_claim = NeedsClaim("claim")


def _check_origin(request: Request) -> None:
    """A write by cookie comes from a page of this very host."""
    origin = request.headers.get("origin", "")
    host = origin.partition("://")[2]
    if not host or normalize_host(host) != normalize_host(request.headers.get("host", "")):
        raise AuthError("auth.missing", "a write by cookie comes from the page of this host")
