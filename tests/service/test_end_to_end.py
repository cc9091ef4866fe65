"""The resolver, the writers' client and the command line against `qrcore serve`, over real connections."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import httpx2
import pytest
from service.conftest import AUTHORITY, SCOPES
from service.live import Live, running, start

import qrcore
from qrcore.cli import main
from qrcore.payload import CodeRef, parse
from qrcore.records import (
    AsyncResolver,
    AuthError,
    AuthorityPolicy,
    ClaimError,
    Failure,
    HttpSource,
    ResolveError,
    Resolver,
    SqlStore,
    Trust,
    WriteError,
    claim_token,
    make_code,
    new_ref,
    new_secret,
    seal_body,
    token_hash,
)
from qrcore.records.client import ServiceClient


class Counting(httpx2.HTTPTransport):
    """A transport that remembers what was sent, and whereto."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, bytes, str]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append((str(request.url), request.read(), str(request.headers)))
        return super().handle_request(request)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, str, SqlStore]]:
    """A service, a key with every scope, and its store, which this process has open too."""
    folder = tmp_path_factory.mktemp("service")
    url = f"sqlite:///{folder}/codes.db"
    with SqlStore(url, authority=AUTHORITY) as store:
        key, _ = store.create_key("tests", SCOPES)
        with running(folder / "service", "--store", url, "--no-page") as live:
            yield live, key, store


@pytest.fixture
def transport() -> Iterator[Counting]:
    """Connections, closed after the test."""
    found = Counting()
    yield found
    found.close()


@pytest.fixture
def trust(place: tuple[Live, str, SqlStore]) -> Trust:
    live, key, _ = place
    return Trust({AUTHORITY: AuthorityPolicy(live.origin, key)}, gs1=AUTHORITY)


def test_a_thousand_references_take_one_round_trip(
    place: tuple[Live, str, SqlStore], trust: Trust, transport: Counting
) -> None:
    live, _, store = place
    made = store.create_many({"title": f"Item {i}", "data": {"i": i}} for i in range(1000))
    resolver = Resolver(trust, HttpSource(transport=transport))
    found = resolver.resolve_many([one.url for one in made])
    assert [r.title for r in found if not isinstance(r, Failure)] == [f"Item {i}" for i in range(1000)]
    assert [url for url, _, _ in transport.sent] == [f"{live.origin}/v1/resolve"]
    mixed = [*(one.url for one in made), *(CodeRef(AUTHORITY, new_ref()) for _ in range(1500))]
    random.Random(7).shuffle(mixed)
    transport.sent.clear()
    again = Resolver(trust, HttpSource(transport=transport)).resolve_many(mixed)
    assert sum(isinstance(r, Failure) for r in again) == 1500
    assert len(transport.sent) == 3


def test_hosts_that_are_not_trusted_are_never_contacted_and_get_no_credential(
    place: tuple[Live, str, SqlStore], trust: Trust, transport: Counting
) -> None:
    live, key, store = place
    made = store.create({"title": "x"})
    found = Resolver(trust, HttpSource(transport=transport)).resolve_many(
        [made.url, f"https://evil.example/C/{made.ref}", f"https://127.0.0.1:{live.port}/C/{made.ref}"]
    )
    assert [r.code if isinstance(r, Failure) else "" for r in found] == ["", *["trust.unknown_authority"] * 2]
    [(url, content, headers)] = transport.sent
    assert url == f"{live.origin}/v1/resolve"
    assert AUTHORITY in headers
    assert key not in url
    assert json.loads(content) == {"items": [{"ref": made.ref}]}


def test_a_wrong_key_and_a_key_without_the_scope_are_refused(
    place: tuple[Live, str, SqlStore], transport: Counting
) -> None:
    live, _, store = place
    made = store.create({"title": "x"})
    for auth, code in (("qrk_wrong", "auth.missing"), (store.create_key("r", ["read"])[0], "auth.scope")):
        with pytest.raises(AuthError) as raised:
            Resolver(Trust({AUTHORITY: AuthorityPolicy(live.origin, auth)}), HttpSource(transport=transport)).resolve(
                made.url
            )
        assert raised.value.code == code


