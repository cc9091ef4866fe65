"""What was fetched, for a while, and the highest version seen, for longer. Both in one bound of bytes."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from .sources import Fetched

__all__ = ["Cached", "MemoryCache"]

_OVERHEAD = 600  # of an entry beside its body, measured on 64-bit CPython
_SEEN = 200  # of a remembered version


class Cached(NamedTuple):
    """Records of one item, how many seconds ago they came, and whether that is recent enough for them."""

    levels: tuple[Fetched, ...]
    age: float
    fresh: bool


Key = tuple[str, str]


class MemoryCache:
    """Answers in memory, the least recently used dropped first. For any number of threads.

    It holds what the authority sent, sealed where that was sealed, under authority and reference: no secret of a code
    and nothing that was opened with one. `max_stale` is how many seconds an old answer may stand in where the
    authority does not answer (RFC 5861, stale-if-error); records with a quota and tombstones are never kept.
    """

    def __init__(
        self,
        max_bytes: int = 64 << 20,
        *,
        default_s: float = 60.0,
        max_stale: float = 86400.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_bytes = max_bytes
        self.max_stale = max_stale
        self._default = default_s
        self._clock = clock
        self._entries: OrderedDict[Key, tuple[tuple[Fetched, ...], float, int]] = OrderedDict()
        self._seen: OrderedDict[Key, int] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Cached | None:
        """The answer under a key, fresh or not, unless it is too old for anything."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            levels, at, _ = entry
            age = self._clock() - at
            life = min(self._default if f.cache_s is None else f.cache_s for f in levels)
            if age > life + self.max_stale:
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return Cached(levels, age, age < life)

    def put(self, key: Key, levels: tuple[Fetched, ...]) -> None:
        """Keeps an answer, unless one of its records has a quota."""
        with self._lock:
            self._drop(key)
            if not levels or any(fetched.limited for fetched in levels):
                return
            size = sum(fetched.size for fetched in levels) + _OVERHEAD * len(levels)
            self._entries[key] = levels, self._clock(), size
            self._bytes += size
            self._trim()

    def drop(self, key: Key) -> None:
        """Forgets an answer, for example that of a record that was retired."""
        with self._lock:
            self._drop(key)

    def see(self, authority: str, ref: str, version: int) -> bool:
        """Remembers a version; whether it is at least the highest that was seen of the record."""
        key = authority, ref
        with self._lock:
            seen = self._seen.get(key)
            if seen is None:
                self._bytes += _SEEN
            elif version < seen:
                return False
            self._seen[key] = version
            self._seen.move_to_end(key)
            self._trim()
            return True

    def forget(self, authority: str) -> None:
        """Forgets all of an authority, the highest versions too: after its operator has restored a backup."""
        with self._lock:
            for key in [key for key in self._entries if key[0] == authority]:
                self._drop(key)
            for key in [key for key in self._seen if key[0] == authority]:
                del self._seen[key]
                self._bytes -= _SEEN

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry[2]

    def _trim(self) -> None:
        while self._bytes > self.max_bytes and self._entries:
            self._drop(next(iter(self._entries)))
        while self._bytes > self.max_bytes and self._seen:
            self._seen.popitem(last=False)
            self._bytes -= _SEEN

    def __repr__(self) -> str:
        return f"MemoryCache({len(self._entries)} records, {self._bytes} of {self.max_bytes} bytes)"
