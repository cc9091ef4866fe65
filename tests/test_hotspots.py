"""benches/hotspots.py: functions are told by their own names, and its loop decodes and ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="needs qrcore[bench]")

from benches.hotspots import plain

SCRIPT = Path(__file__).resolve().parents[1] / "benches" / "hotspots.py"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("qrcore::find_finders", "find_finders"),
        ("qrcore::avx2::(anonymous namespace)::cores", "cores"),
        ("qrcore::(anonymous namespace)::step<2>", "step"),
        (
            "qrcore::(anonymous namespace)::look(qrcore::ImageView const&)::{lambda(int)#4}::operator()(int) const",
            "look",
        ),
        ("ring_correlation<0, 1, qrcore::(anonymous namespace)::look(double)::{lambda(int)#4}>", "ring_correlation"),
        ("__memset_avx2_unaligned_erms", "__memset_avx2_unaligned_erms"),
    ],
)
def test_a_function_has_its_own_name(symbol: str, name: str) -> None:
    assert plain(symbol) == name


def test_the_loop_decodes_and_ends() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "blank:VGA", "--loop", "--seconds", "0.05"], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
