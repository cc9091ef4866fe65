"""What a resolver remembers: fresh, stale, and never older than was seen."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from records.given import MENU, code_of

from qrcore.records import (
    MemoryCache,
    Resolution,
    Resolver,
)
from qrcore.testing import MemoryAuthority


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def cached(authority: MemoryAuthority, clock: Clock, **options: Any) -> Resolver:
    return Resolver(authority.trust(), authority.source(), MemoryCache(clock=clock, **options))


def test_an_answer_is_fresh_for_a_while_and_then_asked_for_by_version(authority: MemoryAuthority, clock: Clock) -> None:
    made = authority.store.create({"body": MENU, "cache_s": 10})
    resolver = cached(authority, clock)
    resolver.resolve(made.url)
    clock.now = 9
    resolver.resolve(made.url)
    assert len(authority.requests) == 1
    clock.now = 11
    assert resolver.resolve(made.url).title == "Menu"
    assert json.loads(authority.requests[1].content) == {"items": [{"ref": made.ref, "known": 1}]}
    clock.now = 15
    resolver.resolve(made.url)
    assert len(authority.requests) == 2
    authority.store.put(made.ref, {"title": "New"}, 1)
    clock.now = 30
    assert resolver.resolve(made.url).title == "New"


def test_a_silent_authority_is_replaced_by_what_it_said_before(authority: MemoryAuthority, clock: Clock) -> None:
    plain, limited = authority.store.create(MENU), authority.store.create({"body": MENU, "quota": {"max": 1}})
    resolver = cached(authority, clock, max_stale=1000)
    assert all(resolver.resolve_many([plain.url, limited.url]))
    authority.failing, clock.now = 503, 100
    found = resolver.resolve_many([plain.url, limited.url])
    assert isinstance(found[0], Resolution)
    assert found[0].stale
    assert datetime.now(timezone.utc) - found[0].fetched_at >= timedelta(seconds=100)
    assert [f.code for f in found if not f] == ["resolve.unavailable"]
    clock.now = 5000
    assert code_of(lambda: resolver.resolve(plain.url)) == "resolve.unavailable"


def test_a_tombstone_is_never_stale(authority: MemoryAuthority, clock: Clock) -> None:
    made = authority.store.create(MENU)
    resolver = cached(authority, clock)
    resolver.resolve(made.url)
    authority.store.retire(made.ref)
    clock.now = 100
    assert code_of(lambda: resolver.resolve(made.url)) == "resolve.gone"
    authority.failing = 500
    assert code_of(lambda: resolver.resolve(made.url)) == "resolve.unavailable"


def test_an_older_version_than_was_seen_is_refused_until_told_otherwise(
    authority: MemoryAuthority, clock: Clock
) -> None:
    made = authority.store.create(MENU)
    authority.store.put(made.ref, {"title": "New"}, 1)
    resolver = cached(authority, clock)
    assert resolver.resolve(made.url).version == 2
    with authority.store._db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE record SET head = 1")
    clock.now = 100
    assert code_of(lambda: resolver.resolve(made.url)) == "resolve.stale_version"
    assert resolver.resolve(made.url, at=1).version == 1
    resolver.forget("q.example")
    assert resolver.resolve(made.url).version == 1


def test_the_cache_is_bounded_in_bytes(authority: MemoryAuthority, clock: Clock) -> None:
    made = authority.store.create_many([{"data": {"x": "y" * 3000}} for _ in range(200)])
    resolver = cached(authority, clock, max_bytes=100_000)
    assert all(resolver.resolve_many([m.url for m in made]))
    assert 0 < resolver.cache._bytes <= 100_000
    assert resolver.cache._bytes == sum(e[2] for e in resolver.cache._entries.values()) + 200 * len(
        resolver.cache._seen
    )
