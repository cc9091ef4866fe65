"""Envelopes, bodies and links: what may be written, and which link fits."""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qrcore.payload import Gs1, parse
from qrcore.records import Body, Envelope, Link, WriteError
from qrcore.records.envelope import UNSET
from qrcore.records.model import MAX_BODY, LinkRules, choose_link, fill_label, gs1_levels, is_redirectable, is_safe_href
from qrcore.records.moments import micros, moment

WEB = "https://shop.example/menu"


def _refused(value: Any, code: str = "write.invalid") -> None:
    with pytest.raises(WriteError) as caught:
        Envelope.parse(value)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "",
        "shop.example", "//shop.example/", "/menu", "https://", "https:///x", "https:\\\\shop.example",
        "http:shop.example",
        "https://good.example\n.evil.test", "https://good.example\t.evil.test", " https://shop.example",
        "https://user@shop.example/", "https://good.example\\@evil.test/", "https://gооd.example/", "https://a%2eb/",
        "https://shop.example。evil.test/", "https://0x7f.1/", "https://shop.example/ä",
    ],
)  # fmt: skip
def test_a_link_that_parsers_read_differently_or_that_runs_is_not_written(href: str) -> None:
    _refused({"links": [{"href": href}]})
    assert not is_safe_href(href)


@pytest.mark.parametrize(
    "href", [WEB, "http://a.example:8080/x?y=1#z", "tel:+4930123", "mailto:a@b.example", "sms:+1", "geo:1,2"]
)
def test_web_telephone_mail_and_places_are_written(href: str) -> None:
    assert Envelope.parse({"links": [{"href": href}]}).body.links[0].href == href
    assert is_redirectable(href) == href.startswith("http")


def test_other_schemes_are_the_tenants_choice_and_never_a_default() -> None:
    value = {"links": [{"href": "weixin://pay"}]}
    _refused(value)
    assert Envelope.parse(value, rules=LinkRules(frozenset(("weixin",)))).body.default is None
    with pytest.raises(WriteError):
        Envelope.parse(value | {"default": 0}, rules=LinkRules(frozenset(("weixin",))))


@pytest.mark.parametrize(
    ("href", "admitted"),
    [
        ("https://shop.example/menu", True),
        ("HTTP://SHOP.EXAMPLE:8080?x", True),
        ("tel:+4930", True),
        ("https://cdn.eu.brand.example/", True),
        ("https://brand.example/", False),
        ("https://shop.example.evil.test/", False),
        ("https://evil.test/?https://shop.example/", False),
        ("https://evil.test#.brand.example", False),
        ("https://evilbrand.example/", False),
        ("https://www.shop.example/", False),
        ("https://[::1]/", True),
        ("https://[::2]/", False),
    ],
)
def test_web_links_lead_to_the_tenants_targets_alone(href: str, admitted: bool) -> None:
    rules = LinkRules(targets=frozenset(("shop.example", "*.brand.example", "[::1]")))
    value = {"links": [{"href": href}]}
    assert rules.admit(href) == admitted
    assert LinkRules(targets=frozenset("*")).admit(href)
    if admitted:
        assert Envelope.parse(value, rules=rules).body.links[0].href == href
    else:
        with pytest.raises(WriteError, match="none of this tenant's targets"):
            Envelope.parse(value, rules=rules)


