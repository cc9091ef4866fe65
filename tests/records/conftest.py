"""Fixtures of the record tests: stores in SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cryptography", reason="needs qrcore[records]")
pytest.importorskip("sqlalchemy", reason="needs qrcore[records]")

import sqlalchemy as sa

from qrcore.records import SqlStore
from qrcore.testing import MemoryAuthority

AUTHORITY = "q.example"


def _postgres_binaries() -> Path | None:
    """Where Debian has them, else where they are on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: QRCORE_TEST_POSTGRES, else one that is started here, else a clear skip."""
    pytest.importorskip("psycopg", reason="PostgreSQL not tested: pip install qrcore[postgres]")
    given = os.environ.get("QRCORE_TEST_POSTGRES")
    if given:
        yield given
        return
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL not tested: set QRCORE_TEST_POSTGRES to a URL, or apt-get install postgresql")
    who = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="qrcore-pg-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        if who:
            shutil.chown(folder, **who)
        clean = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}  # no sanitizer is for it
        run: dict[str, Any] = {"check": True, "capture_output": True, "cwd": folder, "env": clean, **who}
        data = str(folder / "data")
        initialize = [str(binaries / "initdb"), "-D", data, "-U", "qrcore", "--auth=trust", "-E", "UTF8", "--no-locale"]
        subprocess.run(initialize, **run)
        settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=off"
        start = [str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", settings, "start"]
        subprocess.run(start, **{**run, "capture_output": False, "stdout": subprocess.DEVNULL})
    except (OSError, subprocess.CalledProcessError, LookupError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL not tested: it does not start here ({error})")
    yield f"postgresql+psycopg://qrcore@127.0.0.1:{port}/postgres"
    subprocess.run([str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "stop"], **run)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    name = f"qrcore_{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield sa.make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store with tables, in each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/codes.db"
    url: str = request.getfixturevalue("postgres_url")
    with SqlStore(url) as store:
        store.migrate()
    return url


@pytest.fixture
def open_store(store_url: str) -> Iterator[Callable[..., SqlStore]]:
    """Opens the store, again and again if need be."""
    opened = []

    def open_(**options: Any) -> SqlStore:
        opened.append(SqlStore(store_url, **{"authority": AUTHORITY, **options}))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., SqlStore]) -> SqlStore:
    """A store in each kind of database, with one authority and one tenant."""
    return open_store()


@pytest.fixture
def authority() -> Iterator[MemoryAuthority]:
    """An authority in memory."""
    found = MemoryAuthority(AUTHORITY)
    yield found
    found.store.close()
