"""The shortest way through all layers in Chromium, and what must never be sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import expect

from qrcore.records import seal_body
from qrcore.records.refs import write_secret
from tests.page.site import AUTHORITY, Site, assert_unseen, photo
from tests.page.visitor import Visitor

Open = Callable[..., Visitor]


def test_a_newcomer_logs_in_reads_a_picture_and_opens_a_sealed_code(visit: Open, site: Site, tmp_path: Path) -> None:
    """The smoke test: one way through all layers."""
    visitor = visit()
    page, say = visitor.page, visitor.say
    page.goto(site.origin)
    expect(page.get_by_role("heading", name=say["login.title"])).to_be_visible()
    visitor.log_in()
    page.set_input_files("#choose", photo(site, tmp_path / "photo.jpg"))
    expect(page.locator(".card")).to_have_count(3)
    expect(page.locator(".card").nth(0)).to_contain_text("Winter menu")
    expect(page.locator(".card").nth(1)).to_contain_text("Ann Example, Director")
    expect(page.locator(".card").nth(2).locator(".badge")).to_have_text(say["level.unknown"])
    assert write_secret(site.secret) not in page.content()
    page.locator(".card").nth(1).get_by_role("link", name=say["read.open"].format(version=2)).click()
    expect(page.get_by_role("heading", name="Ann Example, Director")).to_be_visible()
    expect(page.get_by_label(say["editor.title"], exact=True)).to_have_value("Ann Example, Director")


@pytest.fixture
def next_site() -> Iterator[tuple[str, list[bytes]]]:
    """Another site, and each request that comes to it."""
    seen: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.requestline.encode() + bytes(self.headers))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>next</title>")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


def test_the_secret_of_a_scanned_code_reaches_neither_the_service_nor_the_next_site(
    visit: Open, site: Site, next_site: tuple[str, list[bytes]]
) -> None:

    address, elsewhere = next_site
    links = [{"href": f"{address}/card", "title": "Onwards"}]
    body = seal_body(
        {"title": "Ann", "links": links}, authority=AUTHORITY, ref=site.card, version=3, secret=site.secret
    )
    site.store.put(site.card, {"body": body}, 2)
    visitor = visit("phone")
    page, say = visitor.page, visitor.say
    page.goto(f"{site.origin}/C/{site.card}#{write_secret(site.secret)}")
    expect(page.get_by_role("heading", name="Ann", exact=True)).to_be_visible()
    assert page.url == f"{site.origin}/C/{site.card}"
    assert page.evaluate("history.length") <= 2
    visitor.button("viewer.claim").click()
    expect(page.get_by_text(say["claims.granted"].format(ordinal=1))).to_be_visible()
    page.get_by_role("link", name="Onwards").click()
    page.wait_for_url(f"{address}/card")
    assert page.evaluate("[location.hash, document.referrer]") == ["", ""]
    page.go_back()
    expect(page.locator("h1")).to_be_visible()
    assert "#" not in page.url

    site.store.put(site.menu, {"links": [{"href": f"{address}/menu"}]}, 2)  # a redirect, to a code with a fragment
    page.goto(f"{site.origin}/c/{site.menu}#{write_secret(site.secret)}")
    assert page.url.rstrip("#") == f"{address}/menu"
    assert page.evaluate("[location.hash, document.referrer]") == ["", ""]
    assert_unseen(site.seen, site.secret, site.card)
    assert len(elsewhere) >= 2
    assert not any(site.origin.encode() in request for request in elsewhere), "the next site learned where from"
    assert_unseen([*elsewhere, b" " * 1000], site.secret, site.card)
    stored = page.context.storage_state()
    assert write_secret(site.secret) not in json.dumps(stored)