def test_a_record_is_asked_for_again_by_version(
    place: tuple[Live, str, SqlStore], trust: Trust, transport: Counting
) -> None:
    _, _, store = place
    made = store.create({"body": {"title": "one"}, "cache_s": 0})
    resolver = Resolver(trust, HttpSource(transport=transport))
    assert [resolver.resolve(made.url).title for _ in range(2)] == ["one", "one"]
    assert b'"known":1' in transport.sent[1][1]
    store.put(made.ref, {"title": "two"}, if_version=1)
    assert resolver.resolve(made.url).title == "two"
    assert resolver.resolve(made.url, at=1).title == "one"


def test_a_sealed_record_is_opened_here_and_claimed_by_the_code_itself(
    place: tuple[Live, str, SqlStore], trust: Trust, transport: Counting
) -> None:
    live, _, store = place
    ref, secret = new_ref(), new_secret()
    body = seal_body({"title": "Card"}, authority=AUTHORITY, ref=ref, version=1, secret=secret)
    kept = token_hash(claim_token(secret, AUTHORITY, ref))
    record = {"ref": ref, "body": body, "quota": {"max": 2, "token": kept}, "aliases": [{"label": "Door"}]}
    made = store.create(record)
    text, door = (make_code(url, secret=secret).text for url in (made.url, made.aliases[0][1]))
    assert Resolver(trust, HttpSource(transport=transport)).resolve(text).title == "Card"
    anyone = Resolver(Trust({AUTHORITY: AuthorityPolicy(live.origin)}), HttpSource(transport=transport))  # no key
    receipt = anyone.claim(text, key="phone 1")
    assert anyone.claim(text, key="phone 1") == receipt
    assert anyone.claim(door, key="phone 2").ordinal == 2
    with pytest.raises(ClaimError, match="exhausted"):
        anyone.claim(text, key="phone 3")
    fragment = text.partition("#")[2]
    assert all(fragment not in url + headers and fragment.encode() not in body for url, body, headers in transport.sent)
    assert fragment not in live.log.read_text()


@pytest.mark.parametrize("at_once", [1, 8])
def test_the_asynchronous_resolver_agrees(place: tuple[Live, str, SqlStore], trust: Trust, at_once: int) -> None:
    import asyncio

    _, _, store = place
    made = store.create_many([{"title": str(i)} for i in range(at_once * 10)])
    store.create({"body": {"title": "Oil"}, "gs1": [f"/01/{gtin}"]} if (gtin := GTINS[at_once]) else {})

    async def work() -> list[str]:
        source = HttpSource()
        resolver = AsyncResolver(trust, source)
        parts = [made[i::at_once] for i in range(at_once)]
        found = await asyncio.gather(*(resolver.resolve_many([one.url for one in part]) for part in parts))
        product = await resolver.resolve(gtin)
        await resolver.report([(made[0].url, "about", datetime.now(timezone.utc), 3)])
        await source.aclose()
        return [r.title for part in found for r in part if not isinstance(r, Failure)] + [product.title]

    titles = asyncio.run(work())
    assert sorted(titles) == sorted([str(i) for i in range(at_once * 10)] + ["Oil"])
    assert sum(count.n for count in store.stats(made[0].ref)) == 3


GTINS = {1: "09506000134352", 8: "09506000134369"}


