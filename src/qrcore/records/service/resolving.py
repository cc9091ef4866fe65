"""`POST /v1/resolve` and `POST /v1/scans`: a thousand at a time."""

from __future__ import annotations

from typing import Annotated

from .._extra import needs
from ..errors import RecordError
from ..sources import Answer, Unchanged, lookup
from ..wire import read_queries, read_scans, write_answers
from .auth import Caller, Needs, service_of
from .replies import problems
from .schemas import Counted, Resolved, ResolveRequest, ScansRequest, inlined

with needs("server"):
    from fastapi import APIRouter, Depends, Request
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response

__all__ = ["router"]

router = APIRouter(tags=["resolving"])


def _body(model: type[ResolveRequest] | type[ScansRequest]) -> dict[str, object]:
    """The request for OpenAPI; it is read by `wire`, as the client writes it."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": inlined(model)}}}}


@router.post(
    "/v1/resolve", response_model=Resolved, responses=problems(), openapi_extra=_body(ResolveRequest),
    summary="Resolve up to 1000 references and GS1 keys",
)  # fmt: skip
async def resolve(request: Request, caller: Annotated[Caller, Depends(Needs("resolve"))]) -> Response:
    """One answer an item, in their order: the record, that it is unchanged, an error, or that it is deferred."""
    service = service_of(request)
    content = await request.body()

    def work() -> tuple[bytes, list[Answer]]:
        queries, at = read_queries(content)
        answers = lookup(caller.store, queries, at)
        return write_answers(answers, service.limits.answer), answers

    written, answers = await run_in_threadpool(work)
    unchanged = sum(isinstance(answer, Unchanged) for answer in answers)
    failed = sum(isinstance(answer, RecordError) for answer in answers)
    for result, n in (("found", len(answers) - unchanged - failed), ("unchanged", unchanged), ("error", failed)):
        service.meters.resolved.labels(result).inc(n)
    return Response(written, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post(
    "/v1/scans", status_code=202, response_model=Counted, responses=problems(), openapi_extra=_body(ScansRequest),
    summary="Add scans that were counted elsewhere",
)  # fmt: skip
async def scans(request: Request, caller: Annotated[Caller, Depends(Needs("scan"))]) -> Counted:
    """Aggregated counts. A report that fails with 503 may have counted; it is not to be repeated blindly."""
    content = await request.body()
    return Counted(counted=await run_in_threadpool(lambda: caller.store.add_counts(read_scans(content))))
