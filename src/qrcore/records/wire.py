"""What goes over HTTP between a resolver and a service, in both directions, so that the two cannot drift apart.

    POST /v1/resolve                 {"items": [{"ref": .., "known": 7} | {"gs1": [path, ..]}], "at"?: 7 | RFC 3339}
                                     {"items": [{"records": [{"ref", "version", "label"?, "path"?, "cache_s"?,
                                                              "limited"?, "body": {..}}]}
                                                | {"unchanged": 7} | {"error": {"code", "detail", "retry_after"?}}]}
    POST /v1/records/{ref}/claims    {"claimant"?, "qty"?}, Idempotency-Key; a receipt. Where the token was derived from
                                     an alias, auth.scope names the record's own reference in "ref"
    POST /v1/scans                   {"scans": [{"ref", "rel", "at", "n"}]}

The authority that the codes name goes as `QRCore-Authority`, since the host that is asked may be another. A claim token
goes as `Authorization: Claim {base64url}`, an API key as `Authorization: Bearer {key}`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from qrcore.payload import base64url

from .errors import AuthError, PayloadError, RecordError, ResolveError, error_for
from .moments import micros, moment
from .refs import as_code_ref, normalize_ref
from .sources import Answer, At, Claim, Fetched, Query, Scan, Unchanged

if TYPE_CHECKING:
    from .store import Created, Receipt, Stored, Version

__all__ = [
    "BATCH",
    "BATCH_BYTES",
    "LEVELS",
    "MAX_ANSWER",
    "MAX_BATCH_ANSWER",
    "MAX_REQUEST",
    "problem",
    "read_answers",
    "read_problem",
    "read_queries",
    "read_receipt",
    "read_scans",
    "state_name",
    "write_answers",
    "write_claim",
    "write_created",
    "write_queries",
    "write_receipt",
    "write_scans",
    "write_stored",
    "write_version",
]

BATCH: Final = 1000
"""The most items of a request."""
LEVELS: Final = 8
"""The most paths that a GS1 key is looked up under."""
MAX_REQUEST: Final = 64 * 1024
"""The most bytes of a request to resolve."""
MAX_ANSWER: Final = 1 << 20
"""The most bytes of a single answer."""
BATCH_BYTES: Final = 4 << 20
"""What a service puts into the answer to a batch before it defers the rest."""
MAX_BATCH_ANSWER: Final = BATCH_BYTES + MAX_ANSWER


def write_queries(queries: Sequence[Query], at: At) -> bytes:
    """A request to resolve."""
    items: list[dict[str, Any]] = []
    for query in queries:
        if query.ref:
            items.append({"ref": query.ref} | ({} if query.known is None else {"known": query.known}))
        else:
            items.append({"gs1": query.paths})
    when = {} if at is None else {"at": at.isoformat() if isinstance(at, datetime) else at}
    return json.dumps({"items": items, **when}, separators=(",", ":")).encode()


def read_queries(content: bytes) -> tuple[list[Query], At]:
    """The queries of a request. Raises `payload.format`, `payload.too_large`."""
    if len(content) > MAX_REQUEST:
        raise PayloadError("payload.too_large", f"a request to resolve has at most {MAX_REQUEST} bytes")
    try:
        request = json.loads(content)
        items = request["items"]
        if not isinstance(items, list):
            raise TypeError
        if len(items) > BATCH:
            raise PayloadError("payload.too_large", f"a request to resolve has at most {BATCH} items")
        queries = []
        for item in items:
            if "ref" in item:
                known = item.get("known")
                if known is not None and type(known) is not int:
                    raise TypeError
                queries.append(Query(normalize_ref(item["ref"]), (), known))
            else:
                paths = item["gs1"]
                paths = [paths] if isinstance(paths, str) else paths
                if not isinstance(paths, list) or not 0 < len(paths) <= LEVELS or not all(map(_is_path, paths)):
                    raise TypeError
                queries.append(Query("", tuple(paths)))
        at = request.get("at")
        if at is not None and not isinstance(at, str) and (type(at) is not int or not 0 < at < 2**31):
            raise TypeError
        return queries, moment(micros(at)) if isinstance(at, str) else at
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PayloadError("payload.format", "a request to resolve has items, each with ref or gs1") from None


def write_answers(answers: Sequence[Answer], budget: int = BATCH_BYTES) -> bytes:
    """The answer to a request. Bodies go in as they are stored; what exceeds the budget is deferred."""
    parts: list[bytes] = []
    used = 0
    for answer in answers:
        if isinstance(answer, Unchanged):
            part = b'{"unchanged":%d}' % answer.version
        elif isinstance(answer, RecordError):
            part = json.dumps({"error": problem(answer)}).encode()
        else:
            part = b'{"records":[' + b",".join(map(_write_record, answer)) + b"]}"
            if used + len(part) > budget and parts:
                part = b'{"error":{"code":"resolve.deferred"}}'
        used += len(part)
        parts.append(part)
    return b'{"items":[' + b",".join(parts) + b"]}"


def read_answers(content: bytes, queries: Sequence[Query]) -> list[Answer]:
    """The answers of a response, checked. Raises `resolve.unavailable` where it is none."""
    try:
        items = json.loads(content)["items"]
        if len(items) != len(queries):
            raise ValueError
        size = len(content) // (len(items) or 1)
        return [_read_answer(item, query, size) for item, query in zip(items, queries, strict=True)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, PayloadError):
        raise ResolveError("resolve.unavailable", "the authority's answer is none") from None


def problem(error: RecordError) -> dict[str, Any]:
    """An error as JSON."""
    out: dict[str, Any] = {"code": error.code, "detail": error.detail}
    if isinstance(error, AuthError) and error.ref:
        out["ref"] = error.ref
    return out if error.retry_after is None else out | {"retry_after": round(error.retry_after, 3)}


def read_problem(found: Any) -> RecordError:
    """The error of such JSON, or of a problem document (RFC 9457)."""
    code, detail, wait = found.get("code"), found.get("detail"), found.get("retry_after")
    error = error_for(
        code if isinstance(code, str) else "",
        detail[:500] if isinstance(detail, str) else "",
        retry_after=wait if isinstance(wait, (int, float)) else None,
    )
    if isinstance(error, AuthError) and isinstance(ref := found.get("ref"), str):
        with contextlib.suppress(PayloadError):
            error.ref = normalize_ref(ref)
    return error


def write_claim(claim: Claim) -> tuple[dict[str, str], bytes]:
    """The headers of a claim that no other request has, and its content."""
    headers = {"Idempotency-Key": json.dumps(claim.key)}
    if claim.token is not None:
        headers["Authorization"] = "Claim " + base64url.encode(claim.token)
    claimant = {} if claim.claimant is None else {"claimant": claim.claimant}
    return headers, json.dumps({"qty": claim.qty} | claimant).encode()


def write_receipt(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON."""
    voided = receipt.voided_at
    return receipt._asdict() | {"at": receipt.at.isoformat(), "voided_at": voided and voided.isoformat()}


