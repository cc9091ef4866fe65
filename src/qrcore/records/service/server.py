"""uvicorn, set up for the service: limits, logs, proxies that were named, a graceful end."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING

from .._extra import needs
from . import logs
from .options import Limits
from .protocol import limited_protocol

with needs("server"):
    import uvicorn

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["serve"]

_GRACE = 20
"""Seconds for requests under way, after a first signal to stop; a second signal stops at once."""
_TURN = 0.0005
"""Seconds that a thread computes before another may. At Python's 5 ms the writing of a second's scans, 10 ms of
computing, stands in the way of whichever request comes by at each of its changes between loop and worker."""


class _Server(uvicorn.Server):
    """Tells the service at the first signal, so that long polls end and `/readyz` says so.

    uvicorn raises the signal once more when it has ended, which would leave the caller's files behind; this does not.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._service = app.state.qrcore

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """While it serves, the signals to stop are its own."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal."""
        self._service.stop()
        super().handle_exit(sig, frame)


def serve(
    app: FastAPI,
    listening: socket.socket,
    limits: Limits,
    certificate: tuple[str, str] | None = None,
    proxies: Sequence[str] = (),
    *,
    quiet: bool = False,
) -> None:
    """Serves until a signal ends it. `quiet` logs no requests."""
    logs.configure(logging.WARNING if quiet else logging.INFO)
    config = uvicorn.Config(
        app,
        http=limited_protocol(limits),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE,
        backlog=1024,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        ssl_certfile=certificate and certificate[0],
        ssl_keyfile=certificate and certificate[1],
    )
    sys.setswitchinterval(_TURN)
    gc.collect()
    gc.freeze()  # modules and routes stay: each look through them would hold up all requests for 60 ms
    _Server(config, app).run(sockets=[listening])
