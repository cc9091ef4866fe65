"""What a phone gets for a printed code."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import pytest
from service.conftest import AUTHORITY, problem
from starlette.testclient import TestClient

from qrcore.records import Limits, SqlStore, new_ref, new_secret, seal_body

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SITE = "https://shop.example"


class Page(HTMLParser):
    """The links, forms and scripts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.forms: list[dict[str, str]] = []
        self.fields: dict[str, str] = {}
        self.tags: list[str] = []
        self.inline = 0
        self._in = ""
        self._href = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.inline += any(name.startswith("on") or name == "style" for name in given)
        self.inline += tag in ("script", "style") and "src" not in given
        if tag == "form":
            self.forms.append(given)
        if tag == "input":
            self.fields[given.get("name", "")] = given.get("value", "")
        self._href = given.get("href", "") if tag == "a" else self._href

    def handle_endtag(self, tag: str) -> None:
        self._href = "" if tag == "a" else self._href

    def handle_data(self, data: str) -> None:
        if self._href:
            self.links[data.strip()] = self._href


def create(store: SqlStore, *links: dict[str, Any], **rest: Any) -> str:
    default = rest.pop("default", 0 if links else None)
    return store.create({"body": {"title": "Menu", "links": list(links), "default": default}, **rest}).ref


@pytest.mark.parametrize("path", ["/c/{}", "/C/{}"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_code_redirects_to_its_default_link_and_nothing_keeps_that(
    client: TestClient, store: SqlStore, path: str, method: str
) -> None:
    ref = create(store, {"href": f"{SITE}/menu"})
    response = client.request(method, path.format(ref.lower()))
    assert response.status_code == 307
    assert response.headers["location"] == f"{SITE}/menu#"
    assert response.headers["cache-control"] == "no-store"
    assert response.content == b""
    store.put(ref, {"links": [{"href": f"{SITE}/winter"}]}, if_version=1)
    assert client.get(f"/c/{ref}").headers["location"] == f"{SITE}/winter#"


@pytest.mark.parametrize(
    ("href", "query", "label", "expected"),
    [
        ("https://a.example/x", "", "", "https://a.example/x#"),
        ("https://a.example/x#part", "", "", "https://a.example/x#part"),
        ("https://a.example/x#", "", "", "https://a.example/x#"),
        ("https://a.example/x?t={label}", "", "Table 1&2#3", "https://a.example/x?t=Table%201%262%233#"),
        ("https://a.example/x?t={label}#f", "", "Tür", "https://a.example/x?t=T%C3%BCr#f"),
        ("https://a.example/x", "a=1&b=2", "", "https://a.example/x?a=1&b=2#"),
        ("https://a.example/x?a=0#f", "a=1&b=2", "", "https://a.example/x?a=0&b=2#f"),
        ("https://a.example/x?A=0", "a=1", "", "https://a.example/x?A=0#"),
        ("https://a.example/x?a=0", "%61=1&linkType=about&context=x", "", "https://a.example/x?a=0#"),
        ("https://a.example/x", "a=%0d%0aX:1&b=<\">", "", "https://a.example/x?a=%0d%0aX:1&b=%3C%22%3E#"),
    ],
)  # fmt: skip
def test_the_location_has_label_query_and_always_a_fragment_of_its_own(
    client: TestClient, store: SqlStore, href: str, query: str, label: str, expected: str
) -> None:
    body = {"title": "x", "links": [{"rel": "about", "href": href}], "default": 0}
    made = store.create({"body": body, "aliases": [{"label": label}]})
    response = client.get(made.aliases[0][1].removeprefix(f"HTTPS://{AUTHORITY.upper()}") + (query and f"?{query}"))
    assert response.headers["location"] == expected


def test_a_link_may_refuse_the_query(client: TestClient, store: SqlStore) -> None:
    ref = create(store, {"href": f"{SITE}/x", "fwqs": False})
    assert client.get(f"/c/{ref}?a=1").headers["location"] == f"{SITE}/x#"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("zh-TW, en;q=0.5", "zh"), ("en, zh;q=0.5", "en"), ("zh;q=0.2, en;q=0.9", "en"), ("fr", "en"), ("", "en")],
)
def test_the_link_in_the_best_language_is_chosen(
    client: TestClient, store: SqlStore, accept: str, expected: str
) -> None:
    ref = create(store, {"href": f"{SITE}/en", "hreflang": ["en"]}, {"href": f"{SITE}/zh", "hreflang": ["zh", "zh-TW"]})
    response = client.get(f"/c/{ref}", headers={"Accept-Language": accept})
    assert response.headers["location"] == f"{SITE}/{expected}#"
    assert {"accept", "accept-language"} <= {name.strip().lower() for name in response.headers["vary"].split(",")}


