"""Resolving: what comes back for what is scanned, from a store and over HTTP, synchronously and not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

import qrcore
from qrcore.payload import parse
from qrcore.records import (
    AsyncResolver,
    AuthorityPolicy,
    ClaimError,
    Failure,
    HttpSource,
    Key,
    Keyring,
    MemoryCache,
    RecordError,
    Resolution,
    ResolveError,
    Resolver,
    SealError,
    StoreSource,
    Trust,
    TrustError,
    claim_token,
    code_url,
    make_code,
    new_ref,
    new_secret,
    seal_body,
    sign_offline,
    token_hash,
)
from qrcore.testing import MemoryAuthority, damage, draw, no_network

SIGNER = Key.signing(b"\5" * 32)
RING = Keyring([SIGNER.public_half()])
MENU = {"title": "Menu", "links": [{"href": "https://shop.example/menu?t={label}"}]}


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(RecordError) as caught:
        call()
    return caught.value.code


@pytest.fixture(params=["store", "http", "async"])
def resolve_many(request: pytest.FixtureRequest, authority: MemoryAuthority) -> Iterator[Callable[..., Any]]:
    """`resolve_many` of each kind of resolver, on the same authority."""
    source = StoreSource(authority.store) if request.param == "store" else authority.source()

    def run(items: Any, *, policy: dict[str, Any] | None = None, **options: Any) -> list[Resolution | Failure]:
        trust = authority.trust(**(policy or {}))
        if request.param == "async":
            return asyncio.run(AsyncResolver(trust, source).resolve_many(items, **options))
        return Resolver(trust, source).resolve_many(items, **options)

    yield run
    if isinstance(source, HttpSource):
        source.close()
        asyncio.run(source.aclose())


def sealed(
    authority: MemoryAuthority, body: dict[str, Any], *, signer: Key | None = None, **options: Any
) -> tuple[str, bytes]:
    """The link of a new sealed record, and its secret."""
    ref, secret = new_ref(), new_secret()
    closed = seal_body(body, authority=authority.authority, ref=ref, version=1, secret=secret, signer=signer)
    authority.store.create({"ref": ref, "body": closed, **options})
    return code_url(authority.authority, ref, secret), secret


def test_items_of_every_kind_are_resolved_in_their_order(authority: MemoryAuthority, resolve_many: Any) -> None:
    plain = authority.store.create({"body": MENU, "aliases": [{"label": "Table 7"}]})
    product = authority.store.create(
        {"body": {"title": "Product", "links": MENU["links"]}, "gs1": ["/01/09506000134352"]}
    )
    closed, _ = sealed(authority, {"title": "Secret"})
    serial = sign_offline("qrcore/ref", plain.url.encode(), key=SIGNER)
    items = [
        plain.url, parse(plain.aliases[0][1]), closed, "9506000134352", parse("https://id.gs1.org/01/09506000134352/10/A"),
        plain.url, serial, sign_offline("application/json", b'{"title":"Offline"}', key=SIGNER), "hello",
        code_url("evil.example", new_ref()), code_url("q.example", new_ref()), "9506000134353",
    ]  # fmt: skip
    found = resolve_many(items, policy={"keys": RING})
    titles = [f.title if isinstance(f, Resolution) else f.code for f in found]
    assert titles == [
        "Menu", "Menu", "Secret", "Product", "Product", "Menu", "Menu", "Offline", "payload.format",
        "trust.unknown_authority", "resolve.not_found", "payload.format",
    ]  # fmt: skip
    assert [found[1].ref, found[1].label, found[1].chosen.href] == [
        plain.ref,
        "Table 7",
        "https://shop.example/menu?t=Table%207",
    ]
    assert (found[3].ref, found[3].path) == (product.ref, "/01/09506000134352")
    assert found[2].sealed
    assert found[6].verified == SIGNER.kid
    assert [bool(f) for f in found].count(False) == 4
    assert all(f.item == item for f, item in zip(found, items, strict=True))


def test_resolving_many_is_resolving_each(authority: MemoryAuthority, resolve_many: Any) -> None:
    urls = [authority.store.create({"title": str(i)}).url for i in range(5)] + [code_url("q.example", new_ref())]
    many = [(f.title if f else f.code) for f in resolve_many(urls * 2)]
    assert many == [(f.title if f else f.code) for url in urls * 2 for f in resolve_many([url])]


def test_a_picture_of_a_product_leads_to_its_record(authority: MemoryAuthority) -> None:
    """From an EAN-13 to the record, as `decode` gives it."""
    authority.store.create({"body": MENU, "gs1": ["/01/09506000134352"]})
    symbol = qrcore.Symbol(
        "9506000134352", b"9506000134352", ((0, 0),) * 4, symbology=qrcore.Symbology.EAN_13  # type: ignore[arg-type]
    )  # fmt: skip
    assert authority.resolver().resolve(symbol).title == "Menu"


def test_a_damaged_code_leads_to_its_record(authority: MemoryAuthority) -> None:
    made = authority.store.create(MENU)
    picture = damage(draw(made.url), blur=1.5, noise=8, tilt=14, slant=0.15, seed=3)
    [symbol] = qrcore.decode(picture)
    assert authority.resolver().resolve(symbol).version == 1


def test_what_is_rewritten_is_seen_at_once_in_a_store(authority: MemoryAuthority) -> None:
    made = authority.store.create(MENU)
    resolver = Resolver(authority.trust(), StoreSource(authority.store))
    assert resolver.resolve(made.url).version == 1
    authority.store.put(made.ref, {"title": "New"}, 1)
    assert resolver.resolve(made.url).title == "New"
    assert resolver.resolve(made.url, at=1).title == "Menu"


def test_links_are_chosen_by_relation_and_language(authority: MemoryAuthority, resolve_many: Any) -> None:
    links = [
        {"rel": "gs1:pip", "href": "https://a.example/en", "hreflang": ["en"]},
        {"rel": "gs1:pip", "href": "https://a.example/de", "hreflang": ["de"]},
        {"rel": "gs1:recipeInfo", "href": "https://a.example/recipe"},
    ]
    url = authority.store.create({"links": links, "default": 0}).url
    assert resolve_many([url], lang="de-AT")[0].chosen.href == "https://a.example/de"
    assert resolve_many([url], rel="gs1:recipeInfo")[0].chosen.href == "https://a.example/recipe"
    assert resolve_many([url], rel="gs1:missing")[0].chosen is None
    assert resolve_many([url])[0].choose("gs1:pip", "de").href == "https://a.example/de"


def test_a_gs1_record_has_the_links_of_every_level(authority: MemoryAuthority, resolve_many: Any) -> None:
    product = {"links": [{"href": "https://a.example/product"}]}
    batch = {"links": [{"rel": "gs1:traceability", "href": "https://a.example/batch"}], "default": None}
    authority.store.create({"body": product, "gs1": "/01/09506000134352"})
    authority.store.create({"body": batch, "gs1": "/01/09506000134352/10/A"})
    found = resolve_many(["https://id.gs1.org/01/09506000134352/10/A/21/9"])[0]
    assert [link.href for link in found.links] == ["https://a.example/batch", "https://a.example/product"]
    assert found.chosen.href == "https://a.example/product"
    assert found.path == "/01/09506000134352/10/A"


def test_states_of_a_record_are_told_apart(authority: MemoryAuthority, resolve_many: Any) -> None:
    now = datetime.now(timezone.utc)
    early = authority.store.create({"body": {}, "not_before": now + timedelta(hours=1)}).url
    late = authority.store.create({"body": {}, "not_after": now - timedelta(hours=1)}).url
    gone = authority.store.create({}).ref
    authority.store.retire(gone)
    found = resolve_many([early, late, code_url("q.example", gone)])
    assert [f.code for f in found] == ["resolve.not_yet", "resolve.expired", "resolve.gone"]
    assert found[0].error.retry_after > 3000


def test_a_sealed_record_opens_with_the_code_alone(authority: MemoryAuthority, resolve_many: Any) -> None:
    url, _ = sealed(authority, {"title": "Secret"}, signer=SIGNER)
    wrong = code_url("q.example", parse(url).ref, new_secret())  # type: ignore[attr-defined]
    found = resolve_many([url, url.partition("#")[0], wrong], policy={"keys": RING, "require_signed": True})
    assert (found[0].title, found[0].verified) == ("Secret", SIGNER.kid)
    assert [f.code for f in found[1:]] == ["seal.invalid", "seal.invalid"]


def test_a_server_cannot_swap_or_bring_back_sealed_records(authority: MemoryAuthority, resolve_many: Any) -> None:
    """It may put any body under any reference and version; the client opens none of them."""
    first, _ = sealed(authority, {"title": "First"})
    second, _ = sealed(authority, {"title": "Second"})
    body = authority.store.get(parse(second).ref).body  # type: ignore[attr-defined]
    raw = authority.store._db.engine
    with raw.begin() as connection:
        connection.exec_driver_sql("UPDATE record SET head_body = ?", (body,))
    assert [f.code if not f else f.title for f in resolve_many([first, second])] == ["seal.invalid", "Second"]
    with raw.begin() as connection:
        connection.exec_driver_sql("UPDATE record SET head = 2")
    assert [f.code for f in resolve_many([first, second])] == ["seal.invalid"] * 2


def test_a_plain_body_never_stands_in_for_a_signed_or_sealed_one(authority: MemoryAuthority, resolve_many: Any) -> None:
    plain = authority.store.create(MENU)
    with_secret = code_url("q.example", plain.ref, new_secret())
    assert resolve_many([plain.url], policy={"keys": RING, "require_signed": True})[0].code == "seal.invalid"
    assert resolve_many([with_secret])[0].code == "seal.invalid"
    unsigned, _ = sealed(authority, {"title": "x"})
    assert resolve_many([unsigned], policy={"keys": RING, "require_signed": True})[0].code == "seal.invalid"


def test_a_signed_record_is_readable_and_bound_to_its_reference(authority: MemoryAuthority, resolve_many: Any) -> None:
    ref, alias, other = new_ref(), new_ref(), new_ref()
    body = {"title": "Signed", "data": {"names": [alias, "/01/09506000134352"]}}
    closed = seal_body(body, authority="q.example", ref=ref, version=1, signer=SIGNER)
    aliases = [{"ref": alias, "label": ""}, {"ref": other, "label": ""}]
    authority.store.create({"ref": ref, "body": closed, "aliases": aliases, "gs1": "/01/09506000134352"})
    items = [code_url("q.example", r) for r in (ref, alias, other)] + ["9506000134352"]
    found = resolve_many(items, policy={"keys": RING, "require_signed": True})
    assert [f.title if f else f.code for f in found] == ["Signed", "Signed", "seal.invalid", "Signed"]


def test_a_signed_link_leads_only_to_its_own_authority(authority: MemoryAuthority) -> None:
    other = Key.signing(b"\6" * 32)
    trust = Trust({"q.example": AuthorityPolicy(keys=RING), "p.example": AuthorityPolicy(keys=Keyring([other]))})
    resolver = Resolver(trust, authority.source())
    made = authority.store.create(MENU)
    assert resolver.resolve(sign_offline("qrcore/ref", made.url.encode(), key=SIGNER)).verified == SIGNER.kid
    with pytest.raises(TrustError):
        resolver.resolve(sign_offline("qrcore/ref", made.url.encode(), key=other))
    with pytest.raises(SealError):
        resolver.resolve(sign_offline("qrcore/ref", made.url.encode(), key=Key.signing()))


# -- the network

ATOMS = st.none() | st.integers() | st.text(max_size=5)
MEMBERS = st.sampled_from(["title", "links", "href", "rel", "data", "default", "sealed", "hreflang"])


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


def test_links_are_checked_again_at_use(authority: MemoryAuthority, resolve_many: Any) -> None:
    made = authority.store.create(MENU)
    body = b'{"links":[{"href":"javascript:alert(1)"},{"href":"https://a.example/"}],"default":0}'
    with authority.store._db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE record SET head_body = ?", (body,))
    found = resolve_many([made.url])[0]
    assert [link.href for link in found.links] == ["https://a.example/"]
    assert found.chosen is None


def test_other_schemes_are_shown_where_tenant_and_policy_list_them(
    authority: MemoryAuthority, resolve_many: Any
) -> None:
    authority.store.add_tenant("default", schemes=["weixin"])
    url = authority.store.create({"links": [{"href": "weixin://pay"}]}).url
    assert resolve_many([url])[0].links == ()
    found = resolve_many([url], policy={"schemes": {"weixin"}})[0]
    assert [link.href for link in found.links] == ["weixin://pay"]
    assert found.chosen is None


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


def test_a_mixed_batch_takes_one_statement(authority: MemoryAuthority) -> None:
    made = authority.store.create_many([{"title": str(i)} for i in range(500)])
    authority.store.create({"body": {"title": "product"}, "gs1": "/01/09506000134352"})
    items = [m.url for m in made]
    items += [f"https://id.gs1.org/01/09506000134352/22/2A/10/{i}/21/{i}" for i in range(500)]
    resolver = Resolver(authority.trust(), StoreSource(authority.store))
    resolver.resolve_many(items[:1])
    statements: list[str] = []
    engine = authority.store._db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert all(resolver.resolve_many(items * 2))
    assert len([s for s in statements if s.startswith("SELECT")]) == 1


def test_over_a_real_connection(authority: MemoryAuthority) -> None:
    """The same by TCP, synchronously and not, with a claim and a report."""
    made = authority.store.create({"body": MENU, "quota": {"max": 1}})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            url = f"http://{self.headers['Host']}{self.path}"
            answer = authority.handle(httpx2.Request("POST", url, headers=dict(self.headers), content=content))
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    source = HttpSource()
    try:
        trust = authority.trust(base_url=f"http://127.0.0.1:{server.server_port}")
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
    finally:
        source.close()
        server.shutdown()
        server.server_close()
        thread.join()
    assert code_of(lambda: resolver.resolve(code_url("q.example", new_ref()))) == "resolve.unavailable"
    source.close()


def test_what_is_deferred_is_asked_for_again(authority: MemoryAuthority) -> None:
    made = authority.store.create_many([{"data": {"x": "y" * 1000}} for _ in range(20)])
    authority.budget = 5000
    found = authority.resolver().resolve_many([m.url for m in made])
    assert all(found)
    assert 4 <= len(authority.requests) <= 6


# -- cache


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


# -- secrets


def test_a_codes_secret_leaves_no_trace(authority: MemoryAuthority, caplog: pytest.LogCaptureFixture) -> None:
    """Not in requests, cache keys, reprs, logs, the store, or errors."""
    caplog.set_level(logging.DEBUG)
    url, secret = sealed(authority, {"title": "Secret"}, quota={"max": 1})
    fragment = url.partition("#")[2]
    resolver = authority.resolver()
    found = resolver.resolve(url)
    failed = resolver.resolve_many([code_url("evil.example", new_ref(), secret)])
    traces = [
        repr(found), repr(failed), repr(make_code(url)), repr(parse(url)), repr(resolver.cache), caplog.text,
        repr(resolver.cache._entries), repr(authority.requests), "".join(authority.store.export()),
        str(failed[0].error), repr(failed[0].error.__reduce__()),
    ]  # fmt: skip
    for trace in traces:
        for form in (fragment, secret.hex(), repr(secret)[2:-1], "Secret"):
            assert form not in trace
    assert found.title == "Secret"
    assert fragment not in str(pickle.dumps(failed[0].error))


# -- claims and reports


def test_claims_go_by_key_or_by_the_codes_own_secret(authority: MemoryAuthority) -> None:
    ref, secret = new_ref(), new_secret()
    kept = token_hash(claim_token(secret, "q.example", ref))
    body = seal_body({"title": "x"}, authority="q.example", ref=ref, version=1, secret=secret)
    authority.store.create({"ref": ref, "body": body, "quota": {"max": 2, "token": kept}})
    by_token = authority.resolver()
    receipt = by_token.claim(code_url("q.example", ref, secret), key="phone", claimant="ann")
    assert (receipt.ordinal, receipt.ref) == (1, ref)
    assert authority.requests[-1].headers["authorization"].startswith("Claim ")
    assert by_token.claim(code_url("q.example", ref, secret), key="phone", claimant="ann") == receipt
    assert code_of(lambda: by_token.claim(code_url("q.example", ref, new_secret()), key="2")) == "auth.scope"
    by_key = authority.resolver(auth="till")
    assert by_key.claim(code_url("q.example", ref), key="till 1").ordinal == 2
    with pytest.raises(ClaimError) as caught:
        by_key.claim(code_url("q.example", ref), key="till 2")
    assert caught.value.code == "claim.exhausted"
    assert asyncio.run(_claim_async(authority, code_url("q.example", ref))).ordinal == 2


async def _claim_async(authority: MemoryAuthority, url: str) -> Any:
    source = authority.source()
    receipt = await AsyncResolver(authority.trust(auth="till"), source).claim(url, key="till 1")
    await source.aclose()
    return receipt


def test_scans_are_reported_to_their_authorities(authority: MemoryAuthority) -> None:
    made = authority.store.create({"body": MENU, "aliases": [{"label": "Door"}]})
    now = datetime.now(timezone.utc)
    scans = [
        (made.url, "about", now, 2),
        (made.aliases[0][1], "about", now, 3),
        (code_url("evil.example", new_ref()), "x", now, 1),
    ]
    authority.resolver().report(scans)
    assert sorted((c.label, c.n) for c in authority.store.stats(made.ref)) == [("", 2), ("Door", 3)]
    Resolver(authority.trust(), StoreSource(authority.store)).report(scans)
    assert sum(c.n for c in authority.store.stats(made.ref)) == 10


@dataclass
class Item:
    source: str
    symbols: tuple[Any, ...]
    error: object = None


def test_a_stream_of_pictures_becomes_a_stream_of_records(authority: MemoryAuthority) -> None:
    made = authority.store.create_many([{"title": str(i)} for i in range(7)])
    symbols = [qrcore.Symbol(m.url, m.url.encode(), ((0, 0),) * 4) for m in made]  # type: ignore[arg-type]
    items = [Item("a", tuple(symbols[:3])), Item("b", ()), Item("c", (), "broken"), Item("d", tuple(symbols[3:]))]
    pulled: list[str] = []

    def source() -> Iterator[Item]:
        for item in items:
            pulled.append(item.source)
            yield item

    stream = authority.resolver().resolve_stream(source(), chunk=3)
    first, records = next(stream)
    assert (first.source, pulled) == ("a", ["a"])
    rest = [(item.source, [f.title for f in found if f]) for item, found in stream]
    assert [f.title for f in records if f] == ["0", "1", "2"]
    assert rest == [("b", []), ("c", []), ("d", ["3", "4", "5", "6"])]


def test_pictures_without_codes_do_not_hold_a_stream_back(authority: MemoryAuthority) -> None:
    taken = 0

    def endless() -> Iterator[qrcore.Item]:
        nonlocal taken
        while True:
            taken += 1
            yield qrcore.Item("blank.png", None)

    stream = authority.resolver().resolve_stream(endless(), chunk=50)
    for _ in range(120):
        assert next(stream)[1] == []
    assert taken <= 150


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


def test_a_store_that_is_down_is_a_failure_for_each_item(authority: MemoryAuthority) -> None:
    class Down(StoreSource):
        def fetch(self, *_: Any) -> Any:
            raise ResolveError("resolve.unavailable")

    found = Resolver(authority.trust(), Down(authority.store)).resolve_many([code_url("q.example", new_ref()), "hello"])
    assert [f.code for f in found if isinstance(f, Failure)] == ["resolve.unavailable", "payload.format"]
