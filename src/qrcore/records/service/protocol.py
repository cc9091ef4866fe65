"""HTTP/1.1 for `qrcore serve`: uvicorn's, and what it leaves open: clients that are many, slow, or talk too long.

A head that does not arrive in time, an answer that nobody takes, and a connection too many end the connection.
"""

from __future__ import annotations

import asyncio
from typing import Any

from .._extra import needs
from ..errors import PayloadError, RecordError, ResolveError
from .options import Limits
from .problems import problem_response

with needs("server"):
    from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

__all__ = ["limited_protocol"]

_HEAD = 32 * 1024
"""Bytes of a request's line and headers."""


def limited_protocol(limits: Limits) -> type[asyncio.Protocol]:
    """uvicorn's protocol with these limits."""
    return type("LimitedProtocol", (_LimitedProtocol,), {"limits": limits})


class _LimitedProtocol(HttpToolsProtocol):
    limits: Limits
    _timer: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect(self.limits.head_s)
        if len(self.connections) > self.limits.connections:
            self._refuse(ResolveError("resolve.unavailable", "too many connections", retry_after=1), 503)

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > _HEAD and not self.transport.is_closing():
                self._refuse(PayloadError("payload.too_large", f"a head has at most {_HEAD} bytes"), 431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head = True, 0
        if self._timer is None:
            self._expect(self.limits.head_s)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._done()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect(self.limits.send_s)

    def resume_writing(self) -> None:
        self._done()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        self._refuse(PayloadError("payload.format", msg), 400)

    def _expect(self, seconds: float) -> None:
        """Ends the connection unless something has happened by then."""
        self._done()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, error: RecordError, status: int) -> None:
        """A problem document, and no more."""
        response = problem_response(error, status)
        head = [STATUS_LINE[status], b"connection: close\r\n"]
        head += [name + b": " + value + b"\r\n" for name, value in response.raw_headers]
        self.transport.write(b"".join([*head, b"\r\n", bytes(response.body)]))
        self.transport.close()
