"""`Resolver` and `AsyncResolver`: the steps of `steps`, run with a source, at once or by asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from .drive import drive, drive_async
from .errors import RecordError
from .resolution import Failure, Resolution
from .sources import Answer, At, Claim
from .steps import Fetch, Resolvable, Steps, batches

if TYPE_CHECKING:
    from .store import Receipt

__all__ = ["AsyncResolver", "Failure", "Resolution", "Resolver"]

T = TypeVar("T")


class Resolver(Steps):
    """Resolves payloads to records: `Resolver(trust, source=StoreSource(store))` or `source=HttpSource()`."""

    def resolve(
        self, item: Resolvable, *, rel: str | None = None, lang: str | Sequence[str] | None = None, at: At = None
    ) -> Resolution:
        """The record of one item; raises `RecordError` where there is none. `at`: a version or a moment."""
        return _only(self.resolve_many([item], rel=rel, lang=lang, at=at))

    def resolve_many(
        self,
        items: Iterable[Resolvable],
        *,
        rel: str | None = None,
        lang: str | Sequence[str] | None = None,
        at: At = None,
    ) -> list[Resolution | Failure]:
        """The records of many, in their order; what has none is a `Failure`. Raises nothing about an item."""
        return drive(self._resolve(list(items), rel, lang, at), self._fetch)

    def resolve_stream(
        self, items: Iterable[T], *, chunk: int = 1000, rel: str | None = None, lang: str | Sequence[str] | None = None
    ) -> Iterator[tuple[T, list[Resolution | Failure]]]:
        """What `decode_many` yields, each with the records of its symbols; a round trip for about `chunk` symbols."""
        for batch, payloads, slices in batches(items, chunk):
            found = self.resolve_many(payloads, rel=rel, lang=lang)
            for item, (begin, end) in zip(batch, slices, strict=True):
                yield item, found[begin:end]

    def claim(self, item: Resolvable, *, key: str, claimant: str | None = None, qty: int = 1) -> Receipt:
        """Takes `qty` of a record's quota. The same `key` again gives the same receipt, so a retry is safe.

        By the authority's credentials, or without them by the token of a sealed code.
        """
        site, ref, prove = self._claim_target(item)
        return self._source.claim(site, Claim(ref, key, claimant, qty), prove)

    def report(self, scans: Iterable[tuple[Resolvable, str, datetime, int]]) -> None:
        """Reports scans: (item, relation, moment, number). Items of authorities that are not trusted are left out."""
        for site, entries in self._sites(scans):
            self._source.report(site, entries)

    def _fetch(self, wanted: Fetch) -> list[Answer] | RecordError:
        try:
            return self._source.fetch(*wanted)
        except RecordError as error:
            return error


class AsyncResolver(Steps):
    """`Resolver` for asyncio, with the same methods."""

    async def resolve(
        self, item: Resolvable, *, rel: str | None = None, lang: str | Sequence[str] | None = None, at: At = None
    ) -> Resolution:
        """See `Resolver.resolve`."""
        return _only(await self.resolve_many([item], rel=rel, lang=lang, at=at))

    async def resolve_many(
        self,
        items: Iterable[Resolvable],
        *,
        rel: str | None = None,
        lang: str | Sequence[str] | None = None,
        at: At = None,
    ) -> list[Resolution | Failure]:
        """See `Resolver.resolve_many`."""
        return await drive_async(self._resolve(list(items), rel, lang, at), self._fetch)

    async def resolve_stream(
        self, items: Iterable[T], *, chunk: int = 1000, rel: str | None = None, lang: str | Sequence[str] | None = None
    ) -> AsyncIterator[tuple[T, list[Resolution | Failure]]]:
        """See `Resolver.resolve_stream`."""
        for batch, payloads, slices in batches(items, chunk):
            found = await self.resolve_many(payloads, rel=rel, lang=lang)
            for item, (begin, end) in zip(batch, slices, strict=True):
                yield item, found[begin:end]

    async def claim(self, item: Resolvable, *, key: str, claimant: str | None = None, qty: int = 1) -> Receipt:
        """See `Resolver.claim`."""
        site, ref, prove = self._claim_target(item)
        return await self._source.claim_async(site, Claim(ref, key, claimant, qty), prove)

    async def report(self, scans: Iterable[tuple[Resolvable, str, datetime, int]]) -> None:
        """See `Resolver.report`."""
        for site, entries in self._sites(scans):
            await self._source.report_async(site, entries)

    async def _fetch(self, wanted: Fetch) -> list[Answer] | RecordError:
        try:
            return await self._source.fetch_async(*wanted)
        except RecordError as error:
            return error


def _only(found: list[Resolution | Failure]) -> Resolution:
    first = found[0]
    if isinstance(first, Failure):
        raise first.error
    return first