def test_the_writers_client_does_all_that_a_store_does(place: tuple[Live, str, SqlStore]) -> None:
    live, key, store = place
    with ServiceClient(live.origin, key, authority=AUTHORITY) as client:
        made = client.create({"body": {"title": "one"}, "quota": {"max": 2}, "aliases": [{"label": "Door"}]})
        assert made.aliases[0][0] == "Door"
        assert client.put(made.ref, {"title": "two"}, 1) == 2
        with pytest.raises(WriteError, match=r"write\.precondition"):
            client.put(made.ref, {"title": "three"}, 1)
        assert client.rollback(made.ref, 1, 2) == 3
        assert client.get(made.ref).read_body().title == "one"
        assert client.get(made.ref, at=2).read_body().title == "two"
        assert [v.version for v in client.history(made.ref)] == [1, 2, 3]
        assert client.history(made.ref)[0].author == "tests"
        assert client.claim(made.ref, key="k", claimant="ann") == store.claims(made.ref)[0]
        store.add_counts([(made.ref, "about", datetime.now(timezone.utc), 2)])
        assert [count.n for count in client.stats(made.ref)] == [2]
        client.retire(made.ref, erase=True)
        with pytest.raises(ResolveError, match=r"resolve\.gone"):
            client.put(made.ref, {"title": "x"}, 3)
        assert client.get(made.ref).body is None


def test_the_command_line_writes_through_a_service(place: tuple[Live, str, SqlStore], tmp_path: Path) -> None:
    live, key, store = place
    environment = {**os.environ, "QRCORE_SERVICE": live.origin, "QRCORE_API_KEY": key}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "qrcore", "record", *arguments, "--authority", AUTHORITY]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    picture = tmp_path / "code.png"
    run("create", "--title", "Menu", "--link", "https://shop.example/menu", "--out", str(picture))
    [symbol] = qrcore.decode(picture)
    payload = parse(symbol.text)
    assert isinstance(payload, CodeRef)
    assert store.get(payload.ref).read_body().title == "Menu"
    assert json.loads(run("show", payload.ref))["version"] == 1


def test_a_polite_end_answers_what_is_under_way_and_ends_the_polls(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/codes.db"
    with SqlStore(url, authority=AUTHORITY) as store:
        key, _ = store.create_key("tests", SCOPES)
        ref = store.create({"links": [{"href": "https://a.example"}]}).ref
        live = start(tmp_path / "service", "--store", url)
        live.wait_until_ready()
        for _ in range(3):
            httpx2.get(f"{live.origin}/c/{ref}", trust_env=False)
        answers: list[httpx2.Response] = []
        headers = {"Authorization": f"Bearer {key}"}

        def poll() -> None:
            answers.append(
                httpx2.get(f"{live.origin}/v1/events?after=99&wait=60", headers=headers, timeout=60, trust_env=False)
            )

        waiting = threading.Thread(target=poll)
        waiting.start()
        time.sleep(1)
        begin = time.monotonic()
        assert live.stop(signal.SIGTERM) == 0
        waiting.join(60)
        assert time.monotonic() - begin < 20
        assert answers[0].json() == {"events": [], "next": 99}
        assert sum(count.n for count in store.stats(ref)) == 3
        assert [json.loads(line)["event"] for line in live.log.read_text().splitlines()].count("request") >= 4


_LOOK = """
import gc, os, signal, socket, threading, urllib.request
from qrcore.records import SqlStore, create_app
from qrcore.records.service.options import Limits
from qrcore.records.service.server import serve

def look():
    urllib.request.urlopen(address + "/healthz").read()
    print(gc.get_freeze_count(), len(gc.get_objects(2)))
    os.kill(os.getpid(), signal.SIGTERM)

listening = socket.create_server(("127.0.0.1", 0))
address = "http://127.0.0.1:%d" % listening.getsockname()[1]
threading.Thread(target=look).start()
serve(create_app(SqlStore("sqlite://", authority="q.example")), listening, Limits())
"""


def test_a_collection_of_garbage_does_not_look_through_what_was_built_at_the_start() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, timeout=60, check=True)
    frozen, watched = map(int, done.stdout.split())
    assert frozen > 20 * watched


