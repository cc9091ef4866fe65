"""A service that listens: `qrcore serve` as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

__all__ = ["Live", "running", "start"]


@dataclass
class Live:
    """A running service: its address, its process, and where its output goes."""

    origin: str
    process: subprocess.Popen[bytes]
    out: Path
    log: Path

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ends it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(60)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.origin.rpartition(":")[2])

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Waits for `/readyz`."""
        until = time.monotonic() + seconds
        while True:
            try:
                if httpx2.get(f"{self.origin}/readyz", trust_env=False, verify=False).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, "it is not ready in time"
            time.sleep(0.1)


def start(folder: Path, *arguments: str, port: int = 0) -> Live:
    """Starts `qrcore serve`; it says where, and may not be ready yet."""
    folder.mkdir(exist_ok=True)
    out, log = folder / "out", folder / "log"
    command = [sys.executable, "-m", "qrcore", "serve", "--port", str(port), *arguments]
    with open(out, "wb") as stdout, open(log, "ab") as stderr:
        environment = {**os.environ, "PYTHONUTF8": "1"}
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=environment)
    until = time.monotonic() + 60
    while not (said := re.search(r" at (https?://\S+)", out.read_text(encoding="utf-8"))):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until
        time.sleep(0.05)
    return Live(said[1], process, out, log)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Live]:
    """A service that is ready, and is ended afterwards."""
    live = start(folder, *arguments)
    try:
        live.wait_until_ready()
        yield live
    finally:
        live.stop()
