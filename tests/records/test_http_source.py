"""The source over HTTP: whom it contacts, what it sends, and what it makes of any answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from datetime import datetime, timezone
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records.given import MENU, code_of, listening

from qrcore.records import (
    AsyncResolver,
    AuthorityPolicy,
    HttpSource,
    Resolution,
    ResolveError,
    Resolver,
    Trust,
    code_url,
    new_ref,
)
from qrcore.testing import MemoryAuthority, no_network


def test_untrusted_hosts_get_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    resolver = Resolver(Trust({"q.example": AuthorityPolicy(auth="geheim")}), HttpSource())
    items = [
        code_url("evil.example", new_ref()), "https://q.example.evil.test/C/0123456789ABCDEF", "https://evil.example/",
        "https://q.example/menu", "https://evil.example/01/09506000134352", "http://q.example/C/0123456789ABCDEF",
        "https://q.example@evil.example/C/0123456789ABCDEF", "https://q.example:444/C/0123456789ABCDEF", "shlink:/x",
        "9506000134352", "QRC1:ABC", "WIFI:S:x;;", "", "\0", "https://q.example/C/0123456789ABCDEF#short",
    ]  # fmt: skip
    assert not any(resolver.resolve_many(items))


def test_a_trusted_host_is_asked_where_its_policy_says_and_nowhere_else(authority: MemoryAuthority) -> None:
    made = authority.store.create(MENU)
    trust = Trust({
        "q.example": AuthorityPolicy(base_url="https://api.internal.example/records", auth="for-q"),
        "p.example": AuthorityPolicy(auth="for-p"),
        "r.example": AuthorityPolicy(),
    })  # fmt: skip
    items = [made.url, code_url("p.example", new_ref()), code_url("r.example", new_ref())]
    Resolver(trust, authority.source()).resolve_many(items)
    sent = {httpx2.URL(r.url).host: r.headers.get("authorization") for r in authority.requests}
    assert sent == {"api.internal.example": "Bearer for-q", "p.example": "Bearer for-p", "r.example": None}
    assert authority.requests[0].url == "https://api.internal.example/records/v1/resolve"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    seen = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.host)
        return httpx2.Response(status, headers={"Location": "https://evil.example/v1/resolve", "Set-Cookie": "a=b"})

    trust = Trust({"q.example": AuthorityPolicy(auth="geheim")})
    resolver = Resolver(trust, HttpSource(transport=httpx2.MockTransport(answer)))
    assert code_of(lambda: resolver.resolve(code_url("q.example", new_ref()))) == "resolve.unavailable"
    assert seen == ["q.example"]


def test_nothing_comes_from_the_environment(authority: MemoryAuthority, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://evil.example:3128")
    source = HttpSource()
    source._client = httpx2.Client(transport=authority.transport(), **source._options)
    assert source._client._mounts == {}
    assert source._client.trust_env is False


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"null", b'{"items":[]}', b'{"items":[{}]}', b'{"items":[null]}',
        b'{"items":[{"records":[]}]}',
        b'{"items":[{"records":[{}]}]}', b'{"items":[{"error":{}}]}', b'{"items":[{"unchanged":3}]}', b"[" * 100_000,
        b'{"items":[{"records":[{"ref":"x","version":1,"body":{}}]}]}', b"\xff\xfe",
        b'{"items":[{"records":[{"ref":"0123456789ABCDEF","version":0,"body":{}}]}]}',
        b'{"items":[{"records":[{"ref":"0123456789ABCDEF","version":1,"body":[]}]}]}',
        b'{"items":[{"records":[{"ref":"0123456789ABCDEF","version":1,"body":{},"path":"/01/1"}]}]}',
        b'{"items":' + b" " * (6 << 20) + b"[]}",
    ],
    ids=range(18),
)  # fmt: skip
def test_an_answer_that_is_none_is_unavailable_not_a_crash(content: bytes) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=content))
    resolver = Resolver(Trust({"q.example": AuthorityPolicy()}), HttpSource(transport=transport))
    code = code_of(lambda: resolver.resolve("https://q.example/C/0123456789ABCDEF"))
    assert code in ("resolve.unavailable", "resolve.not_found")


ATOMS = st.none() | st.integers() | st.text(max_size=5)
MEMBERS = st.sampled_from(["title", "links", "href", "rel", "data", "default", "sealed", "hreflang"])


@settings(max_examples=60, deadline=None)
@given(st.recursive(ATOMS, lambda c: st.lists(c, max_size=3) | st.dictionaries(MEMBERS, c, max_size=4)))
def test_a_body_that_is_none_is_unavailable_not_a_crash(body: Any) -> None:
    record = {"ref": "0123456789ABCDEF", "version": 1, "body": body}
    content = json.dumps({"items": [{"records": [record]}]}).encode()
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=content))
    resolver = Resolver(Trust({"q.example": AuthorityPolicy()}), HttpSource(transport=transport))
    found = resolver.resolve_many(["https://q.example/C/0123456789ABCDEF"])[0]
    if isinstance(found, Resolution):
        with contextlib.suppress(ResolveError):
            assert all(link.href for link in found.links)
            assert found.chosen is None or found.chosen in found.links


def test_compressed_and_endless_answers_are_refused() -> None:
    import gzip

    bomb = gzip.compress(b" " * (50 << 20))
    for response in (
        httpx2.Response(200, stream=httpx2.ByteStream(bomb), headers={"Content-Encoding": "gzip"}),
        httpx2.Response(200, stream=httpx2.ByteStream(b" " * (6 << 20))),
    ):
        transport = httpx2.MockTransport(lambda _, r=response: r)  # type: ignore[misc]
        resolver = Resolver(Trust({"q.example": AuthorityPolicy()}), HttpSource(transport=transport))
        assert code_of(lambda: resolver.resolve("https://q.example/C/0123456789ABCDEF")) == "resolve.unavailable"  # noqa: B023


def test_one_round_trip_for_a_thousand_and_repeats_once(authority: MemoryAuthority) -> None:
    made = authority.store.create_many([{"title": str(i)} for i in range(1200)])
    resolver = authority.resolver()
    urls = [m.url for m in made]
    found = resolver.resolve_many(urls + urls[:300])
    assert [f.title for f in found if f] == [str(i) for i in range(1200)] + [str(i) for i in range(300)]
    assert len(authority.requests) == 2
    assert all(len(request.content) <= 64 * 1024 for request in authority.requests)


def test_over_a_real_connection(authority: MemoryAuthority) -> None:
    """The same by TCP, synchronously and not, with a claim and a report."""
    made = authority.store.create({"body": MENU, "quota": {"max": 1}})
    source = HttpSource()
    with listening(authority) as address:
        trust = authority.trust(base_url=address)
        resolver = Resolver(trust, source)
        assert resolver.resolve(made.url).title == "Menu"
        assert resolver.claim(made.url, key="k").ordinal == 1
        resolver.report([(made.url, "about", datetime.now(timezone.utc), 1)])
        assert authority.store.stats(made.ref)[0].n == 1

        async def work() -> str:
            title = (await AsyncResolver(trust, source).resolve(made.url)).title
            await source.aclose()
            return title

        assert asyncio.run(work()) == "Menu"
        source.close()
    assert code_of(lambda: resolver.resolve(code_url("q.example", new_ref()))) == "resolve.unavailable"
    source.close()


def test_what_is_deferred_is_asked_for_again(authority: MemoryAuthority) -> None:
    made = authority.store.create_many([{"data": {"x": "y" * 1000}} for _ in range(20)])
    authority.budget = 5000
    found = authority.resolver().resolve_many([m.url for m in made])
    assert all(found)
    assert 4 <= len(authority.requests) <= 6


def test_rate_limits_and_problems_are_told_as_they_are() -> None:
    answers = iter([
        httpx2.Response(429, headers={"Retry-After": "7"}),
        httpx2.Response(401, json={"code": "auth.missing", "detail": "no key"}),
        httpx2.Response(500, text="oops"),
    ])  # fmt: skip
    transport = httpx2.MockTransport(lambda _: next(answers))
    resolver = Resolver(Trust({"q.example": AuthorityPolicy()}), HttpSource(transport=transport))
    errors = [resolver.resolve_many(["https://q.example/C/0123456789ABCDEF"])[0].error for _ in range(3)]  # type: ignore[union-attr]
    assert [e.code for e in errors] == ["resolve.rate_limited", "auth.missing", "resolve.unavailable"]
    assert errors[0].retry_after == 7
