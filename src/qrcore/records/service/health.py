"""For what runs the service: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import asyncio

from .._extra import needs
from ..errors import AuthError, RecordError, ResolveError, StoreError
from .auth import find_key, service_of
from .metrics import CONTENT_TYPE
from .problems import problem_response

with needs("server"):
    from fastapi import APIRouter, Request
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, Response

__all__ = ["router"]

_PATIENCE = 2.0
"""Seconds that the store may take to answer."""

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> Response:
    """The process runs."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The store answers, and the process is not about to stop."""
    service = service_of(request)
    try:
        if service.stopping:
            raise ResolveError("resolve.unavailable", "stopping", retry_after=1)
        await asyncio.wait_for(run_in_threadpool(service.store.authorities), _PATIENCE)
    except (TimeoutError, asyncio.TimeoutError):
        return problem_response(StoreError("store.unavailable", "the store takes too long", retry_after=1))
    except RecordError as error:
        return problem_response(error)
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    service = service_of(request)
    if service.metrics_access == "off":
        raise ResolveError("resolve.not_found", "no such place")
    if service.metrics_access == "admin" and "admin" not in (await find_key(request)).scopes:
        raise AuthError("auth.scope", "the key has no scope admin")
    return Response(service.meters.render(), media_type=CONTENT_TYPE)
