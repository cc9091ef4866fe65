"""decide and doubt: against box sums and loops in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from grids import DATA, known, roles
from reference.planes import decided, doubted
from reference.scenes import Seen, code, inverted

from qrcore._core import stages, tunable_defaults

DEFAULTS = tunable_defaults()


def floats(data: bytes, version: int) -> np.ndarray:
    side = 17 + 4 * version
    return np.frombuffer(data, np.float32).reshape(side, side)


def uneven_lattice(version: int, seed: int) -> np.ndarray:
    """Random modules under a slope of light, with noise."""
    random = np.random.default_rng(seed)
    side = 2 * (17 + 4 * version + 4) + 1
    modules = random.integers(0, 2, (side // 2 + 1, side // 2 + 1)).repeat(2, 0).repeat(2, 1)[:side, :side]
    light = np.linspace(40, 255, side) * np.linspace(0.5, 1, side)[:, None]
    return np.clip(light * (0.3 + 0.7 * modules) + random.normal(0, 15, (side, side)), 0, 255).astype(np.float32)


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("version", [1, 2, 7, 20])
def test_values_and_levels_are_those_of_box_sums(version: int, light: bool) -> None:
    lattice, fixed = uneven_lattice(version, version), known(version)
    got = stages.decide(lattice, version, fixed.ravel(), inverted=light)
    assert got["status"] == "ok"
    expected = decided(lattice, fixed, light, DEFAULTS)
    for name, values, tolerance in zip(("llr", "black", "white"), expected, (2e-3, 0.02, 0.02), strict=True):
        assert np.abs(floats(got[name], version) - values).max() < tolerance


def test_other_radii_and_rounds_follow_the_same_rule() -> None:
    lattice, fixed = uneven_lattice(3, 1), known(3)
    for radius, rounds in ((1, 1), (5, 3), (40, 2)):
        tunables = {"decide.radius": radius, "decide.rounds": rounds}
        got = stages.decide(lattice, 3, fixed.ravel(), tunables=tunables)
        expected = decided(lattice, fixed, False, {**DEFAULTS, **tunables})
        assert np.abs(floats(got["llr"], 3) - expected[0]).max() < 2e-3


@pytest.mark.parametrize(
    "scene", [{}, {"gradient": 0.9}, {"shadow": 0.8, "shadow_blur": 2}, {"defocus": 0.4, "rotation": 20}], ids=str
)
@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
def test_the_modules_of_a_rendered_code_come_out_right(scene: dict[str, Any], light: bool) -> None:
    made = code("decide what is dark", version=4)
    seen = Seen(inverted(made) if light else made, **scene)
    lattice = np.frombuffer(stages.sample(seen.picture, seen.grid())["luma"], np.float32)
    got = stages.decide(lattice, 4, known(4).ravel(), inverted=light)
    assert np.array_equal(floats(got["llr"], 4) > 0, seen.modules)
    assert (floats(got["black"], 4) < floats(got["white"], 4)).all()


def test_known_modules_hold_the_levels_where_dirt_lies_on_them() -> None:
    lattice = uneven_lattice(5, 3)
    lattice[5:25, 5:25] = 60
    fixed = known(5)
    with_known = floats(stages.decide(lattice, 5, fixed.ravel())["llr"], 5)
    without = floats(stages.decide(lattice, 5, 0 * fixed.ravel())["llr"], 5)
    assert not np.allclose(with_known, without)
    assert np.abs(with_known - decided(lattice, fixed, False, DEFAULTS)[0]).max() < 2e-3


def test_a_picture_of_one_gray_has_no_contrast() -> None:
    side = 2 * 25 + 1
    least = DEFAULTS["decide.least_contrast"]
    for spread, status in ((0, "contrast"), (least - 0.5, "contrast"), (least + 0.5, "ok")):
        lattice = np.full((side, side), 100, np.float32)
        lattice[25, 25] += spread
        assert stages.decide(lattice, 1, known(1).ravel())["status"] == status


def test_the_budget_ends_a_decision() -> None:
    assert stages.decide(uneven_lattice(7, 1), 7, known(7).ravel(), work_units=5)["status"] == "budget"


@pytest.mark.parametrize("version", [1, 2, 7, 14])
def test_data_amid_one_colour_is_doubted(version: int) -> None:
    random = np.random.default_rng(version)
    free = roles(version) == DATA
    llr = random.normal(0, 3, free.shape)
    for _ in range(6):  # areas of one colour, some with an exception
        y, x = random.integers(0, len(llr) - 4, 2)
        area = llr[y : y + random.integers(3, 8), x : x + random.integers(3, 8)]
        area[:] = np.abs(area) * random.choice([-1, 1])
        area[random.integers(len(area)), 0] *= random.choice([-1, 1])
    llr = llr.astype(np.float32)
    got = stages.doubt(llr, version)
    assert got["status"] == "ok"
    expected = doubted(llr, free, DEFAULTS)
    assert floats(got["llr"], version) == pytest.approx(expected, rel=1e-6)
    assert (expected != llr).sum() > 10


def test_fixed_modules_and_a_chequered_symbol_are_not_doubted() -> None:
    y, x = np.mgrid[:21, :21]
    chequered = np.where((x + y) % 2 == 0, 4, -4).astype(np.float32)
    assert floats(stages.doubt(chequered, 1)["llr"], 1) == pytest.approx(chequered)
    dark = np.full((21, 21), 4, np.float32)
    doubtful = floats(stages.doubt(dark, 1)["llr"], 1) != 4
    assert np.array_equal(doubtful, roles(1) == DATA)
