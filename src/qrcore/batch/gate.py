"""A bound on bytes that several threads hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Gate"]


class Gate:
    """Lets holders in while their sum stays within a limit; one that is larger than the limit goes in alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit  # bytes
        self._held = 0
        self._closed = False
        self._changed = threading.Condition()

    def enter(self, size: int) -> bool:
        """Waits until `size` bytes may be held; False, at once, when the gate is closed."""
        with self._changed:
            while not self._closed and self._held and self._held + size > self._limit:
                self._changed.wait()
            if self._closed:
                return False
            self._held += size
            return True

    def leave(self, size: int) -> None:
        """Gives back what `enter` was told."""
        with self._changed:
            self._held -= size
            self._changed.notify_all()

    def close(self) -> None:
        """Turns everyone away from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Between `enter` and `leave`; goes ahead when the gate is closed."""
        if size and self.enter(size):
            try:
                yield
            finally:
                self.leave(size)
        else:
            yield
