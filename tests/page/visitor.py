"""A browser at the service, and what it may not meet there."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.page.site import Site, strings

SIZES = {"wide": (1280, 800), "phone": (390, 844)}
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


class Visitor:
    """A browser at the service. `say` is what the page says in the visitor's language."""

    def __init__(self, context: BrowserContext, site: Site, language: str) -> None:
        self.context, self.site, self.say = context, site, strings(language)
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self._heard(message.type, message.text))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.faults.append(text)

    def log_in(self) -> None:
        self.page.goto(self.site.login)
        self.page.wait_for_url(self.site.origin + "/")
        expect(self.page.locator("main h1")).to_be_visible()

    def go(self, part: str) -> None:
        """To a part of the page at /."""
        self.page.goto(f"{self.site.origin}/#{part}")
        expect(self.page.locator("header [aria-current]")).to_have_attribute("href", f"#{part.split('/')[0]}")
        expect(self.page.locator("main h1")).to_be_visible()
        if part.count("/") == 2:
            expect(self.page.locator(".tabs [aria-current]")).to_have_attribute("href", f"#{part}")

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=self.say[key], exact=True)

    def fill(self, key: str, text: str, at: int = 0) -> None:
        self.page.get_by_label(self.say[key], exact=True).nth(at).fill(text)
