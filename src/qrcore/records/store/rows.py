"""What a store gives back: plain tuples, quick to make by the thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from ..model import Body
from ..moments import moment
from ..refs import write_ref
from .schema import State

__all__ = [
    "ApiKey",
    "Authority",
    "Count",
    "Created",
    "Event",
    "QuotaState",
    "Receipt",
    "Scope",
    "Stored",
    "Version",
]


_LIMITED, _RETIRED = int(State.LIMITED), int(State.RETIRED)  # an enumeration's members are slow to look up


@dataclass(frozen=True, slots=True)
class Scope:
    """Who acts where. Without a tenant everything under the authority can be read, as the public can."""

    authority: str
    tenant: str | None = None
    author: str = ""
    api_key: str = "local"


class Stored(NamedTuple):
    """A record as a resolve finds it. `asked` is the printed reference, or the GS1 path, that led to it."""

    asked: bytes | str
    ref: bytes
    label: str
    tenant: str
    state: int
    version: int
    body: bytes | None
    not_before: int | None
    not_after: int | None
    cache_s: int | None

    @property
    def text(self) -> str:
        """The record's own reference."""
        return write_ref(self.ref)

    @property
    def is_gone(self) -> bool:
        """Whether it was retired."""
        return self.state >= _RETIRED

    @property
    def is_limited(self) -> bool:
        """Whether it has a quota, and so is never cached."""
        return self.state == _LIMITED

    def read_body(self) -> Body:
        """The body, parsed; empty where it was erased."""
        return Body() if self.body is None else Body.decode(self.body)


class Created(NamedTuple):
    """A new record: its reference, the text for its code, and the same of its aliases by label."""

    ref: str
    version: int
    url: str
    aliases: tuple[tuple[str, str], ...] = ()


class Version(NamedTuple):
    """One entry of a record's history. An erased one has lost its body and hash."""

    version: int
    author: str
    at: datetime
    body: bytes | None
    sha256: bytes | None

    def read_body(self) -> Body:
        """The body, parsed; empty where it was erased."""
        return Body() if self.body is None else Body.decode(self.body)


class Receipt(NamedTuple):
    """What a claim was granted. A retry with the same key gets the same receipt."""

    id: str
    ref: str
    ordinal: int
    qty: int
    claimant: str | None
    reveal: str | None
    at: datetime
    voided_at: datetime | None = None


class QuotaState(NamedTuple):
    """How much of a quota is used."""

    max: int | None
    used: int
    issued: int
    per_claimant: int | None
    window: int | None

    @property
    def left(self) -> int | None:
        """How many may still be claimed; None where there is no end."""
        return None if self.max is None else max(self.max - self.used, 0)


class Count(NamedTuple):
    """Scans of one printed reference, by relation, in the hour that began at `hour`."""

    label: str
    ref: str
    rel: str
    hour: datetime
    n: int


class Event(NamedTuple):
    """Something that happened. `seq` counts within the tenant and is the cursor of the feed."""

    seq: int
    kind: str
    authority: str
    ref: str
    at: datetime
    data: dict[str, Any]


class Authority(NamedTuple):
    """A host under which records lie."""

    name: str
    tenant: str
    settings: dict[str, Any]


class ApiKey(NamedTuple):
    """A key of a service's clients; `id` is the beginning of its hash. The key itself is nowhere."""

    id: str
    label: str
    scopes: tuple[str, ...]
    tenant: str
    expiry: datetime | None


def at(value: int) -> datetime:
    """A moment that is there."""
    found = moment(value)
    assert found is not None
    return found
