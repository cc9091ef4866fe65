"""`qrcore record ...`, on a store file and at a service."""

from __future__ import annotations

import argparse
import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import qrcore
from qrcore.records import Key, Keyring, SqlStore, client
from qrcore.records.cli import add_parser
from qrcore.testing import MemoryAuthority

pytest.importorskip("segno")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command as the main command line does: exit code, output, complaints."""
    monkeypatch.chdir(tmp_path)
    for name in ("QRCORE_STORE", "QRCORE_SERVICE", "QRCORE_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run_(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        parser = argparse.ArgumentParser(prog="qrcore")
        add_parser(parser.add_subparsers(required=True))
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        options = parser.parse_args(["record", *arguments])
        code = options.run(options)
        out, err = capsys.readouterr()
        return code, out, err

    return run_


@pytest.fixture(params=["store", "service"])
def where(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, authority: MemoryAuthority, run: Run
) -> list[str]:
    """The arguments that say where: a file, or a service, which here is in memory."""
    if request.param == "store":
        return ["--store", "codes.db", "--authority", "q.example"]
    authority.token = "the key"
    monkeypatch.setenv("QRCORE_API_KEY", "thekey")
    authority.token = "thekey"
    original = client.ServiceClient.__init__

    def init(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options, transport=authority.transport())

    monkeypatch.setattr(client.ServiceClient, "__init__", init)
    return ["--service", "https://q.example"]


def test_a_record_lives_its_whole_life(run: Run, where: list[str]) -> None:
    code, out, _ = run("create", "--title", "Menu", "--link", "https://shop.example/menu", "--out", "menu.png", *where)
    url = out.strip()
    assert code == 0
    assert [s.text for s in qrcore.decode("menu.png")] == [url]
    ref = url[-16:]
    shown = json.loads(run("show", ref, *where)[1])
    assert (shown["version"], shown["state"], shown["body"]["title"]) == (1, "live", "Menu")
    Path("new.json").write_text(json.dumps({"body": {"title": "New"}, "quota": {"max": 2}}))
    assert run("update", url, "new.json", "--if-version", "1", *where)[:2] == (0, "2\n")
    code, _, complaint = run("update", url, "new.json", "--if-version", "1", *where)
    assert (code, "write.precondition" in complaint) == (1, True)
    assert [line.split("\t")[0] for line in run("history", ref, *where)[1].splitlines()] == ["1", "2"]
    assert json.loads(run("show", ref, "--at", "1", *where)[1])["body"]["title"] == "Menu"
    receipt = json.loads(run("claim", ref, "--key", "k", "--claimant", "ann", *where)[1])
    assert receipt["ordinal"] == 1
    assert json.loads(run("claim", ref, "--key", "k", "--claimant", "ann", *where)[1]) == receipt
    assert run("rollback", ref, "--to", "1", "--if-version", "2", *where)[1] == "3\n"
    assert run("stats", ref, *where)[:2] == (0, "")
    assert run("retire", ref, "--erase", *where)[0] == 0
    assert json.loads(run("show", ref, *where)[1])["state"] == "erased"
    assert run("show", "0000000000000000", *where)[0] == 1


def test_a_sealed_record_is_made_shown_and_rewritten(run: Run, where: list[str]) -> None:
    Path("record.json").write_text(json.dumps({"body": {"title": "Secret"}, "cache_s": 5}))
    Keyring([Key.signing()]).save("keys.json")
    url = run("create", "record.json", "--seal", "--sign", "keys.json", "--quiet", *where)[1].strip()
    ref = url.partition("#")[0][-16:]
    assert "Secret" not in run("show", ref, *where)[1]
    shown = json.loads(run("show", "-", "--keys", "keys.json", *where, stdin=url)[1])
    assert (shown["body"]["title"], "#" in shown["url"]) == ("Secret", False)
    Path("record.json").write_text(json.dumps({"title": "Newer"}))
    arguments = ("update", "-", "record.json", "--if-version", "1", "--sign", "keys.json", *where)
    assert run(*arguments, stdin=url)[:2] == (0, "2\n")
    assert json.loads(run("show", "-", "--keys", "keys.json", *where, stdin=url)[1])["body"]["title"] == "Newer"
    assert run("rollback", ref, "--to", "1", "--if-version", "2", *where)[0] == 1


def test_a_secret_is_not_taken_as_an_argument(run: Run) -> None:
    code, _, complaint = run("show", "https://q.example/C/0123456789ABCDEF#" + "A" * 22, "--store", "codes.db")
    assert (code, "standard input" in complaint) == (2, True)


def test_links_can_be_given_by_relation(run: Run) -> None:
    where = ["--store", "codes.db", "--authority", "q.example"]
    url = run("create", "--link", "https://a.example/?x=y", "--link", "payment=https://a.example/pay", *where)[
        1
    ].strip()
    links = json.loads(run("show", url, *where)[1])["body"]["links"]
    assert [(link["rel"], link["href"]) for link in links] == [
        ("about", "https://a.example/?x=y"),
        ("payment", "https://a.example/pay"),
    ]


def test_a_copy_moves_from_store_to_store(run: Run) -> None:
    run("create", "--title", "x", "--store", "a.db", "--authority", "q.example")
    assert run("export", "--store", "a.db", "--out", "copy.jsonl")[0] == 0
    assert stat.S_IMODE(os.stat("copy.jsonl").st_mode) == 0o600
    assert run("import", "copy.jsonl", "--store", "b.db")[:2] == (0, "5 rows\n")
    assert run("export", "--store", "b.db")[1] == Path("copy.jsonl").read_text()
    assert run("import", "copy.jsonl", "--store", "b.db")[0] == 2
    assert run("migrate", "--store", "b.db")[0] == 0


def test_tenants_and_keys(run: Run) -> None:
    where = ["--store", "codes.db"]
    assert run("tenant", "create", "brand", "--host", "id.brand.example", "--scheme", "weixin", *where)[0] == 0
    assert run("tenant", "create", "brand", "--target", "*.brand.example", "--target", "brand.example", *where)[0] == 0
    at_home, elsewhere = ("https://www.brand.example/", "https://brand.example.evil.test/")
    brand = ("--tenant", "brand", "--authority", "id.brand.example", "--store", where[1])
    assert run("create", "--link", at_home, *brand)[0] == 0
    code, _, said = run("create", "--link", elsewhere, *brand)
    assert (code, "targets" in said) == (1, True)
    assert run("tenant", "create", "brand", "--target", "*", *where)[0] == 0
    assert run("create", "--link", elsewhere, *brand)[0] == 0
    assert run("tenant", "create", "brand", "--target", "HTTPS://brand.example", *where)[0] == 2
    assert run("tenant", "list", *where)[1] == "brand\tid.brand.example\n"
    assert run("key", "create", "till", "--scope", "claim", "--tenant", "brand", "--out", "till.key", *where)[0] == 0
    assert stat.S_IMODE(os.stat("till.key").st_mode) == 0o600
    token = Path("till.key").read_text().strip()
    listed = run("key", "list", *where)[1]
    assert token not in listed
    assert listed.split("\t")[1:] == ["brand", "-", "claim", "till\n"]
    assert run("key", "revoke", listed.split("\t")[0], *where)[0] == 0
    assert run("key", "list", *where)[1] == ""
    assert run("key", "create", "x", "--scope", "nonsense", *where)[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "0123456789ABCDEF"),
        ("show", "0123456789ABCDEF", "--service", "https://q.example"),
        ("show", "0123456789ABCDEF", "--service", "http://q.example"),
        ("create", "--store", "codes.db", "--authority", "q.example"),
        ("create", "missing.json", "--store", "codes.db"),
        ("show", "0123456789ABCDEF", "--store", "missing/folder/codes.db"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    code, _, complaint = run(*arguments)
    assert code == 2
    assert complaint.startswith("qrcore: ")
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    ("store", "advice"),
    [
        ("missing/folder/codes.db", "there is no folder missing/folder to keep codes.db in: make it first"),
        ("sqlite:///missing/codes.db", "there is no folder missing to keep codes.db in: make it first"),
        (".", "name a file in it"),
        ("letter.txt", "the file is no SQLite database"),
    ],
)
def test_a_store_that_cannot_be_opened_says_why(run: Run, store: str, advice: str) -> None:
    Path("letter.txt").write_text("Dear customer,\n" * 99)
    code, _, complaint = run("create", "--store", store, "--authority", "q.example", "--link", "https://shop.example")
    assert code == 2
    assert complaint.rstrip().endswith(advice)


def test_a_new_store_without_an_authority_says_which_option_is_missing(run: Run) -> None:
    create = ("create", "--store", "codes.db", "--link", "https://shop.example")
    code, _, complaint = run(*create)
    assert (code, "--authority q.example" in complaint) == (2, True)
    assert run(*create, "--authority", "q.example")[0] == 0
    assert run(*create)[0] == 0


def test_a_reader_that_goes_away_is_left_to_the_main_command_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", gone)
    with pytest.raises(BrokenPipeError):
        run("create", "--store", "codes.db", "--authority", "q.example", "--link", "https://shop.example")


def test_text_of_a_record_cannot_act_on_the_terminal(run: Run) -> None:
    with SqlStore("sqlite:///codes.db", authority="q.example", author="\x1b[31mred") as store:
        ref = store.create({"title": "\u202eevil"}).ref
    out = run("history", ref, "--store", "codes.db")[1]
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.fixture(autouse=True)
def _restore_directory() -> Iterator[None]:
    here = Path.cwd()
    yield
    os.chdir(here)


def test_a_database_that_is_not_there_is_one_line(run: Run) -> None:
    pytest.importorskip("psycopg")
    for command in (("migrate",), ("export",), ("show", "0123456789ABCDEF")):
        code, _, complaint = run(*command, "--store", "postgresql://nobody:geheim@127.0.0.1:1/x")
        assert (code, complaint.count("\n"), "geheim" in complaint) == (2, 1, False)
        assert "is the URL right" in complaint
