"""equalize: against least squares in NumPy, and on blurred codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from grids import known
from reference.planes import equalized
from reference.scenes import Seen, code, inverted

from qrcore._core import stages, tunable_defaults

DEFAULTS = tunable_defaults()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def text(n: int) -> str:
    return "".join(np.random.default_rng(n).choice(list(LETTERS), n))


class Read:
    """A rendered code, sampled and decided."""

    def __init__(self, version: int, length: int, *, light: bool = False, **scene: Any) -> None:
        made = code(text(length), version=version, error="L")
        self.seen = Seen(inverted(made) if light else made, **scene)
        self.version, self.light = version, light
        self.lattice = np.frombuffer(stages.sample(self.seen.picture, self.seen.grid())["luma"], np.float32)
        side = 2 * (self.seen.side + 4) + 1
        self.lattice = self.lattice.reshape(side, side)
        got = stages.decide(self.lattice, version, known(version).ravel(), inverted=light)
        self.llr, self.black, self.white = (self.floats(got[name]) for name in ("llr", "black", "white"))

    def floats(self, data: bytes) -> np.ndarray:
        return np.frombuffer(data, np.float32).reshape(self.seen.side, self.seen.side)

    def equalized(self, **options: Any) -> np.ndarray:
        got = stages.equalize(
            self.lattice, self.black, self.white, self.version, known(self.version).ravel(), inverted=self.light,
            **options,
        )  # fmt: skip
        assert got["status"] == "ok"
        return self.floats(got["llr"])

    def wrong(self, llr: np.ndarray) -> int:
        return int(((llr > 0) != self.seen.modules).sum())


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize(
    ("version", "length", "scene"),
    [
        (1, 10, {"defocus": 0.4}),
        (3, 40, {"motion": 1.2, "motion_angle": 30}),
        (5, 90, {"defocus": 0.8, "gradient": 0.5}),
    ],
)
def test_values_are_those_of_least_squares(version: int, length: int, scene: dict[str, Any], light: bool) -> None:
    read = Read(version, length, light=light, full_well=2000, read_noise=5, **scene)
    expected = equalized(read.lattice, read.black, read.white, known(version), light, DEFAULTS)
    assert np.abs(read.equalized() - expected).max() < 0.02


@pytest.mark.parametrize(
    "tunables",
    [
        {"equalize.rounds": 0},
        {"equalize.rounds": 1, "equalize.ridge": 20.0},
        {"equalize.decided_weight": 0.1},
        {"equalize.most_training": 200},
    ],
    ids=str,
)
def test_rounds_ridge_weight_and_training_are_what_they_say(tunables: dict[str, float]) -> None:
    read = Read(3, 40, defocus=0.7)
    t = {**DEFAULTS, **tunables}
    expected = equalized(read.lattice, read.black, read.white, known(3), False, t)
    assert np.abs(read.equalized(tunables=tunables) - expected).max() < 0.02


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize(
    ("scene", "share"),
    [
        ({"defocus": 0.9}, 0.3),
        ({"defocus": 1.0, "rotation": 30}, 0.3),
        ({"motion": 1.8, "motion_angle": 20}, 0.3),
        ({"module_px": 1.15, "rotation": 20}, 0.7),
    ],
    ids=str,
)
def test_blur_is_undone(scene: dict[str, Any], share: float, light: bool) -> None:
    """Only a share of the wrong modules is left."""
    read = Read(4, 70, light=light, **scene)
    before = read.wrong(read.llr)
    assert before > 20
    assert read.wrong(read.equalized()) < share * before


def test_a_sharp_code_stays_right() -> None:
    read = Read(4, 70, rotation=10)
    assert read.wrong(read.llr) == 0
    assert read.wrong(read.equalized()) == 0


def test_a_strong_ridge_leaves_the_centre_of_the_module_alone() -> None:
    read = Read(2, 20, defocus=0.5)
    values = read.equalized(tunables={"equalize.ridge": 1e9})
    luma = read.lattice[5:-4:2, 5:-4:2]
    half = np.maximum((read.white - read.black) / 2, DEFAULTS["equalize.least_half_contrast"])
    plain = DEFAULTS["equalize.llr_scale"] * np.clip(((read.black + read.white) / 2 - luma) / half, -1.5, 1.5)
    assert values == pytest.approx(plain, abs=1e-3)


def test_the_budget_ends_it() -> None:
    read = Read(2, 20)
    got = stages.equalize(read.lattice, read.black, read.white, 2, known(2).ravel(), work_units=5)
    assert got["status"] == "budget"
