"""Writing: create, replace, roll back, retire. A version is appended and the head moves; nothing is overwritten.

Two writers who saw the same version: `UPDATE .. SET head = head + 1 WHERE .. AND head = ?` lets one of them win. If
the connection breaks on the way of a commit, the same function runs again and recognises its own work by the version,
the hash and the microsecond.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._extra import needs
from ..envelope import Envelope, Quota
from ..errors import AuthError, ResolveError, WriteError
from ..model import Body
from ..refs import code_url, ref_bytes, write_ref
from . import schema
from .events import Happening, emit
from .reads import get_many, locate, record_row
from .rows import Created, Scope, Stored
from .schema import State

with needs():
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

__all__ = ["Idempotency", "create_many", "put", "retire", "rollback"]


@dataclass
class _Rows:
    """Rows to insert, by table."""

    record: list[dict[str, Any]] = field(default_factory=list)
    version: list[dict[str, Any]] = field(default_factory=list)
    alias: list[dict[str, Any]] = field(default_factory=list)
    gs1_key: list[dict[str, Any]] = field(default_factory=list)
    quota: list[dict[str, Any]] = field(default_factory=list)
    reveal: list[dict[str, Any]] = field(default_factory=list)

    def insert(self, connection: Connection) -> None:
        for name, rows in vars(self).items():
            if rows:
                connection.execute(sa.insert(schema.metadata.tables[name]), rows)


def create_many(
    connection: Connection, scope: Scope, envelopes: Sequence[Envelope], idem: Idempotency, now: int
) -> list[Created]:
    """Creates records, all or none. References that nobody gave follow from the idempotency key, so a retry finds the
    records of the first attempt instead of making new ones."""
    tenant = _tenant(scope)
    secret = connection.execute(
        sa.select(schema.tenant.c.secret).where(schema.tenant.c.name == tenant)
    ).scalar_one_or_none()
    if secret is None:
        raise AuthError("auth.scope", "no such tenant")
    draw = _Drawer(secret, scope.api_key, idem.key)
    rows, out = _Rows(), []
    for i, envelope in enumerate(envelopes):
        ref = draw.ref(i, "") if envelope.ref is None else ref_bytes(envelope.ref)
        body = envelope.body.encode()
        given = {"authority": scope.authority, "ref": ref}
        quota = envelope.quota if isinstance(envelope.quota, Quota) else None
        rows.record.append(
            given
            | {
                "tenant": tenant,
                "state": State.LIVE if quota is None else State.LIMITED,
                "head": 1,
                "head_body": body,
                "not_before": _set(envelope.not_before),
                "not_after": _set(envelope.not_after),
                "cache_s": _set(envelope.cache_s),
                "created_at": now,
            }
        )
        digest = hashlib.sha256(body).digest()
        rows.version.append(given | {"ver": 1, "author": scope.author, "at": now, "body": body, "sha256": digest})
        if quota is not None:
            rows.quota.append(given | _quota_values(quota) | {"used": 0, "issued": 0})
            rows.reveal += [given | {"ordinal": n, "entry": e} for n, e in enumerate(quota.reveal, 1)]
        aliases = []
        for j, alias in enumerate(_set(envelope.aliases) or ()):
            alias_ref = draw.ref(i, str(j)) if alias.ref is None else ref_bytes(alias.ref)
            rows.alias.append({"authority": scope.authority, "ref": alias_ref, "record": ref, "label": alias.label})
            aliases.append((alias.label, code_url(scope.authority, write_ref(alias_ref))))
        for path in _set(envelope.gs1) or ():
            rows.gs1_key.append({"authority": scope.authority, "path": path, "record": ref})
        out.append(Created(write_ref(ref), 1, code_url(scope.authority, write_ref(ref)), tuple(aliases)))
    if _done_before(connection, scope, rows, idem):
        return out
    _may_write_gs1(connection, scope, [row["path"] for row in rows.gs1_key])
    rows.insert(connection)
    emit(connection, tenant, [Happening("created", scope, row["ref"], now, {"version": 1}) for row in rows.record])
    return out


def put(
    connection: Connection, scope: Scope, ref: bytes, envelope: Envelope, if_version: int, now: int
) -> tuple[bytes, int]:
    """Replaces version `if_version` of a record. Gives its reference and the new version."""
    body = envelope.body.encode()
    digest = hashlib.sha256(body).digest()
    before = locate(connection, scope, ref)
    table, version = schema.record, schema.version
    values: dict[str, Any] = {"head": table.c.head + 1, "head_body": body}
    for name in ("not_before", "not_after", "cache_s"):
        if getattr(envelope, name) is not _UNSET:
            values[name] = getattr(envelope, name)
    if envelope.quota is not _UNSET:
        values["state"] = State.LIVE if envelope.quota is None else State.LIMITED
    statement = (
        sa.update(table)
        .where(record_row(table, scope, before.ref), table.c.head == if_version, table.c.state < State.RETIRED)
        .values(values)
    )
    if connection.execute(statement).rowcount == 0:
        if _is_ours(connection, scope, before.ref, if_version + 1, digest, now):
            return before.ref, if_version + 1
        raise _why_not(connection, scope, before.ref, if_version)
    if envelope.body.sealed is not None and _was_there(connection, scope, before.ref, digest):
        raise WriteError("write.sealed_rollback", "a sealed body opens only under its own version: seal it again")
    row = {"authority": scope.authority, "ref": before.ref, "ver": if_version + 1, "author": scope.author, "at": now}
    connection.execute(sa.insert(version), row | {"body": body, "sha256": digest})
    _put_rest(connection, scope, before, envelope)
    data = {"version": if_version + 1}
    emit(connection, before.tenant, [Happening("updated", scope, before.ref, now, data)])
    return before.ref, if_version + 1


def rollback(connection: Connection, scope: Scope, ref: bytes, to: int, if_version: int, now: int) -> tuple[bytes, int]:
    """Writes the body of an older version anew. The server cannot do that for a sealed body."""
    old = get_many(connection, scope, [ref], when=("version", to)).get(ref)
    if old is None:
        raise ResolveError("resolve.not_found", "no such record or version")
    if old.body is None:
        raise ResolveError("resolve.gone", "that version was erased")
    body = Body.decode(old.body)
    if body.sealed is not None:
        raise WriteError("write.sealed_rollback", "a sealed body opens only under its own version: seal it again")
    return put(connection, scope, ref, Envelope(body), if_version, now)


def retire(connection: Connection, scope: Scope, ref: bytes, if_version: int | None, erase: bool, now: int) -> None:
    """Leaves a tombstone. `erase` also removes bodies, hashes, labels and claimants, and keeps the version numbers."""
    before = locate(connection, scope, ref)
    record = before.ref
    # A claim holds the row of the quota while it looks whether the record is live; so does this.
    connection.execute(
        sa.update(schema.quota).where(record_row(schema.quota, scope, record)).values(used=schema.quota.c.used)
    )
    state = State.ERASED if erase or before.state == State.ERASED else State.RETIRED
    statement = sa.update(schema.record).where(record_row(schema.record, scope, record))
    if if_version is not None:
        statement = statement.where(schema.record.c.head == if_version)
    values: dict[str, Any] = {"state": state} | ({"head_body": None} if erase else {})
    if connection.execute(statement.values(values)).rowcount == 0:
        raise _why_not(connection, scope, record, if_version or 0)
    connection.execute(
        sa.delete(schema.gs1_key).where(
            schema.gs1_key.c.authority == scope.authority, schema.gs1_key.c.record == record
        )
    )
    if erase:
        _erase(connection, scope, record)
    if state != before.state:
        data = {"version": before.version, "erased": erase}
        emit(connection, before.tenant, [Happening("retired", scope, record, now, data)])


def _erase(connection: Connection, scope: Scope, record: bytes) -> None:
    for table, values in (
        (schema.version, {"body": None, "sha256": None, "author": ""}),
        (schema.claim, {"claimant": None, "request_hash": None, "reveal": None}),
    ):
        connection.execute(sa.update(table).where(record_row(table, scope, record)).values(values))
    connection.execute(sa.delete(schema.reveal).where(record_row(schema.reveal, scope, record)))
    alias = schema.alias
    connection.execute(
        sa.update(alias).where(alias.c.authority == scope.authority, alias.c.record == record).values(label="")
    )


class Idempotency:
    """An idempotency key, or without one a key that holds for the attempts of a single call."""

    def __init__(self, key: str = "") -> None:
        self.given = bool(key)
        self.key = key or "\0" + secrets.token_hex(16)


class _Drawer:
    """References that only the holder of the tenant's secret can foresee."""

    def __init__(self, secret: bytes, api_key: str, idem: str) -> None:
        self._mac = hmac.new(secret, b"create\0" + json.dumps([api_key, idem]).encode(), hashlib.sha256)

    def ref(self, index: int, alias: str) -> bytes:
        mac = self._mac.copy()
        mac.update(f"{index}:{alias}".encode())
        return mac.digest()[:10]


