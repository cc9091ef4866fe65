"""Reading: by reference, by GS1 path, as it is or as it was. One statement for a thousand, and no objects per row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .._extra import needs
from ..errors import ResolveError
from ..wire import LEVELS
from . import schema
from .rows import Scope, Stored, Version, at

with needs():
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

__all__ = ["CHUNK", "get_many", "history", "locate", "own_refs", "record_row", "records"]

CHUNK = 1000
"""References a statement. A longer list is read in several."""

_COLUMNS = "r.ref, {label}, r.tenant, r.state, {version}, {body}, r.not_before, r.not_after, r.cache_s"
_RECORDS = "SELECT r.ref, NULL, {columns} FROM record r{join} WHERE r.authority = {mark} AND r.ref {in_refs}"
_ALIASES = (
    "SELECT a.ref, NULL, {columns} FROM alias a JOIN record r ON r.authority = a.authority AND r.ref = a.record{join}"
    " WHERE a.authority = {mark} AND a.ref {in_refs}"
)
_PATHS = (
    "SELECT g.record, g.path, {columns} FROM gs1_key g"
    " JOIN record r ON r.authority = g.authority AND r.ref = g.record{join}"
    " WHERE g.authority = {mark} AND g.path {in_paths}"
)
_VERSION = " JOIN version v ON v.authority = r.authority AND v.ref = r.ref AND v.ver = "
_AS_OF = "(SELECT max(w.ver) FROM version w WHERE w.authority = r.authority AND w.ref = r.ref AND w.at <= {mark})"


def get_many(
    connection: Connection,
    scope: Scope,
    refs: Sequence[bytes],
    paths: Sequence[str] = (),
    when: tuple[str, int] | None = None,
) -> dict[bytes | str, Stored]:
    """What is found for references and GS1 paths, by what was asked for.

    `when` is `("version", n)` or `("at", microseconds)`; without it the head is read, which lies in the record's row.
    """
    found: dict[bytes | str, Stored] = {}
    unique_refs, unique_paths = list(dict.fromkeys(refs)), list(dict.fromkeys(paths))
    for chunk_refs, chunk_paths in _chunks(unique_refs, unique_paths):
        statement, values = _statement(connection.dialect.name == "sqlite", scope, chunk_refs, chunk_paths, when)
        rows = connection.exec_driver_sql(statement, tuple(values)).fetchall()
        make = Stored._make
        if chunk_paths:
            found.update([(path or ref, make((path or ref, *rest))) for ref, path, *rest in rows])
        else:
            found.update([(ref, make((ref, *rest))) for ref, _, *rest in rows])
    return found


def _chunks(refs: list[bytes], paths: list[str]) -> Iterator[tuple[list[bytes], list[str]]]:
    """Slices for one statement each: of a thousand references, and of the paths of a thousand GS1 keys."""
    step = CHUNK * LEVELS
    for i in range(max(-(-len(refs) // CHUNK), -(-len(paths) // step))):
        yield refs[i * CHUNK : (i + 1) * CHUNK], paths[i * step : (i + 1) * step]


def _statement(
    sqlite: bool, scope: Scope, refs: list[bytes], paths: list[str], when: tuple[str, int] | None
) -> tuple[str, list[Any]]:
    mark = "?" if sqlite else "%s"
    join, moment = "", []
    if when is not None:
        join = _VERSION + (mark if when[0] == "version" else _AS_OF.format(mark=mark))
        moment = [when[1]]
    tenant = "" if scope.tenant is None else f" AND r.tenant = {mark}"
    arms, values = [], []
    for template, wanted in ((_RECORDS, refs), (_ALIASES, refs), (_PATHS, paths)):
        if not wanted:
            continue
        within = f"IN ({','.join([mark] * len(wanted))})" if sqlite else f"= ANY({mark})"
        columns = _COLUMNS.format(
            label="a.label" if template is _ALIASES else "''",
            version="r.head" if when is None else "v.ver",
            body="r.head_body" if when is None else "v.body",
        )
        arms.append(template.format(columns=columns, join=join, mark=mark, in_refs=within, in_paths=within) + tenant)
        values += [*moment, scope.authority, *(wanted if sqlite else [wanted])]
        values += [] if scope.tenant is None else [scope.tenant]
    return " UNION ALL ".join(arms), values


def records(connection: Connection, scope: Scope, after: bytes, limit: int) -> list[Stored]:
    """The records after reference `after`, in the order of their references."""
    table = schema.record
    statement = (
        sa.select(table.c.ref, table.c.ref, sa.literal(""), table.c.tenant, table.c.state, table.c.head,
                  table.c.head_body, table.c.not_before, table.c.not_after, table.c.cache_s)
        .where(table.c.authority == scope.authority, table.c.ref > after)
        .order_by(table.c.ref)
        .limit(limit)
    )  # fmt: skip
    if scope.tenant is not None:
        statement = statement.where(table.c.tenant == scope.tenant)
    return [Stored._make(row) for row in connection.execute(statement)]


def aliases(connection: Connection, scope: Scope, ref: bytes) -> list[tuple[str, bytes]]:
    """The further printed references of a record with their labels, in the order of the labels."""
    table = schema.alias
    record = locate(connection, scope, ref).ref
    statement = (
        sa.select(table.c.label, table.c.ref)
        .where(table.c.authority == scope.authority, table.c.record == record)
        .order_by(table.c.label, table.c.ref)
    )
    return [(label, printed) for label, printed in connection.execute(statement)]


def locate(connection: Connection, scope: Scope, ref: bytes) -> Stored:
    """The record of a printed reference. Another tenant's is not found, like one that does not exist."""
    found = get_many(connection, scope, [ref])
    if ref not in found:
        raise ResolveError("resolve.not_found", "no such record")
    return found[ref]


def record_row(table: sa.Table, scope: Scope, ref: bytes) -> sa.ColumnElement[bool]:
    """The rows of a table that belong to a record."""
    return sa.and_(table.c.authority == scope.authority, table.c.ref == ref)


def own_refs(connection: Connection, scope: Scope, refs: Sequence[bytes]) -> dict[bytes, tuple[bytes, bytes]]:
    """For each printed reference that is known: the record, and the alias or nothing."""
    found = get_many(connection, scope, refs)
    return {r: (row.ref, b"" if row.ref == r else r) for r, row in found.items() if isinstance(r, bytes)}


def history(connection: Connection, scope: Scope, ref: bytes, after: int, limit: int) -> list[Version]:
    """The versions of a record after version `after`, oldest first."""
    record = locate(connection, scope, ref).ref
    table = schema.version
    statement = (
        sa.select(table.c.ver, table.c.author, table.c.at, table.c.body, table.c.sha256)
        .where(record_row(table, scope, record), table.c.ver > after)
        .order_by(table.c.ver)
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    return [Version(ver, author, at(when), body, digest) for ver, author, when, body, digest in rows]