def test_a_code_without_a_default_link_gives_a_page_of_its_links(client: TestClient, store: SqlStore) -> None:
    ref = create(
        store,
        {"href": f"{SITE}/menu", "title": "Menu"},
        {"href": "tel:+4930123", "title": "Call", "rel": "service"},
        {"href": f"{SITE}/pay?x={{label}}", "title": "<b>Pay</b>", "rel": "payment"},
        default=None,
    )
    response = client.get(f"/c/{ref}", headers=HTML)
    assert response.status_code == 200
    page = Page(response.text)
    assert page.links["Menu"] == f"{SITE}/menu"
    assert page.links["Call"] == "tel:+4930123"
    assert page.links["<b>Pay</b>"] == f"{SITE}/pay?x="
    assert "b" not in page.tags
    assert not page.forms
    assert page.inline == 0


def test_a_page_runs_nothing_of_others_and_is_framed_by_nobody(client: TestClient, store: SqlStore) -> None:
    headers = client.get(f"/c/{create(store, default=None)}", headers=HTML).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("scheme", ["weixin", "tel"])
def test_a_scheme_of_the_tenant_is_shown_and_never_redirected_to(
    client: TestClient, store: SqlStore, scheme: str
) -> None:
    store.add_tenant("default", schemes=["weixin"])
    ref = create(store, {"href": f"{scheme}:12345", "title": "Open", "rel": "service"}, default=None)
    response = client.get(f"/c/{ref}?linkType=service", headers=HTML)
    assert response.status_code == 200
    assert Page(response.text).links["Open"] == f"{scheme}:12345"


def test_a_link_to_a_host_that_is_no_target_of_the_tenant_is_neither_written_nor_used(
    serve: Callable[..., TestClient], store: SqlStore, key: str
) -> None:
    before = create(store, {"href": "https://elsewhere.example/x"}, {"href": f"{SITE}/pay", "rel": "payment"})
    asked = {"name": "default", "targets": ["shop.example", "*.shop.example"]}
    assert serve(key=key).post("/v1/tenants", json=asked).status_code == 201
    api = serve(key=key)
    refused = api.post("/v1/records", json={"links": [{"href": "https://elsewhere.example/"}]})
    assert (refused.status_code, problem(refused)) == (422, "write.invalid")
    assert api.post("/v1/records", json={"links": [{"href": "https://eu.shop.example/"}]}).status_code == 201
    for accept in ("*/*", HTML["Accept"]):
        old = api.get(f"/c/{before}", headers={"Accept": accept})
        assert old.status_code == 404
        assert "elsewhere" not in old.text
    assert "elsewhere" not in api.get(f"/c/{before}?linkType=linkset").text
    assert api.get(f"/c/{before}?linkType=payment").headers["location"] == f"{SITE}/pay#"
    assert problem(api.post("/v1/tenants", json={**asked, "targets": ["shop.example/x"]})) == "write.invalid"


def test_what_an_older_check_let_into_the_store_is_not_used(client: TestClient, store: SqlStore) -> None:
    ref = create(store, {"href": f"{SITE}/menu"})
    with store._db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE record SET head_body = ?",
            (b'{"title":"x","links":[{"rel":"about","href":"javascript:alert(1)"}],"default":0}',),
        )
    for accept in ("*/*", HTML["Accept"], "application/linkset+json"):
        response = client.get(f"/c/{ref}", headers={"Accept": accept})
        assert "location" not in response.headers
        assert "javascript" not in response.text


def sealed(store: SqlStore, **rest: Any) -> tuple[str, bytes, bytes]:
    ref, secret = new_ref(), new_secret()
    body = seal_body(
        {"title": "Card", "links": [{"href": SITE}]}, authority=AUTHORITY, ref=ref, version=1, secret=secret
    )
    store.create({"ref": ref, "body": body, **rest})
    assert body.sealed is not None
    return ref, secret, body.sealed


def test_a_sealed_code_never_redirects_and_gets_the_page_that_opens_it(client: TestClient, store: SqlStore) -> None:
    ref, _, _ = sealed(store)
    for accept in ("*/*", HTML["Accept"], ""):
        response = client.get(f"/c/{ref}", headers={"Accept": accept})
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/html")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert Page(response.text).inline == 0


