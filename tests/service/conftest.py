"""Fixtures of the service's tests: an app over a store in memory, and clients with and without keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs qrcore[server]")
pytest.importorskip("prometheus_client", reason="needs qrcore[server]")
pytest.importorskip("limits", reason="needs qrcore[server]")

from starlette.testclient import TestClient

from qrcore.records import SqlStore, create_app

AUTHORITY = "q.example"
SCOPES = ("resolve", "read", "write", "claim", "scan", "decode", "admin")


@pytest.fixture
def store() -> Iterator[SqlStore]:
    """A store of one authority and one tenant."""
    with SqlStore("sqlite://", authority=AUTHORITY) as found:
        found.authorities()
        yield found


@pytest.fixture
def serve(store: SqlStore) -> Iterator[Callable[..., TestClient]]:
    """Makes a client of an app with options of its own; without a key, under the authority's name."""
    open_clients = []

    def make(*, host: str = AUTHORITY, key: str = "", **options: Any) -> TestClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        client = TestClient(
            create_app(store, **options), f"https://{host}", headers=headers, follow_redirects=False,
            raise_server_exceptions=False,
        )  # fmt: skip
        client.__enter__()
        open_clients.append(client)
        return client

    yield make
    for client in open_clients:
        client.__exit__(None, None, None)


@pytest.fixture
def key(store: SqlStore) -> str:
    """A key with every scope."""
    return store.create_key("tests", SCOPES)[0]


@pytest.fixture
def client(serve: Callable[..., TestClient]) -> TestClient:
    """Somebody with a phone: no key."""
    return serve()


@pytest.fixture
def api(serve: Callable[..., TestClient], key: str) -> TestClient:
    """A program with a key that may do all."""
    return serve(key=key)


def problem(response: Any) -> str:
    """The code of a problem document, which is checked to be one."""
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == response.status_code
    assert found["title"]
    code: str = found["code"]
    return code
