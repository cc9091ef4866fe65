"""What stands before every endpoint: how many, how large, how slow, under which name; and what is counted and logged.

A body is read whole, within its limit and its time, before anything is done; so nothing behind waits for a slow client.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from .._extra import needs
from ..errors import PayloadError, RecordError, ResolveError
from .problems import problem_response

with needs("server"):
    from starlette.datastructures import Headers, MutableHeaders
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from .core import Service

__all__ = ["Guard"]

_ANY_HOST = frozenset(("/healthz", "/readyz", "/metrics"))
"""Asked by address, by what runs the service."""
_log = logging.getLogger("qrcore.service")


class Gone(Exception):
    """The client left."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._in_flight = 0
        self._buffered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        service = self._service
        answer = _Answer(send)
        begin = time.perf_counter()
        self._in_flight += 1
        service.meters.in_flight.inc()
        held = 0
        try:
            try:
                body = await self._admit(scope, receive)
                held = len(body)
                self._buffered += held
                await self._app(scope, _replay(body, receive), answer)
            except RecordError as error:
                refusal = problem_response(error, 408 if isinstance(error, _TooSlow) else None)
                refusal.headers["Connection"] = "close"  # the rest of the body is not waited for
                await refusal(scope, receive, answer)
        except Gone:
            pass
        finally:
            self._in_flight -= 1
            self._buffered -= held
            service.meters.in_flight.dec()
            self._tell(scope, answer, time.perf_counter() - begin)

    async def _admit(self, scope: Scope, receive: Receive) -> bytes:
        """The body of a request that may go on."""
        limits = self._service.limits
        if self._in_flight > limits.in_flight:
            raise ResolveError("resolve.unavailable", "too many requests at once", retry_after=1)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers = Headers(scope=scope)
        scope["qrcore.place"] = None
        if path not in _ANY_HOST:
            scope["qrcore.place"] = await self._service.places.at(headers.get("host", ""))
        length = headers.get("content-length", "")
        if length in ("", "0") and "transfer-encoding" not in headers:
            return b""
        most = limits.body_of(path)
        if length.isdigit() and int(length) > most:
            raise PayloadError("payload.too_large", f"a request of this kind has at most {most} bytes")
        try:
            return await asyncio.wait_for(self._read(receive, most), limits.body_s)
        except (TimeoutError, asyncio.TimeoutError):
            raise _TooSlow("payload.format", "the body did not arrive in time") from None

    async def _read(self, receive: Receive, most: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            part = message.get("body", b"")
            size += len(part)
            if size > most:
                raise PayloadError("payload.too_large", f"a request of this kind has at most {most} bytes")
            if self._buffered + size > self._service.limits.buffered:
                raise ResolveError("resolve.unavailable", "too many large requests at once", retry_after=1)
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _tell(self, scope: Scope, answer: _Answer, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "") or "-"
        meters, method = self._service.meters, scope["method"] if scope["method"] in _METHODS else "-"
        meters.requests.labels(method, route, answer.status).inc()
        meters.seconds.labels(route).observe(seconds)
        key = scope.get("qrcore.key")
        fields = {"method": method, "route": route, "status": answer.status, "ms": round(seconds * 1000, 2),
                  "bytes": answer.size, "tenant": key and key.tenant, "key": key and key.id}  # fmt: skip
        _log.info("request", extra=fields)


_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"))


class _TooSlow(PayloadError):
    """A body that does not arrive."""


class _Answer:
    """Sends on, with the header that every answer has, and remembers what was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status, self.size = 0, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message).setdefault("X-Content-Type-Options", "nosniff")
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> MutableMapping[str, Any]:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
