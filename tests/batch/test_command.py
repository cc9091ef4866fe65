"""`qrcore batch`: exit codes, formats, progress, pictures with outlines."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from batch.archives_of import film, folder, pdf, png, pngs, shown, tar
from batch.running import batch, rows_of, start
from pictures import code, encoded

from qrcore.batch import progress as progress_module
from qrcore.batch.output import Counts
from qrcore.batch.rows import COLUMNS, RECORD_COLUMNS
from qrcore.batch.unit import Meter


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
def test_a_row_for_each_symbol(tmp_path: Path, form: str) -> None:
    out = tmp_path / f"out.{form}"
    path = tar({**pngs(3), "blank.png": encoded(np.full((50, 50), 255, np.uint8))}, tmp_path / "x.tar")
    assert batch(path, "--out", out) == 0
    if form == "csv":
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    else:
        rows = rows_of(out)
    assert [list(row) for row in rows] == [list(COLUMNS)] * 3
    assert [row["text"] for row in rows] == ["code 0", "code 1", "code 2"]
    assert [row["member"] for row in rows] == ["000.png", "001.png", "002.png"]
    assert {row["source"] for row in rows} == {str(path)}
    assert not (tmp_path / f"out.{form}.parts").exists()


def test_the_page_says_what_each_column_holds() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "batch.md").read_text("utf-8")
    table = page.partition("\n## The table\n")[2].partition("\n## ")[0]
    told = {
        name: kind.split()[0]
        for names, kind in re.findall(r"^\| (`.*?`) \| (.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert told == {**COLUMNS, **RECORD_COLUMNS}
    assert list(told) == [*COLUMNS, *RECORD_COLUMNS]


def test_values_of_a_row(tmp_path: Path) -> None:
    assert batch(folder({"a.png": png("text")}, tmp_path / "d"), "--out", tmp_path / "x.parquet") == 0
    (row,) = rows_of(tmp_path / "x.parquet")
    corners = row.pop("corners")
    assert corners == pytest.approx([16, 16, 100, 16, 100, 100, 16, 100], abs=0.5)
    assert row.pop("margin") == pytest.approx(1)
    assert row == {
        "source": str(tmp_path / "d" / "a.png"),
        "member": None,
        "page": None,
        "frame": None,
        "start": None,
        "end": None,
        "width": 116,
        "height": 116,
        "symbology": "qr",
        "text": "text",
        "data": b"text",
        "version": 1,
        "level": "M",
        "error": None,
    }


def test_pages_and_films_have_their_columns(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(pdf(["one", "two"]))
    film([shown("three")] * 11, tmp_path / "y.mp4")
    batch(tmp_path / "x.pdf", tmp_path / "y.mp4", "--out", tmp_path / "out.jsonl")
    rows = rows_of(tmp_path / "out.jsonl")
    assert [(r["text"], r["page"], r["frame"], r["start"], r["end"]) for r in rows] == [
        ("one", 0, None, None, None),
        ("two", 1, None, None, None),
        ("three", None, 0, 0.0, 1.0),
    ]


def test_a_row_for_every_picture_where_wanted(tmp_path: Path) -> None:
    blank = encoded(np.full((40, 30), 255, np.uint8))
    batch(folder({"a.png": blank}, tmp_path / "d"), "--every-picture", "--out", tmp_path / "x.jsonl")
    (row,) = rows_of(tmp_path / "x.jsonl")
    assert (row["width"], row["height"], row["text"], row["error"]) == (30, 40, None, None)


def test_exit_codes_and_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = tar(pngs(3), tmp_path / "good.tar")
    bad = tar({"a.png": png("a"), "b.png": b"nothing", "c.png": png("c")[:150]}, tmp_path / "bad.tar")
    assert batch(good, "--out", tmp_path / "a.jsonl") == 0
    assert re.search(r"3 pictures, 3 codes, 0 errors in .* pictures/s, .* MB/s", capsys.readouterr().err)
    assert batch(good, bad, "--out", tmp_path / "b.jsonl") == 3
    shown_text = capsys.readouterr().err
    assert "4 pictures, 4 codes, 2 errors" in shown_text
    assert "1 wrong type" in shown_text
    assert "1 broken" in shown_text
    assert batch(bad, tmp_path / "missing", "--out", tmp_path / "c.jsonl") == 2
    assert f"qrcore: {tmp_path}/missing: No such file" in capsys.readouterr().err
    errors = [row["error"] for row in rows_of(tmp_path / "c.jsonl") if row["error"]]
    assert [error.partition(":")[0] for error in errors] == ["ImageError", "ImageError", "MissingSourceError"]
    assert "b.png" in errors[0]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--out", "x.xls"], "ends in none of"),
        (["--resume"], "--resume needs --out"),
        (["--format", "parquet"], "needs --out"),
        (["--csv-safe"], "is for CSV"),
        (["--workers", "0"], "workers=0"),
        (["--dpi", "0"], "dpi"),
        (["--out", "/no/such/folder/x.csv"], "there is no folder /no/such/folder; make it first"),
    ],
)
def test_wrong_usage_is_explained(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch("x.png", *words) == 2
    assert why in capsys.readouterr().err


def test_standard_output_and_quiet(tmp_path: Path) -> None:
    process = start(tar(pngs(2), tmp_path / "x.tar"), "--quiet")
    out, err = process.communicate(timeout=60)
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["code 0", "code 1"]
    assert err == b""
    process = start(tmp_path / "x.tar", "--format", "csv")
    out, err = process.communicate(timeout=60)
    assert out.startswith(b"source,member,page,")
    assert b"2 pictures" in err


class _Screen(io.BytesIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize("is_terminal", [True, False])
def test_rows_that_are_shown_on_a_terminal_do_not_act_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    path = tar({"\x9b31m\u202e.png": png("one\ntwo")}, tmp_path / "x.tar")
    screen = _Screen(is_terminal)
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(screen))
    assert batch(path, "--format", "csv", "--quiet") == 0
    shown = screen.getvalue().decode()
    if is_terminal:
        assert "x.tar,\\x9b31m\\u202e.png," in shown
        assert "one\\ntwo" in shown
    else:
        assert "x.tar,\x9b31m\u202e.png," in shown
        assert '"one\ntwo"' in shown
    monkeypatch.undo()


def test_cells_that_start_a_formula_are_made_harmless(tmp_path: Path) -> None:
    texts = ["=1+1", "@SUM(A1)", "+1", "-1", "\t=1", " =1", "plain", "'quoted"]
    path = tar({f"={i}.png": png(text) for i, text in enumerate(texts)}, tmp_path / "x.tar")
    for words, first in ((["--csv-safe"], "'"), ([], "")):
        out = tmp_path / "x.csv"
        assert batch(path, "--out", out, *words) == 0
        rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode(), newline="")))
        assert [row["text"] for row in rows] == [*(first + text for text in texts[:6]), "plain", "'quoted"]
        assert rows[0]["member"] == first + "=0.png"
        assert not any(cell.startswith("'-") for row in rows for cell in (row["margin"], row["corners"]))


def test_names_with_odd_bytes_are_written_and_shown_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "\udcff\x1b[31m.png"
    (tmp_path / name).write_bytes(png("odd"))
    for form in ("parquet", "jsonl", "csv"):
        assert batch(tmp_path / name, tmp_path / "no\x1b[2J", "--out", tmp_path / f"x.{form}") == 2
    assert "\x1b" not in capsys.readouterr().err
    assert "\\udcff" in rows_of(tmp_path / "x.jsonl")[0]["source"]


def test_pictures_with_outlines_have_safe_names(tmp_path: Path) -> None:
    files = {
        "../../etc/cron.d/evil.png": png("a"),
        "/root/x y;rm -rf.png": png("b"),
        "..": png("c"),
        "con.png": encoded(code("d").repeat(3, 0).repeat(3, 1), "JPEG"),
        "blank.png": encoded(np.full((9, 9), 255, np.uint8)),
        "pages.pdf": pdf(["e"]),
    }
    folder_ = tmp_path / "deep" / "annotated"
    assert batch(tar(files, tmp_path / "x.tar"), "--annotate", folder_, "--out", tmp_path / "x.jsonl") == 0
    assert sorted(p.name for p in folder_.iterdir()) == [
        "00000000-evil.jpg",
        "00000001-x_y_rm_-rf.jpg",
        "00000002-picture.jpg",
        "00000003-con.jpg",
        "00000005-page0000-pages.jpg",
    ]
    with PIL.Image.open(folder_ / "00000000-evil.jpg") as image:
        assert image.size == (116, 116)
        red = np.asarray(image.convert("RGB")).astype(int)
    assert (red[..., 0] - red[..., 1] > 100).sum() > 100


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal_and_lines_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "_EVERY", 0)
    monkeypatch.setattr(progress_module, "_REDRAW", 0)
    monkeypatch.setenv("TERM", "xterm")
    path = tar(pngs(5), tmp_path / "x.tar")
    for stream, sign in ((Terminal(), "\x1b["), (io.StringIO(), "pictures/s, ")):
        monkeypatch.setattr("sys.stderr", stream)
        assert batch(path, "--out", tmp_path / "x.jsonl") == 0
        assert sign in stream.getvalue()
        assert "5 pictures, 5 codes" in stream.getvalue()


def test_lines_tell_share_and_time_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    now = [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    (tmp_path / "x").write_bytes(bytes(1000))
    total = progress_module.Total([str(tmp_path / "x")])
    while total.bytes is None:
        pass
    stream = io.StringIO()
    lines = progress_module.progress(stream, False, total)
    lines.update(Counts(), Meter())
    now[0] = 120.0
    lines.update(Counts(pictures=40, codes=30), Meter(bytes=250))
    assert stream.getvalue() == "40 pictures, 30 codes, 0 errors, 2 pictures/s, 25%, 1 min left\n"
