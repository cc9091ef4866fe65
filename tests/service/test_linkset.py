"""Link sets and the rules of a GS1 resolver, by the clauses of the official test suite.

Not among them: compressed links, which are not read; HTTPS, which `test_end_to_end` has; the list (300) of links that
fit alike, since the first is taken; and redirects by company prefix alone, of which there are none.
"""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from service.conftest import AUTHORITY, problem
from starlette.testclient import TestClient

from qrcore.records import SqlStore, WriteError
from qrcore.records.model import Body, Link, LinkRules
from qrcore.records.service.linkset import Level
from qrcore.records.service.linkset import linkset as write_linkset

GTIN = "09506000134352"
PIP, RECIPE, TRACE, RECALL = "gs1:pip", "gs1:recipeInfo", "gs1:traceability", "gs1:recallStatus"
VOC = "https://ref.gs1.org/voc/"
SITE = "https://brand.example"

WEB = r"^https?://[]A-Za-z0-9./[\\^_`]"
TARGET = {
    "type": "object",
    "required": ["href", "title"],
    "additionalProperties": False,
    "properties": {
        "href": {"type": "string", "pattern": WEB},
        "title": {"type": "string"},
        "hreflang": {"type": "array", "items": {"type": "string", "pattern": r"(?a)^\w\w(-\w\w)?\Z"}},
        "type": {"type": "string", "pattern": r"(?a)\w/[-+.\w]"},
        "context": {"type": "array"},
        "fwqs": {"type": "boolean"},
        "public": {"type": "boolean"},
    },
}
CONTEXT = {
    "type": "object",
    "required": ["anchor", "itemDescription"],
    "additionalProperties": False,
    "properties": {"anchor": {"type": "string", "pattern": WEB}, "itemDescription": {"type": "string"}},
    "patternProperties": {
        rf"^(?!anchor|description)[a-z-]+\Z|{WEB}+\Z": {"type": "array", "items": TARGET},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["linkset"],
    "additionalProperties": False,
    "properties": {"linkset": {"type": "array", "items": CONTEXT}},
}
"""What the linkset schema of GS1 (https://ref.gs1.org/standards/resolver/linkset-schema) admits, in our words.

Compared with the published text in two versions: the one that demands `itemDescription` (gs1/linkset, 571bb7d) and
1.2.1, which has `description` beside it. Of 240,000 link sets of ours, altered at random, this admits those that both
admit, and no others.
"""

DESCRIPTION = {
    "type": "object",
    "required": ["resolverRoot", "supportedPrimaryKeys"],
    "properties": {
        "resolverRoot": {"type": "string"},
        "supportedPrimaryKeys": {
            "type": "array",
            "items": {
                "enum": [
                    "all", "00", "01", "253", "255", "401", "402", "410", "411", "412", "413", "414", "415", "417",
                    "8003", "8004", "8006", "8010", "8013", "8017", "8018",
                ],
            },
        },
        "name": {"type": "string"},
        "supportedLinkType": {
            "type": "array",
            "items": {
                "properties": {
                    "namespace": {"type": "string"},
                    "prefix": {"type": "string", "pattern": r"(?a)^(?![-\d])[\w-]+:\Z"},
                },
            },
        },
        "linkTypeDefaultCanBeLinkset": {"type": "boolean"},
        "supportedContextValuesEnumerated": {"type": "array", "items": {"type": "string"}},
        "jsonLdContextLocation": {"type": "string"},
    },
}  # fmt: skip
"""The same of the description file's schema (1.2.0), as far as this service fills it in."""


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
    assert contexts
    assert all(value for context in contexts for value in context.values())
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


@pytest.mark.parametrize(
    ("rel", "shown"),
    [
        ("gs1:pip", VOC + "pip"),
        ("https://gs1.org/voc/pip", VOC + "pip"),
        ("describedby", "describedby"),
        ("https://schema.org/url", "https://schema.org/url"),
        ("https://my-brand.example/voc", "about"),
        ("https://brand.example/voc?term=1", "about"),
        ("schema:about", "about"),
        ("p3pv1", "about"),
        ("description", "about"),
        ("gs1:defaultLink", "about"),
    ],
)
def test_a_relation_that_the_schema_has_no_room_for_is_shown_as_about(
    client: TestClient, store: SqlStore, rel: str, shown: str
) -> None:
    link = {"rel": rel, "href": f"{SITE}/x", "title": "X"}
    store.create({"body": {"title": "Salt", "links": [link], "default": 0}, "gs1": "/01/00012345600012"})
    [context] = linkset(client, "/01/00012345600012?linkType=linkset")
    assert context[shown] == [{"href": f"{SITE}/x", "title": "X"}]
    assert context[VOC + "defaultLink"] == context[shown]
    response = client.get("/01/00012345600012", params={"linkType": rel})
    assert response.headers["location"] == f"{SITE}/x#"


def test_attributes_that_the_schema_has_no_room_for_are_told_as_far_as_it_has(
    client: TestClient, store: SqlStore
) -> None:
    tags = ["zh-Hans-CN", "zh-Hant", "zh-TW", "zh", "es-419", "fil", "de-x-aa"]
    links = [
        {"rel": PIP, "href": "HTTPS://Brand.example/A", "hreflang": tags, "type": "application/ld+json"},
        {"rel": PIP, "href": f"{SITE}/b", "hreflang": ["gsw"], "type": "application/$b"},
    ]
    store.create({"body": {"title": "Salt", "links": links, "default": 0}, "gs1": "/01/00012345600012"})
    [context] = linkset(client, "/01/00012345600012?linkType=linkset")
    assert context[VOC + "pip"] == [
        {
            "href": "https://Brand.example/A", "title": "Salt", "type": "application/ld+json",
            "hreflang": ["zh-CN", "zh", "zh-TW", "es", "de"],
        },
        {"href": f"{SITE}/b", "title": "Salt"},
    ]  # fmt: skip
    assert context[VOC + "defaultLink"] == [{"href": "https://Brand.example/A", "title": "Salt"}]


def test_a_sealed_product_has_a_linkset_of_its_message(client: TestClient, store: SqlStore) -> None:
    store.create({"body": {"title": "Salt", "sealed": "0IMA"}, "gs1": "/01/00012345600012", "quota": {"max": 3}})
    [context] = linkset(client, "/01/00012345600012?linkType=linkset")
    assert context["alternate"] == [{"href": context["anchor"], "title": "Salt", "type": "application/cose"}]


def test_a_link_named_as_the_context_of_a_linkset_is_no_relation(store: SqlStore) -> None:
    links = [{"rel": "anchor", "href": f"{SITE}/x"}]
    with pytest.raises(WriteError, match="rel"):
        store.create({"body": {"links": links}})
    row = store.lookup((), [f"/01/{GTIN}"])[f"/01/{GTIN}"]  # where an older check let it pass
    level = Level("https://q.example/x", row, Body(links=(Link(f"{SITE}/x", "anchor"),)))
    [context] = write_linkset([level], lambda _: LinkRules(), gs1=False)["linkset"]
    assert context["anchor"] == "https://q.example/x"
    assert context["about"] == [{"href": f"{SITE}/x", "title": "anchor"}]


@pytest.mark.parametrize("name", ["gs1:defaultLink", VOC + "defaultLink", "https://gs1.org/voc/defaultLink"])
def test_the_default_link_may_be_asked_for_by_name(client: TestClient, name: str) -> None:
    assert client.get(BATCH, params={"linkType": name}).headers["location"] == f"{SITE}/en#"


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
        f"/01/{GTIN}/foo",
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
    jsonschema.validate(found, DESCRIPTION, jsonschema.Draft7Validator)
    assert found["resolverRoot"] == f"https://{AUTHORITY}"
    assert found["supportedPrimaryKeys"] == ["all"]
    assert {"namespace": VOC, "prefix": "gs1:"} in found["supportedLinkType"]


def test_the_linkset_names_what_makes_linked_data_of_it(client: TestClient) -> None:
    context = client.get("/.well-known/gs1resolver").json()["jsonLdContextLocation"]
    link = client.get(f"{BATCH}?linkType=linkset").headers["link"]
    assert f'<{context}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"' in link
    assert "json-ld" not in client.get(BATCH).headers["link"]  # a redirect


def test_a_reference_has_a_linkset_too_with_links_beyond_the_web(client: TestClient, store: SqlStore) -> None:
    links = [{"rel": "service", "href": "tel:+4930", "title": "Call"}, {"rel": "payment", "href": f"{SITE}/pay"}]
    made = store.create({"title": "Shop", "links": links})
    [context] = client.get(f"/c/{made.ref}?linkType=linkset").json()["linkset"]
    assert context["anchor"] == f"https://{AUTHORITY}/C/{made.ref}"
    assert context["service"] == [{"href": "tel:+4930", "title": "Call"}]
    assert context["payment"] == [{"href": f"{SITE}/pay", "title": "Shop"}]
