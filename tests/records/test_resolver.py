"""Resolving: what comes back for what is scanned, from a store and over HTTP, synchronously and not."""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from records.given import MENU, code_of

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
from qrcore.testing import MemoryAuthority, damage, draw

SIGNER = Key.signing(b"\5" * 32)
RING = Keyring([SIGNER.public_half()])


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


# -- cache


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


@pytest.mark.parametrize("in_process", [True, False])
def test_an_alias_of_a_sealed_code_is_resolved_and_claimed_like_the_record_itself(
    authority: MemoryAuthority, in_process: bool
) -> None:
    ref, secret = new_ref(), new_secret()
    kept = token_hash(claim_token(secret, "q.example", ref))
    body = seal_body({"title": "x"}, authority="q.example", ref=ref, version=1, secret=secret)
    record = {"ref": ref, "body": body, "quota": {"max": 2, "token": kept}, "aliases": [{"label": "Door"}]}
    door = make_code(authority.store.create(record).aliases[0][1], secret=secret).text
    resolver = Resolver(authority.trust(), StoreSource(authority.store)) if in_process else authority.resolver()
    found = resolver.resolve(door)
    assert (found.ref, found.label, found.title) == (ref, "Door", "x")
    receipt = resolver.claim(door, key="phone")
    assert (receipt.ref, receipt.ordinal) == (ref, 1)
    assert resolver.claim(door, key="phone") == receipt
    assert resolver.claim(code_url("q.example", ref, secret), key="other phone").ordinal == 2
    wrong = make_code(door.partition("#")[0], secret=new_secret()).text
    asked = len(authority.requests)
    assert code_of(lambda: resolver.claim(wrong, key="3")) == "auth.scope"
    assert len(authority.requests) - asked == (0 if in_process else 2)
    assert all(door.partition("#")[2].encode() not in request.content for request in authority.requests)


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


def test_a_store_that_is_down_is_a_failure_for_each_item(authority: MemoryAuthority) -> None:
    class Down(StoreSource):
        def fetch(self, *_: Any) -> Any:
            raise ResolveError("resolve.unavailable")

    found = Resolver(authority.trust(), Down(authority.store)).resolve_many([code_url("q.example", new_ref()), "hello"])
    assert [f.code for f in found if isinstance(f, Failure)] == ["resolve.unavailable", "payload.format"]
