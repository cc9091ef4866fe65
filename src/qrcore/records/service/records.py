"""Records as their writers see them: create, read, replace, roll back, retire, and the picture of a code."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from .._extra import needs
from ..errors import PayloadError, WriteError
from ..moments import micros, moment
from ..refs import normalize_ref
from ..store import QuotaState, SqlStore, Stored
from ..wire import BATCH, write_created, write_stored, write_version
from .auth import Caller, Needs, service_of
from .replies import After, IdempotencyKey, IfMatch, Limit, RefPath, etag, idempotency_key, problems, version_of
from .schemas import Created, CreatedMany, Record, Records, Stats, Versions, Written

with needs("server"):
    from fastapi import APIRouter, Body, Depends, Query, Request
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, Response

__all__ = ["quota_json", "router"]

router = APIRouter(prefix="/v1", tags=["records"])
Reader = Annotated[Caller, Depends(Needs("read"))]
Writer = Annotated[Caller, Depends(Needs("write"))]
RecordBody = Annotated[
    dict[str, Any], Body(description="A record, or its body alone: see the documentation, 'A record'")
]
MomentQuery = Annotated[str | None, Query(max_length=40, description="A moment, as in RFC 3339")]


@router.post("/records", status_code=201, response_model=Created, responses=problems(409), summary="Create a record")
async def create(request: Request, record: RecordBody, caller: Writer, idempotency: IdempotencyKey = "") -> Response:
    """With an idempotency key a second call gives the record of the first."""
    key = idempotency_key(idempotency)
    created = await run_in_threadpool(caller.store.create, record, idempotency_key=key)
    _rang(request, caller)
    location = f"{request.scope.get('root_path', '')}/v1/records/{created.ref}"
    headers = {"ETag": etag(created.version), "Location": location}
    return JSONResponse(write_created(created), 201, headers)


@router.post(
    "/records:batch",
    status_code=201,
    response_model=CreatedMany,
    responses=problems(409),
    summary="Create many records",
)
async def create_many(
    request: Request,
    records: Annotated[list[dict[str, Any]], Body(embed=True, min_length=1, max_length=BATCH)],
    caller: Writer,
    idempotency: IdempotencyKey = "",
) -> Response:
    """All or none."""
    key = idempotency_key(idempotency)
    created = await run_in_threadpool(caller.store.create_many, records, idempotency_key=key)
    _rang(request, caller)
    return JSONResponse({"records": [write_created(one) for one in created]}, 201)


@router.get("/records", response_model=Records, responses=problems(), summary="List records")
async def list_records(
    caller: Reader,
    after: Annotated[str, Query(pattern=r"^([0-9A-TV-Za-tv-z]{16})?$")] = "",
    limit: Limit = 100,
) -> Response:
    """In the order of their references, which says nothing about their age."""
    found = await run_in_threadpool(caller.store.records, after=after or None, limit=limit)
    following = found[-1].text if len(found) == limit else None
    return JSONResponse({"records": [write_stored(row) for row in found], "next": following})


@router.get("/records/{ref}", response_model=Record, responses=problems(410), summary="Read a record")
async def read(
    ref: RefPath, caller: Reader, at: Annotated[str, Query(max_length=40, description="A version or a moment")] = ""
) -> Response:
    """As it is, or as it was `at` a version number or a moment. A tombstone is found too."""

    def work() -> tuple[Stored, QuotaState | None, list[tuple[str, str]]]:
        return caller.store.get(ref, at=_at(at)), caller.store.quota(ref), caller.store.aliases(ref)

    row, quota, aliases = await run_in_threadpool(work)
    headers = {"ETag": etag(row.version), "Cache-Control": "no-store"}
    more = {"quota": quota_json(quota), "aliases": [{"label": label, "ref": ref} for label, ref in aliases]}
    return JSONResponse(write_stored(row) | more, headers=headers)


@router.put(
    "/records/{ref}", response_model=Written, responses=problems(409, 410, 412, 428), summary="Replace a record"
)
async def put(request: Request, ref: RefPath, record: RecordBody, caller: Writer, if_match: IfMatch = "") -> Response:
    """Writes a new version in place of the one that is named; `{"rollback": 3}` writes the third version anew."""
    version = version_of(if_match)
    assert version is not None

    def work(store: SqlStore) -> int:
        if "rollback" not in record:
            return store.put(ref, record, version)
        to = record["rollback"]
        if set(record) != {"rollback"} or type(to) is not int or not 0 < to < 2**31:
            raise WriteError("write.invalid", "a rollback names a version, and nothing else")
        return store.rollback(ref, to, version)

    written = await run_in_threadpool(work, caller.store)
    _rang(request, caller)
    return JSONResponse({"version": written}, headers={"ETag": etag(written)})


@router.delete("/records/{ref}", status_code=204, responses=problems(410, 412, 428), summary="Retire a record")
async def retire(
    request: Request, ref: RefPath, caller: Writer, if_match: IfMatch = "", erase: bool = False
) -> Response:
    """Leaves a tombstone. `erase` also removes bodies, hashes, labels and claimants."""
    version = version_of(if_match, any_version=True)
    await run_in_threadpool(caller.store.retire, ref, if_version=version, erase=erase)
    _rang(request, caller)
    return Response(status_code=204)


@router.get("/records/{ref}/versions", response_model=Versions, responses=problems(), summary="The history of a record")
async def versions(ref: RefPath, caller: Reader, after: After = 0, limit: Limit = 100) -> Response:
    """Oldest first."""
    found = await run_in_threadpool(caller.store.history, ref, after=min(after, 2**31 - 1), limit=limit)
    following = found[-1].version if len(found) == limit else None
    return JSONResponse({"versions": [write_version(version) for version in found], "next": following})


@router.get("/records/{ref}/stats", response_model=Stats, responses=problems(), summary="Scans of a record")
async def stats(
    ref: RefPath,
    caller: Reader,
    since: MomentQuery = None,
    until: MomentQuery = None,
    after: Annotated[str, Query(max_length=400)] = "",
    limit: Limit = 1000,
) -> Response:
    """By printed reference, relation and hour, in the order of the hours."""
    begin, end = moment(micros(since or None)), moment(micros(until or None))
    found = await run_in_threadpool(
        caller.store.stats, ref, since=begin, until=end, after=_cursor(after) if after else None, limit=limit
    )
    last = found[-1] if len(found) == limit else None
    following = None if last is None else f"{last.hour.isoformat()} {last.ref} {last.rel}"
    counts = [count._asdict() | {"hour": count.hour.isoformat()} for count in found]
    return JSONResponse({"counts": counts, "next": following})


_PICTURES: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}, "image/png": {}}}}


@router.get(
    "/records/{ref}/code.{kind}", responses=problems() | _PICTURES, response_class=Response,
    summary="The picture of a code",
)  # fmt: skip
async def picture(
    ref: RefPath, kind: Literal["svg", "png"], caller: Reader, scale: Annotated[int, Query(ge=1, le=40)] = 8
) -> Response:
    """As svg or png. Without a secret, which the server does not know: a sealed code is drawn by who sealed it."""
    from ..code import make_code

    def work() -> bytes:
        caller.store.get(ref)
        code = make_code(ref, authority=caller.store.authority)
        return code.png(scale=scale) if kind == "png" else code.svg(scale=scale).encode()

    content = await run_in_threadpool(work)
    return Response(content, media_type="image/png" if kind == "png" else "image/svg+xml")


def quota_json(quota: QuotaState | None) -> dict[str, Any] | None:
    """A quota as JSON."""
    return None if quota is None else quota._asdict() | {"left": quota.left}


def _rang(request: Request, caller: Caller) -> None:
    service_of(request).feed.ring(caller.store.tenant or "")


def _at(text: str) -> Any:
    if not text or (text.isascii() and text.isdigit() and len(text) < 10):
        return int(text) if text else None
    return moment(micros(text))


def _cursor(text: str) -> tuple[Any, str, str]:
    hour, _, rest = text.partition(" ")
    ref, _, rel = rest.partition(" ")
    when = moment(micros(hour))
    if when is None or not rel.isprintable():
        raise PayloadError("payload.format", "after is what the last page gave as next")
    return when, normalize_ref(ref), rel