def read_receipt(content: bytes) -> Receipt:
    """The receipt of a response. Raises `resolve.unavailable` where it is none."""
    from .store.rows import Receipt

    try:
        found = json.loads(content)
        at, voided = datetime.fromisoformat(found["at"]), found.get("voided_at")
        return Receipt(
            str(found["id"]), normalize_ref(found["ref"]), int(found["ordinal"]), int(found["qty"]),
            found.get("claimant"), found.get("reveal"), at, voided and datetime.fromisoformat(voided),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, PayloadError):
        raise ResolveError("resolve.unavailable", "the authority's receipt is none") from None


def write_created(created: Created) -> dict[str, Any]:
    """A new record as JSON."""
    aliases = [{"label": label, "ref": as_code_ref(url).ref} for label, url in created.aliases]
    return {"ref": created.ref, "version": created.version, "url": created.url, "aliases": aliases}


def write_stored(stored: Stored) -> dict[str, Any]:
    """A record as its writer sees it."""
    times = {"not_before": moment(stored.not_before), "not_after": moment(stored.not_after)}
    return {
        "ref": stored.text,
        "version": stored.version,
        "label": stored.label,
        "tenant": stored.tenant,
        "state": state_name(stored.state),
        **{name: when and when.isoformat() for name, when in times.items()},
        "cache_s": stored.cache_s,
        "body": None if stored.body is None else json.loads(stored.body),
    }


