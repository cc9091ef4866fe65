"""Tenants, authorities and API keys. Of a key only its hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from typing import Any

from qrcore.errors import OptionError

from .._extra import needs
from ..errors import ResolveError, WriteError
from ..model import FORBIDDEN_SCHEMES, moment
from . import schema
from .rows import ApiKey, Authority

with needs():
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

__all__ = [
    "SCOPES",
    "add_authority",
    "add_tenant",
    "authorities",
    "check_key",
    "create_key",
    "keys",
    "revoke_key",
    "schemes",
    "tenants",
]

SCOPES = frozenset(("resolve", "read", "write", "claim", "scan", "decode", "admin"))
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,31}")


def add_tenant(connection: Connection, name: str, schemes: Iterable[str], now: int) -> None:
    """Adds a tenant, with the schemes that its links may have beside the usual ones. Existing is no error."""
    if not _NAME.fullmatch(name):
        raise OptionError("the name of a tenant has lower-case letters, digits, dots, hyphens and underscores")
    extra = sorted(set(schemes))
    if bad := [s for s in extra if not _SCHEME.fullmatch(s) or s in FORBIDDEN_SCHEMES]:
        raise OptionError(f"no link may have the scheme {bad[0]!r}")
    table = schema.tenant
    if connection.execute(sa.select(table.c.name).where(table.c.name == name)).one_or_none():
        if extra:
            connection.execute(sa.update(table).where(table.c.name == name).values(schemes=" ".join(extra)))
        return
    secret = secrets.token_bytes(32)
    row = {"name": name, "secret": secret, "seq": 0, "schemes": " ".join(extra), "created_at": now}
    connection.execute(sa.insert(table), row)


def tenants(connection: Connection) -> list[str]:
    """The names of all tenants."""
    table = schema.tenant
    return list(connection.execute(sa.select(table.c.name).order_by(table.c.name)).scalars())


def schemes(connection: Connection, tenant: str) -> tuple[str, ...]:
    """The schemes that a tenant's links may have beside the usual ones."""
    table = schema.tenant
    found = connection.execute(sa.select(table.c.schemes).where(table.c.name == tenant)).scalar_one_or_none()
    return tuple((found or "").split())


def add_authority(connection: Connection, name: str, tenant: str, settings: dict[str, Any] | None) -> None:
    """Adds a host under which records lie, or changes its settings. It stays the tenant's that had it."""
    table = schema.authority
    old = connection.execute(sa.select(table).where(table.c.name == name)).mappings().one_or_none()
    if old is None:
        row = {"name": name, "tenant": tenant, "settings": json.dumps(settings or {})}
        connection.execute(sa.insert(table), row)
    elif settings is not None:
        if old["tenant"] != tenant:
            raise WriteError("write.conflict", "the authority belongs to another tenant")
        connection.execute(sa.update(table).where(table.c.name == name).values(settings=json.dumps(settings)))


def authorities(connection: Connection) -> list[Authority]:
    """All hosts."""
    table = schema.authority
    rows = connection.execute(sa.select(table.c.name, table.c.tenant, table.c.settings).order_by(table.c.name))
    return [Authority(name, tenant, json.loads(settings)) for name, tenant, settings in rows]


def create_key(
    connection: Connection, token: str, label: str, scopes: Iterable[str], tenant: str, expiry: int | None, now: int
) -> ApiKey:
    """Keeps the hash of a new key."""
    wanted = sorted(set(scopes))
    if not wanted or not SCOPES.issuperset(wanted):
        raise OptionError(f"scopes are one or more of {', '.join(sorted(SCOPES))}")
    if tenant not in tenants(connection):
        raise ResolveError("resolve.not_found", "no such tenant")
    digest = hashlib.sha256(token.encode()).digest()
    row = {"hash": digest, "label": label, "scopes": " ".join(wanted), "tenant": tenant, "expiry": expiry}
    connection.execute(sa.insert(schema.api_key), row | {"created_at": now})
    return ApiKey(digest.hex()[:16], label, tuple(wanted), tenant, moment(expiry))


def check_key(connection: Connection, token: str, now: int) -> ApiKey | None:
    """The key of a token, unless it is unknown or has expired. Nothing is written."""
    table, digest = schema.api_key, hashlib.sha256(token.encode("utf-8", "replace")).digest()
    row = connection.execute(sa.select(table).where(table.c.hash == digest)).mappings().one_or_none()
    if row is None or not hmac.compare_digest(row["hash"], digest):
        return None
    return None if row["expiry"] is not None and row["expiry"] <= now else _key(row)


def keys(connection: Connection, tenant: str | None) -> list[ApiKey]:
    """The keys of a tenant, or of all."""
    table = schema.api_key
    statement = sa.select(table).order_by(table.c.created_at, table.c.hash)
    if tenant is not None:
        statement = statement.where(table.c.tenant == tenant)
    return [_key(row) for row in connection.execute(statement).mappings()]


def revoke_key(connection: Connection, id: str, tenant: str | None) -> None:
    """Forgets a key, named by its id."""
    table = schema.api_key
    found = [row for row in connection.execute(sa.select(table)).mappings() if row["hash"].hex()[:16] == id]
    if not found or (tenant is not None and found[0]["tenant"] != tenant):
        raise ResolveError("resolve.not_found", "no such key")
    connection.execute(sa.delete(table).where(table.c.hash == found[0]["hash"]))


def _key(row: sa.RowMapping) -> ApiKey:
    return ApiKey(
        row["hash"].hex()[:16], row["label"], tuple(row["scopes"].split()), row["tenant"], moment(row["expiry"])
    )
