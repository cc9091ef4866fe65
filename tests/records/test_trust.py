"""Trust: whom to ask, and what to tell a person before something is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qrcore.errors import OptionError
from qrcore.payload import parse
from qrcore.records import AuthorityPolicy, Key, Keyring, Level, Trust, TrustError, seal_offline, sign_offline

REF = "0123456789ABCDEF"
KEY = Key.signing(b"\1" * 32)


@pytest.fixture
def trust() -> Trust:
    policies = {
        "q.example": AuthorityPolicy(auth="geheim", keys=Keyring([KEY])),
        "r.example:8443": AuthorityPolicy(base_url="http://127.0.0.1:9/api/"),
    }
    return Trust(policies, gs1="q.example")


@pytest.mark.parametrize(
    "text",
    [
        f"https://p.example/C/{REF}", f"https://q.example:8443/C/{REF}", f"https://r.example/C/{REF}",
        f"https://q.example.evil.test/C/{REF}", f"https://evilq.example/C/{REF}", "https://p.example/01/09506000134352",
        "https://user@q.example/01/09506000134352", "https://q.example:8080/01/09506000134352",
    ],
)  # fmt: skip
def test_an_authority_that_is_not_named_exactly_is_not_asked(trust: Trust, text: str) -> None:
    with pytest.raises(TrustError):
        trust.authority_of(parse(text))


def test_the_address_that_answers_is_the_policys(trust: Trust) -> None:
    assert trust.authority_of(parse(f"HTTPS://Q.EXAMPLE/C/{REF}")) == "q.example"
    assert trust.base_url("q.example") == "https://q.example"
    assert trust.base_url("r.example:8443") == "http://127.0.0.1:9/api"


def test_product_numbers_are_the_gs1_authoritys(trust: Trust) -> None:
    number = parse("9506000134352", symbology="EAN_13")
    assert trust.authority_of(number) == "q.example"
    assert trust.authority_of(parse("https://id.gs1.org/01/09506000134352")) == "q.example"
    with pytest.raises(TrustError):
        Trust({"q.example": AuthorityPolicy()}).authority_of(number)


@pytest.mark.parametrize(
    ("text", "level", "reason"),
    [
        (f"https://q.example/C/{REF}", Level.TRUSTED, ""),
        (f"https://p.example/C/{REF}", Level.UNKNOWN, "unknown_authority"),
        (f"https://q.example/C/{REF}#bad", Level.SUSPICIOUS, "code_ref.secret"),
        ("https://q.example/menu", Level.TRUSTED, ""),
        ("http://q.example/menu", Level.UNKNOWN, ""),
        ("https://shop.example/", Level.UNKNOWN, ""),
        ("https://q.example@evil.test/", Level.SUSPICIOUS, "user_info"),
        ("https://192.0.2.1/", Level.SUSPICIOUS, "ip_host"),
        ("https://q.ехample/", Level.SUSPICIOUS, "resembles:q.example"),
        ("https://q.examp1e/", Level.SUSPICIOUS, "resembles:q.example"),
        ("javascript:alert(1)", Level.SUSPICIOUS, "unsafe_scheme"),
        ("ftp://q.example/", Level.SUSPICIOUS, "scheme"),
        ("https://bücher.example/", Level.UNKNOWN, "idn"),
        ("hello", Level.INERT, ""),
        ("WIFI:T:WPA;S:x;P:y;;", Level.INERT, ""),
        ("https://q.example/01/09506000134352", Level.TRUSTED, ""),
        (sign_offline("text/plain", b"x", key=KEY), Level.UNKNOWN, "unverified"),
        (seal_offline("text/plain", b"x", key=Key.encryption(b"\1")), Level.UNKNOWN, "unknown_key"),
        ("QRC1:nonsense", Level.SUSPICIOUS, "sealed.base45"),
    ],
)
def test_verdicts(trust: Trust, text: str, level: Level, reason: str) -> None:
    verdict = trust.verdict(parse(text))
    assert verdict.level == level
    assert (reason in verdict.reasons) if reason else not verdict.reasons


def test_a_verdict_shows_the_host_in_both_forms(trust: Trust) -> None:
    verdict = trust.verdict(parse("https://bücher.example/"))
    assert (verdict.host_ascii, verdict.host_unicode) == ("xn--bcher-kva.example", "bücher.example")


@pytest.mark.parametrize(
    "policy",
    [
        {"base_url": "http://q.example"}, {"base_url": "ftp://q.example"}, {"base_url": "https://u@q.example"},
        {"base_url": "https://q.example/?x"}, {"auth": "two words"}, {"auth": "a\r\nX: y"}, {"require_signed": True},
    ],
)  # fmt: skip
def test_a_policy_that_would_leak_or_prove_nothing_is_refused(policy: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        AuthorityPolicy(**policy)


def test_credentials_are_in_no_repr(trust: Trust) -> None:
    assert "geheim" not in f"{trust!r} {trust['q.example']!r}"


def test_trust_is_read_from_a_file_and_secrets_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Keyring([KEY]).save(tmp_path / "keys.json")
    (tmp_path / "token").write_text("abc\n")
    monkeypatch.setenv("Q_TOKEN", "def")
    file = tmp_path / "trust.toml"
    file.write_text(
        'gs1 = "q.example"\n[authority."q.example"]\nauth_file = "token"\nkeys = "keys.json"\nrequire_signed = true\n'
        '[authority."r.example"]\nbase_url = "http://localhost:8000"\nauth_env = "Q_TOKEN"\n'
    )
    pytest.importorskip("tomllib" if __import__("sys").version_info >= (3, 11) else "tomli")
    trust = Trust.load(file)
    assert (trust["q.example"].auth, trust["r.example"].auth, trust.gs1) == ("abc", "def", "q.example")
    assert trust["q.example"].require_signed
    for wrong in ("nonsense = 1", '[authority."q.example"]\nauth = "inline"', "[", 'gs1 = "x.example"'):
        file.write_text(wrong)
        with pytest.raises(OptionError):
            Trust.load(file)
