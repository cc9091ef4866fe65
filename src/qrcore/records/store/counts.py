"""Scan counts by place and hour. Aggregates only: no address, no user agent, nobody's path through a day.

Counts are added in batches. What a reporter had gathered and not yet sent is lost with it when it crashes, and so is
a batch whose commit was cut off, since counting it again might count it twice.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .._extra import needs
from ..errors import WriteError
from ..refs import write_ref
from . import schema
from .reads import locate, own_refs, record_row
from .rows import Count, Scope, at

with needs():
    import sqlalchemy as sa
    from sqlalchemy.dialects.postgresql import insert as insert_postgresql
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite
    from sqlalchemy.engine import Connection

__all__ = ["HOUR", "add_counts", "stats"]

HOUR = 3_600_000_000
"""In microseconds."""


def add_counts(connection: Connection, scope: Scope, counts: Iterable[tuple[bytes, str, int, int]], shards: int) -> int:
    """Adds (printed reference, relation, hour, n). Gives how many scans were of records that exist here."""
    wanted: Counter[tuple[bytes, str, int]] = Counter()
    for ref, rel, hour, n in counts:
        if n < 0 or n >= 2**40 or len(rel) > 255 or not rel.isprintable():
            raise WriteError("write.invalid", "a count is a number of scans, by a relation")
        wanted[ref, rel, hour] += n
    known = own_refs(connection, scope, [ref for ref, _, _ in wanted])
    shard = random.randrange(shards)
    rows: list[dict[str, Any]] = []
    for (ref, rel, hour), n in wanted.items():
        if ref in known and n:
            record, alias = known[ref]
            key = {"authority": scope.authority, "ref": record, "alias": alias, "rel": rel, "hour": hour}
            rows.append(key | {"shard": shard, "n": n})
    if rows:
        rows.sort(key=lambda row: (row["ref"], row["alias"], row["rel"], row["hour"]))  # one order: no deadlock
        table = schema.scan_count
        insert = insert_sqlite(table) if connection.dialect.name == "sqlite" else insert_postgresql(table)
        upsert = insert.on_conflict_do_update(
            index_elements=list(table.primary_key), set_={"n": table.c.n + insert.excluded.n}
        )
        connection.execute(upsert, rows)
    return sum(row["n"] for row in rows)


def stats(
    connection: Connection,
    scope: Scope,
    ref: bytes,
    since: int,
    until: int,
    after: tuple[int, bytes, str] | None,
    limit: int | None,
) -> list[Count]:
    """The counts of a record between two moments, by hour, printed reference and relation; `after` one of them."""
    record = locate(connection, scope, ref).ref
    table, alias = schema.scan_count, schema.alias
    label = sa.func.coalesce(alias.c.label, "")
    joined = table.outerjoin(alias, sa.and_(alias.c.authority == table.c.authority, alias.c.ref == table.c.alias))
    statement = (
        sa.select(label, table.c.alias, table.c.rel, table.c.hour, sa.func.sum(table.c.n))
        .select_from(joined)
        .where(record_row(table, scope, record), table.c.hour >= since // HOUR, table.c.hour < -(-until // HOUR))
        .group_by(label, table.c.alias, table.c.rel, table.c.hour)
        .order_by(table.c.hour, table.c.alias, table.c.rel)
        .limit(limit)
    )
    if after is not None:
        hour, printed, rel = after
        place = sa.tuple_(table.c.hour, table.c.alias, table.c.rel)
        statement = statement.where(place > sa.tuple_(hour, b"" if printed == record else printed, rel))
    return [
        Count(name, write_ref(printed or record), rel, at(hour * HOUR), int(n))
        for name, printed, rel, hour, n in connection.execute(statement)
    ]
