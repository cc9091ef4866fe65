"""From payloads to records: who is asked, what is opened, what fits. The same steps run synchronously and not.

The steps are a generator that yields what is to be fetched and is sent the answers; it does no I/O itself. Nothing is
fetched for an authority that is not in `Trust`. Repeats are asked once, a thousand to a round trip.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from qrcore.payload import CodeRef, Gs1, Payload, Sealed, Text, parse
from qrcore.payload.checks import has_gs1_check_digit

from .cache import MemoryCache
from .errors import PayloadError, RecordError, ResolveError, SealError, TrustError
from .model import ANY_SCHEMES, Body, gs1_levels
from .resolution import Failure, Resolution, read_body
from .sources import Answer, At, Fetched, Query, Scan, Site, Source, Unchanged
from .trust import AuthorityPolicy, Trust

if TYPE_CHECKING:
    from .sealing import OpenedBody
    from .store import Receipt

__all__ = ["AsyncResolver", "Failure", "Resolution", "Resolver"]


class HasPayload(Protocol):
    """A `qrcore.Symbol`."""

    @property
    def payload(self) -> Payload: ...


Resolvable = Payload | HasPayload | str
"""A payload, a symbol, a code's text, or the digits of a GTIN."""
T = TypeVar("T")


class _Fetch(NamedTuple):
    """What the steps want fetched."""

    site: Site
    queries: list[Query]
    at: At


class _Target(NamedTuple):
    """Where an item leads, and what its code brings along."""

    authority: str
    query: Query
    secret: bytes | None = None
    verified: bytes | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.authority, self.query.ref or self.query.paths[0]


class _Arrived(NamedTuple):
    answer: Answer
    stale: bool = False
    age: float = 0.0


_Steps = Generator[_Fetch, "list[Answer] | RecordError", T]