def _done_before(connection: Connection, scope: Scope, rows: _Rows, idem: Idempotency) -> bool:
    """Whether these very records exist already: made by an earlier call with the same idempotency key, or by an
    earlier attempt of this call. Others under the same references are a conflict."""
    wanted = {row["ref"]: row for row in rows.version}
    aliases = {row["ref"] for row in rows.alias}
    if len(wanted) + len(aliases) != len(rows.version) + len(rows.alias) or aliases & wanted.keys():
        raise WriteError("write.invalid", "a reference is given twice")
    everyone = Scope(scope.authority)
    there = get_many(connection, everyone, [*wanted, *aliases])
    if not there:
        return False
    first = get_many(connection, everyone, list(wanted), when=("version", 1))
    for ref, row in wanted.items():
        old = first.get(ref)
        if old is None or old.ref != ref or old.tenant != scope.tenant:
            raise WriteError("write.conflict", "a reference is in use")
        if old.body is not None and old.body != row["body"]:
            raise WriteError(
                "write.idempotency_mismatch" if idem.given else "write.conflict", "there already, with another body"
            )
    if not idem.given:
        created = sa.select(schema.record.c.created_at).where(
            schema.record.c.authority == scope.authority, schema.record.c.ref == next(iter(wanted))
        )
        if connection.execute(created).scalar_one() != rows.version[0]["at"]:
            raise WriteError("write.conflict", "a reference is in use")
    return True


