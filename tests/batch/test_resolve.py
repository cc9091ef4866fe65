"""`qrcore batch --resolve`: an archive in, records out, in the same table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import zxingcpp
from batch.archives_of import png, tar
from batch.running import batch, rows_of, start
from pictures import encoded
from PIL import Image
from records.given import MENU, listening

from qrcore.batch.rows import COLUMNS, RECORD_COLUMNS
from qrcore.records import code_url, new_ref
from qrcore.testing import MemoryAuthority

PRODUCT = {"title": "Olive oil", "links": [{"href": "https://brand.example/oil"}]}


class Service(NamedTuple):
    """An authority on a port of this machine."""

    authority: MemoryAuthority
    url: str


@pytest.fixture
def service() -> Iterator[Service]:
    authority = MemoryAuthority("q.example", token="geheim")
    with listening(authority) as url:
        yield Service(authority, url)
    authority.store.close()


@pytest.fixture
def trust(service: Service, tmp_path: Path) -> Path:
    """A trust file that names the service."""
    (tmp_path / "token").write_text("geheim\n")
    path = tmp_path / "trust.toml"
    path.write_text(f'gs1 = "q.example"\n[authority."q.example"]\nbase_url = "{service.url}"\nauth_file = "token"\n')
    return path


def ean_13(number: str) -> bytes:
    drawn = zxingcpp.create_barcode(number, zxingcpp.BarcodeFormat.EAN13).to_image(scale=3)
    return encoded(Image.fromarray(drawn))


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
def test_every_symbol_has_its_record_in_the_same_row(service: Service, trust: Path, tmp_path: Path, form: str) -> None:
    made = service.authority.store.create({"body": MENU, "aliases": [{"label": "7"}]})
    gone = service.authority.store.create({})
    service.authority.store.retire(gone.ref)
    pictures = {
        "0.png": png(made.url), "1.png": png(made.aliases[0][1]), "2.png": png(gone.url), "3.png": png("just a text"),
        "4.png": png(code_url("evil.example", new_ref())), "5.png": b"no picture",
    }  # fmt: skip
    out = tmp_path / f"out.{form}"
    assert batch(tar(pictures, tmp_path / "x.tar"), "--resolve", trust, "--out", out, "--quiet") == 3
    rows: list[dict[str, Any]]
    if form == "csv":
        rows = [{k: v or None for k, v in row.items()} for row in csv.DictReader(io.StringIO(out.read_text("utf-8")))]
    else:
        rows = rows_of(out)
    assert [list(row) for row in rows] == [[*COLUMNS, *RECORD_COLUMNS]] * 6
    assert [row["href"] for row in rows[:2]] == ["https://shop.example/menu?t=", "https://shop.example/menu?t=7"]
    assert [row["ref"] for row in rows[:2]] == [made.ref, made.ref]
    assert [(row["authority"], row["title"], int(row["record_version"])) for row in rows[:2]] == [
        ("q.example", "Menu", 1)
    ] * 2
    assert json.loads(rows[0]["record"])["title"] == "Menu"
    codes = ["resolve.gone", "payload.format", "trust.unknown_authority", None]
    assert [row["resolve_error"] for row in rows] == [None, None, *codes]
    assert all(row[name] is None for row in rows[2:] for name in RECORD_COLUMNS if name != "resolve_error")
    assert rows[5]["error"]


def test_from_the_picture_of_an_ean_13_to_its_record(service: Service, trust: Path, tmp_path: Path) -> None:
    service.authority.store.create({"body": PRODUCT, "gs1": "/01/09506000134352"})
    path = tar({"shelf.png": ean_13("9506000134352")}, tmp_path / "shelf.tar")
    out = tmp_path / "out.jsonl"
    assert batch(path, "--symbologies", "ean_13", "--resolve", trust, "--out", out, "--quiet") == 0
    (row,) = rows_of(out)
    assert (row["symbology"], row["text"]) == ("ean_13", "9506000134352")
    assert (row["ref"], row["title"], row["href"]) == ("/01/09506000134352", "Olive oil", "https://brand.example/oil")


def test_a_thousand_codes_take_a_round_trip_and_only_trusted_authorities_are_asked(
    service: Service, trust: Path, tmp_path: Path
) -> None:
    refs = [service.authority.store.create({"body": {"title": str(i)}}).url for i in range(40)]
    path = tar({f"{i:03d}.png": png(url) for i, url in enumerate(refs * 2)}, tmp_path / "many.tar")
    out = tmp_path / "out.jsonl"
    assert batch(path, "--resolve", trust, "--out", out, "--quiet") == 0
    assert [row["title"] for row in rows_of(out)] == [str(i) for i in range(40)] * 2
    (request,) = service.authority.requests
    assert request.headers["authorization"] == "Bearer geheim"


def test_a_silent_authority_is_said_in_each_row_and_in_the_summary(
    service: Service, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = service.authority.store.create({}).url
    path = tar({"a.png": png(url), "b.png": png("text")}, tmp_path / "x.tar")
    assert batch(path, "--resolve", trust, "--out", tmp_path / "good.jsonl") == 0
    assert "  1 with a record\n  1 without: payload.format\n" in capsys.readouterr().err
    service.authority.failing = 503
    assert batch(path, "--resolve", trust, "--out", tmp_path / "bad.jsonl") == 0
    assert [row["resolve_error"] for row in rows_of(tmp_path / "bad.jsonl")] == [
        "resolve.unavailable",
        "payload.format",
    ]


def test_a_run_that_was_killed_goes_on_with_its_records(service: Service, trust: Path, tmp_path: Path) -> None:
    refs = [service.authority.store.create({"body": {"title": str(i)}}).url for i in range(60)]
    path = tar({f"{i:03d}.png": png(url) for i, url in enumerate(refs)}, tmp_path / "many.tar")
    whole, out = tmp_path / "whole.parquet", tmp_path / "out.parquet"
    assert batch(path, "--resolve", trust, "--out", whole, "--quiet") == 0
    few = "from qrcore.records import resolver; output._UNITS = 10; each = resolver.batches\n"
    few += "resolver.batches = lambda items, chunk: each(items, 10)\n"
    killed = few + "import os\nadd = output.Parts._end_part\n"
    killed += "output.Parts._end_part = lambda s: (add(s), os._exit(9) if s._manifest.parts == 3 else None)\n"
    process = start(path, "--resolve", trust, "--out", out, before=killed)
    assert (process.communicate(), process.returncode)[1] == 9
    resumed = start(path, "--resolve", trust, "--out", out, "--resume", before=few)
    assert (resumed.communicate(), resumed.returncode)[1] == 0
    assert rows_of(out) == rows_of(whole)


def test_without_the_option_the_table_is_as_it_was(tmp_path: Path) -> None:
    path = tar({"a.png": png("text")}, tmp_path / "x.tar")
    assert batch(path, "--out", tmp_path / "x.parquet", "--quiet") == 0
    assert [list(row) for row in rows_of(tmp_path / "x.parquet")] == [list(COLUMNS)]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), ("nonsense", "trust.toml"), ('[authority."q.example"]\nhost = "x"', "no setting host")],
)
def test_a_bad_trust_file_is_refused_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "trust.toml").write_text(content)
    out = tmp_path / "x.jsonl"
    assert batch(tmp_path, "--resolve", tmp_path / "trust.toml", "--out", out) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
