"""The feed of what happened, one a tenant, read by cursor.

The sequence is a counter in the tenant's row, raised in the same transaction as the last thing before its commit: a
reader that has seen number n has seen all before it, which a database sequence would not promise.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from .._extra import needs
from ..refs import write_ref
from . import schema
from .rows import Event, Scope, at

with needs():
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

__all__ = ["Happening", "emit", "events"]


class Happening(NamedTuple):
    """An event to be."""

    kind: str
    scope: Scope
    ref: bytes
    at: int
    data: dict[str, Any]


def emit(connection: Connection, tenant: str, happenings: Sequence[Happening]) -> None:
    """Appends events. Call it last: from here on the tenant's other writers wait for the commit."""
    counter = schema.tenant
    statement = (
        sa.update(counter)
        .where(counter.c.name == tenant)
        .values(seq=counter.c.seq + len(happenings))
        .returning(counter.c.seq)
    )
    first = connection.execute(statement).scalar_one() - len(happenings) + 1
    rows = [
        {
            "tenant": tenant,
            "seq": first + i,
            "kind": happening.kind,
            "authority": happening.scope.authority,
            "ref": happening.ref,
            "at": happening.at,
            "data": json.dumps(happening.data, separators=(",", ":")),
        }
        for i, happening in enumerate(happenings)
    ]
    connection.execute(sa.insert(schema.event), rows)


def events(connection: Connection, tenant: str, after: int, limit: int) -> list[Event]:
    """The events after number `after`, oldest first."""
    table = schema.event
    statement = (
        sa.select(table.c.seq, table.c.kind, table.c.authority, table.c.ref, table.c.at, table.c.data)
        .where(table.c.tenant == tenant, table.c.seq > after)
        .order_by(table.c.seq)
        .limit(limit)
    )
    return [
        Event(seq, kind, authority, write_ref(ref), at(when), json.loads(data))
        for seq, kind, authority, ref, when, data in connection.execute(statement)
    ]
