"""What a service admits, in one place: every number with its unit and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..wire import BATCH_BYTES, MAX_REQUEST

__all__ = ["Limits", "MetricsAccess"]

MetricsAccess = Literal["off", "admin", "open"]
"""Who reads `/metrics`: nobody, who has a key with the scope `admin`, or everybody."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one process. Several processes admit as many times as much of what is counted by rate or at once."""

    body: int = 1 << 20
    """Bytes of a request that is no batch and no picture: a record of 16 KiB and the list of what its claims reveal."""
    batch_body: int = 8 << 20
    """Bytes of a batch of new records: 500 of the largest."""
    picture: int = 10_000_000
    """Bytes of a picture to decode."""
    pixels: int = 25_000_000
    """Pixels of a picture to decode, looked at before it is decoded."""
    decode_ms: float = 2000
    """Milliseconds for loading and decoding a picture."""
    decodes: int | None = None
    """Pictures decoded at once; None is as many as there are processors."""
    answer: int = BATCH_BYTES
    """Bytes of the answer to a batch before the rest is deferred."""
    buffered: int = 64 << 20
    """Bytes of request bodies in memory at once, over all connections."""
    in_flight: int = 512
    """Requests at once; a further one is told to come again."""
    connections: int = 2000
    """Connections at once (`qrcore serve`); a further one is told to come again."""
    polls: int = 256
    """Long polls of the event feed at once."""
    misses_per_minute: int = 120
    """Codes that are not there, and keys that are none, from one network (IPv4 /24, IPv6 /56). Hits are not counted."""
    head_s: float = 10
    """Seconds for a request's line and headers to arrive (`qrcore serve`)."""
    body_s: float = 30
    """Seconds for a request's body to arrive."""
    send_s: float = 30
    """Seconds that a client may leave an answer in the line (`qrcore serve`)."""

    def body_of(self, path: str) -> int:
        """The most bytes of a request to `path`, without the prefix that the service is mounted under."""
        special: Mapping[str, int] = {
            "/v1/resolve": MAX_REQUEST,
            "/v1/records:batch": self.batch_body,
            "/v1/decode": self.picture,
        }
        return special.get(path, self.body)
