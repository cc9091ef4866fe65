"""The feed of a tenant's events, by long poll."""

from __future__ import annotations

from typing import Annotated

from .._extra import needs
from . import schemas
from .auth import Caller, Needs, service_of
from .replies import After, Limit, problems

with needs("server"):
    from fastapi import APIRouter, Depends, Query, Request
    from starlette.responses import JSONResponse, Response

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["events"])


@router.get("/events", response_model=schemas.Events, responses=problems(), summary="Wait for events")
async def events(
    request: Request,
    caller: Annotated[Caller, Depends(Needs("read"))],
    after: After = 0,
    wait: Annotated[float, Query(ge=0, le=60, allow_inf_nan=False, description="Seconds")] = 0,
    limit: Limit = 100,
) -> Response:
    """Events after number `after`: at once where there are any, else as soon as there are, or none after `wait`.

    One feed a tenant, across its authorities; a cursor never misses an event.
    """
    found = await service_of(request).feed.wait(caller.store, after, limit, wait)
    content = [event._asdict() | {"at": event.at.isoformat()} for event in found]
    following = found[-1].seq if found else after
    return JSONResponse({"events": content, "next": following}, headers={"Cache-Control": "no-store"})
