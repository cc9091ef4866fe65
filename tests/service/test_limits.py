"""Clients that are many, large or slow; what is counted and logged; how the service ends. On a real socket."""

from __future__ import annotations

import io
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from service.conftest import AUTHORITY, problem
from starlette.testclient import TestClient

from qrcore.records import Limits, SqlStore, create_app
from qrcore.records.errors import StoreError
from qrcore.records.service.logs import JsonFormatter
from qrcore.records.service.protocol import limited_protocol

Serve = Callable[..., TestClient]


@contextmanager
def listening(store: SqlStore, limits: Limits, **options: Any) -> Iterator[int]:
    """The app behind the protocol of `qrcore serve`, in a thread: its port."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        app = create_app(store, limits=limits, **options)
        config = uvicorn.Config(app, http=limited_protocol(limits), ws="none", log_config=None, lifespan="on")
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [server]})
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield server.getsockname()[1]
        running.should_exit = True
        thread.join(30)


def talk(port: int, *parts: bytes, pause: float = 0.0, patience: float = 20.0) -> bytes:
    """What comes back until the other side ends the connection."""
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
        except OSError:
            pass
        got = b""
        try:
            while chunk := connection.recv(65536):
                got += chunk
        except ConnectionResetError:
            pass
        return got


def refusal(answer: bytes, status: int) -> dict[str, Any]:
    head, _, content = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"application/problem+json" in head
    found: dict[str, Any] = json.loads(content)
    return found


HEAD = f"GET /healthz HTTP/1.1\r\nHost: {AUTHORITY}\r\n".encode()


def test_a_head_that_does_not_arrive_ends_the_connection(store: SqlStore) -> None:
    with listening(store, Limits(head_s=0.5)) as port:
        begin = time.monotonic()
        assert talk(port) == b""  # says nothing at all
        assert talk(port, HEAD) == b""
        assert time.monotonic() - begin < 15
        assert talk(port, HEAD + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_trickling_head_is_not_given_more_time(store: SqlStore) -> None:
    with listening(store, Limits(head_s=0.6)) as port:
        begin = time.monotonic()
        assert talk(port, HEAD, *[b"X-A: b\r\n"] * 100, pause=0.1) == b""
        assert time.monotonic() - begin < 8


def test_a_head_without_end_is_refused(store: SqlStore) -> None:
    with listening(store, Limits()) as port:
        answer = talk(port, HEAD, *[b"X-A: " + b"b" * 4000 + b"\r\n"] * 20)
        assert refusal(answer, 431)["code"] == "payload.too_large"


def test_what_is_no_http_gets_a_problem(store: SqlStore) -> None:
    with listening(store, Limits()) as port:
        assert refusal(talk(port, b"\x16\x03\x01nonsense\r\n\r\n"), 400)["code"] == "payload.format"


def test_a_connection_too_many_is_told_to_come_again(store: SqlStore) -> None:
    with listening(store, Limits(connections=2)) as port:
        first = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(2)]
        time.sleep(0.3)
        answer = talk(port, HEAD + b"\r\n")
        assert refusal(answer, 503)["code"] == "resolve.unavailable"
        assert b"retry-after: 1" in answer.lower()
        for connection in first:
            connection.close()
        time.sleep(0.3)
        assert talk(port, HEAD + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_arrive_is_refused_and_the_line_is_cut(store: SqlStore) -> None:
    key, _ = store.create_key("x", ["resolve"])
    head = (
        f"POST /v1/resolve HTTP/1.1\r\nHost: {AUTHORITY}\r\nAuthorization: Bearer {key}\r\nContent-Length: 999\r\n\r\n"
    )
    with listening(store, Limits(body_s=0.5)) as port:
        begin = time.monotonic()
        assert refusal(talk(port, head.encode(), *[b"{"] * 20, pause=0.1), 408)["code"] == "payload.format"
        assert time.monotonic() - begin < 10


def test_an_answer_that_nobody_takes_is_dropped(store: SqlStore) -> None:
    refs = [store.create({"title": "x", "data": {"x": "y" * 15_000}}).ref for _ in range(200)]
    key, _ = store.create_key("x", ["resolve"])
    content = json.dumps({"items": [{"ref": ref} for ref in refs]}).encode()
    head = f"POST /v1/resolve HTTP/1.1\r\nHost: {AUTHORITY}\r\nAuthorization: Bearer {key}\r\n"
    request = f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
    with listening(store, Limits(send_s=0.5)) as port, socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(("127.0.0.1", port))
        lazy.sendall(request * 3)
        time.sleep(3)
        lazy.settimeout(10)
        got = 0
        try:
            while chunk := lazy.recv(1 << 20):
                got += len(chunk)
        except ConnectionResetError:
            pass
        assert got < 3 * 200 * 15_000


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "most"),
    [("/v1/resolve", 64 * 1024), ("/v1/records", 5000), ("/v1/decode", 7000), ("/v1/records:batch", 9000)],
)
def test_a_body_has_the_limit_of_its_path(serve: Serve, key: str, path: str, most: int, chunked: bool) -> None:
    api = serve(key=key, limits=Limits(body=5000, picture=7000, batch_body=9000))
    for size, refused in ((most, False), (most + 1, True)):
        content = b" " * size
        body: Any = (content[i : i + 1000] for i in range(0, size, 1000)) if chunked else content
        response = api.post(path, content=body)
        assert (response.status_code == 413) == refused
        if refused:
            assert problem(response) == "payload.too_large"


def test_bodies_have_a_limit_together(serve: Serve, key: str) -> None:
    api = serve(key=key, limits=Limits(buffered=3000))
    assert api.post("/v1/records", content=b" " * 3000).status_code == 422
    busy = api.post("/v1/records", content=b" " * 3001)
    assert (busy.status_code, problem(busy), busy.headers["retry-after"]) == (503, "resolve.unavailable", "1")


def test_requests_too_many_at_once_are_told_to_come_again(serve: Serve, key: str) -> None:
    api = serve(key=key, limits=Limits(in_flight=1))
    waiting = threading.Thread(target=api.get, args=("/v1/events",), kwargs={"params": {"wait": 2}})
    waiting.start()
    time.sleep(0.5)
    busy = api.get("/healthz")
    assert (busy.status_code, problem(busy)) == (503, "resolve.unavailable")
    waiting.join()
    assert api.get("/healthz").status_code == 200


def test_a_silent_store_is_503_with_a_time_and_nothing_worse(
    serve: Serve, store: SqlStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store.create({"body": {"title": "x"}, "quota": {"max": 1}})
    api = serve(key=key)
    assert api.get("/readyz").status_code == 200
    assert api.get(f"/c/{made.ref}").status_code == 200

    def silent(*_: object, **__: object) -> None:
        raise StoreError("store.unavailable", "OperationalError 57P01", retry_after=1)

    monkeypatch.setattr(type(store._db), "_run", silent)
    html = {"Accept": "text/html"}
    for method, path, headers in [
        ("GET", f"/c/{made.ref}", {}), ("GET", f"/c/{made.ref}", html), ("GET", "/01/09506000134352", {}),
        ("POST", "/v1/resolve", {}), ("POST", f"/v1/records/{made.ref}/claims", {}), ("GET", "/v1/records", {}),
        ("GET", "/v1/events", {}), ("GET", "/readyz", {}), ("POST", "/v1/scans", {}), ("GET", "/metrics", {}),
    ]:  # fmt: skip
        response = api.request(method, path, headers=headers, content=b"{}" if method == "POST" else None)
        assert (response.status_code, response.headers["retry-after"]) == (503, "1"), path
        if headers:
            assert response.headers["content-type"].startswith("text/html")
        else:
            assert problem(response) == "store.unavailable"
    assert api.get("/healthz").status_code == 200
    monkeypatch.undo()
    assert api.get(f"/v1/records/{made.ref}").status_code == 200


def test_what_fails_inside_is_500_without_a_word_of_what_was_sent(
    serve: Serve, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(SqlStore, "records", broken)
    said = io.StringIO()
    log, handler = logging.getLogger("qrcore.service"), logging.StreamHandler(said)
    handler.setFormatter(JsonFormatter())
    log.addHandler(handler)
    response = serve(key=key).get("/v1/records")
    log.removeHandler(handler)
    assert (response.status_code, problem(response)) == (500, "resolve.unavailable")
    assert "secret" not in response.text
    [line] = [json.loads(line) for line in said.getvalue().splitlines() if "trace" in line]
    assert "in broken" in line["trace"]
    assert line["trace"].endswith("RuntimeError")


def figures(api: TestClient) -> dict[str, float]:
    lines = [line for line in api.get("/metrics").text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics_say_what_was_done_and_to_nobody_whose(serve: Serve, store: SqlStore, key: str) -> None:
    made = store.create({"body": {"title": "x", "links": [{"href": "https://a.example"}]}, "quota": {"max": 1}})
    api = serve(key=key)
    api.get(f"/c/{made.ref}")
    api.get(f"/c/{'0' * 16}")
    api.post("/v1/resolve", json={"items": [{"ref": made.ref}, {"ref": "0" * 16}, {"ref": made.ref, "known": 1}]})
    for key_ in ("a", "b"):
        api.post(f"/v1/records/{made.ref}/claims", json={}, headers={"Idempotency-Key": key_})
    found = figures(api)
    assert found['qrcore_requests_total{method="GET",route="/c/{ref}",status="307"}'] == 1
    assert found['qrcore_requests_total{method="GET",route="/c/{ref}",status="404"}'] == 1
    assert found["qrcore_misses_total"] == 1
    assert [found[f'qrcore_resolve_items_total{{result="{r}"}}'] for r in ("found", "error", "unchanged")] == [1, 1, 1]
    assert found['qrcore_claims_total{result="granted"}'] == 1
    assert found['qrcore_claims_total{result="claim.exhausted"}'] == 1
    assert found['qrcore_request_seconds_count{route="/c/{ref}"}'] == 2
    assert made.ref not in api.get("/metrics").text


@pytest.mark.parametrize(
    ("access", "without", "with_key"), [("off", 404, 404), ("admin", 401, 200), ("open", 200, 200)]
)
def test_metrics_are_for_whom_they_were_set_up(
    serve: Serve, key: str, access: str, without: int, with_key: int
) -> None:
    assert serve(metrics=access).get("/metrics").status_code == without
    assert serve(metrics=access, key=key).get("/metrics").status_code == with_key


def test_a_log_line_names_the_route_and_no_more(
    serve: Serve, store: SqlStore, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = store.create({"title": "confidential"})
    with caplog.at_level("INFO", "qrcore.service"):
        serve(key=key).get(f"/v1/records/{made.ref}?at=1", headers={"User-Agent": "somebody"})
    [record] = [r for r in caplog.records if r.getMessage() == "request"]
    told = vars(record)
    assert (told["method"], told["route"], told["status"]) == ("GET", "/v1/records/{ref}", 200)
    assert told["tenant"] == "default"
    for private in (made.ref, "confidential", "somebody", key, "127.0.0.1", "testclient", "at=1"):
        assert private not in str(told)


def test_a_polite_end_finishes_what_is_under_way_and_writes_what_was_counted(store: SqlStore) -> None:
    ref = store.create({"links": [{"href": "https://a.example"}]}).ref
    with listening(store, Limits()) as port:
        request = f"GET /c/{ref} HTTP/1.1\r\nHost: {AUTHORITY}\r\nConnection: close\r\n\r\n".encode()
        for _ in range(5):
            assert talk(port, request).startswith(b"HTTP/1.1 307")
    assert sum(count.n for count in store.stats(ref)) == 5
