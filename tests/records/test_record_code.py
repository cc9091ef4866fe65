"""Codes to print, and the tools for other people's tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import qrcore
from qrcore.errors import OptionError
from qrcore.records import Key, PayloadError, code_url, make_code, new_ref, new_secret, seal_offline
from qrcore.testing import MemoryAuthority, damage, draw

pytest.importorskip("segno")
pytest_plugins: list[str] = []
URL = code_url("q.example", "0123456789ABCDEF")


def test_an_open_code_is_a_symbol_of_version_2_and_a_sealed_one_of_4() -> None:
    assert make_code(URL).version == 2
    assert make_code(URL, secret=new_secret()).version == 4


@pytest.mark.parametrize("name", ["code.png", "CODE.PNG", "code.svg"])
def test_a_code_is_written_as_its_name_says(tmp_path: Path, name: str) -> None:
    path = make_code("0123456789abcdef", authority="Q.example").save(tmp_path / name)
    if path.suffix.lower() == ".png":
        assert [s.text for s in qrcore.decode(path)] == [URL]
    else:
        assert path.read_text().startswith("<?xml")
        assert "<svg" in path.read_text()


def test_a_code_can_be_shown_in_a_terminal() -> None:
    assert "█" in make_code(URL).terminal()


def test_a_secret_is_in_the_picture_and_in_no_repr() -> None:
    code = make_code(URL, secret=b"\xff" * 16)
    assert code.text.endswith("#_____________________w")
    assert repr(code) == f"Code({URL!r}, with a secret, error='M')"


def test_offline_codes_and_gs1_links_are_codes_too() -> None:
    text = seal_offline("text/plain", b"x", key=Key.encryption(b"\1"))
    assert make_code(text).text == text
    assert make_code("https://id.example/01/09506000134352").version > 1


@pytest.mark.parametrize("wrong", ["", "hello", "0123456789ABCDEF", URL + "#short"])
def test_what_is_no_reference_is_refused(wrong: str) -> None:
    with pytest.raises(PayloadError):
        make_code(wrong)


def test_odd_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError):
        make_code(URL, error="X")  # type: ignore[arg-type]
    with pytest.raises(OptionError):
        make_code(URL).save(tmp_path / "code.gif")


@pytest.mark.parametrize(
    "harm",
    [
        {}, {"blur": 2}, {"noise": 20}, {"tilt": 30}, {"slant": 0.2}, {"contrast": 0.3}, {"shadow": 0.6},
        {"glare": 0.1}, {"scratches": 3},
    ],
)  # fmt: skip
def test_damaged_codes_are_worse_repeatable_and_readable(harm: dict[str, float]) -> None:
    clean = draw(URL, error="H")
    picture = damage(clean, seed=4, **harm)  # type: ignore[arg-type]
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, damage(clean, seed=4, **harm))  # type: ignore[arg-type]
    if harm and "tilt" not in harm:
        assert not np.array_equal(picture, clean)
    assert [s.text for s in qrcore.decode(picture)] == [URL]


def test_the_fixture_is_an_authority(pytester_like: Path) -> None:
    """The documented way to use it, in a project of its own."""
    (pytester_like / "conftest.py").write_text('pytest_plugins = ["qrcore.testing"]\n')
    (pytester_like / "test_it.py").write_text(
        "def test_menu(qrcore_authority):\n"
        "    made = qrcore_authority.store.create({'links': [{'href': 'https://shop.example/menu'}]})\n"
        "    assert qrcore_authority.resolver().resolve(made.url).chosen.href == 'https://shop.example/menu'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(pytester_like)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=pytester_like)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def pytester_like(tmp_path: Path) -> Path:
    return tmp_path


def test_an_authority_with_a_token_asks_for_it() -> None:
    authority = MemoryAuthority(token="abc")
    made = authority.store.create({})
    assert authority.resolver().resolve(made.url).version == 1
    assert (
        authority.resolver(auth="wrong").resolve_many([made.url, code_url("q.example", new_ref())])[0].code
        == "auth.missing"
    )  # type: ignore[union-attr]
    authority.store.close()
