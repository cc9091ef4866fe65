"""Claims: by the merchant's key, or by the token of the code itself. Always with an idempotency key."""

from __future__ import annotations

from typing import Annotated

from .._extra import needs
from ..errors import AuthError, RecordError
from ..store import QuotaState, Receipt
from ..wire import write_receipt
from . import schemas
from .auth import Caller, Needs, client_of, needs_claim, service_of
from .records import quota_json
from .replies import After, IdempotencyKey, Limit, RefPath, idempotency_key, problems

with needs("server"):
    from fastapi import APIRouter, Depends, Path, Request
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, Response

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["claims"])


@router.post(
    "/records/{ref}/claims", status_code=201, response_model=schemas.Receipt, responses=problems(409, 410),
    summary="Claim from a record's quota",
)  # fmt: skip
async def claim(
    request: Request,
    ref: RefPath,
    asked: schemas.ClaimRequest,
    caller: Annotated[Caller, Depends(needs_claim)],
    idempotency: IdempotencyKey = "",
) -> Response:
    """Granted once for each idempotency key: a retry gets the receipt of the first."""
    service, key = service_of(request), idempotency_key(idempotency)
    try:
        receipt = await run_in_threadpool(
            caller.store.claim, ref, key=key, claimant=asked.claimant, qty=asked.qty, token=caller.token
        )
    except RecordError as error:
        service.meters.claims.labels(error.code).inc()
        if caller.token is not None and _is_guess(error):
            service.throttle.miss(client_of(request))
        raise
    service.meters.claims.labels("granted").inc()
    service.feed.ring(caller.store.tenant or "")
    return JSONResponse(write_receipt(receipt), 201, {"Cache-Control": "no-store"})


def _is_guess(error: RecordError) -> bool:
    """Whether a token was tried on no record, or is not the record's; one of an alias only has to be derived anew."""
    return error.code == "resolve.not_found" or (isinstance(error, AuthError) and not error.ref)


@router.get("/records/{ref}/claims", response_model=schemas.Claims, responses=problems(), summary="Claims of a record")
async def claims(
    ref: RefPath, caller: Annotated[Caller, Depends(Needs("read"))], after: After = 0, limit: Limit = 100
) -> Response:
    """In the order in which they were granted."""

    def work() -> tuple[list[Receipt], QuotaState | None]:
        return caller.store.claims(ref, after=after, limit=limit), caller.store.quota(ref)

    found, quota = await run_in_threadpool(work)
    following = found[-1].ordinal if len(found) == limit else None
    content = {"claims": [write_receipt(one) for one in found], "quota": quota_json(quota), "next": following}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


@router.delete("/claims/{id}", response_model=schemas.Receipt, responses=problems(), summary="Void a claim")
async def void(
    request: Request,
    id: Annotated[str, Path(pattern=r"^[0-9A-Z]{16}$")],
    caller: Annotated[Caller, Depends(Needs("claim"))],
    restore: bool = True,
) -> Response:
    """Takes a claim back; with `restore` it may be claimed again. The event feed says who did it."""
    receipt = await run_in_threadpool(caller.store.void, id, restore=restore)
    service_of(request).feed.ring(caller.store.tenant or "")
    return JSONResponse(write_receipt(receipt))
