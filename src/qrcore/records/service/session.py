"""The page, and how a browser logs in to it."""

from __future__ import annotations

from .._extra import needs
from ..errors import AuthError
from . import page, schemas
from .auth import COOKIE, client_of, find_key, service_of
from .codes import html

with needs("server"):
    from fastapi import APIRouter, Request
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, RedirectResponse, Response

__all__ = ["router"]

_SECONDS = 30 * 24 * 3600

router = APIRouter(include_in_schema=False)


@router.get("/")
async def app_page(request: Request) -> Response:
    """The page, or the way to it."""
    root = request.scope.get("root_path", "")
    try:
        await find_key(request)
    except AuthError:
        return RedirectResponse(f"{root}/login", 303, {"Cache-Control": "no-store"})
    return html(page.app_page(root))


@router.get("/login")
async def login_page(request: Request) -> Response:
    """Its script posts the token of the link's fragment: no GET logs in."""
    return html(page.login_page(request.scope.get("root_path", "")))


@router.get("/session", response_model=schemas.Session)
async def session(request: Request) -> Response:
    """Who is logged in, and where."""
    key = await find_key(request)
    places = await service_of(request).places.all()
    names = [name for name, place in places.items() if place.admits(key.tenant)]
    here = request.scope["qrcore.place"]
    named = here.name if here is not None and here.name in names else names[0] if names else None
    rules = await run_in_threadpool(service_of(request).places.link_rules, key.tenant)
    content = schemas.Session(
        tenant=key.tenant, scopes=list(key.scopes), label=key.label, authority=named, authorities=names,
        rules={"schemes": sorted(rules.schemes), "targets": sorted(rules.targets)},
    )  # fmt: skip
    return JSONResponse(content.model_dump(), headers={"Cache-Control": "no-store"})


@router.post("/session", status_code=204)
async def log_in(request: Request, asked: schemas.SessionRequest) -> Response:
    """Exchanges a one-time token, or an API key, for the cookie."""
    service = service_of(request)
    try:
        if asked.login is not None and service.login is not None:
            token = await run_in_threadpool(service.login.take, service.store, asked.login)
        else:
            token = asked.key or ""
            if not token or await run_in_threadpool(service.store.check_key, token) is None:
                raise AuthError("auth.missing", "no such key, or no longer")
    except AuthError:
        service.throttle.miss(client_of(request))
        raise
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, _SECONDS, path="/", httponly=True, samesite="strict", secure=secure)
    return response


@router.delete("/session", status_code=204)
async def log_out() -> Response:
    """Takes the cookie away."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
