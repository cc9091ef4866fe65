"""How the pages look: every state in both sizes and languages, light and dark, free of what axe-core finds.

The pictures are kept where QRCORE_SCREENSHOTS names a folder, to be looked at; docs/page.md shows three of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from qrcore.records.refs import write_secret
from tests.page.site import Site, photo
from tests.page.visitor import SIZES, Visitor

pytestmark = pytest.mark.deep


def states(visitor: Visitor, site: Site, picture: Path) -> Iterator[str]:
    """Brings the browser from one state to the next, and names each."""
    page, say = visitor.page, visitor.say
    page.goto(f"{site.origin}/login")
    expect(page.locator("form")).to_be_visible()
    yield "login"
    visitor.log_in()
    yield "read-empty"
    page.set_input_files("#choose", photo(site, picture))
    expect(page.locator(".card")).to_have_count(3)
    page.locator(".card details").first.evaluate("details => details.open = true")
    yield "read"
    page.set_input_files("#choose", __file__)
    expect(page.get_by_role("alert")).to_be_visible()
    yield "read-fault"
    visitor.go("make")
    page.get_by_text(say["make.more"]).click()
    visitor.fill("editor.title", "Opening hours")
    visitor.fill("editor.href", "https://shop.example/hours")
    visitor.fill("make.places", "Door\nBus stop")
    page.get_by_label(say["make.seal"]).check()
    visitor.button("make.make").click()
    expect(page.locator(".printed .card")).to_have_count(3)
    yield "make"
    visitor.go("codes")
    yield "codes"
    for tab in ("content", "code", "versions", "scans", "claims"):
        visitor.go(f"codes/{site.menu}/{tab}")
        yield tab
    visitor.go(f"codes/{site.draw}/claims")
    for name in ("Ann", "Ben"):
        visitor.fill("claims.claimant", name)
        visitor.button("claims.redeem").click()
        expect(page.locator(".rows li").first).to_contain_text(name)
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".rows button").first.click()
    expect(page.locator(".rows .badge")).to_be_visible()
    yield "claims-made"
    visitor.go(f"codes/{site.card}/versions")
    page.reload()
    expect(page.get_by_text(say["codes.unlock"])).to_be_visible()
    yield "locked"
    page.goto(f"{site.origin}/c/{site.page}")
    yield "landing"
    page.goto(f"{site.origin}/c/{site.draw}")
    yield "landing-claim"
    page.goto(f"{site.origin}/c/{site.card}#{write_secret(site.secret)}")
    visitor.button("viewer.claim").click()
    expect(page.get_by_text(say["claims.granted"].format(ordinal=1))).to_be_visible()
    yield "viewer"
    page.goto(f"{site.origin}/c/{site.card}")
    expect(page.get_by_role("alert")).to_be_visible()
    yield "viewer-locked"
    page.goto(f"{site.origin}/c/{'0' * 16}")
    yield "missing"
    site.store.retire(site.page)
    page.goto(f"{site.origin}/c/{site.page}")
    page.reload()  # a landing page may be kept for a minute
    expect(page.get_by_text(say["error.resolve.gone"])).to_be_visible()
    yield "gone"
    visitor.go(f"codes/{site.page}")
    expect(page.get_by_text(say["codes.gone"])).to_be_visible()
    yield "withdrawn"


def violations(page: Page) -> list[str]:
    """What axe-core finds, with the elements."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


SQUEEZED = """[...document.querySelectorAll("main *")]
  .filter(({childNodes}) => [...childNodes].some(({nodeType, data}) => nodeType === 3 && data.trim().length > 9))
  .filter(({offsetWidth, offsetHeight}) => offsetHeight > 4 * offsetWidth).map(({textContent}) => textContent)"""
"""Texts that stand a letter or two to a line."""


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_no_state_has_an_axe_violation_or_is_wider_than_the_screen(
    visit: Callable[..., Visitor], site: Site, tmp_path: Path, size: str, language: str, colours: str
) -> None:
    visitor = visit(size, language, color_scheme=colours)
    folder = Path(os.environ.get("QRCORE_SCREENSHOTS") or tmp_path)
    found: dict[str, list[str]] = {}
    seen = []
    for state in states(visitor, site, tmp_path / "photo.jpg"):
        visitor.page.screenshot(path=folder / f"{language}-{size}-{colours}-{state}.png", full_page=True)
        faults = violations(visitor.page)
        if visitor.page.evaluate("document.documentElement.scrollWidth") > SIZES[size][0]:
            faults.append("wider than the screen")
        faults += visitor.page.evaluate(SQUEEZED)
        if faults:
            found[state] = faults
        seen.append(state)
    assert found == {}
    assert len(seen) == 20
