"""The pages: HTML from templates that escape everything, and the files that they load. No script is inline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..._extra import needs

with needs("server"):
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from ..views import Landing, Notice, Viewer

__all__ = ["CSP", "app_page", "landing", "login_page", "notice", "static_files", "viewer"]

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "media-src 'self' blob: mediastream:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every page."""

_templates = Environment(
    loader=PackageLoader(__name__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def static_files() -> StaticFiles:
    """The files that pages load, below `/static`."""
    return StaticFiles(packages=[(__name__, "static")])


def app_page(root: str) -> str:
    """The page itself."""
    return _render("app.html", root=root)


def login_page(root: str) -> str:
    """Where a one-time link or an API key is exchanged for a cookie."""
    return _render("login.html", root=root)


def landing(view: Landing) -> str:
    """The links of a code without a default link."""
    return _render("landing.html", view=view)


def viewer(view: Viewer) -> str:
    """Opens a sealed code in the browser."""
    return _render("viewer.html", view=view)


def notice(view: Notice) -> str:
    """Says that there is no such code, that it has expired, that it was redeemed."""
    return _render("notice.html", view=view)


def _render(name: str, **values: Any) -> str:
    return _templates.get_template(name).render(values)
