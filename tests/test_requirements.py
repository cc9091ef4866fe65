"""What CI installs: pinned, hashed, complete, and from no place of its own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent


def entries(name: str) -> list[str]:
    """The requirements of a file, each with its hashes."""
    return re.split(r"\n(?=[a-z])", (ROOT / "requirements" / f"{name}.txt").read_text())


ENTRIES = [entry for name in ("ci", "docs", "fuzz") for entry in entries(name)]


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=;~! ]", requirement)[0].lower().replace("_", "-")


def test_every_requirement_is_pinned_with_hashes() -> None:
    assert len(ENTRIES) > 50
    for entry in ENTRIES:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==[^ ]+ (; .* )?\\\n +--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("extra", ["fast", "test"])
def test_what_the_tests_ask_for_is_among_them(extra: str) -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        wanted = tomllib.load(file)["project"]["optional-dependencies"][extra]
    missing = {name_of(each) for each in wanted} - {name_of(entry) for entry in entries("ci")}
    assert not missing, "run `make requirements`"


def test_no_registry_is_named() -> None:
    assert not [entry for entry in ENTRIES if "://" in entry or "index-url" in entry]
