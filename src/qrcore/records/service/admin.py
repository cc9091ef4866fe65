"""Tenants and keys. A key with the scope `admin` sees its own tenant; one of the operator's tenant sees all."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

from .._extra import needs
from ..errors import AuthError
from ..refs import normalize_authority
from ..store import ApiKey, Authority
from . import schemas
from .auth import find_key, service_of
from .replies import problems

with needs("server"):
    from fastapi import APIRouter, Depends, Path, Request
    from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
    from fastapi.security.base import SecurityBase
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, Response

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["administration"])


class _Admin(SecurityBase):
    """A dependency: a key with the scope `admin`, whatever the authority."""

    def __init__(self) -> None:
        self.model = HTTPBearerModel(description="An API key with the scope that the operation names.")
        self.scheme_name = "key"

    async def __call__(self, request: Request) -> ApiKey:
        key = await find_key(request)
        if "admin" not in key.scopes:
            raise AuthError("auth.scope", "the key has no scope admin")
        return key


Admin = Annotated[ApiKey, Depends(_Admin())]


def _reach(request: Request, key: ApiKey) -> str | None:
    """The tenant that a caller is confined to; None for the operator."""
    return None if key.tenant == service_of(request).operator else key.tenant


@router.get("/tenants", response_model=schemas.Tenants, responses=problems(), summary="List tenants")
async def tenants(request: Request, key: Admin) -> Response:
    """Their names and hosts."""
    store, only = service_of(request).store, _reach(request, key)

    def work() -> tuple[list[str], list[Authority]]:
        return store.tenants(), store.authorities()

    names, hosts = await run_in_threadpool(work)
    shown = [{"name": name, "hosts": [host.name for host in hosts if host.tenant == name]}
             for name in names if only in (None, name)]  # fmt: skip
    return JSONResponse({"tenants": shown})


@router.post(
    "/tenants", status_code=201, response_model=schemas.Tenant, responses=problems(409), summary="Add a tenant"
)
async def add_tenant(request: Request, asked: schemas.TenantRequest, key: Admin) -> Response:
    """For the operator alone. One that exists gets the hosts too, and the schemes and targets in place of its own."""
    service = service_of(request)
    if _reach(request, key) is not None:
        raise AuthError("auth.scope", "tenants are the operator's")
    hosts = [normalize_authority(host) for host in asked.hosts]

    def work() -> list[str]:
        service.store.add_tenant(asked.name, schemes=asked.schemes, targets=asked.targets)
        for host in hosts:
            service.store.add_authority(host, tenant=asked.name)
        return [host.name for host in service.store.authorities() if host.tenant == asked.name]

    return JSONResponse({"name": asked.name, "hosts": await run_in_threadpool(work)}, 201)


@router.get("/keys", response_model=schemas.Keys, responses=problems(), summary="List keys")
async def keys(request: Request, key: Admin) -> Response:
    """What is kept of them."""
    found = await run_in_threadpool(service_of(request).store.api_keys, tenant=_reach(request, key))
    return JSONResponse({"keys": [_shown(one) for one in found]})


@router.post("/keys", status_code=201, response_model=schemas.NewKey, responses=problems(), summary="Create a key")
async def create_key(request: Request, asked: schemas.KeyRequest, key: Admin) -> Response:
    """The answer holds the key, this once."""
    only = _reach(request, key)
    tenant = asked.tenant or key.tenant
    if only is not None and tenant != only:
        raise AuthError("auth.scope", "a key of another tenant is the operator's to make")
    expiry = None if asked.days is None else datetime.now(timezone.utc) + timedelta(days=asked.days)
    store = service_of(request).store
    token, kept = await run_in_threadpool(store.create_key, asked.label, asked.scopes, tenant=tenant, expiry=expiry)
    return JSONResponse(_shown(kept) | {"key": token}, 201, {"Cache-Control": "no-store"})


@router.delete("/keys/{id}", status_code=204, responses=problems(), summary="Revoke a key")
async def revoke_key(request: Request, id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")], key: Admin) -> Response:
    """From this moment on it is none."""
    await run_in_threadpool(service_of(request).store.revoke_key, id, tenant=_reach(request, key))
    return Response(status_code=204)


def _shown(key: ApiKey) -> dict[str, Any]:
    expiry = key.expiry and key.expiry.isoformat()
    return key._asdict() | {"scopes": list(key.scopes), "expiry": expiry}