@pytest.mark.parametrize(
    "value",
    [
        None, [], "x", {"unknown": 1}, {"body": {}, "unknown": 1}, {"links": {}}, {"links": [1]}, {"links": [{}]},
        {"links": [{"href": WEB, "extra": 1}]}, {"links": [{"href": WEB, "rel": "Not A Relation"}]},
        {"links": [{"href": WEB, "hreflang": ["d!"]}]}, {"links": [{"href": WEB, "type": "nonsense"}]},
        {"links": [{"href": WEB}], "default": 1}, {"links": [{"href": WEB}], "default": True}, {"default": 0},
        {"title": "a\nb"}, {"title": 5}, {"data": []}, {"data": {"x": float("nan")}}, {"sealed": "!!"},
        {"sealed": "0AB"},
        {"sealed": "AAAA"}, {"links": [{"href": WEB}] * 257}, {"links": [{"href": WEB + "/{label}"}]},
        {"links": [{"href": WEB + "?t={other}"}]}, {"body": {}, "ref": "short"}, {"body": {}, "gs1": ["/99/1"]},
        {"body": {}, "gs1": "/01/09506000134353"}, {"body": {}, "quota": {"max": 0}},
        {"body": {}, "quota": {"max": True}},
        {"body": {}, "quota": {"token": "AAAA"}}, {"body": {}, "cache_s": -1}, {"body": {}, "not_before": "yesterday"},
        {"body": {}, "not_before": "2026-01-01T00:00:00"}, {"body": {}, "aliases": [{"label": "x", "ref": "y"}]},
        {"body": {}, "not_before": "2026-01-02T00:00:00Z", "not_after": "2026-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_what_is_not_sound_is_write_invalid(value: Any) -> None:
    _refused(value)


def test_a_body_has_at_most_16_kib() -> None:
    _refused({"data": {"x": "y" * MAX_BODY}}, "write.too_large")
    assert Envelope.parse({"data": {"x": "y" * (MAX_BODY - 100)}})


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_arbitrary_json_is_written_or_refused(value: Any) -> None:
    with contextlib.suppress(WriteError):
        Envelope.parse(value)


def test_a_body_survives_its_bytes() -> None:
    link = Link(WEB, "gs1:pip", "Menü", ("de", "zh-CN"), "text/html", fwqs=False)
    body = Body.parse({"title": "Karte", "links": [link], "data": {"a": [1, {"b": None}]}})
    assert body.default == 0
    assert Body.decode(body.encode()) == body
    sealed = Body(sealed=b"\xd0\x83\x00")
    assert Body.decode(sealed.encode()) == sealed


def test_a_link_without_a_default_is_a_page_not_a_redirect() -> None:
    assert Body.parse({"links": [{"href": WEB}], "default": None}).default is None
    assert Body.parse({"links": [{"href": WEB}, {"href": WEB}]}).default is None


def test_what_a_write_does_not_mention_stays_unset() -> None:
    envelope = Envelope.parse({"body": {}, "quota": None})
    assert envelope.quota is None
    assert envelope.aliases is UNSET
    assert repr(UNSET) == "UNSET"


LINKS = (
    Link("https://a/en", "gs1:pip", hreflang=("en",)),
    Link("https://a/de", "gs1:pip", hreflang=("de", "de-AT")),
    Link("https://a/any", "gs1:pip"),
    Link("https://a/hant", "gs1:pip", hreflang=("zh-Hant",)),
    Link("https://a/recipe", "gs1:recipeInfo"),
)


@pytest.mark.parametrize(
    ("rel", "lang", "expected"),
    [
        (None, None, "https://a/en"),
        (None, "de", "https://a/de"),
        (None, "de-CH", "https://a/de"),
        (None, "fr", "https://a/en"),
        (None, ("fr", "zh-Hant-TW"), "https://a/hant"),
        ("gs1:pip", None, "https://a/any"),
        ("gs1:pip", "EN-us", "https://a/en"),
        ("gs1:pip", "ja", "https://a/any"),
        ("gs1:recipeInfo", "de", "https://a/recipe"),
        ("gs1:missing", None, None),
    ],
)
def test_a_link_is_chosen_by_relation_and_language(rel: str | None, lang: Any, expected: str | None) -> None:
    found = choose_link(LINKS, default=0, rel=rel, lang=lang)
    assert (found and found.href) == expected


def test_without_a_default_and_a_relation_there_is_no_choice() -> None:
    assert choose_link(LINKS, default=None) is None
    assert choose_link((), default=0) is None


def test_a_label_fills_the_query_and_cannot_leave_it() -> None:
    assert fill_label("https://a/b?t={label}", "5 & 6/ä#x") == "https://a/b?t=5%20%26%206%2F%C3%A4%23x"
    assert fill_label("https://a/{label}", "x") == "https://a/{label}"


def test_gs1_levels_go_from_the_most_to_the_least_specific() -> None:
    found = parse("https://id.example/01/09506000134352/22/2A/10/ABC/21/1?17=261231")
    assert isinstance(found, Gs1)
    assert gs1_levels(found) == [
        "/01/09506000134352/22/2A/10/ABC/21/1",
        "/01/09506000134352/22/2A/10/ABC",
        "/01/09506000134352/22/2A",
        "/01/09506000134352",
    ]


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_moments_survive(value: datetime) -> None:
    assert moment(micros(value)) == value
    assert micros(value.isoformat()) == micros(value)
