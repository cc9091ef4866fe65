"""`SqlStore`: code records in SQLite or PostgreSQL."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from qrcore.errors import OptionError, UsageError
from qrcore.payload import Gs1

from ..envelope import Envelope
from ..errors import ResolveError, StoreError, WriteError
from ..model import LinkRules, gs1_levels
from ..moments import micros, now_micros
from ..refs import as_code_ref, normalize_authority, ref_bytes, write_ref
from . import admin, claims, counts, events, reads, transfer, writes
from .engine import Database
from .protocol import Record, Ref
from .rows import ApiKey, Authority, Count, Created, Event, QuotaState, Receipt, Scope, Stored, Version

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["SqlStore"]

T = TypeVar("T")


class SqlStore:
    """Code records in a database: `SqlStore("sqlite:///codes.db", authority="q.example")`.

    A path alone is a SQLite file; `postgresql://..` is PostgreSQL by psycopg. A new SQLite file gets its tables by
    itself; PostgreSQL by `migrate()` or `qrcore record migrate`. `authority` is the host that the codes name; it may
    be left out where the store has one only. A store may be used by any number of threads, and survives a fork.

    `using` gives a view of the same store that acts for another authority, tenant, author or API key.
    """

    def __init__(
        self,
        url: str,
        *,
        authority: str | None = None,
        tenant: str | None = "default",
        author: str = "",
        isolation: str | None = None,
        pool_size: int = 8,
        count_shards: int = 1,
    ) -> None:
        self._db = Database(url, isolation=isolation, pool_size=pool_size)
        self._named = None if authority is None else normalize_authority(authority)
        self._scope = Scope(self._named or "", tenant, author)
        self._shards = count_shards
        self._ready = False
        self._opening = threading.Lock()

    def using(
        self,
        *,
        authority: str | None = None,
        tenant: str | None = None,
        author: str | None = None,
        api_key: str | None = None,
        public: bool = False,
    ) -> SqlStore:
        """A view that acts for another; it shares the connections. `public` reads the records of every tenant."""
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__)
        changes = {"tenant": tenant, "author": author, "api_key": api_key}
        scope = self._scope if authority is not None else self._where()
        scope = replace(scope, **{name: value for name, value in changes.items() if value is not None})
        if authority is not None:
            name = normalize_authority(authority)
            if name not in {entry.name for entry in self.authorities()}:
                raise ResolveError("resolve.not_found", "no such authority")
            scope = replace(scope, authority=name)
        view._scope = replace(scope, tenant=None) if public else scope
        return view

    @property
    def authority(self) -> str:
        """The host that the codes of this view name."""
        return self._where().authority

    @property
    def tenant(self) -> str | None:
        """Whose records this view writes; None for a view that only reads."""
        return self._scope.tenant

    # -- writing

    def create(self, record: Record, *, idempotency_key: str = "") -> Created:
        """Creates one record; see `create_many`."""
        return self.create_many([record], idempotency_key=idempotency_key)[0]

    def create_many(self, records: Iterable[Record], *, idempotency_key: str = "") -> list[Created]:
        """Creates records, all or none: bodies or whole envelopes (`qrcore.records.model`).

        With an idempotency key a second call gives the records of the first. Without one, references are drawn anew.
        """
        scope = self._where()
        rules = self._rules(scope)
        parsed = [Envelope.parse(record, rules=rules) for record in records]
        idem, now = writes.Idempotency(idempotency_key), now_micros()
        return self._write(lambda c: writes.create_many(c, scope, parsed, idem, now)) if parsed else []

    def put(self, ref: Ref, record: Record, if_version: int | None) -> int:
        """Replaces version `if_version` by a new one and gives its number. Raises `write.precondition`."""
        if if_version is None:
            raise WriteError("write.precondition_required", "say which version is replaced")
        scope, data, now = self._where(), self._ref(ref), now_micros()
        envelope = Envelope.parse(record, rules=self._rules(scope))
        if envelope.ref is not None and ref_bytes(envelope.ref) != data:
            raise WriteError("write.invalid", "the record names another reference")
        return self._write(lambda c: writes.put(c, scope, data, envelope, if_version, now))[1]

    def rollback(self, ref: Ref, to: int, if_version: int) -> int:
        """Writes the body of version `to` anew. Raises `write.sealed_rollback` for a sealed one."""
        scope, data, now = self._where(), self._ref(ref), now_micros()
        return self._write(lambda c: writes.rollback(c, scope, data, to, if_version, now))[1]

    def retire(self, ref: Ref, *, if_version: int | None = None, erase: bool = False) -> None:
        """Leaves a tombstone; `erase` also removes bodies, hashes, labels and claimants."""
        scope, data, now = self._where(), self._ref(ref), now_micros()
        self._write(lambda c: writes.retire(c, scope, data, if_version, erase, now))

    # -- reading

    def get(self, ref: Ref, *, at: datetime | int | None = None) -> Stored:
        """One record; raises `resolve.not_found`. A tombstone is found: see its `is_gone`."""
        found = self.get_many([ref], at=at)[0]
        if found is None:
            raise ResolveError("resolve.not_found", "no such record")
        return found

    def get_many(self, refs: Iterable[Ref], at: datetime | int | None = None) -> list[Stored | None]:
        """Records in the order of `refs`, None where there is none; as they were `at` a moment or version number.

        One statement for a thousand. References are texts, their 10 bytes, or parsed links.
        """
        wanted = [ref if type(ref) is bytes else self._ref(ref) for ref in refs]
        found = self.lookup(wanted, (), at)
        return [found.get(ref) for ref in wanted]

    def records(self, *, after: Ref | None = None, limit: int = 100) -> list[Stored]:
        """The tenant's records after reference `after`, in the order of their references; tombstones too."""
        scope, begin = self._where(), b"" if after is None else self._ref(after)
        return self._read(lambda c: reads.records(c, scope, begin, limit))

    def aliases(self, ref: Ref) -> list[tuple[str, str]]:
        """The labels and references of all codes that lead to a record, beside its own."""
        scope, record = self._where(), self._ref(ref)
        found = self._read(lambda c: reads.aliases(c, scope, record))
        return [(label, write_ref(printed)) for label, printed in found]

    def get_gs1(self, item: Gs1 | str) -> list[Stored]:
        """The records of a product by GS1 key or canonical path, from the most to the least specific (F4)."""
        paths = gs1_levels(item) if isinstance(item, Gs1) else [item]
        found = self.lookup((), paths)
        return [found[path] for path in paths if path in found]

    def lookup(
        self, refs: Sequence[bytes], paths: Sequence[str] = (), at: datetime | int | None = None
    ) -> dict[bytes | str, Stored]:
        """What is found for references and GS1 paths together, by what was asked for."""
        scope = self._where()
        when: tuple[str, int] | None = None
        if isinstance(at, datetime):
            when = ("at", micros(at) or 0)
        elif at is not None:
            when = ("version", at)
        if not refs and not paths:
            return {}
        return self._read(lambda c: reads.get_many(c, scope, refs, paths, when))

    def history(self, ref: Ref, *, after: int = 0, limit: int = 100) -> list[Version]:
        """The versions after number `after`, oldest first."""
        scope, data = self._where(), self._ref(ref)
        return self._read(lambda c: reads.history(c, scope, data, after, limit))

    # -- claims, counts, events

    def claim(
        self, ref: Ref, *, key: str, claimant: str | None = None, qty: int = 1, token: bytes | None = None
    ) -> Receipt:
        """Takes `qty` of a record's quota, once for each idempotency key. Raises `ClaimError`."""
        scope, data, now = self._where(), self._ref(ref), now_micros()
        if token is not None:
            scope = replace(scope, tenant=None)  # whoever holds the code
        return self._write(
            lambda c: claims.claim(c, scope, data, key=key, claimant=claimant, qty=qty, token=token, now=now)
        )

    def void(self, claim_id: str, *, restore: bool = True) -> Receipt:
        """Takes a claim back. With `restore` the same can be claimed again; what it revealed stays revealed."""
        scope, now = self._where(), now_micros()
        return self._write(lambda c: claims.void(c, scope, claim_id, restore, now))

    def claims(self, ref: Ref, *, after: int = 0, limit: int = 100) -> list[Receipt]:
        """The claims of a record after ordinal `after`."""
        scope, data = self._where(), self._ref(ref)
        return self._read(lambda c: claims.claims(c, scope, data, after, limit))

    def quota(self, ref: Ref) -> QuotaState | None:
        """How much of a record's quota is used; None where it has none."""
        scope, data = self._where(), self._ref(ref)
        return self._read(lambda c: claims.quota_state(c, scope, data))

    def add_counts(self, scans: Iterable[tuple[Ref, str, datetime, int]]) -> int:
        """Adds scans: (printed reference, relation, moment, number). Unknown references are dropped.

        Gives how many counted. A batch that fails with `store.unavailable` may have counted: it is not repeated.
        """
        scope = self._where()
        rows = [(self._ref(ref), rel, (micros(when) or 0) // counts.HOUR, n) for ref, rel, when, n in scans]
        return self._write(lambda c: counts.add_counts(c, scope, rows, self._shards), once=True) if rows else 0

    def stats(
        self,
        ref: Ref,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after: tuple[datetime, Ref, str] | None = None,
        limit: int | None = None,
    ) -> list[Count]:
        """Scans by printed reference, relation and hour, in the order of the hours.

        `after` is the hour, the reference and the relation of the last count of a page of `limit`.
        """
        scope, data = self._where(), self._ref(ref)
        begin, end = micros(since) or 0, micros(until) or 2**62
        last = None
        if after is not None:
            last = ((micros(after[0]) or 0) // counts.HOUR, self._ref(after[1]), after[2])
        return self._read(lambda c: counts.stats(c, scope, data, begin, end, last, limit))

    def events(self, after: int = 0, *, limit: int = 100) -> list[Event]:
        """What happened to the tenant's records after event number `after`."""
        tenant = self._where().tenant
        if tenant is None:
            raise UsageError("a feed is a tenant's")
        return self._read(lambda c: events.events(c, tenant, after, limit))

    # -- copies and administration

    def export(self) -> Iterator[str]:
        """A full copy as lines of JSON, as of one moment."""
        self._open()
        return transfer.export(self._db)

    def import_(self, lines: Iterable[str]) -> int:
        """Fills this empty store with a full copy, all or nothing; gives the number of rows."""
        self._open(own=False)
        count = transfer.import_(self._db, lines)
        self._ready = False
        return count

    def migrate(self) -> None:
        """Brings the tables up to date."""
        self._db.migrate()

    def add_tenant(self, name: str, *, schemes: Iterable[str] = (), targets: Iterable[str] = ()) -> None:
        """Adds a tenant, or changes what its links may be: see `LinkRules`.

        `schemes` are those that its links may have beside the usual ones; `targets` the only hosts that its web links
        lead to, `*` being any. What is empty stays as it is.
        """
        rules = LinkRules(frozenset(schemes), frozenset(targets))
        self._write(lambda c: admin.add_tenant(c, name, rules, now_micros()))

    def tenants(self) -> list[str]:
        """The names of all tenants."""
        return self._read(admin.tenants)

    def link_rules(self, tenant: str) -> LinkRules:
        """What a tenant's links may be."""
        return self._read(lambda c: admin.link_rules(c, tenant))

    def add_authority(self, name: str, *, tenant: str | None = None, settings: dict[str, Any] | None = None) -> None:
        """Adds a host under which records lie, or changes its settings."""
        host, owner = normalize_authority(name), tenant or self._scope.tenant or "default"
        self._write(lambda c: admin.add_authority(c, host, owner, settings))

    def authorities(self) -> list[Authority]:
        """All hosts under which records lie."""
        return self._read(admin.authorities)

    def create_key(
        self, label: str, scopes: Iterable[str], *, tenant: str | None = None, expiry: datetime | None = None
    ) -> tuple[str, ApiKey]:
        """A new API key, which is shown this once, and what is kept of it."""
        token, wanted = "qrk_" + secrets.token_urlsafe(32), tuple(scopes)
        owner = tenant or self._scope.tenant or "default"
        return token, self._write(
            lambda c: admin.create_key(c, token, label, wanted, owner, micros(expiry), now_micros())
        )

    def check_key(self, token: str) -> ApiKey | None:
        """The key of a token, unless it is unknown or has expired."""
        return self._read(lambda c: admin.check_key(c, token, now_micros()))

    def api_keys(self, *, tenant: str | None = None) -> list[ApiKey]:
        """The keys of a tenant, or of all."""
        return self._read(lambda c: admin.keys(c, tenant))

    def revoke_key(self, id: str, *, tenant: str | None = None) -> None:
        """Forgets a key, named by its id."""
        self._write(lambda c: admin.revoke_key(c, id, tenant))

    def close(self) -> None:
        """Closes all connections."""
        self._db.close()

    def __enter__(self) -> SqlStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SqlStore({self._db!r}, authority={self._scope.authority!r}, tenant={self._scope.tenant!r})"

    # -- inside

    def _read(self, work: Callable[[Connection], T]) -> T:
        self._open()
        return self._db.read(work)

    def _write(self, work: Callable[[Connection], T], *, once: bool = False) -> T:
        self._open()
        return self._db.write(work, once=once)

    def _open(self, *, own: bool = True) -> None:
        """The first use: tables where there are none, and the authority and tenant that the caller named."""
        if self._ready:
            return
        with self._opening:
            if self._db.sqlite:
                if self._db.is_empty():
                    self._db.migrate()
            elif self._db.is_empty():
                raise StoreError("store.unavailable", "the database has no tables yet: qrcore record migrate")
            if not self._db.is_current():
                raise StoreError("store.unavailable", "the tables are of another version: qrcore record migrate")
            if own:
                self._register()
                self._ready = True

    def _register(self) -> None:
        name, tenant = self._named, self._scope.tenant or "default"
        if name is None or name in {entry.name for entry in self._db.read(admin.authorities)}:
            return

        def work(connection: Connection) -> None:
            admin.add_tenant(connection, tenant, LinkRules(), now_micros())
            admin.add_authority(connection, name, tenant, None)

        self._db.write(work)

    def _where(self) -> Scope:
        """The scope, its authority filled in where the store has one only."""
        if not self._scope.authority:
            names = [entry.name for entry in self.authorities()]
            if len(names) != 1:
                known = f"the store has {', '.join(names)}" if names else "a new store has none yet"
                raise OptionError(
                    f"which authority, the host that codes name? {known}; say authority='q.example', or "
                    f"--authority q.example on the command line"
                )
            self._scope = replace(self._scope, authority=names[0])
        return self._scope

    def _rules(self, scope: Scope) -> LinkRules:
        return LinkRules() if scope.tenant is None else self.link_rules(scope.tenant)

    def _ref(self, ref: Ref) -> bytes:
        if isinstance(ref, bytes):
            return ref_bytes(write_ref(ref))
        if isinstance(ref, str) and len(ref) == 16:
            return ref_bytes(ref)
        found = as_code_ref(ref)
        if found.authority != self._where().authority:
            raise ResolveError("resolve.not_found", "the code names another authority")
        return ref_bytes(found.ref)