def _put_rest(connection: Connection, scope: Scope, before: Stored, envelope: Envelope) -> None:
    """The parts of an envelope that are not versioned."""
    given = {"authority": scope.authority, "ref": before.ref}
    quota = envelope.quota
    if quota is None:
        connection.execute(sa.delete(schema.reveal).where(record_row(schema.reveal, scope, before.ref)))
        connection.execute(sa.delete(schema.quota).where(record_row(schema.quota, scope, before.ref)))
    elif isinstance(quota, Quota):
        values = _quota_values(quota)
        update = sa.update(schema.quota).where(record_row(schema.quota, scope, before.ref)).values(values)
        if connection.execute(update).rowcount == 0:
            connection.execute(sa.insert(schema.quota), given | values | {"used": 0, "issued": 0})
        connection.execute(sa.delete(schema.reveal).where(record_row(schema.reveal, scope, before.ref)))
        if quota.reveal:
            rows = [given | {"ordinal": n, "entry": e} for n, e in enumerate(quota.reveal, 1)]
            connection.execute(sa.insert(schema.reveal), rows)
    if isinstance(envelope.aliases, tuple):
        _put_aliases(connection, scope, before.ref, envelope)
    if isinstance(envelope.gs1, tuple):
        _may_write_gs1(connection, scope, envelope.gs1, before.ref)
        table = schema.gs1_key
        connection.execute(sa.delete(table).where(table.c.authority == scope.authority, table.c.record == before.ref))
        if envelope.gs1:
            rows = [{"authority": scope.authority, "path": path, "record": before.ref} for path in envelope.gs1]
            connection.execute(sa.insert(table), rows)


