"""Waiting for events: woken by what this process writes, and once a second for what others write."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from .._extra import needs
from ..errors import ResolveError

with needs("server"):
    from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from ..store import Event, SqlStore

__all__ = ["Feed"]

_OTHERS = 1.0
"""Seconds until an event is seen that another process wrote."""


class Feed:
    """The long polls of one process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._count = 0
        self._stopped = False

    async def wait(self, store: SqlStore, after: int, limit: int, seconds: float) -> list[Event]:
        """The events after number `after`, at once where there are any, else as soon as there are, or none in time."""
        until = time.monotonic() + seconds
        tenant = store.tenant or ""
        bell = asyncio.Event()
        bells = self._waiting.setdefault(tenant, set())
        bells.add(bell)
        try:
            while True:
                bell.clear()
                found = await run_in_threadpool(store.events, after, limit=limit)
                left = until - time.monotonic()
                if found or left <= 0 or self._stopped:
                    return found
                await self._pause(bell, min(left, _OTHERS))
        finally:
            bells.discard(bell)
            if not bells:
                self._waiting.pop(tenant, None)

    async def _pause(self, bell: asyncio.Event, seconds: float) -> None:
        if self._count >= self._most:
            raise ResolveError("resolve.unavailable", "too many wait for events", retry_after=1)
        self._count += 1
        try:
            await asyncio.wait_for(bell.wait(), seconds)
        except (TimeoutError, asyncio.TimeoutError):
            pass
        finally:
            self._count -= 1

    def ring(self, tenant: str) -> None:
        """Something was written for a tenant. Called in the loop."""
        for bell in self._waiting.get(tenant, ()):
            bell.set()

    def stop(self) -> None:
        """Ends all waiting."""
        self._stopped = True
        for tenant in list(self._waiting):
            self.ring(tenant)
