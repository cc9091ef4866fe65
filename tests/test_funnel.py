"""benches/funnel.py counts what a trace holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import qrcore

pytest.importorskip("cv2")
pytest.importorskip("zxingcpp")
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_the_funnel_tells_median_mean_and_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benches import funnel

    names = ("logo.jpg", "several.jpg", "mirrored.jpg")
    for name in names:
        shutil.copy(EXAMPLES / name, tmp_path)
    monkeypatch.setattr("sys.argv", ["funnel.py", str(tmp_path), "--effort", "fast"])
    funnel.main()
    counts = sorted(len(qrcore.trace(EXAMPLES / name, effort="fast").finders) for name in names)
    told = capsys.readouterr().out
    assert told.startswith("3 pictures, fast\n")
    assert f"| finders | {counts[1]} | {sum(counts) / 3:.3g} | {counts[2]} |\n" in told
