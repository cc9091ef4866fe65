"""`Uri`: the host that a browser would open, the flags, and where parsers disagree."""

from __future__ import annotations

import pytest

from qrcore.payload import Uri, UriFlag, parse


def read(text: str) -> Uri:
    payload = parse(text)
    assert isinstance(payload, Uri)
    return payload


def codes(text: str) -> dict[str, int]:
    return {issue.code: issue.position for issue in parse(text).issues}


def test_a_plain_link_is_taken_apart_and_has_nothing_to_note():
    uri = read("HTTPS://Shop.Example.com:443/a/b%20c?x=1&y=2#top")
    assert (uri.scheme, uri.host_ascii, uri.host_unicode, uri.port) == (
        "https",
        "shop.example.com",
        "shop.example.com",
        443,
    )
    assert (uri.path, uri.query, uri.fragment) == ("/a/b%20c", "x=1&y=2", "top")
    assert (uri.flags, uri.issues) == (frozenset(), ())
    assert uri.raw == uri.uri == uri.encode() == "HTTPS://Shop.Example.com:443/a/b%20c?x=1&y=2#top"


def test_an_empty_query_differs_from_none():
    assert (read("https://a.example/").query, read("https://a.example/?").query) == (None, "")


@pytest.mark.parametrize(
    ("text", "flag", "host"),
    [
        ("https://google.com@evil.example/", "user_info", "evil.example"),
        ("http://google.com:@evil.example", "user_info", "evil.example"),
        ("https://gооd.example/", "mixed_scripts", "xn--gd-fmca.example"),
        ("https://xn--gd-fmca.example/", "mixed_scripts", "xn--gd-fmca.example"),
        ("https://bücher.example/", "idn", "xn--bcher-kva.example"),
        ("http://127.0.0.1/", "ip_host", "127.0.0.1"),
        ("http://[::1]/", "ip_host", "::1"),
        ("http://2130706433/", "ip_host", "127.0.0.1"),
        ("http://0x7f.1/", "ip_host", "127.0.0.1"),
        ("http://0177.0.0.1/", "ip_host", "127.0.0.1"),
        ("https://a.example:8443/", "odd_port", "a.example"),
        ("http://a.example:443/", "odd_port", "a.example"),
        ("https://ex%61mple.com/", "percent_host", "example.com"),
        ("javascript:alert(1)", "unsafe_scheme", ""),
        ("data:text/html,hello", "unsafe_scheme", ""),
        ("file:///etc/passwd", "unsafe_scheme", ""),
        ("intent://scan/#Intent;scheme=zxing;end", "unsafe_scheme", "scan"),
        ("ms-msdt:/id", "unsafe_scheme", ""),
    ],
)
def test_what_an_app_should_tell_its_user_is_flagged(text, flag, host):
    uri = read(text)
    assert UriFlag(flag) in uri.flags
    assert uri.host_ascii == host


@pytest.mark.parametrize(
    "text",
    [
        "https://日本語テスト.example/",
        "https://한국漢字abc.example/",
        "https://пример.example/",
        "https://ελληνικά.example/",
        "https://bücher.example/",
    ],
)
def test_one_script_or_scripts_that_a_language_mixes_are_no_mixture(text):
    assert UriFlag.MIXED_SCRIPTS not in read(text).flags
    assert UriFlag.IDN in read(text).flags


@pytest.mark.parametrize(
    ("text", "code", "position", "host"),
    [
        ("https://good.example\n.evil.test", "uri.control", 20, "good.example.evil.test"),
        ("https://good.example\\@evil.test/", "uri.backslash", 20, "good.example"),
        ("https://good.example\\.evil.test/", "uri.backslash", 20, "good.example"),
        ("https://good.example\n:80/", "uri.control", 20, "good.example"),
        ("http:/evil.test", "uri.slashes", 5, "evil.test"),
        ("http:evil.test", "uri.slashes", 5, "evil.test"),
        ("https:///evil.test", "uri.slashes", 6, "evil.test"),
        ("https://a@b@evil.test/", "uri.many_at", 9, "evil.test"),
        ("https://good.example\u3002evil.test/", "uri.dot", 20, "good.example.evil.test"),
        ("https://exa\u00admple.com/", "uri.invisible", 11, "example.com"),
        ("https://good.example/\u202egpj.exe", "uri.invisible", 21, "good.example"),
        ("https://a.example:99999/", "uri.port", 17, "a.example"),
        ("https://a.example:/", "uri.port", 17, "a.example"),
        ("https://a.example:8o/", "uri.port", 17, "a.example"),
        ("https://", "uri.host_empty", 8, ""),
        ("https://a..example/", "uri.label", 8, "a..example"),
        ("https://xn--a.example/", "uri.label", 8, "xn--a.example"),
        ("http://0x7f.1/", "uri.ip_form", 7, "127.0.0.1"),
        ("https://a.example/%zz", "uri.percent", 18, "a.example"),
        ("https://a.example/<b>", "uri.character", 18, "a.example"),
        ("https://a%00b.example/", "uri.host_character", 9, "a\x00b.example"),
    ],
)
def test_where_parsers_disagree_is_an_issue_with_its_place(text, code, position, host):
    assert codes(text)[code] == position
    assert read(text).host_ascii == host


def test_full_width_letters_are_read_as_a_browser_reads_them():
    assert read("https://ｅｘａｍｐｌｅ.com/").host_ascii == "example.com"


def test_a_slash_look_alike_in_the_host_is_an_issue():
    assert "uri.host_character" in codes("https://good.example℀.evil.test/")  # NFKC makes it a/c


def test_a_bare_host_is_a_link_with_an_assumed_scheme():
    uri = read("google.com:443/x")
    assert (uri.uri, uri.host_ascii, uri.port) == ("http://google.com:443/x", "google.com", 443)
    assert codes("google.com:443/x") == {"uri.no_scheme": 0}


def test_positions_count_from_the_start_of_raw():
    text = "MEBKM:TITLE:A;URL:http\\://a.example/%zz;;"
    assert read(text).title == "A"
    assert codes("  https://a.example/%zz")["uri.percent"] == 20
    assert codes("a.example/%zz")["uri.percent"] == 10


def test_white_space_round_a_link_is_dropped_and_noted():
    uri = read("\ufeff https://a.example/\r\n")
    assert uri.uri == "https://a.example/"
    assert uri.raw == "\ufeff https://a.example/\r\n"
    assert codes(uri.raw) == {"payload.white_space": 0}


def test_prose_that_begins_like_a_link_is_text():
    assert parse("http://google.com is a search engine").kind == "text"
    assert parse("Note: buy milk").kind == "text"


def test_str_shows_the_host_that_opens_and_no_control_character():
    shown = str(read("https://good.example\n.evil.test"))
    assert "host good.example.evil.test" in shown
    assert "\n" not in shown
    assert "reads gооd.example" in str(read("https://xn--gd-fmca.example/"))


def test_a_link_built_from_its_parts_reads_back():
    uri = Uri(scheme="https", host_ascii="a.example", host_unicode="a.example", port=8443, path="/x", query="q=1")
    assert parse(uri.encode()).to_dict()["host_ascii"] == "a.example"
    assert uri.encode() == "https://a.example:8443/x?q=1"
    assert Uri(scheme="http", host_ascii="::1", path="/").encode() == "http://[::1]/"
