"""Small things that several endpoints read and write the same way: versions, pages, the errors that they document."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from .._extra import needs
from ..errors import PayloadError, WriteError
from .problems import MEDIA_TYPE
from .schemas import REF_PATTERN, Problem, inlined

with needs("server"):
    from fastapi import Header, Path, Query

__all__ = [
    "After",
    "IdempotencyKey",
    "IfMatch",
    "Limit",
    "RefPath",
    "etag",
    "idempotency_key",
    "problems",
    "version_of",
]

_VERSION = re.compile(r'"v([0-9]{1,9})"')

RefPath = Annotated[str, Path(pattern=REF_PATTERN, description="A printed reference")]
After = Annotated[int, Query(ge=0, lt=2**53, description="What the last page gave as `next`")]
Limit = Annotated[int, Query(ge=1, le=1000)]
IdempotencyKey = Annotated[
    str, Header(alias="Idempotency-Key", description='A structured string, `"8e03978e"`: the same in each retry')
]
IfMatch = Annotated[str, Header(alias="If-Match", description='The version that is replaced, `"v7"`')]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an operation, and those that any may have."""
    everywhere = (400, 401, 403, 404, 408, 413, 422, 429, 503)
    content = {MEDIA_TYPE: {"schema": inlined(Problem)}}
    return {status: {"description": "A problem", "content": content} for status in sorted({*everywhere, *statuses})}


def etag(version: int) -> str:
    """The tag of a version."""
    return f'"v{version}"'


def version_of(if_match: str, *, any_version: bool = False) -> int | None:
    """The version that a write names; None for `*`, where that is admitted."""
    if not if_match:
        raise WriteError("write.precondition_required", 'say which version is replaced: If-Match: "v7"')
    match = _VERSION.fullmatch(if_match.strip())
    if match:
        return int(match[1])
    if if_match.strip() == "*" and any_version:
        return None
    raise WriteError("write.precondition", "no such version")


def idempotency_key(header: str) -> str:
    """The key of a retry, a structured string or a bare word."""
    text = header.strip()
    if text.startswith('"'):
        try:
            text = json.loads(text)
        except ValueError:
            raise PayloadError("payload.format", "Idempotency-Key is a structured string") from None
    if len(text) > 255 or any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in text):
        raise PayloadError("payload.format", "Idempotency-Key has at most 255 characters, none of them a control")
    return text