def test_it_listens_beyond_loopback_with_a_certificate_and_keys_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def why(*arguments: str) -> str:
        assert main(["serve", "--port", "0", *arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        return said.err

    store = ["--store", f"{tmp_path}/codes.db", "--authority", AUTHORITY]
    assert "--tls-cert" in why(*store, "--host", "0.0.0.0")
    assert "key create" in why(*store, "--host", "0.0.0.0", "--proxy", "10.0.0.1")
    assert "go together" in why(*store, "--tls-cert", "x.pem")
    assert "--authority" in why("--store", f"{tmp_path}/new.db")
    assert "cannot listen" in why(*store, "--host", "192.0.2.1")
    assert "a port is" in why(*store, "--port", "70000")
    assert "say which" in why("--demo", "--host", "0.0.0.0")


@pytest.mark.parametrize("named", [False, True])
def test_forwarded_headers_count_from_a_proxy_that_was_named(tmp_path: Path, named: bool) -> None:
    """Whom a miss is counted against, and whether the cookie is for https alone."""
    url = f"sqlite:///{tmp_path}/codes.db"
    with SqlStore(url, authority=AUTHORITY) as store:
        key, _ = store.create_key("tests", SCOPES)
    proxy = ["--proxy", "127.0.0.1"] if named else []
    with (
        running(tmp_path / "service", "--store", url, *proxy) as live,
        httpx2.Client(base_url=live.origin, trust_env=False) as client,
    ):
        logged_in = client.post("/session", json={"key": key}, headers={"X-Forwarded-Proto": "https"})
        networks = ({"X-Forwarded-For": f"198.51.{i}.1"} for i in range(125))
        statuses = [client.get(f"/c/{new_ref()}", headers=network).status_code for network in networks]
    assert ("secure" in logged_in.headers["set-cookie"].lower()) == named
    assert statuses == ([404] * 125 if named else [404] * 120 + [429] * 5)


def test_the_first_start_prints_a_login_link_and_later_ones_when_asked(tmp_path: Path) -> None:
    def link_of(*arguments: str) -> str:
        """The link of a start; it is used."""
        with running(tmp_path / "service", "--store", f"{tmp_path}/codes.db", *arguments) as live:
            _, mark, after = live.out.read_text(encoding="utf-8").partition("/login#")
            if mark:
                token = after.split()[0]
                sent = httpx2.post(f"{live.origin}/session", json={"login": token}, trust_env=False)
                assert sent.status_code == 204
            return mark

    assert link_of("--authority", AUTHORITY)
    assert not link_of()
    assert link_of("--login")


def test_the_demonstration_has_nine_codes_that_read_and_resolve(tmp_path: Path) -> None:
    with running(tmp_path / "service", "--demo") as live:
        said = live.out.read_text(encoding="utf-8")
        [line] = [line for line in said.splitlines() if "pictures in " in line]
        folder = Path(line.partition("pictures in ")[2][:-1])
        pictures = sorted(folder.glob("*.png"))
        assert len(pictures) == 9
        login = next(line for line in said.splitlines() if "/login#" in line).partition("http")[2]
        token = login.partition("#")[2]
        assert live.origin.startswith("https://")
        with httpx2.Client(base_url=live.origin, verify=False, trust_env=False) as client:
            assert client.post("/session", json={"login": token}).status_code == 204
            origin = {"Origin": live.origin}
            kinds, records = set(), 0
            for picture in pictures:
                found = client.post("/v1/decode", content=picture.read_bytes(), headers=origin).json()
                [symbol] = found["symbols"]
                kinds.add(symbol["payload"]["kind"])
                records += bool(symbol["record"] and symbol["record"].get("records"))
                if symbol["payload"]["kind"] != "sealed":  # as a phone does: the very address that the code says
                    [text] = [symbol.text for symbol in qrcore.decode(picture)]
                    page = client.get(text.partition("#")[0], headers={"Accept": "text/html"})
                    assert page.status_code in (200, 307), text
            assert kinds == {"code_ref", "gs1", "sealed"}
            assert records == 7
    assert "█" in said or "▀" in said
    assert not folder.exists()


def test_a_demonstration_for_phones_has_a_certificate_of_its_own(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; it tells this machine's address
            address = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but loopback")
    if address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    with running(tmp_path / "service", "--demo", "--host", address) as live:
        assert live.origin.startswith(f"https://{address}:")
        assert httpx2.get(f"{live.origin}/login", verify=False, trust_env=False).status_code == 200