def test_a_sealed_record_is_had_as_it_is(client: TestClient, store: SqlStore) -> None:
    ref, _, message = sealed(store)
    response = client.get(f"/c/{ref}", headers={"Accept": "application/cose"})
    assert response.headers["content-type"] == "application/cose"
    assert response.content == message
    assert response.headers["qrcore-version"] == "1"
    assert response.headers["etag"] == '"v1.cose"'
    again = client.get(f"/c/{ref}", headers={"Accept": "application/cose", "If-None-Match": '"v1.cose"'})
    assert (again.status_code, again.content) == (304, b"")


def test_representations_are_tagged_apart_and_kept_as_the_record_says(client: TestClient, store: SqlStore) -> None:
    ref = create(store, {"href": SITE}, cache_s=300)
    linkset = {"Accept": "application/linkset+json"}
    response = client.get(f"/c/{ref}", headers=linkset)
    assert response.headers["etag"] == '"v1.ls"'
    assert "max-age=300" in response.headers["cache-control"]
    assert "stale-if-error" in response.headers["cache-control"]
    for tag, status in (('"v1.ls"', 304), ('W/"v1.ls"', 304), ('"x", "v1.ls"', 304), ("*", 304), ('"v1.cose"', 200)):
        assert client.get(f"/c/{ref}", headers={**linkset, "If-None-Match": tag}).status_code == status
    store.put(ref, {"links": [{"href": f"{SITE}/2"}]}, if_version=1)
    assert client.get(f"/c/{ref}", headers={**linkset, "If-None-Match": '"v1.ls"'}).status_code == 200


def test_a_page_of_links_is_tagged_by_what_it_says_in_which_language(client: TestClient, store: SqlStore) -> None:
    made = store.create({"body": {"title": "Menu", "data": {"x": "y"}}, "aliases": [{"label": "Door"}]})
    door = made.aliases[0][1].rpartition("/")[2]
    english, chinese = ({**HTML, "Accept-Language": language} for language in ("en", "zh"))
    first = client.get(f"/c/{made.ref}", headers=english)
    tag = first.headers["etag"]
    again = client.get(f"/c/{made.ref}", headers={**english, "If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (again.headers["cache-control"], again.headers["vary"]) == (
        first.headers["cache-control"],
        first.headers["vary"],
    )
    assert client.get(f"/c/{made.ref}", headers={**chinese, "If-None-Match": tag}).status_code == 200
    assert client.get(f"/c/{door}", headers={**english, "If-None-Match": tag}).status_code == 200
    store.put(made.ref, {"title": "Winter menu"}, if_version=1)
    assert client.get(f"/c/{made.ref}", headers={**english, "If-None-Match": tag}).status_code == 200
    limited = create(store, default=None, quota={"max": 1})
    assert "etag" not in client.get(f"/c/{limited}", headers=english).headers


def test_what_can_be_claimed_is_kept_by_nobody(client: TestClient, store: SqlStore) -> None:
    ref = create(store, {"href": SITE}, quota={"max": 1}, default=None)
    for accept in ("application/linkset+json", "text/html"):
        assert client.get(f"/c/{ref}", headers={"Accept": accept}).headers["cache-control"] == "no-store"


def retired(store: SqlStore) -> str:
    ref = create(store, {"href": SITE})
    store.retire(ref)
    return ref


def timed(store: SqlStore, name: str, hours: float) -> str:
    return create(store, {"href": SITE}, **{name: datetime.now(timezone.utc) + timedelta(hours=hours)})


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda store: "0" * 16, 404, "resolve.not_found"),
        (lambda store: "U" * 16, 400, "payload.format"),
        (lambda store: "0" * 15, 400, "payload.format"),
        (retired, 410, "resolve.gone"),
        (lambda store: timed(store, "not_after", -1), 410, "resolve.expired"),
        (lambda store: timed(store, "not_before", 1), 425, "resolve.not_yet"),
    ],
)
def test_what_is_not_there_says_so_to_programs_and_to_people(
    client: TestClient, store: SqlStore, make: Callable[[SqlStore], str], status: int, code: str
) -> None:
    ref = make(store)
    response = client.get(f"/c/{ref}")
    assert (response.status_code, problem(response)) == (status, code)
    page = client.get(f"/c/{ref}", headers=HTML)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert Page(page.text).inline == 0
    assert ("retry-after" in response.headers) == (status == 425) == ("retry-after" in page.headers)