class _Core:
    """The steps, without I/O."""

    def __init__(self, trust: Trust, source: Source, cache: MemoryCache | None) -> None:
        self._trust = trust
        self._source = source
        self._cache = cache if cache is not None else MemoryCache()

    @property
    def trust(self) -> Trust:
        """Whom it asks."""
        return self._trust

    @property
    def cache(self) -> MemoryCache:
        """What it remembers."""
        return self._cache

    def forget(self, authority: str) -> None:
        """Forgets what was seen of an authority: after its operator has restored a backup."""
        self._cache.forget(authority)

    def _resolve(
        self, items: list[Resolvable], rel: str | None, lang: str | Sequence[str] | None, at: At
    ) -> _Steps[list[Resolution | Failure]]:
        now = datetime.now(timezone.utc)
        places: list[_Target | Resolution | Failure] = []
        for item in items:
            try:
                places.append(self._target(item, now, (rel, lang)))
            except RecordError as error:
                places.append(Failure(item, error))
            except RecursionError:
                places.append(Failure(item, PayloadError("payload.format", "too deep")))
        wanted: dict[tuple[str, str], _Target] = {}
        for place in places:
            if isinstance(place, _Target):
                wanted.setdefault(place.key, place)
        arrived = yield from self._fetch(wanted, at)
        out: list[Resolution | Failure] = []
        for i, place in enumerate(places):
            if not isinstance(place, _Target):
                out.append(place)
                continue
            try:
                out.append(self._finish(items[i], place, arrived[place.key], now, (rel, lang)))
            except RecordError as error:
                out.append(Failure(items[i], error))
        return out

    def _fetch(self, wanted: dict[tuple[str, str], _Target], at: At) -> _Steps[dict[tuple[str, str], _Arrived]]:
        arrived: dict[tuple[str, str], _Arrived] = {}
        asked: dict[str, list[tuple[tuple[str, str], Query]]] = {}
        use_cache = self._source.remote and at is None
        for key, target in wanted.items():
            cached = self._cache.get(key) if use_cache else None
            if cached is not None and cached.fresh:
                arrived[key] = _Arrived(cached.levels, age=cached.age)
                continue
            known = cached.levels[0].version if cached is not None and target.query.ref else None
            asked.setdefault(target.authority, []).append((key, target.query._replace(known=known)))
        for authority, entries in asked.items():
            site = Site(authority, self._trust.base_url(authority), self._trust.policy(authority))
            answers = yield _Fetch(site, [query for _, query in entries], at)
            for i, (key, _) in enumerate(entries):
                answer = answers if isinstance(answers, RecordError) else answers[i]
                arrived[key] = self._take(key, answer, at, use_cache)
        return arrived

    def _take(self, key: tuple[str, str], answer: Answer, at: At, use_cache: bool) -> _Arrived:
        """Looks an answer over: an older version than was seen before is refused, a silent authority's is replaced by
        what it said before."""
        if isinstance(answer, Unchanged):
            cached = self._cache.get(key)
            if cached is None or cached.levels[0].version != answer.version:
                return _Arrived(ResolveError("resolve.unavailable", "unchanged, but from what?"))
            self._cache.put(key, cached.levels)
            return _Arrived(cached.levels)
        if isinstance(answer, RecordError):
            if answer.code in ("resolve.unavailable", "resolve.deferred", "resolve.rate_limited") and use_cache:
                cached = self._cache.get(key)
                if cached is not None:
                    return _Arrived(cached.levels, not cached.fresh, cached.age)
            elif use_cache:
                self._cache.drop(key)
            return _Arrived(answer)
        if at is None:
            for fetched in answer:
                if not self._cache.see(key[0], fetched.ref, fetched.version):
                    return _Arrived(
                        ResolveError("resolve.stale_version", "the authority answers with an older version than before")
                    )
            if use_cache:
                self._cache.put(key, answer)
        return _Arrived(answer)

    def _finish(
        self, item: object, target: _Target, arrived: _Arrived, now: datetime, choice: tuple[Any, Any]
    ) -> Resolution:
        answer = arrived.answer
        if isinstance(answer, RecordError):
            raise answer
        assert not isinstance(answer, Unchanged)
        policy = self._trust.policy(target.authority)
        first = answer[0]
        opened = list(answer)
        sealed, verified = False, target.verified
        for i, fetched in enumerate(answer):
            if not _is_closed(fetched):
                if target.secret is not None or policy.require_signed:
                    raise SealError  # a plain body where a sealed or signed one is due is never a fallback
                continue
            inside = _open(target, fetched, policy)
            opened[i] = fetched._replace(body=inside.body.encode())
            if fetched is first:
                sealed, verified = inside.sealed, inside.verified or verified
        return Resolution(
            item, target.authority, tuple(opened), now - timedelta(seconds=arrived.age),
            choice=choice, schemes=ANY_SCHEMES | policy.schemes, stale=arrived.stale, sealed=sealed,
            verified=verified,
        )  # fmt: skip

    def _target(self, item: Resolvable, now: datetime, choice: tuple[Any, Any]) -> _Target | Resolution:
        payload = _payload(item)
        if isinstance(payload, CodeRef):
            if payload.issues and any(issue.code == "code_ref.secret" for issue in payload.issues):
                raise PayloadError("payload.format", "the fragment is no secret of 16 bytes")
            self._trust.policy(payload.authority)
            return _Target(payload.authority, Query(payload.ref), payload.secret)
        if isinstance(payload, Gs1):
            authority = self._trust.authority_of(payload)
            if any(issue.code == "gs1.check_digit" for issue in payload.issues):
                raise PayloadError("payload.checksum", "the check digit does not fit")
            levels = gs1_levels(payload)
            if not levels:
                raise PayloadError("payload.format", "there is no GS1 key in it")
            return _Target(authority, Query(paths=tuple(levels)))
        if isinstance(payload, Sealed):
            return self._offline(item, payload, now, choice)
        raise PayloadError("payload.format", f"a {payload.kind} is no reference to a record")

    def _offline(self, item: object, payload: Sealed, now: datetime, choice: tuple[Any, Any]) -> _Target | Resolution:
        """Opens an offline code by the keys of the authorities. A signed link leads on to its record."""
        from .cose import open_offline

        if payload.issues:
            raise SealError
        for authority, policy in self._trust.items():
            if policy.keys is None or payload.kid not in policy.keys:
                continue
            try:
                content = open_offline(payload, policy.keys, type="*")
            except SealError:
                continue
            if policy.require_signed and not content.signed:
                raise SealError
            verified = content.kid if content.signed else None
            if content.type == "qrcore/ref":
                link = parse(content.data)
                if not isinstance(link, CodeRef) or link.issues or not content.signed:
                    raise SealError
                if link.authority != authority:
                    raise TrustError("trust.unknown_authority", "signed by another authority than it leads to")
                return _Target(authority, Query(link.ref), link.secret, verified)
            body = _offline_body(content.type, content.data, policy.schemes)
            return Resolution(
                item, authority, (Fetched("", 0, body),), now,
                choice=choice, schemes=ANY_SCHEMES | policy.schemes, sealed=not content.signed, verified=verified,
            )  # fmt: skip
        raise SealError

    def _claim_target(self, item: Resolvable) -> tuple[Site, str, bytes | None]:
        """Where to claim, and the proof that the code's secret is held."""
        target = self._target(item, datetime.now(timezone.utc), (None, None))
        if isinstance(target, Resolution) or not target.query.ref:
            raise PayloadError("payload.format", "only a code record can be claimed")
        authority = target.authority
        site = Site(authority, self._trust.base_url(authority), self._trust.policy(authority))
        token = None
        if target.secret is not None and site.policy.auth is None:
            from .keys import claim_token

            token = claim_token(target.secret, authority, target.query.ref)
        return site, target.query.ref, token

    def _sites(self, scans: Iterable[tuple[Resolvable, str, datetime, int]]) -> list[tuple[Site, list[Scan]]]:
        grouped: dict[str, list[Scan]] = {}
        for item, rel, when, n in scans:
            payload = _payload(item)
            if isinstance(payload, CodeRef) and payload.authority in self._trust:
                grouped.setdefault(payload.authority, []).append((payload.ref, rel, when, n))
        return [(Site(a, self._trust.base_url(a), self._trust.policy(a)), s) for a, s in grouped.items()]


