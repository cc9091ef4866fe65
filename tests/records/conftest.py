"""Fixtures of the record tests: stores in SQLite and PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cryptography", reason="needs qrcore[records]")
pytest.importorskip("sqlalchemy", reason="needs qrcore[records]")

import sqlalchemy as sa
from postgres import running

from qrcore.records import SqlStore
from qrcore.testing import MemoryAuthority

AUTHORITY = "q.example"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: QRCORE_TEST_POSTGRES, else one that is started here, else a clear skip."""
    pytest.importorskip("psycopg", reason="PostgreSQL not tested: pip install qrcore[postgres]")
    given = os.environ.get("QRCORE_TEST_POSTGRES")
    if given:
        yield given
        return
    with running("-c max_connections=300 -c fsync=off") as server:
        yield server.url.replace("postgresql:", "postgresql+psycopg:")


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
