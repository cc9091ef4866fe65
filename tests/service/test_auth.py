"""Who may do what: keys, scopes, tenants, the page's cookie."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from service.conftest import AUTHORITY, SCOPES, problem
from starlette.testclient import TestClient

from qrcore.records import SqlStore
from qrcore.records.service.login import LoginLink, has_login

Serve = Callable[..., TestClient]

CALLS: list[tuple[str, str, str, Any]] = [
    ("resolve", "POST", "/v1/resolve", {"items": [{"ref": "{ref}"}]}),
    ("write", "POST", "/v1/records", {"title": "x"}),
    ("write", "POST", "/v1/records:batch", {"records": [{"title": "x"}]}),
    ("read", "GET", "/v1/records", None),
    ("read", "GET", "/v1/records/{ref}", None),
    ("write", "PUT", "/v1/records/{ref}", {"title": "x"}),
    ("write", "DELETE", "/v1/records/{ref}", None),
    ("read", "GET", "/v1/records/{ref}/versions", None),
    ("read", "GET", "/v1/records/{ref}/stats", None),
    ("read", "GET", "/v1/records/{ref}/claims", None),
    ("read", "GET", "/v1/records/{ref}/code.svg", None),
    ("claim", "POST", "/v1/records/{ref}/claims", {}),
    ("claim", "DELETE", "/v1/claims/{claim}", None),
    ("scan", "POST", "/v1/scans", {"scans": []}),
    ("read", "GET", "/v1/events", None),
    ("decode", "POST", "/v1/decode", None),
    ("admin", "GET", "/v1/tenants", None),
    ("admin", "POST", "/v1/tenants", {"name": "other"}),
    ("admin", "GET", "/v1/keys", None),
    ("admin", "POST", "/v1/keys", {"label": "x", "scopes": ["read"]}),
    ("admin", "DELETE", "/v1/keys/{key}", None),
    ("admin", "GET", "/metrics", None),
]


def call(client: TestClient, method: str, path: str, content: Any, names: dict[str, str]) -> Any:
    headers = {"If-Match": '"v1"', "Idempotency-Key": '"k"'}
    if content is not None:
        content = {"items": [{"ref": names["ref"]}]} if "items" in content else content
    return client.request(method, path.format(**names), json=content, headers=headers)


@pytest.fixture
def names(store: SqlStore) -> dict[str, str]:
    ref = store.create({"body": {"title": "x"}, "quota": {"max": 9}}).ref
    claim = store.claim(ref, key="first").id
    _, victim = store.create_key("to revoke", ["read"])
    return {"ref": ref, "claim": claim, "key": victim.id}


def test_every_operation_is_in_the_table_of_scopes(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    known = {(method, path.replace("{key}", "{id}").replace("{claim}", "{id}").replace("code.svg", "code.{kind}"))
             for _, method, path, _ in CALLS if path.startswith("/v1")}  # fmt: skip
    described = {(m.upper(), p) for p, operations in paths.items() for m in operations if p.startswith("/v1")}
    assert described == known


@pytest.mark.parametrize(("scope", "method", "path", "content"), CALLS)
def test_an_operation_needs_its_scope_and_no_other(
    serve: Serve, store: SqlStore, names: dict[str, str], scope: str, method: str, path: str, content: Any
) -> None:
    others = store.create_key("others", [s for s in SCOPES if s != scope])[0]
    nobody = call(serve(), method, path, content, names)
    assert (nobody.status_code, problem(nobody)) == (401, "auth.missing")
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    refused = call(serve(key=others), method, path, content, names)
    assert (refused.status_code, problem(refused)) == (403, "auth.scope")
    alone = store.create_key("alone", [scope])[0]
    admitted = call(serve(key=alone), method, path, content, names)
    assert admitted.status_code < 400 or (path, problem(admitted)) == ("/v1/decode", "decode.image")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer nonsense", "Basic eDp5", "Bearer " + "x" * 300, "qrk_x"]
)
def test_what_is_no_key_opens_nothing(client: TestClient, header: str) -> None:
    response = client.get("/v1/records", headers={"Authorization": header})
    assert (response.status_code, problem(response)) == (401, "auth.missing")


def test_a_revoked_or_expired_key_is_none_at_once(serve: Serve, store: SqlStore) -> None:
    key, kept = store.create_key("x", ["read"])
    api = serve(key=key)
    assert api.get("/v1/records").status_code == 200
    store.revoke_key(kept.id)
    assert api.get("/v1/records").status_code == 401
    past = datetime.now(timezone.utc) - timedelta(seconds=1)
    assert serve(key=store.create_key("y", ["read"], expiry=past)[0]).get("/v1/records").status_code == 401


def test_of_a_key_its_hash_alone_is_kept(api: TestClient, store: SqlStore) -> None:
    made = api.post("/v1/keys", json={"label": "till", "scopes": ["claim", "read"], "days": 1.5})
    assert made.headers["cache-control"] == "no-store"
    token = made.json()["key"]
    dump = "".join(store.export())
    assert token not in dump
    assert token.removeprefix("qrk_") not in dump
    listed = api.get("/v1/keys")
    assert token not in listed.text
    [shown] = [key for key in listed.json()["keys"] if key["label"] == "till"]
    assert shown["scopes"] == ["claim", "read"]
    assert api.delete(f"/v1/keys/{shown['id']}").status_code == 204
    assert store.check_key(token) is None


@pytest.fixture
def brand(store: SqlStore, serve: Serve) -> TestClient:
    """A tenant beside the first, with a host of its own and a place under the first's."""
    store.add_tenant("brand")
    store.add_authority("brand.example", tenant="brand")
    store.add_authority(AUTHORITY, tenant="default", settings={"gs1_prefixes": {"09506000": "brand"}})
    return serve(key=store.create_key("brand", SCOPES, tenant="brand")[0])


