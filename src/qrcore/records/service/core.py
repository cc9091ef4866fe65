"""What the endpoints of one service share."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..resolver import Resolver
from .decoding import Decoding
from .feed import Feed
from .metrics import Meters
from .options import Limits, MetricsAccess
from .places import Places
from .scans import ScanCounter
from .throttle import Throttle

if TYPE_CHECKING:
    from ..keys import Keyring
    from ..store import SqlStore
    from ..trust import Trust
    from .login import LoginLink

__all__ = ["Service"]


class Service:
    """One service: its store, its limits, and what it holds in memory. Reached as `app.state.qrcore`."""

    def __init__(
        self,
        store: SqlStore,
        *,
        trust: Trust | None = None,
        hosts: Iterable[str] = (),
        keys: Keyring | None = None,
        limits: Limits | None = None,
        metrics: MetricsAccess = "admin",
        operator: str = "default",
        login: LoginLink | None = None,
    ) -> None:
        self.store = store
        self.trust = trust
        self.keys = keys
        self.limits = limits or Limits()
        self.metrics_access = metrics
        self.operator = operator
        self.login = login
        self.places = Places(store, hosts)
        self.meters = Meters()
        self.throttle = Throttle(self.limits.misses_per_minute)
        self.feed = Feed(self.limits.polls)
        self.scans = ScanCounter(self.meters)
        self.decoding = Decoding(self.limits.decodes or os.cpu_count() or 1)
        self.resolver = Resolver(trust) if trust else None
        self.stopping = False

    def stop(self) -> None:
        """Ends the long polls and says at `/readyz` that no more requests are wanted."""
        self.stopping = True
        self.feed.stop()

    async def close(self) -> None:
        """Writes what is only counted yet. An app that mounts the service calls this when it ends."""
        self.stop()
        await self.scans.flush()
        self.decoding.close()