class Resolver(_Core):
    """Resolves payloads to records: `Resolver(trust, source=StoreSource(store))` or `source=HttpSource()`."""

    def __init__(self, trust: Trust, source: Source | None = None, cache: MemoryCache | None = None) -> None:
        super().__init__(trust, source or _http_source(), cache)

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
        steps = self._resolve(list(items), rel, lang, at)
        try:
            wanted = next(steps)
            while True:
                answers: list[Answer] | RecordError
                try:
                    answers = self._source.fetch(wanted.site, wanted.queries, wanted.at)
                except RecordError as error:
                    answers = error
                wanted = steps.send(answers)
        except StopIteration as done:
            found: list[Resolution | Failure] = done.value
            return found

    def resolve_stream(
        self, items: Iterable[T], *, chunk: int = 1000, rel: str | None = None, lang: str | None = None
    ) -> Iterator[tuple[T, list[Resolution | Failure]]]:
        """What `decode_many` yields, each with the records of its symbols; a round trip for about `chunk` symbols."""
        for batch, payloads, slices in _batches(items, chunk):
            found = self.resolve_many(payloads, rel=rel, lang=lang)
            for item, (begin, end) in zip(batch, slices, strict=True):
                yield item, found[begin:end]

    def claim(self, item: Resolvable, *, key: str, claimant: str | None = None, qty: int = 1) -> Receipt:
        """Takes `qty` of a record's quota. The same `key` again gives the same receipt, so a retry is safe.

        By the authority's credentials, or without them by the token of a sealed code.
        """
        site, ref, token = self._claim_target(item)
        return self._source.claim(site, ref, key=key, claimant=claimant, qty=qty, token=token)

    def report(self, scans: Iterable[tuple[Resolvable, str, datetime, int]]) -> None:
        """Reports scans: (item, relation, moment, number). Items of authorities that are not trusted are left out."""
        for site, entries in self._sites(scans):
            self._source.report(site, entries)


