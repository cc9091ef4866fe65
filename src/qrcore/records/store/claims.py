"""Claims: N of M, per claimant, by one atomic conditional update, idempotent.

The idempotency key is looked up before anything else, so a retry always gets its receipt. Then the row of the quota
is updated where enough is left; it stays locked until the commit, so whatever is checked after it is checked by one
claim of that record at a time. Reading first and writing then has granted 65 of 50 in a measurement.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any

from .._extra import needs
from ..errors import AuthError, ClaimError, ResolveError, WriteError
from ..moments import moment
from ..refs import write_ref
from . import schema
from .events import Happening, emit
from .reads import locate, record_row
from .rows import QuotaState, Receipt, Scope, Stored, at

with needs():
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

__all__ = ["claim", "claims", "quota_state", "void"]


def claim(
    connection: Connection,
    scope: Scope,
    ref: bytes,
    *,
    key: str,
    claimant: str | None,
    qty: int,
    token: bytes | None,
    now: int,
) -> Receipt:
    """Grants `qty` of a record's quota, or raises `ClaimError`. `token` is proof that the code's secret is held."""
    if not key or len(key) > 255:
        raise WriteError("write.invalid", "a claim needs an idempotency key of at most 255 characters")
    if not 1 <= qty < 2**31 or (claimant is not None and len(claimant) > 255):
        raise WriteError("write.invalid", "qty is at least 1, a claimant a text of at most 255 characters")
    identity = scope.api_key if token is None else "token:" + hashlib.sha256(token).hexdigest()
    asked = json.dumps([scope.authority, write_ref(ref), claimant, qty]).encode()
    request = hashlib.sha256(asked).digest()
    if receipt := _given_before(connection, scope, identity, key, request):
        return receipt

    found = locate(connection, scope, ref)
    record, quota = found.ref, schema.quota
    if token is not None:
        _check_token(connection, scope, found, token)
    granted = connection.execute(
        sa.update(quota)
        .where(record_row(quota, scope, record), sa.or_(quota.c.max.is_(None), quota.c.used + qty <= quota.c.max))
        .values(used=quota.c.used + qty, issued=quota.c.issued + qty)
        .returning(quota.c.issued, quota.c.per_claimant, quota.c.window)
    ).one_or_none()
    found = locate(connection, scope, ref)
    _check_open(found, now)
    if granted is None:
        raise ClaimError("claim.exhausted", "nothing is left")
    issued, per_claimant, window = granted
    if per_claimant is not None:
        _check_claimant(connection, scope, record, claimant, qty, per_claimant, window, now)
    revealed = _reveal(connection, scope, record, issued, qty)
    row: dict[str, Any] = {
        "id": write_ref(secrets.token_bytes(10)),
        "authority": scope.authority,
        "ref": record,
        "tenant": found.tenant,
        "api_key": identity,
        "idem_key": key,
        "request_hash": request,
        "claimant": claimant,
        "qty": qty,
        "ordinal": issued - qty + 1,
        "reveal": revealed,
        "at": now,
    }
    connection.execute(sa.insert(schema.claim), row)
    data = {"claim": row["id"], "ordinal": row["ordinal"], "qty": qty}
    emit(connection, found.tenant, [Happening("claimed", scope, record, now, data)])
    return Receipt(row["id"], write_ref(record), row["ordinal"], qty, claimant, revealed, at(now))


def void(connection: Connection, scope: Scope, id: str, restore: bool, now: int) -> Receipt:
    """Takes a claim back; with `restore` it may be claimed again. Voiding twice is voiding once."""
    table, quota = schema.claim, schema.quota
    mine = sa.and_(table.c.authority == scope.authority, table.c.id == id)
    if scope.tenant is not None:
        mine = sa.and_(mine, table.c.tenant == scope.tenant)
    update = sa.update(table).where(mine, table.c.voided_at.is_(None)).values(voided_at=now)
    changed = connection.execute(update).rowcount
    row = connection.execute(sa.select(table).where(mine)).mappings().one_or_none()
    if row is None:
        raise ResolveError("resolve.not_found", "no such claim")
    if changed:
        if restore:
            connection.execute(
                sa.update(quota).where(record_row(quota, scope, row["ref"])).values(used=quota.c.used - row["qty"])
            )
        data = {"claim": id, "restored": restore, "by": scope.author}
        emit(connection, row["tenant"], [Happening("voided", scope, row["ref"], now, data)])
    return _receipt(row)


def claims(connection: Connection, scope: Scope, ref: bytes, after: int, limit: int) -> list[Receipt]:
    """The claims of a record after ordinal `after`, in their order."""
    table = schema.claim
    record = locate(connection, scope, ref).ref
    statement = (
        sa.select(table)
        .where(record_row(table, scope, record), table.c.ordinal > after)
        .order_by(table.c.ordinal)
        .limit(limit)
    )
    return [_receipt(row) for row in connection.execute(statement).mappings()]


def quota_state(connection: Connection, scope: Scope, ref: bytes) -> QuotaState | None:
    """How much of a record's quota is used; None where it has none."""
    table = schema.quota
    record = locate(connection, scope, ref).ref
    columns = (table.c.max, table.c.used, table.c.issued, table.c.per_claimant, table.c.window)
    row = connection.execute(sa.select(*columns).where(record_row(table, scope, record))).one_or_none()
    return None if row is None else QuotaState(*row)


