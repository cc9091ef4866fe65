"""What benches/arm/run_device.sh brings back from a device, with qemu-user as the device."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from arm.conftest import BUILT, REPOSITORY, make

pytestmark = pytest.mark.deep
FRAMES = {"blank-VGA": 0, "camera-VGA": 1}  # and how many codes they hold


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with run_device.sh and what it takes to the device, with few frames."""
    make("device")
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(REPOSITORY / "benches" / "arm", root / "benches" / "arm")
    shutil.copytree(BUILT / "device", root / "build" / "arm" / "device")
    for frame in (root / "build" / "arm" / "device" / "frames").iterdir():
        if frame.stem not in FRAMES:
            frame.unlink()
    return root


def measured(checkout: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """Runs run_device.sh and gives what it wrote."""
    out = checkout / f"{arguments[0]}.json"
    settings = {"RUN": "qemu-aarch64", "OUT": str(out), "MEGAPIXELS": "0.7", "PYTHON": "false", **environment}
    command = ["sh", str(checkout / "benches" / "arm" / "run_device.sh"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **settings})
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"wrote {out}\n"
    told: dict[str, Any] = json.loads(out.read_text())
    return told


def check_rows(rows: list[dict[str, Any]], efforts: list[str]) -> None:
    """Each frame at each effort, with times that hang together."""
    assert [(row["frame"], row.get("effort", "")) for row in rows] == [(f, e) for f in FRAMES for e in efforts]
    for row in rows:
        assert row["symbols"] == FRAMES[row["frame"]]
        assert row["calls"] == 2
        assert 0 < row["least_ms"] <= row["ms"]
        assert row["cpu_ms"] > 0
        assert row["fps"] == pytest.approx(1e3 / row["ms"], rel=1e-4)


def test_this_machine(checkout: Path) -> None:
    told = measured(checkout, "here")
    assert set(told) == {"system", "date", "qrcore", "zxing-cpp"}
    assert told["zxing-cpp"] is None  # there is no Python
    assert (told["qrcore"]["reader"], told["qrcore"]["simd"], told["qrcore"]["rounds"]) == ("qrcore", "neon", 5)
    for kind in told["qrcore"]["cores"]:
        assert kind["pinned"]
        check_rows(kind["frames"], ["fast", "balanced"])


def test_zxing_cpp_does_the_same_work_where_its_module_is(checkout: Path) -> None:
    make("python")
    told = measured(checkout, "here", PYTHON=str(BUILT / "python"))
    assert told["zxing-cpp"]["version"]
    for ours, theirs in zip(told["qrcore"]["cores"], told["zxing-cpp"]["cores"], strict=True):
        assert (ours["name"], ours["cpu"]) == (theirs["name"], theirs["cpu"])
        check_rows(theirs["frames"], [""])


def test_a_board_over_ssh(checkout: Path, tmp_path: Path) -> None:
    """A stand-in for ssh runs the commands here, in the same order and with the same streams."""
    program(tmp_path / "ssh", '[ "$1" = root@board ] && shift && exec sh -c "$*"')
    told = measured(checkout, "ssh", "root@board", PATH=f"{tmp_path}:{os.environ['PATH']}", TMPDIR=str(tmp_path))
    for kind in told["qrcore"]["cores"]:
        check_rows(kind["frames"], ["fast", "balanced"])
    assert [path.name for path in tmp_path.iterdir()] == ["ssh"]  # nothing stays on the board


def test_a_phone_over_adb(checkout: Path, tmp_path: Path) -> None:
    """A stand-in for adb: shell runs here, push and pull copy."""
    folder = tmp_path / "phone"
    program(
        tmp_path / "adb",
        '[ "$ANDROID_SERIAL" = R58 ] || exit 1\n'
        'case $1 in shell) shift; exec sh -c "$*" ;; push | pull) cp -r "$2" "$3" ;; *) exit 1 ;; esac',
    )
    told = measured(checkout, "adb", "R58", PATH=f"{tmp_path}:{os.environ['PATH']}", FOLDER=str(folder))
    for kind in told["qrcore"]["cores"]:
        check_rows(kind["frames"], ["fast", "balanced"])
    assert not folder.exists()


def program(path: Path, script: str) -> None:
    """A shell script that can be run by its name."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("arguments", [[], ["bluetooth"], ["ssh"]])
def test_what_it_does_not_know_is_told_how_to_call_it(checkout: Path, arguments: list[str]) -> None:
    command = ["sh", str(checkout / "benches" / "arm" / "run_device.sh"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "run_device.sh adb [SERIAL]" in done.stderr


# ---- The program on the device, with a folder that stands for /sys


def files(root: Path, contents: dict[str, str]) -> Path:
    """A folder with these files."""
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return root


def run(bench: Path, sys_: Path) -> dict[str, Any]:
    """What the program prints of one frame on that machine."""
    frame = BUILT / "device" / "frames" / "blank-VGA.pgm"
    command = ["qemu-aarch64", bench, "device", "--sys", sys_, "--megapixels", "0.3", frame]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return told


CPUS = sorted(os.sched_getaffinity(0))
needs_two = pytest.mark.skipif(len(CPUS) < 2, reason="needs two cores")
CPU = "devices/system/cpu/cpu"


@needs_two
@pytest.mark.parametrize("file", ["cpu_capacity", "cpufreq/cpuinfo_max_freq"])
def test_the_strongest_cores_come_first_and_each_kind_is_measured(
    bench: Path, checkout: Path, tmp_path: Path, file: str
) -> None:
    capacity = {cpu: "250" if n == 0 else "1024" for n, cpu in enumerate(CPUS)}
    machine = files(tmp_path, {f"{CPU}{cpu}/{file}": value for cpu, value in capacity.items()})
    files(tmp_path, {f"{CPU}{CPUS[0]}/cpufreq/scaling_cur_freq": "1800000"})
    big, little = run(bench, machine)["cores"]
    assert (big["name"], big["cpu"], big["cpus"], big["capacity"]) == ("big", CPUS[1], len(CPUS) - 1, 1024)
    assert (little["name"], little["cpu"], little["cpus"], little["capacity"]) == ("little", CPUS[0], 1, 250)
    assert [row["megahertz"] for row in little["frames"]] == [1800, 1800]
    assert [row["megahertz"] for row in big["frames"]] == [None, None]


def test_a_machine_that_tells_nothing_has_one_kind_of_core(bench: Path, checkout: Path, tmp_path: Path) -> None:
    told = run(bench, tmp_path)
    (kind,) = told["cores"]
    assert (kind["name"], kind["cpu"], kind["cpus"]) == ("all", CPUS[0], len(CPUS))
    assert told["energy"] is kind["celsius"] is None
    assert all(row["millijoules"] is row["megahertz"] is row["celsius"] is None for row in kind["frames"])


def test_the_hottest_zone_that_makes_sense_counts(bench: Path, checkout: Path, tmp_path: Path) -> None:
    temperatures = {"thermal_zone0": "41500", "thermal_zone1": "-273000", "thermal_zone2": "47250", "cooling0": "99000"}
    machine = files(tmp_path, {f"class/thermal/{zone}/temp": value for zone, value in temperatures.items()})
    (kind,) = run(bench, machine)["cores"]
    assert kind["celsius"] == 47.25
    assert all(row["celsius"] == 47.25 for row in kind["frames"])


def test_power_of_the_battery_becomes_energy_a_frame(bench: Path, checkout: Path, tmp_path: Path) -> None:
    battery = {"current_now": "-500000", "voltage_now": "4000000"}  # 0.5 A at 4 V
    machine = files(tmp_path, {f"class/power_supply/battery/{name}": value for name, value in battery.items()})
    told = run(bench, machine)
    assert told["energy"] == "/class/power_supply/battery"
    for row in told["cores"][0]["frames"]:
        assert row["mean_ms"] >= row["least_ms"]
        assert row["millijoules"] == pytest.approx(2.0 * row["mean_ms"], rel=1e-4)


def test_a_counter_of_energy_goes_before_the_battery(bench: Path, checkout: Path, tmp_path: Path) -> None:
    machine = files(
        tmp_path,
        {
            "class/hwmon/hwmon0/temp1_input": "50000",
            "class/hwmon/hwmon1/energy1_input": "123456789",
            "class/power_supply/battery/current_now": "500000",
            "class/power_supply/battery/voltage_now": "4000000",
        },
    )
    told = run(bench, machine)
    assert told["energy"] == "/class/hwmon/hwmon1/energy1_input"
    assert all(row["millijoules"] == 0 for row in told["cores"][0]["frames"])  # it stands still


@pytest.mark.parametrize(
    "content", [b"", b"P6 2 2 255\n123456789012", b"P5 2 2 255\n123", b"P5 0 2 255\n", b"P5 2 2 65535\n"]
)
def test_a_bad_frame_is_an_error(bench: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pgm").write_bytes(content)
    done = subprocess.run(["qemu-aarch64", bench, "count", tmp_path / "bad.pgm"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "bad.pgm" in done.stderr
