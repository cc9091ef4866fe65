"""Where records come from: what a resolver asks of a source, and the source that is a store in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .errors import RecordError, ResolveError
from .moments import now_micros
from .refs import ref_bytes, write_ref
from .trust import AuthorityPolicy

if TYPE_CHECKING:
    from .store import Receipt, SqlStore, Stored

__all__ = ["At", "Claim", "Fetched", "Prove", "Query", "Scan", "Site", "Source", "StoreSource", "judge"]

At = int | datetime | None
"""A version number, a moment, or None for now."""
Prove = Callable[[str], bytes]
"""The claim token that holds for a record, from the record's own reference: proof that the code's secret is held."""
Scan = tuple[str, str, datetime, int]
"""Scans to report: printed reference, relation, moment, number."""


class Site(NamedTuple):
    """An authority, and how it is asked."""

    authority: str
    base_url: str
    policy: AuthorityPolicy


class Query(NamedTuple):
    """One thing to ask for: a reference, or GS1 paths from the most to the least specific.

    `known` is the version that the asker has; the answer may then be that nothing changed.
    """

    ref: str = ""
    paths: tuple[str, ...] = ()
    known: int | None = None


class Claim(NamedTuple):
    """A part of a record's quota to take.

    `token` proves that the code's secret is held; without it the authority's credentials count.
    """

    ref: str
    key: str
    claimant: str | None
    qty: int
    token: bytes | None = None


class Fetched(NamedTuple):
    """A record as a source gave it: live and readable now. `body` is JSON, still as bytes or parsed."""

    ref: str
    version: int
    body: bytes | dict[str, Any]
    label: str = ""
    path: str = ""
    cache_s: int | None = None
    limited: bool = False
    size: int = 0


class Unchanged(NamedTuple):
    """The version that the asker has is the present one."""

    version: int


Answer = tuple[Fetched, ...] | Unchanged | RecordError
"""Records from the most to the least specific (one for a reference), or why there are none."""


class Source(Protocol):
    """What a resolver asks. Answers come in the order of the queries, one each."""

    remote: bool
    """Whether it is worth caching what it gives."""

    def fetch(self, site: Site, queries: Sequence[Query], at: At) -> list[Answer]: ...
    async def fetch_async(self, site: Site, queries: Sequence[Query], at: At) -> list[Answer]: ...
    def claim(self, site: Site, claim: Claim, prove: Prove | None = None) -> Receipt: ...
    async def claim_async(self, site: Site, claim: Claim, prove: Prove | None = None) -> Receipt: ...
    def report(self, site: Site, scans: Sequence[Scan]) -> None: ...
    async def report_async(self, site: Site, scans: Sequence[Scan]) -> None: ...


class StoreSource:
    """A store in this process or on this network. Nothing is cached: every resolve sees the last write."""

    remote = False

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._views: dict[str, SqlStore] = {}

    def fetch(self, site: Site, queries: Sequence[Query], at: At) -> list[Answer]:
        """Reads all in one statement for a thousand."""
        return lookup(self._view(site.authority), queries, at)

    async def fetch_async(self, site: Site, queries: Sequence[Query], at: At) -> list[Answer]:
        """The same, in a thread."""
        return await asyncio.to_thread(self.fetch, site, queries, at)

    def claim(self, site: Site, claim: Claim, prove: Prove | None = None) -> Receipt:
        """Claims as the store's own tenant, or by token."""
        if prove is not None:
            claim = claim._replace(token=prove(self._view(site.authority).get(claim.ref).text))
        return self._store.using(authority=site.authority).claim(**claim._asdict())

    async def claim_async(self, site: Site, claim: Claim, prove: Prove | None = None) -> Receipt:
        """The same, in a thread."""
        return await asyncio.to_thread(self.claim, site, claim, prove)

    def report(self, site: Site, scans: Sequence[Scan]) -> None:
        """Adds scans to the store's counts."""
        self._store.using(authority=site.authority).add_counts(scans)

    async def report_async(self, site: Site, scans: Sequence[Scan]) -> None:
        """The same, in a thread."""
        await asyncio.to_thread(self.report, site, scans)

    def _view(self, authority: str) -> SqlStore:
        view = self._views.get(authority)
        if view is None:
            view = self._views[authority] = self._store.using(authority=authority, public=True)
        return view


def lookup(store: SqlStore, queries: Sequence[Query], at: At = None) -> list[Answer]:
    """Answers queries from a store, as a resolver or a service does."""
    refs = [ref_bytes(query.ref) if query.ref else b"" for query in queries]
    paths = [path for query in queries for path in query.paths]
    found = store.lookup([ref for ref in refs if ref], paths, at)
    now = now_micros()
    out: list[Answer] = []
    for query, ref in zip(queries, refs, strict=True):
        rows = [found[key] for key in ([ref] if ref else query.paths) if key in found]
        out.append(_answer(rows, query, now, is_past=at is not None))
    return out


def _answer(rows: list[Stored], query: Query, now: int, *, is_past: bool) -> Answer:
    if not rows:
        return ResolveError("resolve.not_found", "no such record")
    live = []
    refused: RecordError | None = None
    for row in rows:
        error = judge(row, now, is_past=is_past)
        if error is None:
            live.append(row)
        elif refused is None:
            refused = error
    if not live:
        return refused or ResolveError("resolve.not_found", "no such record")
    if query.ref and query.known == live[0].version:
        return Unchanged(live[0].version)
    return tuple(
        Fetched(
            query.ref if row.ref == row.asked else write_ref(row.ref), row.version, row.body or b"{}", row.label,
            row.asked if isinstance(row.asked, str) else "", row.cache_s, row.is_limited, len(row.body or b""),
        )
        for row in live
    )  # fmt: skip


def judge(row: Stored, now: int, *, is_past: bool = False) -> RecordError | None:
    """Why a stored record may not be read now, or None. Its past may be read after it has expired."""
    if row.is_gone and (row.body is None or not is_past):
        return ResolveError("resolve.gone", "the record was retired")
    if row.not_before is not None and now < row.not_before:
        wait = (row.not_before - now) / 1e6
        return ResolveError("resolve.not_yet", "the record is not open yet", retry_after=wait)
    if row.not_after is not None and now >= row.not_after and not is_past:
        return ResolveError("resolve.expired", "the record has expired")
    return None
