"""Who guesses is slowed down. Misses are counted by network, hits are not: a crowd may scan one poster."""

from __future__ import annotations

import ipaddress
import math
import time

from .._extra import needs
from ..errors import ResolveError

with needs("server"):
    from limits import RateLimitItemPerMinute
    from limits.storage import MemoryStorage
    from limits.strategies import MovingWindowRateLimiter

__all__ = ["Throttle", "network"]


def network(client: str) -> str:
    """The network of an address: /24 in IPv4, /56 in IPv6, since one person has a whole /56."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 56), strict=False))


class Throttle:
    """Counts misses. In memory, by process; no address is kept longer than a minute."""

    def __init__(self, misses_per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(misses_per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def miss(self, client: str) -> None:
        """Counts a miss. Raises `resolve.rate_limited` where there were too many."""
        where = network(client)
        if not self._limiter.hit(self._item, where):
            wait = self._limiter.get_window_stats(self._item, where).reset_time - time.time()
            raise ResolveError("resolve.rate_limited", "too many misses", retry_after=max(1, math.ceil(wait)))
