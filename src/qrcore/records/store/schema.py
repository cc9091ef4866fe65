"""The tables. Plain SQL types that SQLite, PostgreSQL and what speaks its protocol all have.

Moments are microseconds since 1970 in UTC; a record is named by (authority, ref) wherever it is meant. In SQLite the
tables that are read by their primary key lie in its tree, so that a row is one descent.
"""

from __future__ import annotations

import enum

from .._extra import needs

with needs():
    from sqlalchemy import (
        BigInteger,
        Column,
        ForeignKeyConstraint,
        Index,
        Integer,
        LargeBinary,
        MetaData,
        SmallInteger,
        Table,
        Text,
        UniqueConstraint,
    )

__all__ = ["TABLES", "State", "metadata"]


class State(enum.IntEnum):
    """What a record is. From `RETIRED` on it is a tombstone."""

    LIVE = 0
    LIMITED = 1  # live, with a quota: never cached, never served stale
    RETIRED = 2
    ERASED = 3


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _record_key(table: str = "record") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["authority", "ref"], [f"{table}.authority", f"{table}.ref"])


tenant = Table(
    "tenant",
    metadata,
    Column("name", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # keys the references that an idempotency key leads to
    Column("seq", BigInteger, nullable=False),  # of the last event
    Column("schemes", Text, nullable=False),  # that links may have beside the usual ones, separated by spaces
    Column("targets", Text, nullable=False, server_default=""),  # the only hosts of web links, by spaces; empty: any
    Column("created_at", BigInteger, nullable=False),
)

authority = Table(
    "authority",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("settings", Text, nullable=False),  # JSON: {"gs1_prefixes": {"0950600": "tenant"}}
)

record = Table(
    "record",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("ref", LargeBinary, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("head", Integer, nullable=False),
    Column("head_body", LargeBinary),
    Column("not_before", BigInteger),
    Column("not_after", BigInteger),
    Column("cache_s", Integer),
    Column("created_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

version = Table(
    "version",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("ref", LargeBinary, primary_key=True),
    Column("ver", Integer, primary_key=True),
    Column("author", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary),
    Column("sha256", LargeBinary),
    _record_key(),
)

alias = Table(
    "alias",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("ref", LargeBinary, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    Column("label", Text, nullable=False),
    Index(None, "authority", "record"),
    sqlite_with_rowid=False,
)

gs1_key = Table(
    "gs1_key",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    Index(None, "authority", "record"),
    sqlite_with_rowid=False,
)

quota = Table(
    "quota",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("ref", LargeBinary, primary_key=True),
    Column("max", BigInteger),
    Column("used", BigInteger, nullable=False),
    Column("issued", BigInteger, nullable=False),  # the last ordinal; unlike `used` it never falls
    Column("per_claimant", Integer),
    Column("window", Integer),
    Column("token", LargeBinary),  # SHA-256 of the claim token
    _record_key(),
)

reveal = Table(
    "reveal",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("ref", LargeBinary, primary_key=True),
    Column("ordinal", BigInteger, primary_key=True),
    Column("entry", Text, nullable=False),
    _record_key("quota"),
)

claim = Table(
    "claim",
    metadata,
    Column("id", Text, primary_key=True),
    Column("authority", Text, nullable=False),
    Column("ref", LargeBinary, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("api_key", Text, nullable=False),
    Column("idem_key", Text, nullable=False),
    Column("request_hash", LargeBinary),
    Column("claimant", Text),
    Column("qty", Integer, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("reveal", Text),
    Column("voided_at", BigInteger),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("api_key", "idem_key"),
    Index(None, "authority", "ref", "ordinal"),
    Index(None, "authority", "ref", "claimant"),
    _record_key(),
)

scan_count = Table(
    "scan_count",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("ref", LargeBinary, primary_key=True),
    Column("alias", LargeBinary, primary_key=True),  # the printed reference; empty for the record's own
    Column("rel", Text, primary_key=True),
    Column("hour", Integer, primary_key=True),  # since 1970
    Column("shard", SmallInteger, primary_key=True),
    Column("n", BigInteger, nullable=False),
    _record_key(),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("ref", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)

api_key = Table(
    "api_key",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("tenant", Text, nullable=False),
    Column("expiry", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)

TABLES = (
    tenant, authority, record, version, alias, gs1_key, quota, reveal, claim, scan_count, event, api_key,
)  # fmt: skip
"""All tables, each after those that it refers to."""
