"""Link sets and the rules of a GS1 resolver, by the clauses of the official test suite.

Not among them: compressed links, which are not read, and HTTPS itself, which is the web server's.
"""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from service.conftest import AUTHORITY, problem
from starlette.testclient import TestClient

from qrcore.records import SqlStore

GTIN = "09506000134352"
PIP, RECIPE, TRACE, RECALL = "gs1:pip", "gs1:recipeInfo", "gs1:traceability", "gs1:recallStatus"
VOC = "https://ref.gs1.org/voc/"
SITE = "https://brand.example"

TARGET = {
    "type": "object",
    "required": ["href", "title"],
    "additionalProperties": False,
    "properties": {
        "href": {"type": "string", "pattern": "^https?://[A-Za-z0-9./]+"},
        "title": {"type": "string", "minLength": 1},
        "hreflang": {"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z]{2}(-[A-Za-z]{2})?$"}},
        "type": {"type": "string", "pattern": "^[a-z]+/[-+.a-z0-9]+$"},
        "context": {"type": "array", "items": {"type": "string"}},
        "fwqs": {"type": "boolean"},
        "public": {"type": "boolean"},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["linkset"],
    "additionalProperties": False,
    "properties": {
        "linkset": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["anchor", "itemDescription"],
                "additionalProperties": False,
                "properties": {
                    "anchor": {"type": "string", "pattern": "^https?://[A-Za-z0-9./]+$"},
                    "itemDescription": {"type": "string"},
                },
                "patternProperties": {
                    "^(?!(anchor|itemDescription)$)([a-z-]+|https?://[A-Za-z0-9./]+)$": {
                        "type": "array", "minItems": 1, "items": TARGET,
                    }
                },
            },
        }
    },
}  # fmt: skip
"""What the linkset schema of GS1 (https://ref.gs1.org/standards/resolver/linkset-schema) demands, and that nothing is
empty."""


@pytest.fixture
def product(store: SqlStore) -> None:
    links = [
        {"rel": PIP, "href": f"{SITE}/en", "hreflang": ["en"], "title": "Product information", "type": "text/html"},
        {"rel": PIP, "href": f"{SITE}/zh", "hreflang": ["zh-CN"], "title": "产品信息"},
        {"rel": RECIPE, "href": f"{SITE}/recipes", "title": "Recipes", "fwqs": False},
        {"rel": "service", "href": "tel:+4930", "title": "Call"},
    ]
    store.create({"body": {"title": "Olive oil", "links": links, "default": 0}, "gs1": f"/01/{GTIN}"})
    trace = {"rel": TRACE, "href": f"{SITE}/batch/A7", "title": "Batch A7"}
    store.create({"body": {"title": "Batch A7", "links": [trace], "default": None}, "gs1": f"/01/{GTIN}/10/A7"})


pytestmark = pytest.mark.usefixtures("product")
BATCH = f"/01/{GTIN}/10/A7/21/0815"


def linkset(client: TestClient, path: str, **headers: str) -> list[dict[str, Any]]:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/linkset+json"
    found = response.json()
    jsonschema.validate(found, SCHEMA, jsonschema.Draft7Validator)
    contexts: list[dict[str, Any]] = found["linkset"]
    return contexts


@pytest.mark.parametrize("asked", ["?linkType=linkset", "?linkType=all", ""])
def test_a_linkset_has_the_links_of_every_level_up_to_the_key(client: TestClient, asked: str) -> None:
    accept = {} if asked else {"Accept": "application/linkset+json"}
    batch, item = linkset(client, BATCH + asked, **accept)
    assert batch["anchor"] == f"https://{AUTHORITY}/01/{GTIN}/10/A7"
    assert [t["href"] for t in batch[VOC + "traceability"]] == [f"{SITE}/batch/A7"]
    assert item["anchor"] == f"https://{AUTHORITY}/01/{GTIN}"
    assert item["itemDescription"] == "Olive oil"
    assert [(t["href"], t["hreflang"]) for t in item[VOC + "pip"]] == [
        (f"{SITE}/en", ["en"]), (f"{SITE}/zh", ["zh-CN"]),
    ]  # fmt: skip
    assert item[VOC + "recipeInfo"] == [{"href": f"{SITE}/recipes", "title": "Recipes", "fwqs": False}]


def test_the_default_link_has_no_attributes_and_stands_under_its_own_type_too(client: TestClient) -> None:
    [item] = linkset(client, f"/01/{GTIN}?linkType=linkset")
    assert item[VOC + "defaultLink"] == [{"href": f"{SITE}/en", "title": "Product information"}]
    assert f"{SITE}/en" in [target["href"] for target in item[VOC + "pip"]]


def test_the_default_link_is_found_at_a_higher_level(client: TestClient) -> None:
    assert client.get(BATCH).headers["location"] == f"{SITE}/en#"


def test_better_information_in_the_request_wins_over_the_default(client: TestClient) -> None:
    assert client.get(BATCH, headers={"Accept-Language": "zh-CN"}).headers["location"] == f"{SITE}/zh#"


