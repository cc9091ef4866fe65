"""Builds wheels for other machines than this one, with plain setuptools.

    python tools/cross_wheel.py debian-aarch64                        # for this Debian's libraries
    python tools/cross_wheel.py manylinux-x86_64 manylinux-aarch64    # for any Linux of the last ten years

`debian-aarch64` needs g++-aarch64-linux-gnu. The manylinux wheels are compiled by zig, which brings a libc++ of its own
and links against glibc 2.17; the first build of a target takes it minutes. A manylinux wheel is kept only when
`auditwheel show` agrees with its tag. Headers and configuration of the aarch64 Python come from tools/arm_root.sh.

    pip install build setuptools cython auditwheel ziglang

The running Python must be 3.11 or later: its limited API makes one wheel for all of them. What else there is to build,
cibuildwheel does (pyproject.toml).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE / "build" / "arm" / "root"
PYTHON = "python3.11"  # of that root
GLIBC = "2.17"


@dataclass(frozen=True)
class Target:
    """What a wheel is built for, and with what."""

    machine: str
    platform: str  # the tag of the wheel
    compiler: tuple[str, str]  # for C and for C++


def zig(machine: str) -> Target:
    """Compiled by zig, for an old glibc."""
    compile_for = f"-target {machine}-linux-gnu.{GLIBC}"
    commands = (f"{sys.executable} -m ziglang cc {compile_for}", f"{sys.executable} -m ziglang c++ {compile_for}")
    return Target(machine, f"manylinux_{GLIBC.replace('.', '_')}_{machine}", commands)


TARGETS = {
    "debian-aarch64": Target("aarch64", "linux_aarch64", ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++")),
    "manylinux-x86_64": zig("x86_64"),
    "manylinux-aarch64": zig("aarch64"),
}


def environment(target: Target, configuration: Path) -> dict[str, str]:
    """What makes setuptools build for the target; `configuration` is an empty folder to use."""
    c, cxx = target.compiler
    python = {"_PYTHON_HOST_PLATFORM": target.platform}
    if target.machine == "aarch64":
        name = "_sysconfigdata__aarch64-linux-gnu"
        shutil.copy(ROOT / "usr" / "lib" / PYTHON / f"{name}.py", configuration)
        python |= {"_PYTHON_SYSCONFIGDATA_NAME": name, "PYTHONPATH": str(configuration)}
        # Its Python.h comes before that of the running Python, its other headers after the compiler's own.
        headers = ROOT / "usr" / "include"
        c, cxx = (f"{command} -I{headers / PYTHON} -idirafter {headers}" for command in (c, cxx))
    linkers = {"LDSHARED": f"{c} -shared", "LDCXXSHARED": f"{cxx} -shared", "LDFLAGS": "-s"}
    return {**os.environ, **python, **linkers, "CC": c, "CXX": cxx}


def build(target: Target, out: Path) -> Path:
    """The wheel."""
    for built in (HERE / "build").glob(f"lib.{target.platform}-*"):
        shutil.rmtree(built)  # it may hold modules that are no more; what was compiled stays
    with tempfile.TemporaryDirectory() as temporary:
        configuration, dist = Path(temporary, "configuration"), Path(temporary, "dist")
        configuration.mkdir()
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist, HERE]
        done = subprocess.run(command, env=environment(target, configuration), capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        (wheel,) = dist.iterdir()
        if target.platform.startswith("manylinux"):
            confirm(wheel, target.platform)
        out.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, out))


def confirm(wheel: Path, tag: str) -> None:
    """Ends with an error unless the wheel keeps what its tag promises."""
    command = [sys.executable, "-m", "auditwheel", "show", wheel]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if f'is consistent with\nthe following platform tag: "{tag}"' not in shown:
        sys.exit(f"{wheel.name} is not {tag}: {shown}")


def main() -> int:
    """Prints the path of each wheel."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("target", nargs="+", choices=TARGETS)
    parser.add_argument("--out", type=Path, default=HERE / "dist", help="folder to write to (default: dist)")
    options = parser.parse_args()
    if sys.version_info < (3, 11):
        parser.error("needs Python 3.11 or later")
    for name in options.target:
        if TARGETS[name].machine == "aarch64" and not ROOT.is_dir():
            parser.error("run tools/arm_root.sh first")
        print(build(TARGETS[name], options.out), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
