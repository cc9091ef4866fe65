"""`qrcore bench`, quickly: what it says, not how fast this machine is."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import qrcore
from qrcore import bench, cli

EFFORTS = {"fast", "balanced", "thorough"}


def test_the_frames_hold_what_they_should() -> None:
    for size in (bench.SIZES["VGA"], bench.SIZES["1080p"]):
        for kind in bench.KINDS:
            variants = bench.frames(kind, *size)
            assert [f.shape for f in variants] == [size[::-1]] * bench.VARIANTS
            assert all(f.dtype == np.uint8 and f.std() > 1 for f in variants)
            assert (variants[0] != variants[1]).any()
            texts = [[s.text for s in qrcore.decode(f)] for f in variants]
            assert texts == [[bench.TEXT] if kind == "code" else []] * bench.VARIANTS


def test_frames_are_the_same_each_time() -> None:
    for kind in bench.KINDS:
        for once, again in zip(bench.frames(kind, 320, 240), bench.frames(kind, 320, 240), strict=True):
            assert (once == again).all()


def test_json_tells_speeds_ratios_and_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "--seconds", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["simd"] in told["simd_targets"]
    assert [row["frame"] for row in told["rows"][:3]] == ["empty", "busy", "code"]  # VGA always fits
    for row in told["rows"]:
        assert set(row["fps"]) >= EFFORTS or row["size"] != "VGA"
        assert all(fps > 0 for fps in row["fps"].values())
        for peer, ratio in row["ratio"].items():
            assert told["peers"][peer]
            for effort, value in ratio.items():
                assert value == pytest.approx(row["cpu_ms"][effort] / row["cpu_ms"][peer], rel=0.02, abs=2e-4)
        assert not EFFORTS & set(row["missed"])


def test_the_table_names_the_simd_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "--seconds", "1"]) == 0
    out = capsys.readouterr().out
    assert f"SIMD {bench.about()['simd']}" in out
    assert out.count("VGA") >= 3


def test_without_peers_there_is_nothing_to_compare_with(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "PEERS", {})
    monkeypatch.setattr(bench, "version_of", lambda package: None)
    monkeypatch.setattr(bench, "_opencv_version", lambda: None)
    assert cli.main(["bench", "--seconds", "0.5"]) == 0
    out = capsys.readouterr().out
    assert "nothing to compare with" in out
    assert "times as fast" not in out


def test_a_peer_that_cannot_be_imported_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert set(bench._readers()) == EFFORTS


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan"])
def test_wrong_seconds_are_a_usage_error(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["bench", "--seconds", seconds])
    assert stop.value.code == 2
    assert "--seconds" in capsys.readouterr().err