class AsyncResolver(_Core):
    """`Resolver` for asyncio, with the same methods."""

    def __init__(self, trust: Trust, source: Source | None = None, cache: MemoryCache | None = None) -> None:
        super().__init__(trust, source or _http_source(), cache)

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
        steps = self._resolve(list(items), rel, lang, at)
        try:
            wanted = next(steps)
            while True:
                answers: list[Answer] | RecordError
                try:
                    answers = await self._source.fetch_async(wanted.site, wanted.queries, wanted.at)
                except RecordError as error:
                    answers = error
                wanted = steps.send(answers)
        except StopIteration as done:
            found: list[Resolution | Failure] = done.value
            return found

    async def resolve_stream(
        self, items: Iterable[T], *, chunk: int = 1000, rel: str | None = None, lang: str | None = None
    ) -> AsyncIterator[tuple[T, list[Resolution | Failure]]]:
        """See `Resolver.resolve_stream`."""
        for batch, payloads, slices in _batches(items, chunk):
            found = await self.resolve_many(payloads, rel=rel, lang=lang)
            for item, (begin, end) in zip(batch, slices, strict=True):
                yield item, found[begin:end]

    async def claim(self, item: Resolvable, *, key: str, claimant: str | None = None, qty: int = 1) -> Receipt:
        """See `Resolver.claim`."""
        site, ref, token = self._claim_target(item)
        return await self._source.claim_async(site, ref, key=key, claimant=claimant, qty=qty, token=token)

    async def report(self, scans: Iterable[tuple[Resolvable, str, datetime, int]]) -> None:
        """See `Resolver.report`."""
        for site, entries in self._sites(scans):
            await self._source.report_async(site, entries)


def _only(found: list[Resolution | Failure]) -> Resolution:
    first = found[0]
    if isinstance(first, Failure):
        raise first.error
    return first


def _http_source() -> Source:
    from .http import HttpSource

    return HttpSource()


def _payload(item: Resolvable) -> Payload:
    """What an item says: digits alone are a GTIN where their check digit fits."""
    if isinstance(item, Payload):
        return item
    if isinstance(item, str):
        if item.isascii() and item.isdigit() and len(item) in (8, 12, 13, 14) and has_gs1_check_digit(item):
            return parse(item, symbology="EAN_13")
        return parse(item)
    found = getattr(item, "payload", None)
    if isinstance(found, Payload):
        return found
    return Text(str(type(item).__name__))


def _batches(items: Iterable[T], chunk: int) -> Iterator[tuple[list[T], list[Payload], list[tuple[int, int]]]]:
    """Items with symbols, the payloads of a batch of them, and where each item's lie."""
    batch: list[T] = []
    payloads: list[Payload] = []
    slices: list[tuple[int, int]] = []
    for item in items:
        begin = len(payloads)
        payloads += [symbol.payload for symbol in getattr(item, "symbols", None) or ()]
        batch.append(item)
        slices.append((begin, len(payloads)))
        if len(payloads) >= chunk or len(batch) >= chunk:  # pictures without codes wait no longer
            yield batch, payloads, slices
            batch, payloads, slices = [], [], []
    if batch:
        yield batch, payloads, slices


def _is_closed(fetched: Fetched) -> bool:
    """Whether the body is sealed or signed, found without parsing the others."""
    body = fetched.body
    if b'"sealed"' not in body if isinstance(body, bytes) else "sealed" not in body:
        return False
    return read_body(fetched).sealed is not None


def _open(target: _Target, fetched: Fetched, policy: AuthorityPolicy) -> OpenedBody:
    """What a sealed or signed body says."""
    from .keys import Keyring
    from .sealing import open_body

    opened = open_body(
        read_body(fetched), policy.keys if policy.keys is not None else Keyring(), authority=target.authority,
        ref=fetched.ref, version=fetched.version, secret=target.secret, schemes=policy.schemes,
    )  # fmt: skip
    if policy.require_signed and opened.verified is None:
        raise SealError
    asked = fetched.path or target.query.ref
    if target.secret is None and asked != fetched.ref and asked not in (opened.body.data.get("names") or ()):
        raise SealError  # an authority says which record an alias or a GS1 key leads to; its keys must say so too
    return opened


def _offline_body(type: str, data: bytes, schemes: frozenset[str]) -> bytes:
    """The content of an offline code as a body."""
    try:
        if type == "application/json":
            return Body.parse(json.loads(data), schemes=schemes).encode()
        if type == "text/plain":
            return Body(data={"text": data.decode("utf-8")}).encode()
    except (ValueError, RecordError, RecursionError):
        raise SealError from None
    return Body(data={"type": type, "base64": base64.b64encode(data).decode()}).encode()
