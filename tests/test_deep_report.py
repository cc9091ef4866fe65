"""The report of the deep tests, from what pytest itself recorded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[1] / "tools" / "deep_report.py"
TESTS = """
import pytest
@pytest.mark.parametrize("form", ["csv", "a|b"])
def test_killed_and_resumed(form):
    print(f"20 kills as {form}")
def test_skipped(): pytest.skip("no server here")
def test_wrong(): assert 1 == 2, "one is not two"
"""


def test_each_test_has_a_row_with_outcome_time_and_figures(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    options = ["--junitxml=small.xml", "-o", "junit_suite_name=abc1234", "-o", "junit_logging=system-out", "-q"]
    subprocess.run([sys.executable, "-m", "pytest", "test_it.py", *options], cwd=tmp_path, capture_output=True)
    done = subprocess.run([sys.executable, TOOL, "small.xml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1  # a test failed
    lines = done.stdout.splitlines()
    assert "## small" in lines
    assert any("commit abc1234: 4 tests in" in line for line in lines)
    rows = [line.split(" | ") for line in lines if line.startswith("| `test_it`")]
    assert [row[0] for row in rows] == [
        "| `test_it`: killed and resumed [csv]",
        "| `test_it`: killed and resumed [a/b]",
        "| `test_it`: skipped",
        "| `test_it`: wrong",
    ]
    assert [row[1].partition(":")[0] for row in rows] == ["passed", "passed", "**skipped**", "**failed**"]
    assert "no server here" in rows[2][1]
    assert rows[0][3] == "20 kills as csv |"
    assert all(row[2].endswith(" s") for row in rows)
