"""The pages: HTML from templates that escape everything, and the files that they load. No script is inline.

What the templates and the scripts say stands in `static/strings.*.js`, one file a language, read by both sides.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..._extra import needs

with needs("server"):
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from starlette.responses import Response
    from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.types import Scope

    from ..views import Landing, Notice, ShownLink, Viewer

__all__ = ["CSP", "app_page", "landing", "login_page", "notice", "static_files", "viewer"]

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The Content-Security-Policy of every page. With Trusted Types the browser itself refuses text as markup."""

_TITLES = {404: "missing", 410: "gone", 425: "not_yet", 429: "busy", 503: "busy"}


class _Files(StaticFiles):
    """Files that a browser asks for again each time: modules of two versions would not fit together."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def static_files() -> StaticFiles:
    """The files that pages load, below `/static`."""
    return _Files(packages=[(__name__, "static")])


def app_page(root: str) -> str:
    """The page itself. It chooses its language in the browser."""
    return _render("app.html", root, "en")


def login_page(root: str) -> str:
    """Where a one-time link or an API key is exchanged for a cookie."""
    return _render("login.html", root, "en")


def landing(view: Landing) -> str:
    """The links of a code without a default link: by relation, those in the reader's language first."""
    relations: dict[str, list[ShownLink]] = defaultdict(list)
    for link in sorted(view.links, key=lambda link: _is_foreign(link, view.lang)):
        relations[link.rel].append(link)
    first = {link.rel: i for i, link in reversed(list(enumerate(view.links)))}
    ordered = sorted(relations.items(), key=lambda entry: first[entry[0]])
    return _render("landing.html", view.root, view.lang, view=view, relations=ordered)


def viewer(view: Viewer) -> str:
    """Opens a sealed code in the browser, which gets all that it needs for it but the secret."""
    record = {
        "authority": view.authority,
        "ref": view.ref,
        "version": view.version,
        "sealed": base64.urlsafe_b64encode(view.sealed).decode().rstrip("="),
        "label": view.label,
        "rules": {"schemes": sorted(view.rules.schemes), "targets": sorted(view.rules.targets)},
        "quota": view.quota,
    }
    return _render("viewer.html", view.root, view.lang, view=view, record=json.dumps(record))


def notice(view: Notice) -> str:
    """Says that there is no such code, that it has expired, that it was redeemed."""
    name = "granted" if view.receipt else _TITLES.get(view.status, "refused")
    return _render("notice.html", view.root, view.lang, view=view, title=_strings(view.lang)[f"notice.{name}"])


def _render(name: str, root: str, lang: str, **values: Any) -> str:
    text = _templates.get_template(name).render(root=root, lang=lang, t=_strings(lang), **values)
    return text.encode("utf-8", "replace").decode()  # JSON may hold half a surrogate pair


@cache
def _strings(lang: str) -> dict[str, str]:
    """The texts of a language, empty for a key that is none."""
    script = files(__name__).joinpath(f"static/strings.{lang}.js").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(script.removeprefix("export default ").rstrip().rstrip(";"))
    return defaultdict(str, found)


def _is_foreign(link: ShownLink, lang: str) -> bool:
    """Whether a link is in languages other than the reader's."""
    return bool(link.hreflang) and not any(tag.lower().startswith(lang) for tag in link.hreflang)


def _host(href: str) -> str:
    """Where a link leads: its host, or for tel, mailto and the like all of it."""
    return urlsplit(href).netloc or href


_templates = Environment(
    loader=PackageLoader(__name__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.filters |= {"host": _host, "json": lambda value: json.dumps(value, ensure_ascii=False)}
