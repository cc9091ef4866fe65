"""Which authority a request is about: by its Host, or by the name that a client gives.

The list of authorities is read again every few seconds. While the store is silent the last one stands.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._extra import needs
from ..errors import ResolveError, StoreError
from ..model import LinkRules
from ..store import Authority, SqlStore

with needs("server"):
    from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Place", "Places", "normalize_host"]

_FRESH = 5.0
"""Seconds until a new authority is seen."""


@dataclass(frozen=True, slots=True)
class Place:
    """An authority, and views of the store under it: for tenants, and for everybody."""

    authority: Authority
    store: SqlStore
    public: SqlStore

    @property
    def name(self) -> str:
        """The authority's name."""
        return self.authority.name

    def admits(self, tenant: str) -> bool:
        """Whether a tenant has records here: the authority is its own, or names it in `tenants` or `gs1_prefixes`."""
        settings = self.authority.settings
        named = (*settings.get("tenants", ()), *settings.get("gs1_prefixes", {}).values())
        return tenant == self.authority.tenant or tenant in named


class Places:
    """All authorities of a store. `hosts` are further names and addresses under which the service answers."""

    def __init__(self, store: SqlStore, hosts: Iterable[str] = ()) -> None:
        self._store = store
        self._hosts = frozenset(map(normalize_host, hosts))
        self._places: dict[str, Place] = {}
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._rules: dict[str, tuple[float, LinkRules]] = {}

    async def all(self) -> Mapping[str, Place]:
        """The authorities by name. Raises `store.unavailable` where they were never read."""
        if time.monotonic() - self._read_at > _FRESH:
            async with self._reading:
                if time.monotonic() - self._read_at > _FRESH:
                    try:
                        self._places = await run_in_threadpool(self._read)
                    except StoreError:
                        if not self._places:
                            raise
                    self._read_at = time.monotonic()
        return self._places

    async def at(self, host: str) -> Place | None:
        """The authority of a Host; None for a further name of the service. Raises `resolve.not_found` for others."""
        places = await self.all()
        name = normalize_host(host)
        if name in places:
            return places[name]
        if name in self._hosts:
            return next(iter(places.values())) if len(places) == 1 else None
        raise ResolveError("resolve.not_found", "no such host")

    async def named(self, name: str) -> Place:
        """The authority of that name. Raises `resolve.not_found`."""
        found = (await self.all()).get(name.lower())
        if found is None:
            raise ResolveError("resolve.not_found", "no such authority")
        return found

    def link_rules(self, tenant: str) -> LinkRules:
        """What a tenant's links may be. Reads the store now and then."""
        until, found = self._rules.get(tenant, (float("-inf"), LinkRules()))
        if time.monotonic() > until:
            found = self._store.link_rules(tenant)
            self._rules[tenant] = (time.monotonic() + _FRESH, found)
        return found

    def _read(self) -> dict[str, Place]:
        found: Sequence[Authority] = self._store.authorities()
        places = {}
        for authority in found:
            old = self._places.get(authority.name)
            if old is not None:
                places[authority.name] = Place(authority, old.store, old.public)
                continue
            view = self._store.using(authority=authority.name)
            places[authority.name] = Place(authority, view, view.using(public=True))
        return places


def normalize_host(host: str) -> str:
    """A Host in lower case, without the port that its scheme has anyway."""
    name = host.strip().lower()
    return name.removesuffix(":443").removesuffix(":80")
