"""The shapes of requests and answers, as OpenAPI shows them. Small requests are checked by them; records by `model`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from .._extra import needs
from ..store.admin import SCOPES

with needs("server"):
    from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ClaimRequest",
    "Claims",
    "Counted",
    "Created",
    "CreatedMany",
    "Decoded",
    "Events",
    "KeyRequest",
    "Keys",
    "NewKey",
    "Problem",
    "Receipt",
    "Record",
    "Records",
    "ResolveRequest",
    "Resolved",
    "ScansRequest",
    "Session",
    "SessionRequest",
    "Stats",
    "TenantRequest",
    "Tenants",
    "Versions",
    "Written",
]  # fmt: skip

Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=255)]
"""A text without control characters."""
REF_PATTERN = r"^[0-9A-TV-Za-tv-z]{16}$"
Ref = Annotated[str, Field(pattern=REF_PATTERN)]
TenantName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Small = Annotated[int, Field(ge=1, lt=2**31)]
Moment = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2})$")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    retry_after: float | None = None
    ref: str = ""


class Created(BaseModel):
    """A new record."""

    ref: Ref
    version: int
    url: str
    aliases: list[dict[str, str]]


class CreatedMany(BaseModel):
    """New records, in the order of the request."""

    records: list[Created]


class Written(BaseModel):
    """The version that was written."""

    version: int


class Quota(BaseModel):
    """How much of a quota is used."""

    max: int | None
    used: int
    issued: int
    per_claimant: int | None
    window: int | None
    left: int | None


class Record(BaseModel):
    """A record as its writer sees it."""

    ref: Ref
    version: int
    label: str
    tenant: str
    state: Literal["live", "limited", "retired", "erased"]
    not_before: str | None
    not_after: str | None
    cache_s: int | None
    body: dict[str, Any] | None
    quota: Quota | None = None
    aliases: list[dict[str, str]] | None = None


class Records(BaseModel):
    """A page of records; `next` goes into `after`."""

    records: list[Record]
    next: str | None


class Version(BaseModel):
    """An entry of a record's history."""

    version: int
    author: str
    at: str
    body: dict[str, Any] | None
    sha256: str | None


class Versions(BaseModel):
    """A page of versions."""

    versions: list[Version]
    next: int | None


class Count(BaseModel):
    """Scans of one printed reference, by relation, in one hour."""

    label: str
    ref: Ref
    rel: str
    hour: str
    n: int


class Stats(BaseModel):
    """A page of counts."""

    counts: list[Count]
    next: str | None


class ClaimRequest(_Request):
    """How many, and for whom."""

    claimant: Line | None = None
    qty: Small = 1


class Receipt(BaseModel):
    """What a claim was granted."""

    id: str
    ref: Ref
    ordinal: int
    qty: int
    claimant: str | None
    reveal: str | None
    at: str
    voided_at: str | None


class Claims(BaseModel):
    """A page of claims, and the quota as it is now."""

    claims: list[Receipt]
    quota: Quota | None
    next: int | None


class Counted(BaseModel):
    """How many scans were of records that exist."""

    counted: int


class Event(BaseModel):
    """Something that happened."""

    seq: int
    kind: str
    authority: str
    ref: Ref
    at: str
    data: dict[str, Any]


class Events(BaseModel):
    """Events in their order; `next` goes into `after`."""

    events: list[Event]
    next: int


class _ByRef(BaseModel):
    ref: Ref
    known: int | None = None


class _ByPath(BaseModel):
    gs1: (
        Annotated[str, Field(max_length=255, min_length=1)]
        | Annotated[list[Annotated[str, Field(max_length=255)]], Field(min_length=1, max_length=8)]
    )


class ResolveRequest(BaseModel):
    """Up to 1000 references and GS1 keys."""

    items: Annotated[list[_ByRef | _ByPath], Field(max_length=1000)]
    at: Annotated[int, Field(ge=1, lt=2**31)] | Moment | None = None


class Resolved(BaseModel):
    """The answers, one an item, in their order: `records`, `unchanged` or `error`."""

    items: list[dict[str, Any]]


class _Scan(BaseModel):
    ref: Ref
    rel: Line
    at: Moment
    n: Annotated[int, Field(ge=0, lt=2**40)]


class ScansRequest(BaseModel):
    """Scans to count."""

    scans: Annotated[list[_Scan], Field(max_length=1000)]


class Decoded(BaseModel):
    """What a picture holds. `record` is what an own or trusted authority says about a code that refers to one."""

    width: int
    height: int
    symbols: list[dict[str, Any]]
    notice: str


class TenantRequest(_Request):
    """A tenant to be, its hosts, the schemes that its links may have beside the usual ones, the hosts they lead to."""

    name: TenantName
    hosts: Annotated[list[Annotated[str, Field(max_length=255)]], Field(max_length=100)] = []
    schemes: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=100)] = []
    targets: Annotated[list[Annotated[str, Field(max_length=255)]], Field(max_length=1000)] = []


class Tenant(BaseModel):
    """A tenant and its hosts."""

    name: str
    hosts: list[str]


class Tenants(BaseModel):
    """Tenants that the caller may see."""

    tenants: list[Tenant]


class KeyRequest(_Request):
    """A key to be; `days` until it expires."""

    label: Line
    scopes: Annotated[list[Literal[tuple(sorted(SCOPES))]], Field(min_length=1, max_length=16)]  # type: ignore[valid-type]
    tenant: TenantName | None = None
    days: Annotated[float, Field(gt=0, le=36500, allow_inf_nan=False)] | None = None


class Key(BaseModel):
    """What is kept of a key: `id` is the beginning of its hash."""

    id: str
    label: str
    scopes: list[str]
    tenant: str
    expiry: str | None


class NewKey(Key):
    """A new key, which is shown this once."""

    key: str


class Keys(BaseModel):
    """The keys that the caller may see."""

    keys: list[Key]


class SessionRequest(_Request):
    """A one-time login token, or an API key."""

    login: Annotated[str, Field(max_length=256)] | None = None
    key: Annotated[str, Field(max_length=256)] | None = None


class Session(BaseModel):
    """Who is logged in."""

    tenant: str
    scopes: list[str]
    label: str
    authority: str | None
    authorities: list[str]
    rules: dict[str, list[str]]


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model in one piece, for a place of an OpenAPI document where the framework does not look."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            name = node.get("$ref", "").removeprefix("#/$defs/")
            return fill(parts[name]) if name else {key: fill(value) for key, value in node.items()}
        return [fill(value) for value in node] if isinstance(node, list) else node

    filled: dict[str, Any] = fill(schema)
    return filled
