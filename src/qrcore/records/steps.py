"""From payloads to records, without I/O: who is to be asked, what is opened, what fits.

The steps are generators that yield what is to be fetched and are sent the answers; `resolver` runs them. Nothing is
fetched for an authority that is not in `Trust`. Repeats are asked once, a thousand to a round trip.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, Protocol, TypeVar

from qrcore.payload import CodeRef, Gs1, Payload, Sealed, Text, parse
from qrcore.payload.checks import has_gs1_check_digit

from .cache import MemoryCache
from .errors import PayloadError, RecordError, ResolveError, SealError, TrustError
from .model import ANY_SCHEMES, gs1_levels
from .opening import is_closed, offline_body, open_record
from .resolution import Failure, Resolution
from .sources import Answer, At, Fetched, Prove, Query, Scan, Site, Source, Unchanged
from .trust import Trust

__all__ = ["Fetch", "HasPayload", "Resolvable", "Steps", "batches"]


class HasPayload(Protocol):
    """A `qrcore.Symbol`."""

    @property
    def payload(self) -> Payload: ...


Resolvable = Payload | HasPayload | str
"""A payload, a symbol, a code's text, or the digits of a GTIN."""
T = TypeVar("T")


class Fetch(NamedTuple):
    """What the steps want fetched; the answers, or the error of all of them, are sent back."""

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


_Generator = Generator[Fetch, "list[Answer] | RecordError", T]


class Steps:
    """What both kinds of resolver do between the questions."""

    def __init__(self, trust: Trust, source: Source | None = None, cache: MemoryCache | None = None) -> None:
        self._trust = trust
        self._source = source if source is not None else _http_source()
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
    ) -> _Generator[list[Resolution | Failure]]:
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
        arrived = yield from self._arrive(wanted, at)
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

    def _arrive(self, wanted: dict[tuple[str, str], _Target], at: At) -> _Generator[dict[tuple[str, str], _Arrived]]:
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
            answers = yield Fetch(self._site(authority), [query for _, query in entries], at)
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
            if not is_closed(fetched):
                if target.secret is not None or policy.require_signed:
                    raise SealError  # a plain body where a sealed or signed one is due is never a fallback
                continue
            inside = open_record(
                fetched, policy, authority=target.authority, asked=target.query.ref, secret=target.secret
            )
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
            body = offline_body(content.type, content.data, policy.schemes)
            return Resolution(
                item, authority, (Fetched("", 0, body),), now,
                choice=choice, schemes=ANY_SCHEMES | policy.schemes, sealed=not content.signed, verified=verified,
            )  # fmt: skip
        raise SealError

    def _claim_target(self, item: Resolvable) -> tuple[Site, str, Prove | None]:
        """Where to claim, and what proves that the code's secret is held."""
        target = self._target(item, datetime.now(timezone.utc), (None, None))
        if isinstance(target, Resolution) or not target.query.ref:
            raise PayloadError("payload.format", "only a code record can be claimed")
        authority = target.authority
        site, secret = self._site(authority), target.secret
        if secret is None or site.policy.auth is not None:
            return site, target.query.ref, None
        from .keys import claim_token

        return site, target.query.ref, lambda own: claim_token(secret, authority, own)

    def _sites(self, scans: Iterable[tuple[Resolvable, str, datetime, int]]) -> list[tuple[Site, list[Scan]]]:
        grouped: dict[str, list[Scan]] = {}
        for item, rel, when, n in scans:
            payload = _payload(item)
            if isinstance(payload, CodeRef) and payload.authority in self._trust:
                grouped.setdefault(payload.authority, []).append((payload.ref, rel, when, n))
        return [(self._site(authority), scans) for authority, scans in grouped.items()]

    def _site(self, authority: str) -> Site:
        return Site(authority, self._trust.base_url(authority), self._trust.policy(authority))


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


def batches(items: Iterable[T], chunk: int) -> Iterator[tuple[list[T], list[Payload], list[tuple[int, int]]]]:
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