def test_only_looks_of_people_count(serve: Callable[..., TestClient], store: SqlStore) -> None:
    made = store.create({"body": {"title": "x", "links": [{"href": SITE}]}, "aliases": [{"label": "Door"}]})
    door = made.aliases[0][1].rpartition("/")[2]
    client = serve()
    for _ in range(3):
        client.get(f"/c/{made.ref}")
    client.get(f"/c/{door}")
    client.head(f"/c/{door}")
    client.options(f"/c/{door}")
    client.get(f"/c/{door}", headers={"Sec-Purpose": "prefetch;prerender"})
    client.get(f"/c/{door}", headers={"Purpose": "prefetch"})
    tag = client.get(f"/c/{door}?linkType=linkset").headers["etag"]
    client.get(f"/c/{door}?linkType=linkset", headers={"If-None-Match": tag})
    client.get(f"/c/{'0' * 16}")
    client.__exit__(None, None, None)
    client.__enter__()
    counts = sorted((count.label, count.rel, count.n) for count in store.stats(made.ref))
    assert counts == [("", "about", 3), ("Door", "about", 1), ("Door", "linkset", 1)]


def test_misses_are_limited_by_network_and_hits_are_not(serve: Callable[..., TestClient], store: SqlStore) -> None:
    ref = create(store, {"href": SITE})
    client = serve(limits=Limits(misses_per_minute=3))
    codes = [client.get(f"/c/{new_ref()}").status_code for _ in range(5)]
    assert codes == [404, 404, 404, 429, 429]
    refused = client.get(f"/c/{new_ref()}")
    assert problem(refused) == "resolve.rate_limited"
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert client.get(f"/c/{new_ref()}", headers=HTML).status_code == 429
    assert client.get(f"/c/{ref}").status_code == 307


def test_the_host_says_which_authority(serve: Callable[..., TestClient], store: SqlStore) -> None:
    ref = create(store, {"href": SITE})
    store.add_authority("other.example")
    there = store.using(authority="other.example").create({"links": [{"href": f"{SITE}/other"}]}).ref
    client, other, unknown = serve(), serve(host="other.example"), serve(host="evil.example")
    assert client.get(f"/c/{ref}").status_code == 307
    assert client.get(f"/c/{there}").status_code == 404
    assert other.get(f"/c/{there}").headers["location"] == f"{SITE}/other#"
    assert other.get(f"/c/{ref}").status_code == 404
    assert other.get(f"/c/{there}", headers={"Host": "OTHER.example:443"}).status_code == 307
    for path in (f"/c/{ref}", "/v1/events", "/openapi.json", "/static/style.css"):
        assert problem(unknown.get(path)) == "resolve.not_found"
    assert unknown.get("/healthz").status_code == 200


def test_a_further_name_of_the_service_stands_for_its_only_authority(
    serve: Callable[..., TestClient], store: SqlStore
) -> None:
    ref = create(store, {"href": SITE})
    client = serve(host="127.0.0.1:8080", hosts=["127.0.0.1:8080"])
    assert client.get(f"/c/{ref}").status_code == 307


def test_preflight_and_answers_admit_any_site(client: TestClient, store: SqlStore) -> None:
    ref = create(store, {"href": SITE})
    asked = client.options(
        f"/c/{ref}", headers={"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    )
    assert asked.status_code == 204
    assert {"GET", "HEAD", "OPTIONS"} <= set(re.split(r",\s*", asked.headers["access-control-allow-methods"]))
    for response in (asked, client.get(f"/c/{ref}"), client.get(f"/c/{'0' * 16}")):
        assert response.headers["access-control-allow-origin"] == "*"


def test_looking_at_a_page_with_a_button_claims_nothing(client: TestClient, store: SqlStore) -> None:
    ref = create(store, quota={"max": 1})
    response = client.get(f"/c/{ref}", headers=HTML)
    [form] = Page(response.text).forms
    assert form["method"] == "post"
    assert form["action"] == f"/c/{ref}/claim"
    assert client.get(form["action"]).status_code == 405
    quota = store.quota(ref)
    assert quota is not None
    assert quota.used == 0


def test_the_button_claims_once_for_who_is_logged_in_here(client: TestClient, store: SqlStore, key: str) -> None:
    ref = create(store, quota={"max": 5, "reveal": ["a coffee"] * 5})
    fields = Page(client.get(f"/c/{ref}", headers=HTML).text).fields
    stranger = client.post(f"/c/{ref}/claim", data=fields)
    assert stranger.status_code == 401
    client.cookies.set("qrcore_key", key)
    elsewhere = client.post(f"/c/{ref}/claim", data=fields, headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 401
    for _ in range(2):
        granted = client.post(f"/c/{ref}/claim", data=fields, headers={"Origin": f"https://{AUTHORITY}"})
        assert granted.status_code == 201
        assert "a coffee" in granted.text
    [claim] = store.claims(ref)
    assert claim.ordinal == 1
    bad = client.post(f"/c/{ref}/claim", data={**fields, "qty": "x"}, headers={"Origin": f"https://{AUTHORITY}"})
    assert bad.status_code == 400
