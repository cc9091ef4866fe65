"""Fixtures of the tests on aarch64: what benches/arm/Makefile builds, run under qemu-user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT = REPOSITORY / "build" / "arm"


def make(target: str) -> None:
    """Builds a target of benches/arm; skips where its tools are missing."""
    for tool, package in (("aarch64-linux-gnu-g++", "g++-aarch64-linux-gnu"), ("qemu-aarch64", "qemu-user")):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}: apt-get install {package}")
    command = ["make", "-j2", "-C", str(REPOSITORY / "benches" / "arm"), target, f"PYTHON={sys.executable}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def bench() -> Path:
    """The static program."""
    make("bench")
    return BUILT / "bench" / "qrcore_bench"


@pytest.fixture(scope="session")
def plugin(bench: Path) -> Path:
    """The plugin that counts instructions."""
    if "-plugin" not in subprocess.run(["qemu-aarch64", "--help"], check=True, capture_output=True, text=True).stdout:
        pytest.skip("this qemu-aarch64 takes no plugins")
    make("plugin")
    return BUILT / "bench" / "libinsns.so"


@pytest.fixture(scope="session")
def arm_python() -> Callable[..., str]:
    """Runs a Python for aarch64 that has the aarch64 wheel, and gives what it printed."""
    make("wheel")

    def run(*arguments: str | Path) -> str:
        command = [BUILT / "python", *arguments]
        paths = {"PYTHONPATH": str(BUILT / "app"), "QRCORE_SIMD": ""}
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **paths}, cwd=REPOSITORY)
        assert done.returncode == 0, (done.stdout + done.stderr)[-10_000:]
        return done.stdout

    return run
