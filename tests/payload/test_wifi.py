"""`Wifi`: two ways to escape, and what is in each field."""

from __future__ import annotations

import pytest

from qrcore.payload import Wifi, parse


def codes(text: str) -> set[str]:
    return {issue.code for issue in parse(text).issues}


def test_backslash_form():
    wifi = parse(r"WIFI:T:WPA;S:my\;net\\\:;P:\"pass\,word\";H:true;;")
    assert wifi == Wifi("my;net\\:", "WPA", '"pass,word"', hidden=True)
    assert wifi.issues == ()


def test_percent_form_of_wpa3():
    assert parse("WIFI:T:SAE;S:caf%C3%A9;P:a%3Bb%25c;;") == Wifi("café", "SAE", "a;b%c")
    wifi = parse("WIFI:T:WPA;R:1;S:net;P:12345678;K:MDkwEwYH;;")
    assert (wifi.transition_disable, wifi.public_key) == ("1", "MDkwEwYH")


def test_percent_escapes_that_only_wpa3_needs_are_undone_without_a_mark():
    assert parse("WIFI:T:WPA;S:net;P:abc%3Bdefgh;;").password == "abc;defgh"


def test_what_may_be_an_escape_is_read_as_written_and_noted():
    wifi = parse("WIFI:T:WPA;S:net;P:100%41bcdef;;")
    assert wifi.password == "100%41bcdef"
    assert [(issue.code, issue.position) for issue in wifi.issues] == [("wifi.ambiguous", 22)]
    assert codes("WIFI:T:WPA;S:net;P:50% off today;;") == set()


def test_a_backslash_settles_the_form_when_building():
    built = Wifi("net", "WPA", "100%41bcdef")
    assert built.encode() == "WIFI:T:WPA;S:net;P:100\\%41bcdef;;"
    assert (parse(built.encode()), parse(built.encode()).issues) == (built, ())


def test_enterprise_fields():
    wifi = parse("WIFI:T:WPA2-EAP;S:corp;E:PEAP;PH2:MSCHAPV2;A:anon;I:joe;P:secret;;")
    assert wifi == Wifi(
        "corp", "EAP", "secret", eap_method="PEAP", phase2="MSCHAPV2", identity="joe", anonymous_identity="anon"
    )
    assert parse("WIFI:T:WPA2-EAP;S:corp;E:TTLS;H:PAP;I:joe;P:x;;").phase2 == "PAP"


def test_fields_come_in_any_order_and_case():
    assert parse("wifi:p:12345678;t:wpa;s:net;;") == Wifi("net", "WPA", "12345678")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("WIFI:T:WPA;P:12345678;;", "wifi.no_ssid"),
        ("WIFI:", "wifi.no_ssid"),
        (f"WIFI:S:{'x' * 33};;", "wifi.ssid_length"),
        ("WIFI:S:a;T:WPA;;", "wifi.no_password"),
        ("WIFI:S:a;P:secret;;", "wifi.needless_password"),
        ("WIFI:S:a;T:WPA;P:short;;", "wifi.password_length"),
        ("WIFI:S:a;T:WPA9;P:longenough;;", "wifi.security"),
        ("WIFI:S:a;S:b;;", "wifi.repeated_field"),
        ("WIFI:T:SAE;S:%FF;P:x;;", "wifi.percent"),
    ],
)
def test_faults_are_named(text, code):
    assert code in codes(text)


def test_the_password_is_for_people_not_for_logs():
    wifi = parse("WIFI:T:WPA;S:net;P:hunter2hunter2;;")
    assert "hunter2" not in repr(wifi)
    assert "hunter2" in str(wifi)
