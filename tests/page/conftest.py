"""Fixtures of the page tests: Debian's Chromium, driven by Playwright, and a place that serves the page's files."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="the page is not tested: pip install playwright")
pytest.importorskip("fastapi", reason="needs qrcore[server]")

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.page.site import STATIC, Site, serve
from tests.page.visitor import LOCALES, SIZES, Visitor

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it (QRCORE_CHROMIUM names another), with a profile of its own; skips without.

    Playwright runs an event loop as long as it is open, so it does not outlive the module.
    """
    found = os.environ.get("QRCORE_CHROMIUM") or shutil.which("chromium")
    if found is None:
        pytest.skip("the page is not tested: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="qrcore-chromium-") as home, sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=found, args=FLAGS, env={**os.environ, "HOME": home})
        except Error as error:
            pytest.skip(f"the page is not tested: Chromium does not start here ({error.message.splitlines()[0]})")
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of one test: no cookies, no storage."""
    opened = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    yield opened
    opened.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: requests are no news."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'none'; script-src 'self'")
        super().end_headers()


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    """The address of the page's scripts alone, without a service."""
    handler = functools.partial(_Quiet, directory=str(STATIC))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def scripts(context: BrowserContext, files: str) -> Page:
    """An empty document from which the page's modules can be imported."""
    page = context.new_page()
    page.goto(files + "icon.svg")
    return page


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A service with four codes, on this machine."""
    with serve(tmp_path) as found:
        yield found


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Opens browsers of their own; afterwards none may have met a fault, such as a broken Content-Security-Policy."""
    visitors: list[Visitor] = []
    usual: tuple[str, str] = getattr(request, "param", ("wide", "en"))

    def open_(size: str = usual[0], language: str = usual[1], **options: Any) -> Visitor:
        width, height = SIZES[size]
        phone = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=LOCALES[language], timezone_id="Europe/Berlin",
            **phone, **options,
        )  # fmt: skip
        visitors.append(Visitor(context, site, language))
        return visitors[-1]

    yield open_
    for visitor in visitors:
        visitor.context.close()
        assert visitor.faults == []
