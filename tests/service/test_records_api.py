"""Records through the API, as their writers use it."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from service.conftest import AUTHORITY, problem
from starlette.testclient import TestClient

import qrcore
from qrcore.records import SqlStore, new_ref, new_secret, seal_body

BODY = {"title": "Menu", "links": [{"href": "https://shop.example/menu"}]}


def created(api: TestClient, record: Any = BODY, **headers: str) -> dict[str, Any]:
    response = api.post("/v1/records", json=record, headers=headers)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def test_a_record_is_created_read_replaced_and_retired(api: TestClient) -> None:
    response = api.post("/v1/records", json={"body": BODY, "aliases": [{"label": "Door"}]})
    made = response.json()
    assert response.headers["location"] == f"/v1/records/{made['ref']}"
    assert response.headers["etag"] == '"v1"'
    assert made["url"] == f"HTTPS://{AUTHORITY.upper()}/C/{made['ref']}"
    path = f"/v1/records/{made['ref']}"
    read = api.get(path)
    assert read.headers["etag"] == '"v1"'
    assert read.json()["body"]["title"] == "Menu"
    assert api.get(f"/v1/records/{made['aliases'][0]['ref']}").json()["label"] == "Door"
    put = api.put(path, json={"title": "Winter"}, headers={"If-Match": '"v1"'})
    assert (put.status_code, put.json(), put.headers["etag"]) == (200, {"version": 2}, '"v2"')
    assert api.get(path).json()["body"] == {"title": "Winter"}
    assert api.get(path, params={"at": "1"}).json()["body"]["title"] == "Menu"
    assert api.delete(path, headers={"If-Match": '"v2"'}).status_code == 204
    assert api.get(path).json()["state"] == "retired"
    assert problem(api.put(path, json=BODY, headers={"If-Match": '"v2"'})) == "resolve.gone"


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        (None, 428, "write.precondition_required"),
        ('"v7"', 412, "write.precondition"),
        ("v1", 412, "write.precondition"),
        ('W/"v1"', 412, "write.precondition"),
        ("*", 412, "write.precondition"),
        ('"v99999999999999999999"', 412, "write.precondition"),
    ],
)
def test_a_write_names_the_version_that_it_replaces(
    api: TestClient, if_match: str | None, status: int, code: str
) -> None:
    ref = created(api)["ref"]
    headers = {} if if_match is None else {"If-Match": if_match}
    response = api.put(f"/v1/records/{ref}", json=BODY, headers=headers)
    assert (response.status_code, problem(response)) == (status, code)
    if if_match != "*":
        assert api.delete(f"/v1/records/{ref}", headers=headers).status_code == status
    assert api.get(f"/v1/records/{ref}").json()["version"] == 1


def test_an_older_version_is_written_anew(api: TestClient) -> None:
    path = f"/v1/records/{created(api)['ref']}"
    api.put(path, json={"title": "Winter"}, headers={"If-Match": '"v1"'})
    assert api.put(path, json={"rollback": 1}, headers={"If-Match": '"v2"'}).json() == {"version": 3}
    assert api.get(path).json()["body"]["title"] == "Menu"
    for bad in ({"rollback": "1"}, {"rollback": 1, "title": "x"}, {"rollback": -1}, {"rollback": 10**30}):
        assert problem(api.put(path, json=bad, headers={"If-Match": '"v3"'})) == "write.invalid"


def test_the_server_cannot_roll_a_sealed_record_back(api: TestClient) -> None:
    ref, secret = new_ref(), new_secret()

    def closed(version: int) -> dict[str, Any]:
        body = seal_body({"title": f"v{version}"}, authority=AUTHORITY, ref=ref, version=version, secret=secret)
        return body.to_json()

    created(api, {"ref": ref, "body": closed(1)})
    api.put(f"/v1/records/{ref}", json=closed(2), headers={"If-Match": '"v1"'})
    response = api.put(f"/v1/records/{ref}", json={"rollback": 1}, headers={"If-Match": '"v2"'})
    assert (response.status_code, problem(response)) == (409, "write.sealed_rollback")


def test_a_retry_with_the_same_idempotency_key_makes_nothing_new(api: TestClient, store: SqlStore) -> None:
    first = created(api, **{"Idempotency-Key": '"order 17"'})
    assert created(api, **{"Idempotency-Key": '"order 17"'}) == first
    assert created(api)["ref"] != first["ref"]
    other = api.post("/v1/records", json={"title": "Another"}, headers={"Idempotency-Key": '"order 17"'})
    assert (other.status_code, problem(other)) == (422, "write.idempotency_mismatch")
    many = {"records": [BODY, {"title": "two"}]}
    batches = [api.post("/v1/records:batch", json=many, headers={"Idempotency-Key": '"b"'}).json() for _ in range(2)]
    assert batches[0] == batches[1]
    assert len(batches[0]["records"]) == 2


def test_a_batch_is_written_whole_or_not_at_all(api: TestClient, store: SqlStore) -> None:
    bad = {"records": [BODY, {"title": "x", "links": [{"href": "javascript:alert(1)"}]}]}
    assert problem(api.post("/v1/records:batch", json=bad)) == "write.invalid"
    assert store.records() == []
    most = {"records": [{"title": str(i)} for i in range(1001)]}
    assert problem(api.post("/v1/records:batch", json=most)) == "write.invalid"
    most["records"].pop()
    assert len(api.post("/v1/records:batch", json=most).json()["records"]) == 1000


def test_records_are_listed_page_by_page(api: TestClient) -> None:
    refs = sorted(created(api)["ref"] for _ in range(7))
    seen, after = [], ""
    while True:
        page = api.get("/v1/records", params={"after": after, "limit": 3}).json()
        seen += [record["ref"] for record in page["records"]]
        after = page["next"]
        if not after:
            break
    assert seen == refs


def test_the_history_is_read_page_by_page(api: TestClient) -> None:
    path = f"/v1/records/{created(api)['ref']}"
    for n in range(1, 6):
        api.put(path, json={"title": f"v{n + 1}"}, headers={"If-Match": f'"v{n}"'})
    first = api.get(f"{path}/versions", params={"limit": 4}).json()
    rest = api.get(f"{path}/versions", params={"limit": 4, "after": first["next"]}).json()
    assert [v["version"] for v in first["versions"] + rest["versions"]] == [1, 2, 3, 4, 5, 6]
    assert rest["next"] is None
    assert {v["author"] for v in first["versions"]} == {"tests"}
    assert all(len(v["sha256"]) == 64 for v in first["versions"])


def test_scans_are_reported_and_read_page_by_page(api: TestClient) -> None:
    made = created(api, {"body": BODY, "aliases": [{"label": "Door"}, {"label": "Bus stop"}]})
    hour = datetime(2026, 11, 22, 9, tzinfo=timezone.utc)
    refs = [made["ref"], *(alias["ref"] for alias in made["aliases"])]
    scans = [
        {"ref": ref, "rel": rel, "at": (hour + timedelta(hours=h)).isoformat(), "n": 1 + i}
        for h in range(3)
        for i, ref in enumerate(refs)
        for rel in ("about", "payment")
    ]
    report = api.post("/v1/scans", json={"scans": [*scans, {**scans[0], "ref": new_ref()}]})
    assert (report.status_code, report.json()) == (202, {"counted": 36})
    path, seen, after = f"/v1/records/{made['ref']}/stats", [], ""
    while True:
        page = api.get(path, params={"limit": 5, "after": after}).json()
        seen += page["counts"]
        after = page["next"]
        if not after:
            break
    assert len(seen) == 18
    assert {(c["ref"], c["rel"], c["hour"]): c["n"] for c in seen} == {
        (s["ref"], s["rel"], s["at"]): s["n"] for s in scans
    }
    assert [c["hour"] for c in seen] == sorted(c["hour"] for c in seen)
    since = {"since": (hour + timedelta(hours=2)).isoformat(), "until": "2026-11-22T12:00:00Z"}
    assert len(api.get(path, params=since).json()["counts"]) == 6
    assert problem(api.get(path, params={"after": "nonsense"})) in ("payload.format", "write.invalid")


def test_the_picture_of_a_code_reads_back(api: TestClient) -> None:
    made = created(api)
    response = api.get(f"/v1/records/{made['ref']}/code.png", params={"scale": 4})
    assert response.headers["content-type"] == "image/png"
    assert qrcore.decode_one(io.BytesIO(response.content)).text == made["url"]  # type: ignore[union-attr]
    drawing = api.get(f"/v1/records/{made['ref']}/code.svg")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert b"<svg" in drawing.content
    assert problem(api.get(f"/v1/records/{made['ref']}/code.exe")) == "write.invalid"
    assert problem(api.get(f"/v1/records/{new_ref()}/code.svg")) == "resolve.not_found"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422), (b"{", 422), (b"[]", 422), (b"null", 422), (b'"x"', 422), (b"[" * 100_000, 400), (b"\xff\xfe", 422),
        (b'{"title": 7}', 422), (b'{"unknown": 1}', 422), (b'{"title": "\\ud800"}', 422),
        (b'{"body": {"title": "x"}, "quota": {"max": 1, "reveal": ["\\ud800"]}}', 422),
        (b'{"body": {"title": "x"}, "quota": {"max": 1, "reveal": ["\\u0000"]}}', 422),
        (b'{"body": {"title": "x"}, "quota": {"max": 1e400}}', 422),
        (b'{"body": {"title": "x"}, "not_after": 99999999999999999999999}', 422),
        (b'{"body": {"title": "x"}, "not_after": "2026-11-22"}', 422),
        (b'{"body": {"title": "x"}, "aliases": 7}', 422),
        (b'{"body": {"title": "x"}, "gs1": 7}', 422),
        (b'{"body": {"title": "x"}, "gs1": [7]}', 422),
        (b'{"body": {"data": {"x": NaN}}}', 422),
        (b'{"body": {"links": [{"href": "http://"}]}}', 422),
        (b'{"body": {"links": [{"href": "https://x.example", "hreflang": 7}]}}', 422),
        (b'{"ref": 7, "body": {}}', 422),
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused_in_one_clear_way(api: TestClient, content: bytes, status: int) -> None:
    response = api.post("/v1/records", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status, response.text
    assert problem(response) in ("write.invalid", "payload.format")


def test_a_body_that_is_too_large_is_refused(api: TestClient) -> None:
    response = api.post("/v1/records", json={"title": "x", "data": {"x": "y" * 16_400}})
    assert (response.status_code, problem(response)) == (413, "write.too_large")


@pytest.mark.parametrize("word", ['"open', '"' + "x" * 300 + '"', "x" * 300, '"\\u0000"', '"\\ud800"'])
def test_an_idempotency_key_is_a_short_plain_text(api: TestClient, word: str) -> None:
    response = api.post("/v1/records", json=BODY, headers={"Idempotency-Key": word})
    assert (response.status_code, problem(response)) == (400, "payload.format")


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/v1/resolve", {"items": [{"gs1": "/01/\x00"}]}),
        ("POST", "/v1/resolve", {"items": [{"gs1": ["/01/\ud800"]}]}),
        ("POST", "/v1/resolve", {"items": [{"gs1": {"/01/1": 1}}]}),
        ("POST", "/v1/resolve", {"items": [{"ref": "0" * 16}], "at": 0}),
        ("POST", "/v1/resolve", {"items": {}}),
        ("POST", "/v1/scans", {"scans": [{"ref": "0" * 16, "rel": "\x00", "at": "2026-11-22T09:00:00Z", "n": 1}]}),
        ("POST", "/v1/scans", {"scans": {}}),
        ("POST", "/v1/keys", {"label": "x", "scopes": ["read"], "tenant": "\x00"}),
        ("POST", "/v1/keys", {"label": "\x00", "scopes": ["read"]}),
        ("GET", "/v1/records/0000000000000000/stats?after=2026-11-22T09:00:00Z%200000000000000000%20%00", None),
        ("GET", "/v1/records/0000000000000000?at=99999999999", None),
    ],
)
def test_what_no_database_could_hold_is_refused_before_it_is_asked(
    api: TestClient, store: SqlStore, monkeypatch: pytest.MonkeyPatch, method: str, path: str, content: Any
) -> None:
    """PostgreSQL has no text with a zero byte, for one; an answer of 503 would send the client round in circles."""
    for name in ("lookup", "create_key", "stats"):
        monkeypatch.setattr(SqlStore, name, lambda *_, **__: pytest.fail("the store was asked"))
    data = None if content is None else json.dumps(content).encode()
    assert api.request(method, path, content=data).status_code in (400, 422)