def write_version(version: Version) -> dict[str, Any]:
    """An entry of a record's history as JSON."""
    return {
        "version": version.version,
        "author": version.author,
        "at": version.at.isoformat(),
        "body": None if version.body is None else json.loads(version.body),
        "sha256": version.sha256 and version.sha256.hex(),
    }


def state_name(state: int) -> str:
    """`live`, `limited`, `retired` or `erased`."""
    return ("live", "limited", "retired", "erased")[state]


def write_scans(scans: Sequence[Scan]) -> bytes:
    """A report of scans."""
    entries = [{"ref": ref, "rel": rel, "at": when.isoformat(), "n": n} for ref, rel, when, n in scans]
    return json.dumps({"scans": entries}, separators=(",", ":")).encode()


def read_scans(content: bytes) -> list[Scan]:
    """The scans of a report. Raises `payload.format`."""
    try:
        entries = json.loads(content)["scans"]
        if not isinstance(entries, list):
            raise TypeError
        if len(entries) > BATCH:
            raise PayloadError("payload.too_large", f"a report has at most {BATCH} scans")
        scans = []
        for entry in entries:
            if not isinstance(entry["at"], str):
                raise TypeError
            when = moment(micros(entry["at"]))
            if when is None or type(entry["n"]) is not int or not isinstance(entry["rel"], str):
                raise TypeError
            scans.append((normalize_ref(entry["ref"]), entry["rel"], when, entry["n"]))
        return scans
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PayloadError("payload.format", "a report has scans, each with ref, rel, at and n") from None


def _is_path(path: object) -> bool:
    return isinstance(path, str) and len(path) < 256 and path.isprintable()


def _write_record(fetched: Fetched) -> bytes:
    head: dict[str, Any] = {}
    if fetched.label:
        head["label"] = fetched.label
    if fetched.path:
        head["path"] = fetched.path
    if fetched.cache_s is not None:
        head["cache_s"] = fetched.cache_s
    if fetched.limited:
        head["limited"] = True
    body = fetched.body if isinstance(fetched.body, bytes) else json.dumps(fetched.body).encode()
    more = json.dumps(head, separators=(",", ":"))[1:-1].encode() + b"," if head else b""
    return b'{"ref":"%b","version":%d,%b"body":%b}' % (fetched.ref.encode(), fetched.version, more, body)


def _read_answer(item: Mapping[str, Any], query: Query, size: int) -> Answer:
    if "records" in item:
        return tuple(_read_record(record, query, size) for record in item["records"]) or ResolveError(
            "resolve.not_found"
        )
    if "unchanged" in item:
        if query.known is None or item["unchanged"] != query.known:
            raise ValueError
        return Unchanged(query.known)
    return read_problem(item["error"])


def _read_record(record: Mapping[str, Any], query: Query, size: int) -> Fetched:
    version, body, cache = record["version"], record["body"], record.get("cache_s")
    label, path = record.get("label", ""), record.get("path", "")
    if type(version) is not int or version < 1 or not isinstance(body, dict) or not isinstance(label, str):
        raise ValueError
    if cache is not None and (type(cache) is not int or cache < 0):
        raise ValueError
    if path != "" and path not in query.paths:
        raise ValueError
    ref = record["ref"] if record["ref"] == query.ref else normalize_ref(record["ref"])
    return Fetched(ref, version, body, label, path, cache, record.get("limited") is True, size)