def _put_aliases(connection: Connection, scope: Scope, record: bytes, envelope: Envelope) -> None:
    """Adds aliases or renames them. A printed reference is never taken away: it hangs on a wall."""
    assert isinstance(envelope.aliases, tuple)
    table = schema.alias
    for alias in envelope.aliases:
        if alias.ref is None:
            raise WriteError("write.invalid", "an alias of a record that exists is given with its ref")
        ref = ref_bytes(alias.ref)
        where = sa.and_(table.c.authority == scope.authority, table.c.ref == ref, table.c.record == record)
        if connection.execute(sa.update(table).where(where).values(label=alias.label)).rowcount == 0:
            if get_many(connection, Scope(scope.authority), [ref]):
                raise WriteError("write.conflict", "a reference is in use")
            row = {"authority": scope.authority, "ref": ref, "record": record, "label": alias.label}
            connection.execute(sa.insert(table), row)


def _may_write_gs1(connection: Connection, scope: Scope, paths: Iterable[str], mine: bytes = b"") -> None:
    """Only the tenant that owns a GTIN or its prefix writes at or below it.

    The authority's settings say whose a prefix is (`gs1_prefixes`, digits of a 14-digit GTIN or of another key); the
    longest that fits decides. Where none fits the key is the authority's own tenant's.
    """
    paths = list(paths)
    if not paths:
        return
    statement = sa.select(schema.authority).where(schema.authority.c.name == scope.authority)
    row = connection.execute(statement).mappings().one()
    prefixes: dict[str, str] = json.loads(row["settings"]).get("gs1_prefixes", {})
    for path in paths:
        key = path.split("/")[2]
        fitting = [prefix for prefix in prefixes if key.startswith(prefix)]
        owner = prefixes[max(fitting, key=len)] if fitting else row["tenant"]
        if owner != scope.tenant:
            raise AuthError("auth.scope", "the GS1 key belongs to another tenant")
    taken = sa.select(schema.gs1_key.c.path, schema.gs1_key.c.record).where(
        schema.gs1_key.c.authority == scope.authority, schema.gs1_key.c.path.in_(paths)
    )
    records = [record for _, record in connection.execute(taken) if record != mine]
    others = get_many(connection, Scope(scope.authority), records)
    if any(other.tenant != scope.tenant for other in others.values()):
        raise AuthError("auth.scope", "the GS1 key belongs to another tenant")
    if others:
        raise WriteError("write.conflict", "another record lies under that GS1 key")


def _is_ours(connection: Connection, scope: Scope, ref: bytes, ver: int, digest: bytes, now: int) -> bool:
    """Whether an earlier attempt of this very call wrote that version."""
    table = schema.version
    statement = sa.select(table.c.sha256, table.c.at, table.c.author).where(
        record_row(table, scope, ref), table.c.ver == ver
    )
    row = connection.execute(statement).one_or_none()
    return row is not None and tuple(row) == (digest, now, scope.author)


def _was_there(connection: Connection, scope: Scope, ref: bytes, digest: bytes) -> bool:
    table = schema.version
    statement = sa.select(table.c.ver).where(record_row(table, scope, ref), table.c.sha256 == digest).limit(1)
    return connection.execute(statement).one_or_none() is not None


def _why_not(connection: Connection, scope: Scope, ref: bytes, if_version: int) -> Exception:
    now = locate(connection, scope, ref)
    if now.is_gone:
        return ResolveError("resolve.gone", "the record was retired")
    return WriteError("write.precondition", f"the record is at version {now.version}, not {if_version}")


def _quota_values(quota: Quota) -> dict[str, Any]:
    return {
        "max": quota.max,
        "per_claimant": quota.per_claimant,
        "window": quota.window,
        "token": quota.token,
    }


def _tenant(scope: Scope) -> str:
    if scope.tenant is None:
        raise AuthError("auth.scope", "writing needs a tenant")
    return scope.tenant


_UNSET = Envelope(Body()).gs1


def _set(value: Any) -> Any:
    """What an envelope says, None where it says nothing."""
    return None if value is _UNSET else value
