"""`POST /v1/decode`: what it finds, whom it asks, and what it refuses."""

from __future__ import annotations

import base64
import io
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image
import pytest
import segno
from service.conftest import AUTHORITY, problem
from starlette.testclient import TestClient

import qrcore
from qrcore.records import Limits, SqlStore, make_code, new_secret, seal_body
from qrcore.records.service import decoding
from qrcore.testing import MemoryAuthority, no_network

Serve = Callable[..., TestClient]


def picture(*texts: str) -> bytes:
    images = []
    for text in texts:
        segno.make_qr(text).save(one := io.BytesIO(), kind="png", scale=4, border=4)
        images.append(PIL.Image.open(one).convert("L"))
    wide = PIL.Image.new("L", (sum(i.width for i in images), max(i.height for i in images)), 255)
    x = 0
    for image in images:
        wide.paste(image, (x, 0))
        x += image.width
    out = io.BytesIO()
    wide.save(out, "PNG")
    return out.getvalue()


def blank(width: int, height: int) -> bytes:
    out = io.BytesIO()
    PIL.Image.fromarray(np.zeros((height, width), np.uint8)).save(out, "PNG")
    return out.getvalue()


def decode(api: TestClient, data: bytes) -> dict[str, Any]:
    response = api.post("/v1/decode", content=data, headers={"Content-Type": "image/png"})
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    found: dict[str, Any] = response.json()
    return found


def test_a_picture_gives_what_the_decoder_reads_with_the_record(
    api: TestClient, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store.create({"title": "Menu", "links": [{"href": "https://shop.example/menu"}]})
    data = picture(made.url, "https://elsewhere.example/x", "plain")
    expected = qrcore.decode(data)
    monkeypatch.setattr(socket.socket, "connect", no_network)
    found = decode(api, data)
    assert [s["text"] for s in found["symbols"]] == [s.text for s in expected]
    assert {found["width"], found["height"]} == set(PIL.Image.open(io.BytesIO(data)).size)
    by_text = {s["text"]: s for s in found["symbols"]}
    own = by_text[made.url]
    assert own["payload"]["kind"] == "code_ref"
    assert own["verdict"]["level"] == "trusted"
    assert own["record"]["records"][0]["body"]["title"] == "Menu"
    assert base64.b64decode(own["data"]) == made.url.encode()
    assert np.allclose(own["corners"], expected[0].corners, atol=1e-3)
    assert (by_text["https://elsewhere.example/x"]["verdict"]["level"], by_text["plain"]["record"]) == ("unknown", None)
    assert "seen this picture" in found["notice"]


def test_nobody_is_asked_but_the_store_and_whom_it_trusts(
    serve: Serve, store: SqlStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", no_network)
    untrusted = f"HTTPS://EVIL.EXAMPLE/C/{'0' * 16}"
    [symbol] = decode(serve(key=key), picture(untrusted))["symbols"]
    assert (symbol["record"], symbol["verdict"]["level"]) == (None, "unknown")
    trusted = MemoryAuthority("friend.example")
    made = trusted.store.create({"title": "A friend's"})
    api = serve(key=key, trust=trusted.trust())
    api.app.state.qrcore.resolver = trusted.resolver()  # type: ignore[attr-defined]
    found = decode(api, picture(made.url, untrusted))["symbols"]
    trusted.store.close()
    assert [s["record"] and s["record"]["records"][0]["body"]["title"] for s in found] == ["A friend's", None]
    assert [s["verdict"]["level"] for s in found] == ["trusted", "unknown"]
    assert [request.url for request in trusted.requests] == ["https://friend.example/v1/resolve"]


def test_a_record_that_is_not_there_or_another_tenants_says_so(api: TestClient, store: SqlStore) -> None:
    store.add_tenant("brand")
    theirs = store.using(tenant="brand").create({"title": "x"}).url
    for text in (theirs, f"HTTPS://{AUTHORITY.upper()}/C/{'0' * 16}"):
        [symbol] = decode(api, picture(text))["symbols"]
        assert symbol["record"] == {"error": {"code": "resolve.not_found", "detail": "no such record"}}


def test_a_product_code_finds_every_level(api: TestClient, store: SqlStore) -> None:
    store.create({"body": {"title": "Oil"}, "gs1": "/01/09506000134352"})
    store.create({"body": {"title": "Batch"}, "gs1": "/01/09506000134352/10/A7"})
    [symbol] = decode(api, picture(f"https://{AUTHORITY}/01/09506000134352/10/A7"))["symbols"]
    assert [r["body"]["title"] for r in symbol["record"]["records"]] == ["Batch", "Oil"]


def test_a_picture_without_a_code_is_no_error(api: TestClient) -> None:
    assert decode(api, blank(50, 40)) | {"symbols": [], "width": 50, "height": 40} == decode(api, blank(50, 40))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, b"x" * 1000])
def test_what_is_no_picture_is_refused(api: TestClient, data: bytes) -> None:
    response = api.post("/v1/decode", content=data)
    assert (response.status_code, problem(response)) == (422, "decode.image")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(api: TestClient) -> None:
    picture = blank(5001, 5000)
    begin = time.process_time()
    response = api.post("/v1/decode", content=picture)
    assert (response.status_code, problem(response)) == (413, "decode.too_large")
    assert time.process_time() - begin < 2.0
    assert problem(api.post("/v1/decode", content=b"x" * 10_000_001)) == "payload.too_large"


def test_as_many_pictures_are_decoded_at_once_as_is_admitted(
    serve: Serve, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, go_on = threading.Event(), threading.Event()

    def slow(data: bytes, pixels: int, milliseconds: float) -> tuple[int, int, list[qrcore.Symbol]]:
        going.set()
        assert go_on.wait(30)
        return 1, 1, []

    monkeypatch.setattr(decoding, "_decode", slow)
    api = serve(key=key, limits=Limits(decodes=1))
    first = threading.Thread(target=decode, args=(api, b"x"))
    first.start()
    assert going.wait(30)
    busy = api.post("/v1/decode", content=b"x")
    assert (busy.status_code, problem(busy), busy.headers["retry-after"]) == (503, "decode.busy", "1")
    go_on.set()
    first.join()
    assert decode(api, b"x")["symbols"] == []


def test_the_deadline_and_the_limit_of_pixels_reach_the_decoder(
    serve: Serve, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(decoding, "decode", lambda data, **options: asked.append(options) or [])
    decode(serve(key=key, limits=Limits(decode_ms=123, pixels=4000)), blank(50, 40))
    assert asked == [{"deadline_ms": 123, "max_pixels": 4000}]


def test_no_text_of_a_picture_is_logged(api: TestClient, store: SqlStore, caplog: pytest.LogCaptureFixture) -> None:
    made = store.create({"title": "x"})
    body = seal_body({"title": "x"}, authority=AUTHORITY, ref=made.ref, version=2, secret=(secret := new_secret()))
    store.put(made.ref, {"body": body}, if_version=1)
    text = make_code(made.url, secret=secret).text
    with caplog.at_level(logging.DEBUG):
        [symbol] = decode(api, picture(text))["symbols"]
    assert symbol["text"] == text
    assert "secret" not in symbol["payload"]
    told = "\n".join(str(record.__dict__) for record in caplog.records)
    assert "/v1/decode" in told
    assert made.ref not in told
    assert text.partition("#")[2] not in told
