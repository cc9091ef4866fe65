"""What a resolve gives back: a record with its links, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .errors import RecordError, ResolveError
from .model import ANY_SCHEMES, Body, Link, choose_link, fill_label, is_safe_href
from .sources import Fetched

__all__ = ["Failure", "Resolution", "read_body"]


class Resolution:
    """A record that was resolved. Links and body are parsed when they are first read.

    `chosen` is the link that fits `rel` and `lang`, else the default link; None where there is none. `label` names the
    printed reference that was scanned. `verified` is the kid of the key whose signature was checked, `sealed` whether
    the message was encrypted. `stale` says that the authority did not answer and this is what it said before.
    """

    __slots__ = (
        "_body",
        "_choice",
        "_default",
        "_levels",
        "_links",
        "_schemes",
        "authority",
        "fetched_at",
        "item",
        "label",
        "limited",
        "path",
        "ref",
        "sealed",
        "stale",
        "verified",
        "version",
    )

    def __init__(
        self,
        item: object,
        authority: str,
        levels: Sequence[Fetched],
        fetched_at: datetime,
        *,
        choice: tuple[str | None, str | Sequence[str] | None] = (None, None),
        schemes: frozenset[str] = ANY_SCHEMES,
        stale: bool = False,
        sealed: bool = False,
        verified: bytes | None = None,
    ) -> None:
        first = levels[0]
        self.item = item
        self.authority = authority
        self.ref, self.version, self.label, self.path = first.ref, first.version, first.label, first.path
        self.limited = first.limited
        self.fetched_at, self.stale, self.sealed, self.verified = fetched_at, stale, sealed, verified
        self._levels = levels
        self._choice = choice
        self._schemes = schemes
        self._body: Body | None = None
        self._links: tuple[Link, ...] | None = None
        self._default: int | None = None

    @property
    def body(self) -> Body:
        """The body of the record, of the most specific one for a GS1 key."""
        if self._body is None:
            self._body = read_body(self._levels[0])
        return self._body

    @property
    def links(self) -> tuple[Link, ...]:
        """The links, those of a GS1 key's higher levels after its own; unsafe ones left out, labels filled in."""
        if self._links is None:
            links: list[Link] = []
            for fetched in self._levels:
                body = self.body if fetched is self._levels[0] else read_body(fetched)
                for i, link in enumerate(body.links):
                    if not is_safe_href(link.href, self._schemes):
                        continue
                    if self._default is None and i == body.default:
                        self._default = len(links)
                    links.append(_filled(link, fetched.label))
            self._links = tuple(links)
        return self._links

    @property
    def chosen(self) -> Link | None:
        """The link that fits what was asked for."""
        links, (rel, lang) = self.links, self._choice
        return choose_link(links, default=self._default, rel=rel, lang=lang)

    def choose(self, rel: str | None = None, lang: str | Sequence[str] | None = None) -> Link | None:
        """The link for another relation or language."""
        links = self.links
        return choose_link(links, default=self._default, rel=rel, lang=lang)

    @property
    def title(self) -> str:
        """The record's title."""
        return self.body.title

    @property
    def data(self) -> dict[str, Any]:
        """The record's data."""
        return dict(self.body.data)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        what = self.path or self.ref or "offline"
        return f"Resolution({self.authority!r}, {what!r}, version={self.version}, stale={self.stale})"


@dataclass(frozen=True, slots=True)
class Failure:
    """An item without a record, and why. Falsy, so that `if found:` separates the two."""

    item: object = field(repr=False)
    error: RecordError

    @property
    def code(self) -> str:
        """The stable code."""
        return self.error.code

    def __bool__(self) -> bool:
        return False


def read_body(fetched: Fetched) -> Body:
    """The body of what was fetched. An authority that sends no body has not answered."""
    try:
        if isinstance(fetched.body, bytes):
            return Body.decode(fetched.body)
        return Body.from_json(fetched.body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, RecordError):
        raise ResolveError("resolve.unavailable", "the authority sent no sound body") from None


def _filled(link: Link, label: str) -> Link:
    if "{label}" not in link.href:
        return link
    return Link(fill_label(link.href, label), link.rel, link.title, link.hreflang, link.type, link.fwqs)
