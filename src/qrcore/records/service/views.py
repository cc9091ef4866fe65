"""What the pages show: plain values, nothing escaped yet. The templates escape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..model import LinkRules

__all__ = ["Landing", "Notice", "ShownLink", "Viewer"]


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link whose scheme was checked, its label filled in. Unlike a redirect, a link hands no fragment on."""

    rel: str
    href: str
    title: str
    hreflang: tuple[str, ...]
    type: str


@dataclass(frozen=True, slots=True)
class Landing:
    """The page of a code that leads to no single place: its links, and a button where it can be redeemed.

    `root` is the prefix that the service is mounted under, `lang` is `en` or `zh`. `claim_key` is a new idempotency
    key for the form, which is posted to `claim_action`.
    """

    root: str
    lang: str
    authority: str
    ref: str
    title: str
    label: str
    links: tuple[ShownLink, ...]
    data: Mapping[str, Any]
    quota: bool
    claim_action: str
    claim_key: str
    linkset: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """The page that opens a sealed code in the browser. The server knows neither its key nor its content.

    `ref` is the record's own reference, whichever was scanned: the key follows from it. `rules` are for its links,
    which the server cannot see.
    """

    root: str
    lang: str
    authority: str
    ref: str
    version: int
    sealed: bytes
    label: str
    rules: LinkRules
    quota: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """A page that says one thing: there is no such code, it has expired, it was redeemed (`receipt`), ..."""

    root: str
    lang: str
    status: int
    code: str
    retry_after: int | None = None
    receipt: Mapping[str, Any] | None = None
    authority: str = ""
    ref: str = ""
