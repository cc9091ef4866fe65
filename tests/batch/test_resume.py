"""A run that was killed and is resumed ends with the rows of one that was not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from batch.archives_of import folder, pdf, png, pngs, tar, tiff
from batch.running import batch, rows_of, start

from qrcore.batch import output

# Ends the process, as a kill would, before or after the N-th step on the file system; parts end after 3 units.
DIE = """
import os
output._UNITS = 3
steps = iter(range(1, 10**6))
def dying(call, die_after):
    def called(*words):
        step = next(steps)
        if step == {n} and not die_after:
            os._exit(9)
        result = call(*words)
        if step == {n}:
            os._exit(9)
        return result
    return called
os.replace = dying(os.replace, {after})
os.fsync = dying(os.fsync, {after})
"""


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """A tar, a folder with a document, and a missing file: 12 units."""
    members = {**pngs(6), "bad.png": b"nothing", "readme.txt": b"?", "pages.tif": tiff(["t1", "t2"])}
    files = {"a.png": png("a"), "b.pdf": pdf(["p1", "p2"]), "c.png": png("c")}
    return [tar(members, tmp_path / "x.tar"), folder(files, tmp_path / "d"), tmp_path / "missing"]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_dying_at_any_write_loses_nothing_and_doubles_nothing(tmp_path: Path, sources: list[Path], form: str) -> None:
    whole = tmp_path / f"whole.{form}"
    assert batch(*sources, "--out", whole, "--quiet") == 2
    expected = rows_of(whole)
    assert len(expected) == 14
    running: list[tuple[Path, subprocess.Popen[bytes]]] = []
    steps = range(1, 17, 3) if form == "parquet" else range(1, 17, 2)
    for n in steps:
        out = tmp_path / f"out{n}.{form}"
        before = DIE.format(n=n, after=n % 4 < 2)
        running.append((out, start(*sources, "--out", out, "--quiet", before=before)))
        if len(running) % 2 == 0:
            running[-1][1].wait(60)
    for out, process in running:
        process.communicate(timeout=60)
        assert process.returncode == 9
        assert batch(*sources, "--out", out, "--resume", "--quiet") == 2
        assert rows_of(out) == expected
        manifest = json.loads(out.with_name(out.name + ".manifest.json").read_text())
        assert manifest["complete"]
        counts = manifest["counts"]
        assert (counts["pictures"], counts["codes"], counts["rows"]) == (12, 12, 14)
        assert counts["errors"] == {"wrong type": 1, "unopened source": 1}
    left = {path.name for path in tmp_path.iterdir() if path.name.startswith(("out", ".out"))}
    assert left == {f"out{n}.{form}{end}" for n in steps for end in ("", ".manifest.json")}


def unfinished(tmp_path: Path, *sources: Path) -> Path:
    """Where a run was stopped after some units."""
    out = tmp_path / "out.jsonl"
    start(*sources, "--out", out, before=DIE.format(n=12, after=False)).communicate(timeout=60)
    assert json.loads((tmp_path / "out.jsonl.manifest.json").read_text())["units"] > 0
    return out


def test_what_a_kill_costs_is_bounded_by_half_of_the_run_and_thirty_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock by which each unit takes a quarter of a second; a kill after any of them."""
    now = 0.0
    monkeypatch.setattr(output.time, "monotonic", lambda: now)
    parts = output.Parts(tmp_path / "out.jsonl", output.Table("jsonl"), {}, resume=False)
    kept, written = 0, 0
    for number in range(1200):
        now += 0.25
        parts.unit_done(output.Unit("x.tar", f"{number}.png"))
        written += parts.units > kept
        kept = parts.units
        assert now - 0.25 * kept < max(1.0, min(30.0, now / 2))
    assert written < 20
    parts.close()


def test_an_unfinished_run_is_not_overwritten(
    tmp_path: Path, sources: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = unfinished(tmp_path, *sources)
    assert batch(*sources, "--out", out) == 2
    assert "--resume" in capsys.readouterr().err


def test_other_options_or_sources_are_not_mixed_in(
    tmp_path: Path, sources: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = unfinished(tmp_path, *sources)
    assert batch(*sources, "--out", out, "--resume", "--effort", "fast") == 2
    assert "another effort" in capsys.readouterr().err
    assert batch(sources[0], "--out", out, "--resume") == 2
    assert "another sources" in capsys.readouterr().err
    tar({"new.png": png("new"), **pngs(6)}, sources[0])
    assert batch(*sources, "--out", out, "--resume") == 2
    assert "the sources have changed" in capsys.readouterr().err


def test_resuming_what_is_done_does_nothing(
    tmp_path: Path, sources: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.jsonl"
    assert batch(sources[0], "--out", out) == 3
    before = out.stat().st_mtime_ns, out.read_bytes()
    monkeypatch.setattr("qrcore.batch.command.run_engine", None)
    assert batch(sources[0], "--out", out, "--resume") == 3
    assert "was done before: 8 pictures" in capsys.readouterr().err
    assert (out.stat().st_mtime_ns, out.read_bytes()) == before


def test_a_run_where_nothing_is_to_resume_is_a_new_one(tmp_path: Path, sources: list[Path]) -> None:
    out = tmp_path / "out.jsonl"
    assert batch(sources[0], "--out", out, "--resume") == 3
    out.unlink()
    assert batch(sources[0], "--out", out, "--resume") == 3
    assert len(rows_of(out)) == 9


def test_a_finished_result_is_replaced_only_by_a_whole_one(tmp_path: Path, sources: list[Path]) -> None:
    out = tmp_path / "out.jsonl"
    assert batch(sources[0], "--out", out) == 3
    old = out.read_bytes()
    start(*sources, "--out", out, before=DIE.format(n=12, after=False)).communicate(timeout=60)
    assert out.read_bytes() == old
    assert batch(*sources, "--out", out, "--resume") == 2
    assert len(rows_of(out)) == 14


def test_two_runs_to_one_file_are_refused(
    tmp_path: Path, sources: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    (tmp_path / "out.jsonl.parts").mkdir()
    held = output._lock(tmp_path / "out.jsonl.parts" / "lock")
    assert batch(*sources, "--out", out) == 2
    assert "another run is writing here" in capsys.readouterr().err
    held.close()


def test_a_file_that_is_no_manifest_is_left_alone(
    tmp_path: Path, sources: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out.jsonl.manifest.json").write_text("[]")
    assert batch(*sources, "--out", tmp_path / "out.jsonl") == 2
    assert "is no manifest" in capsys.readouterr().err
