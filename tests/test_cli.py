"""The command line, called as a user would."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import Pixels, code, encoded, row_of, ruined


@pytest.fixture
def folder(tmp_path: Path, hello: Pixels, blank: Pixels) -> Path:
    """A folder with one.png, two.png (two codes), blank.png, ruined.png and text.txt."""
    two = row_of(code("erster"), code("zweiter"))
    pictures = {"one": hello, "two": two, "blank": blank, "ruined": ruined(hello)}
    for name, picture in pictures.items():
        (tmp_path / f"{name}.png").write_bytes(encoded(picture))
    (tmp_path / "text.txt").write_text("no picture at all")
    return tmp_path


def run(
    folder: Path, *arguments: str, stdin: bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Calls `python -m qrcore` in the folder."""
    done = subprocess.run(
        [sys.executable, "-m", "qrcore", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_one_picture_prints_its_text(folder: Path) -> None:
    done = run(folder, "decode", "one.png")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello world\n", "")


def test_several_pictures_print_their_names_too(folder: Path) -> None:
    done = run(folder, "decode", "one.png", "two.png")
    assert done.stdout == "one.png: hello world\ntwo.png: erster\ntwo.png: zweiter\n"
    assert done.returncode == 0


def test_standard_input_is_a_dash(folder: Path) -> None:
    done = run(folder, "decode", "-", stdin=(folder / "one.png").read_bytes())
    assert (done.returncode, done.stdout) == (0, "hello world\n")


def test_a_picture_without_code_exits_with_1_and_says_what_to_try(folder: Path) -> None:
    done = run(folder, "decode", "one.png", "blank.png")
    assert done.returncode == 1
    assert done.stdout == "one.png: hello world\n"
    assert done.stderr == "blank.png: no code found, and nothing that looks like one; try --effort thorough\n"


@pytest.mark.parametrize(
    ("effort", "advice"),
    [("fast", "; try --effort balanced"), ("balanced", "; try --effort thorough"), ("thorough", "")],
)
def test_a_failed_candidate_is_told_with_its_place_and_the_check_it_failed(
    folder: Path, effort: str, advice: str
) -> None:
    done = run(folder, "decode", "--effort", effort, "ruined.png")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ruined.png: no code read; the best candidate, near (5")
    assert "failed at correction: more modules are wrong" in done.stderr
    assert done.stderr.rstrip().endswith("can mend" + advice)


@pytest.mark.parametrize(
    ("name", "message"), [("missing.png", "No such file"), ("text.txt", "known format"), (".", "Is a directory")]
)
def test_an_error_exits_with_2_and_the_others_are_still_read(folder: Path, name: str, message: str) -> None:
    done = run(folder, "decode", name, "blank.png", "one.png")
    assert done.returncode == 2
    assert done.stdout == "one.png: hello world\n"
    assert done.stderr.startswith(f"qrcore: {name}: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_json_is_one_object_a_picture_and_line(folder: Path) -> None:
    done = run(folder, "decode", "--json", "two.png", "blank.png", "missing.png")
    assert done.returncode == 2
    two, blank, missing = map(json.loads, done.stdout.splitlines())
    assert [s["text"] for s in two["symbols"]] == ["erster", "zweiter"]
    first = two["symbols"][0]
    assert base64.b64decode(first["data"]) == b"erster"
    assert (first["symbology"], first["version"], first["error_level"]) == ("qr", 1, "M")
    assert np.array(first["corners"]).shape == (4, 2)
    assert (two["source"], two["error"]) == ("two.png", None)
    assert (blank["symbols"], blank["error"]) == ([], None)
    assert missing["symbols"] == []
    assert "No such file" in missing["error"]


def test_text_cannot_act_on_the_terminal(folder: Path) -> None:
    evil = "a\x1b[31mred\x07\r\nb\u202eevil\u2066\x9b31m"
    (folder / "evil.png").write_bytes(encoded(code(evil.encode(), encoding=None, mode="byte")))
    done = run(folder, "decode", "evil.png")
    assert done.stdout == "a\\x1b[31mred\\x07\\r\\nb\\u202eevil\\u2066\\x9b31m\n"
    (exact,) = map(json.loads, run(folder, "decode", "--json", "evil.png").stdout.splitlines())
    assert exact["symbols"][0]["text"] == evil


def test_a_file_name_cannot_act_on_the_terminal(folder: Path) -> None:
    done = run(folder, "decode", "no\x1b[2Jsuch.png", "one.png")
    assert "\x1b" not in done.stderr + done.stdout
    assert "no\\x1b[2Jsuch.png" in done.stderr


def test_a_terminal_without_unicode_gets_escapes(folder: Path) -> None:
    (folder / "kanji.png").write_bytes(encoded(code("漢字")))
    done = run(folder, "decode", "kanji.png", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "\\u6f22\\u5b57\n")


def test_trace_writes_a_page(folder: Path) -> None:
    done = run(folder, "trace", "one.png", "--out", "pages/one")
    assert (done.returncode, done.stdout) == (0, f"{Path('pages/one/index.html')}\n")
    assert "hello world" in (folder / "pages" / "one" / "index.html").read_text(encoding="utf-8")


def test_trace_of_a_blank_picture_exits_with_1_and_of_no_picture_with_2(folder: Path) -> None:
    assert run(folder, "trace", "blank.png", "--out", "b").returncode == 1
    assert run(folder, "trace", "text.txt", "--out", "t").returncode == 2
    done = run(folder, "trace", "one.png", "--out", "one.png")  # a file is in the way
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["decode"], ["decode", "--effort", "best", "x"], ["trace", "x"], ["sing"]])
def test_wrong_usage_exits_with_2(folder: Path, arguments: list[str]) -> None:
    done = run(folder, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: qrcore")


def test_help_tells_the_exit_codes(folder: Path) -> None:
    done = run(folder, "decode", "--help")
    assert done.returncode == 0
    assert "Exit code: 0 every picture gave a code, 1 some gave none, 2 an error" in done.stdout.replace("\n", " ")


def test_a_reader_that_goes_away_is_no_traceback(folder: Path) -> None:
    command = f'"{sys.executable}" -m qrcore decode {"one.png " * 200} | head -n 1'
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout == "one.png: hello world\n"
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