@pytest.mark.parametrize(
    ("scope", "method", "path", "content"), [c for c in CALLS if "{ref}" in c[2] or "{claim}" in c[2]]
)
def test_another_tenants_record_is_as_if_it_were_not_there(
    brand: TestClient, names: dict[str, str], scope: str, method: str, path: str, content: Any
) -> None:
    response = call(brand, method, path, content, names)
    missing = call(brand, method, path, content, {"ref": "0" * 16, "claim": "0" * 16, "key": "0" * 16})
    assert (response.status_code, problem(response)) == (404, "resolve.not_found")
    assert response.json() == missing.json()


def test_another_tenants_record_is_not_resolved_for_its_key(brand: TestClient, names: dict[str, str]) -> None:
    found = brand.post("/v1/resolve", json={"items": [{"ref": names["ref"]}, {"ref": "0" * 16}]}).json()["items"]
    assert found[0] == found[1]
    assert found[0]["error"]["code"] == "resolve.not_found"


def test_another_tenants_events_and_lists_are_not_seen(brand: TestClient, names: dict[str, str]) -> None:
    assert brand.get("/v1/events").json()["events"] == []
    assert brand.get("/v1/records").json()["records"] == []
    made = brand.post("/v1/records", json={"title": "mine"}).json()["ref"]
    assert [r["ref"] for r in brand.get("/v1/records").json()["records"]] == [made]


def test_a_host_that_is_not_a_tenants_is_as_if_it_were_not_there(brand: TestClient, api: TestClient) -> None:
    elsewhere = {"QRCore-Authority": "brand.example"}
    assert brand.post("/v1/records", json={"title": "x"}, headers=elsewhere).status_code == 201
    refused = api.post("/v1/records", json={"title": "x"}, headers=elsewhere)
    assert (refused.status_code, problem(refused)) == (404, "resolve.not_found")
    unknown = api.post("/v1/records", json={"title": "x"}, headers={"QRCore-Authority": "no.example"})
    assert refused.json() == unknown.json()


