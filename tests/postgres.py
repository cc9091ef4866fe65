"""A server of PostgreSQL for the tests that need one; they skip where there is none."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class Postgres:
    """A server on a port of this machine, which can be lost and come back."""

    def __init__(self, binaries: Path, folder: Path, settings: str = "") -> None:
        who = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}  # it refuses to run as root
        if who:
            shutil.chown(folder, **who)
        clean = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}  # no sanitizer is for it
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._run: dict[str, Any] = {"check": True, "cwd": folder, "env": clean, **quiet, **who}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._ctl, self._data, self._log = str(binaries / "pg_ctl"), str(folder / "data"), str(folder / "log")
        self._settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {settings}"
        self.url = f"postgresql://qrcore@127.0.0.1:{port}/postgres"
        initialize = [str(binaries / "initdb"), "-D", self._data, "-U", "qrcore", "--auth=trust", "-E", "UTF8"]
        subprocess.run([*initialize, "--no-locale"], **self._run)

    def start(self) -> None:
        """Returns when it answers."""
        subprocess.run([self._ctl, "-D", self._data, "-w", "-l", self._log, "-o", self._settings, "start"], **self._run)

    def lose(self) -> None:
        """As if its machine had stopped: no goodbye, and recovery from the log afterwards."""
        subprocess.run([self._ctl, "-D", self._data, "-m", "immediate", "stop"], **self._run)


@contextmanager
def running(settings: str = "") -> Iterator[Postgres]:
    """A server that is started here and goes with its folder."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL not tested: set QRCORE_TEST_POSTGRES to a URL, or apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="qrcore-pg-"))
    try:
        server = Postgres(binaries, folder, settings)
        server.start()
    except (OSError, subprocess.CalledProcessError, LookupError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL not tested: it does not start here ({error})")
    yield server
    server.lose()
    shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    """Where Debian has them, else where they are on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None
