"""What the endpoints of one service share."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
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


@dataclass(eq=False, repr=False)
class Service:
    """One service: its store, its limits, and what it holds in memory. Reached as `app.state.qrcore`.

    See `create_app` for what it is told.
    """

    store: SqlStore
    places: Places
    trust: Trust | None
    keys: Keyring | None
    limits: Limits
    metrics_access: MetricsAccess
    operator: str
    login: LoginLink | None
    stopping: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.meters = Meters()
        self.throttle = Throttle(self.limits.misses_per_minute)
        self.feed = Feed(self.limits.polls)
        self.scans = ScanCounter(self.meters)
        self.decoding = Decoding(self.limits.decodes or os.cpu_count() or 1)
        self.resolver = Resolver(self.trust) if self.trust else None

    def stop(self) -> None:
        """Ends the long polls and says at `/readyz` that no more requests are wanted."""
        self.stopping = True
        self.feed.stop()

    async def close(self) -> None:
        """Writes what is only counted yet. An app that mounts the service calls this when it ends."""
        self.stop()
        await self.scans.flush()
        self.decoding.close()
