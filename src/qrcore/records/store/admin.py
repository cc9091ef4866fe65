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
from ..model import FORBIDDEN_SCHEMES, LinkRules
from ..moments import moment
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
    "link_rules",
    "revoke_key",
    "tenants",
]

SCOPES = frozenset(("resolve", "read", "write", "claim", "scan", "decode", "admin"))
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,31}")
_TARGET = re.compile(r"\*|(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]")


def add_tenant(connection: Connection, name: str, rules: LinkRules, now: int) -> None:
    """Adds a tenant with the rules of its links. Of one that exists it changes those rules that are not empty."""
    if not _NAME.fullmatch(name):
        raise OptionError("the name of a tenant has lower-case letters, digits, dots, hyphens and underscores")
    if bad := [s for s in sorted(rules.schemes) if not _SCHEME.fullmatch(s) or s in FORBIDDEN_SCHEMES]:
        raise OptionError(f"no link may have the scheme {bad[0]!r}")
    if bad := [host for host in sorted(rules.targets) if not _TARGET.fullmatch(host)]:
        raise OptionError(f"a target is a host in lower case, *.host or *: {bad[0]!r}")
    extra = {"schemes": " ".join(sorted(rules.schemes)), "targets": " ".join(sorted(rules.targets))}
    table = schema.tenant
    if connection.execute(sa.select(table.c.name).where(table.c.name == name)).one_or_none():
        if changed := {column: value for column, value in extra.items() if value}:
            connection.execute(sa.update(table).where(table.c.name == name).values(changed))
        return
    secret = secrets.token_bytes(32)
    row = {"name": name, "secret": secret, "seq": 0, "created_at": now, **extra}
    connection.execute(sa.insert(table), row)


def tenants(connection: Connection) -> list[str]:
    """The names of all tenants."""
    table = schema.tenant
    return list(connection.execute(sa.select(table.c.name).order_by(table.c.name)).scalars())


def link_rules(connection: Connection, tenant: str) -> LinkRules:
    """What a tenant's links may be."""
    table = schema.tenant
    statement = sa.select(table.c.schemes, table.c.targets).where(table.c.name == tenant)
    found = connection.execute(statement).one_or_none() or ("", "")
    return LinkRules(*(frozenset(words.split()) for words in found))


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