@pytest.mark.parametrize("name", ["gs1:recipeInfo", VOC + "recipeInfo", "https://gs1.org/voc/recipeInfo"])
def test_the_requested_type_is_redirected_to(client: TestClient, name: str) -> None:
    response = client.get(BATCH, params={"linkType": name})
    assert (response.status_code, response.headers["location"]) == (307, f"{SITE}/recipes#")


@pytest.mark.parametrize(("language", "page"), [("zh-CN, en;q=0.5", "zh"), ("en", "en"), ("fr", "en")])
def test_of_several_links_of_the_requested_type_the_language_decides(
    client: TestClient, language: str, page: str
) -> None:
    response = client.get(BATCH, params={"linkType": PIP}, headers={"Accept-Language": language})
    assert response.headers["location"] == f"{SITE}/{page}#"


@pytest.mark.parametrize(
    "path",
    [
        f"/01/{GTIN}/22/2A/10/A7/21/0815", f"/01/{GTIN}/235/TPX", "/414/9506000134352/254/32a",
        "/00/395060001343520001", "/414/9506000134352/7040/1ABC", "/8006/095060001343520102/10/A7/21/1",
        "/8010/9506000134352/8011/1",
        "/8018/950600013435200008/8019/1", "/8017/950600013435200008/8019/1",
    ],
)  # fmt: skip
def test_every_key_with_its_qualifiers_is_a_place_for_records(client: TestClient, store: SqlStore, path: str) -> None:
    levels = path.split("/")[1:]
    for end in range(2, len(levels) + 1, 2):
        key = "/" + "/".join(levels[:end])
        if key != f"/01/{GTIN}":
            links = [{"rel": PIP, "href": f"{SITE}{key}", "title": key}]
            store.create({"body": {"title": key, "links": links}, "gs1": key})
    assert client.get(path).headers["location"] == f"{SITE}{path}#"
    assert len(linkset(client, f"{path}?linkType=linkset")) == len(levels) // 2


@pytest.mark.parametrize("path", [f"/01/{GTIN}", BATCH])
def test_a_type_that_is_not_there_is_404(client: TestClient, path: str) -> None:
    response = client.get(path, params={"linkType": RECALL})
    assert (response.status_code, problem(response)) == (404, "resolve.not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/01/09506000134353",  # check digit
        "/01/0950600013435",
        "/01/9506000134352",  # a GTIN-13: a link has fourteen digits
        "/01/ABC",
        f"/01/{GTIN}/10",
        f"/01/{GTIN}/99/x/10/y",
        f"/01/{GTIN}/21/0815/10/A7",  # order of the qualifiers
        f"/01/{GTIN}/10/{'A' * 21}",
    ],
)
def test_a_malformed_link_is_400(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, problem(response)) == (400, "payload.format")


def test_errors_are_never_200(client: TestClient) -> None:
    for path in ("/01/00012345600012", "/01/ABC", f"/01/{GTIN}?linkType=gs1:nothing"):
        for accept in ("*/*", "text/html", "application/linkset+json"):
            assert client.get(path, headers={"Accept": accept}).status_code in (400, 404)


def test_the_query_is_passed_on_unless_the_link_says_no(client: TestClient) -> None:
    assert client.get(f"/01/{GTIN}?17=261231&x=%20").headers["location"] == f"{SITE}/en?17=261231&x=%20#"
    assert client.get(f"/01/{GTIN}?linkType=gs1:recipeInfo&x=1").headers["location"] == f"{SITE}/recipes#"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_linkset_is_linked_to_even_when_redirecting(client: TestClient, method: str) -> None:
    link = client.request(method, BATCH).headers["link"]
    assert link == (
        f'<https://{AUTHORITY}/01/{GTIN}/10/A7?linkType=linkset>; rel="linkset"; type="application/linkset+json"'
    )


def test_other_sites_may_ask(client: TestClient) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.request(method, BATCH).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("suffix", ["", "/"])
def test_a_trailing_slash_is_no_mistake(client: TestClient, suffix: str) -> None:
    assert client.get(BATCH + suffix).status_code == 307


def test_the_resolver_describes_itself(client: TestClient) -> None:
    found = client.get("/.well-known/gs1resolver").json()
    assert found["resolverRoot"] == f"https://{AUTHORITY}"
    assert found["supportedPrimaryKeys"]


def test_a_reference_has_a_linkset_too_with_links_beyond_the_web(client: TestClient, store: SqlStore) -> None:
    links = [{"rel": "service", "href": "tel:+4930", "title": "Call"}, {"rel": "payment", "href": f"{SITE}/pay"}]
    made = store.create({"title": "Shop", "links": links})
    [context] = client.get(f"/c/{made.ref}?linkType=linkset").json()["linkset"]
    assert context["anchor"] == f"https://{AUTHORITY}/C/{made.ref}"
    assert context["service"] == [{"href": "tel:+4930", "title": "Call"}]
    assert context["payment"] == [{"href": f"{SITE}/pay", "title": "Shop"}]