def _given_before(connection: Connection, scope: Scope, identity: str, key: str, request: bytes) -> Receipt | None:
    table = schema.claim
    statement = sa.select(table).where(table.c.api_key == identity, table.c.idem_key == key)
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        return None
    if row["request_hash"] not in (None, request):  # None: erased
        raise WriteError("write.idempotency_mismatch", "this key was used for another claim")
    return _receipt(row)


def _check_token(connection: Connection, scope: Scope, found: Stored, token: bytes) -> None:
    quota = schema.quota
    kept = connection.execute(sa.select(quota.c.token).where(record_row(quota, scope, found.ref))).scalar_one_or_none()
    if not hmac.compare_digest(kept or b"\0" * 32, hashlib.sha256(token).digest()):
        own = found.text if kept and found.asked != found.ref else ""  # for who derived it from an alias
        raise AuthError("auth.scope", "not the claim token of this record", ref=own)


def _check_open(found: Stored, now: int) -> None:
    if found.not_before is not None and now < found.not_before:
        wait = (found.not_before - now) / 1e6
        raise ClaimError("claim.window", "it has not begun", retry_after=wait)
    if not found.is_limited or (found.not_after is not None and now >= found.not_after):
        raise ClaimError("claim.closed", "nothing can be claimed here, or no longer")


def _check_claimant(
    connection: Connection,
    scope: Scope,
    record: bytes,
    claimant: str | None,
    qty: int,
    most: int,
    window: int | None,
    now: int,
) -> None:
    if claimant is None:
        raise ClaimError("claim.per_claimant", "this record counts by claimant: name one")
    table = schema.claim
    mine = sa.and_(record_row(table, scope, record), table.c.claimant == claimant, table.c.voided_at.is_(None))
    if window is not None:
        mine = sa.and_(mine, table.c.at > now - window * 1_000_000)
    had, oldest = connection.execute(sa.select(sa.func.sum(table.c.qty), sa.func.min(table.c.at)).where(mine)).one()
    if int(had or 0) + qty <= most:
        return
    if window is None or oldest is None:
        raise ClaimError("claim.per_claimant", f"a claimant gets {most}")
    wait = (oldest + window * 1_000_000 - now) / 1e6
    raise ClaimError("claim.window", f"a claimant gets {most} in {window} s", retry_after=wait)


def _reveal(connection: Connection, scope: Scope, record: bytes, issued: int, qty: int) -> str | None:
    table = schema.reveal
    statement = sa.select(table.c.entry).where(record_row(table, scope, record), table.c.ordinal == issued)
    entry: str | None = connection.execute(statement).scalar_one_or_none()
    if entry is not None and qty > 1:
        raise WriteError("write.invalid", "what reveals something is claimed one at a time")
    return entry


def _receipt(row: sa.RowMapping) -> Receipt:
    return Receipt(
        row["id"], write_ref(row["ref"]), row["ordinal"], row["qty"], row["claimant"], row["reveal"],
        at(row["at"]), moment(row["voided_at"]),
    )  # fmt: skip