def test_a_tenants_admin_sees_and_makes_keys_of_that_tenant_alone(
    brand: TestClient, api: TestClient, names: dict[str, str]
) -> None:
    assert {key["tenant"] for key in brand.get("/v1/keys").json()["keys"]} == {"brand"}
    assert brand.get("/v1/tenants").json() == {"tenants": [{"name": "brand", "hosts": ["brand.example"]}]}
    assert problem(brand.post("/v1/keys", json={"label": "x", "scopes": ["read"], "tenant": "default"})) == "auth.scope"
    assert problem(brand.post("/v1/tenants", json={"name": "new"})) == "auth.scope"
    assert brand.delete(f"/v1/keys/{names['key']}").status_code == 404
    assert brand.post("/v1/keys", json={"label": "x", "scopes": ["read"]}).json()["tenant"] == "brand"
    assert {key["tenant"] for key in api.get("/v1/keys").json()["keys"]} == {"brand", "default"}
    made = api.post("/v1/tenants", json={"name": "third", "hosts": ["third.example"], "schemes": ["weixin"]})
    assert made.json() == {"name": "third", "hosts": ["third.example"]}
    assert problem(api.post("/v1/tenants", json={"name": "x", "schemes": ["javascript"]})) == "write.invalid"
    assert problem(api.post("/v1/keys", json={"label": "x", "scopes": ["root"]})) == "write.invalid"


def login_client(serve: Serve) -> tuple[TestClient, LoginLink]:
    link = LoginLink()
    return serve(with_page=True, login=link), link


def test_a_login_link_works_once_and_by_no_get(serve: Serve, store: SqlStore) -> None:
    client, link = login_client(serve)
    assert not has_login(store)
    address, _, token = link.url(f"https://{AUTHORITY}").partition("#")
    for _ in range(3):
        assert client.get(address).status_code == 200
    assert client.get("/").status_code == 303
    assert client.post("/session", json={"login": token[:-1]}).status_code == 401
    response = client.post("/session", json={"login": token})
    assert response.status_code == 204
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" in cookie
    assert client.get("/").status_code == 200
    assert client.get("/session").json()["authority"] == AUTHORITY
    assert client.post("/session", json={"login": token}).status_code == 401
    assert has_login(store)
    assert token not in "".join(store.export())


def test_a_key_logs_in_too_and_logging_out_forgets_it(serve: Serve, key: str) -> None:
    client, _ = login_client(serve)
    assert problem(client.post("/session", json={"key": "qrk_no"})) == "auth.missing"
    assert problem(client.post("/session", json={})) == "auth.missing"
    assert client.post("/session", json={"key": key}).status_code == 204
    assert client.get("/v1/records").status_code == 200
    assert client.delete("/session").status_code == 204
    assert client.get("/v1/records").status_code == 401


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", f"https://{AUTHORITY}.evil.example", "x"])
def test_a_write_by_cookie_comes_from_the_page_itself(serve: Serve, key: str, origin: str | None) -> None:
    client, _ = login_client(serve)
    client.cookies.set("qrcore_key", key)
    headers = {} if origin is None else {"Origin": origin}
    for method, path in (("POST", "/v1/records"), ("DELETE", "/v1/claims/0000000000000000"), ("POST", "/v1/decode")):
        assert problem(client.request(method, path, json={"title": "x"}, headers=headers)) == "auth.missing"
    right = client.post("/v1/records", json={"title": "x"}, headers={"Origin": f"https://{AUTHORITY}"})
    assert right.status_code == 201


def test_without_the_page_there_is_no_way_to_log_in(client: TestClient, key: str) -> None:
    for method, path in (("GET", "/"), ("GET", "/login"), ("POST", "/session")):
        assert client.request(method, path, json={"key": key}).status_code == 404
