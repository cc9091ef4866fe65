"""The aarch64 wheel under qemu-user: the stage tests pass there, and pictures give what they give here."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import segno
from pictures import Pixels, code, draw, noise

from benches.render import render
from benches.synth import CAUSES

pytestmark = pytest.mark.deep
TESTS = Path(__file__).resolve().parents[1]
Run = Callable[..., str]
Found = list[dict[str, Any]]


def passes(arm_python: Run, *tests: str) -> int:
    """Runs test files there and gives how many tests passed; others fail by the exit code of pytest."""
    # The profile has no deadline: the first call of anything is slow there.
    told = arm_python("-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=ci", *tests)
    return int(told.splitlines()[-1].split(" passed")[0])


def test_every_kernel_gives_the_bytes_of_the_naive_formulas(arm_python: Run) -> None:
    assert passes(arm_python, "tests/test_kernels.py") >= 11


def test_neon_and_scalar_give_the_same_results(arm_python: Run) -> None:
    assert passes(arm_python, "tests/test_equal_results.py", "-k", "simd and balanced") >= 1


def test_every_stage_agrees_with_its_reference(arm_python: Run) -> None:
    assert passes(arm_python, "tests/stages") >= 100


def results(run: Run, pictures: list[Path]) -> tuple[list[str], dict[str, Found]]:
    """The kernels there are, and what was found in each picture at each effort."""
    told = json.loads(run(TESTS / "arm" / "results.py", *pictures))
    return told["kernels"], told["found"]


def here(*arguments: str | Path) -> str:
    """Runs this Python."""
    return subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def saved(pictures: dict[str, Pixels], folder: Path) -> list[Path]:
    """The pictures as files."""
    for name, pixels in pictures.items():
        PIL.Image.fromarray(pixels).save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in pictures]


def texts(found: Found) -> list[str]:
    return [each["text"] for each in found if each["status"] == "Status.ok"]


def same(arm_python: Run, pictures: list[Path]) -> dict[str, Found]:
    """What is found in the pictures, after comparing both machines."""
    kernels, there = results(arm_python, pictures)
    assert kernels == ["neon", "scalar"]
    _, expected = results(here, pictures)
    assert expected.keys() == there.keys()
    for name, symbols in expected.items():
        assert len(there[name]) == len(symbols), name
        for ours, theirs in zip(symbols, there[name], strict=True):
            np.testing.assert_allclose(theirs.pop("corners"), ours.pop("corners"), rtol=0, atol=1e-3, err_msg=name)
            assert theirs.pop("margin") == pytest.approx(ours.pop("margin"), abs=1e-6), name
            assert theirs == ours, name
    return expected


def test_the_examples_give_the_same(arm_python: Run) -> None:
    folder = TESTS.parent / "examples"
    expected = json.loads((folder / "texts.json").read_text())
    found = same(arm_python, sorted([*folder.glob("*.jpg"), *folder.glob("*.png")]))
    for name, wanted in expected.items():
        assert sorted(texts(found[f"{name}, balanced"])) == sorted(wanted)


def test_every_version_in_turn_with_level_mask_and_mode_gives_the_same(arm_python: Run, tmp_path: Path) -> None:
    contents = ("0123456789", "QR-CODE 42", "grün, и", "点茗日本")
    pictures = {}
    for version, level, mask in zip(range(1, 41), itertools.cycle("LMQHHL"), itertools.cycle(range(8)), strict=False):
        said = contents[version % 4] * (1 + version // 8)
        pictures[f"{version}{level}{mask}"] = code(said, version=version, error=level, mask=mask)
    for version, level in [("M1", None), *itertools.product(("M2", "M3"), "LM"), *itertools.product(("M4",), "LMQ")]:
        made = segno.make_micro("12345", version=version, error=level, boost_error=False)
        pictures[f"{version}{level or ''}"] = draw(made)
    found = same(arm_python, saved(pictures, tmp_path))
    for name in pictures:
        assert len(texts(found[f"{name}.png, balanced"])) == 1, name


def test_damaged_pictures_and_noise_give_the_same(arm_python: Run, tmp_path: Path) -> None:
    pictures = {
        f"{cause}-{severity}": np.asarray(render(CAUSES[cause](severity, 5)).image)
        for cause, severity in itertools.product(CAUSES, (0.3, 0.5, 0.7))
    }
    found = same(arm_python, saved({**pictures, "noise": noise(240, 320)}, tmp_path))
    failed = {each["status"] for symbols in found.values() for each in symbols} - {"Status.ok"}
    assert len(failed) >= 3  # candidates died in several ways, each the same way
