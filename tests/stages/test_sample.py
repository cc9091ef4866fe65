"""resample and sample: against bilinear interpolation in NumPy along the same grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.planes import between, bilinear, pyramid
from reference.scenes import Seen, code

from qrcore._core import stages, tunable_defaults

DEFAULTS = tunable_defaults()
CLOSE = 0.08  # gray levels: places are kept in single precision


def random_grid(version: int, module: float, seed: int, **fields: Any) -> dict[str, Any]:
    """Somewhat turned and in perspective; bent where asked."""
    random = np.random.default_rng(seed)
    turn = random.uniform(-0.4, 0.4)
    c, s = module * np.cos(turn), module * np.sin(turn)
    plane = [c, -s, 90 + random.uniform(0, 9), s, c, 40 + random.uniform(0, 9), *random.uniform(-1e-3, 2e-3, 2), 1]
    return {"version": version, "homography": plane, "module": module, **fields}


def bent(grid: dict[str, Any]) -> dict[str, Any]:
    side = 17 + 4 * grid["version"]
    moved = np.random.default_rng(7).uniform(-0.6, 0.6, (36, 2))
    return {**grid, "nodes": (6, 6), "node_step": side / 5, "displacement": moved.tolist()}


def resampled(picture: np.ndarray, grid: dict[str, Any], level: int, per_module: int, margin: int) -> np.ndarray:
    """What the stage should give."""
    steps = np.arange(-margin, 17 + 4 * grid["version"] + margin + 1)
    corners = np.stack(np.meshgrid(steps, steps), axis=2).reshape(-1, 2)
    places = np.array(stages.map_grid(grid, corners)).reshape(len(steps), len(steps), 2) / 2**level
    places = between(places, per_module)
    return bilinear(pyramid(picture)[level].astype(float), places[..., 0], places[..., 1])


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width), np.uint8)


@pytest.mark.parametrize("mesh", [False, True], ids=["plane", "bent"])
@pytest.mark.parametrize(("level", "per_module", "margin"), [(0, 2, 2), (1, 4, 1), (2, 3, 0), (0, 1, 3)])
def test_samples_lie_on_the_grid(level: int, per_module: int, margin: int, mesh: bool) -> None:
    picture, grid = noise(431, 523), random_grid(2, 9, 3)
    grid = bent(grid) if mesh else grid
    got = stages.resample(picture, grid, level=level, per_module=per_module, margin=margin)
    expected = resampled(picture, grid, level, per_module, margin)
    luma = np.frombuffer(got["luma"], np.float32).reshape(got["height"], got["width"])
    assert luma.shape == expected.shape
    assert np.abs(luma - expected).max() < CLOSE


@pytest.mark.parametrize("offset", [(-120, 0), (300, 0), (0, -90), (250, 200), (-5000, 9000)])
def test_outside_the_picture_its_edge_goes_on(offset: tuple[int, int]) -> None:
    picture, grid = noise(300, 350), random_grid(1, 8, 4)
    grid["homography"][2] += offset[0]
    grid["homography"][5] += offset[1]
    got = stages.resample(picture, grid, level=0, per_module=2, margin=2)
    luma = np.frombuffer(got["luma"], np.float32).reshape(got["height"], got["width"])
    assert np.abs(luma - resampled(picture, grid, 0, 2, 2)).max() < CLOSE * (1 + max(map(abs, offset)) / 500)
    steps = np.arange(22)
    x, y = np.array(stages.map_grid(grid, np.stack(np.meshgrid(steps, steps), axis=2).reshape(-1, 2))).T
    out = (x < -4) | (y < -4) | (x > 354) | (y > 304)
    assert got["outside"] == pytest.approx(out.mean())


@pytest.mark.parametrize("module", [1.2, 2.6, 4.9, 5.1, 11, 21])
def test_a_lattice_reads_the_level_whose_pixels_are_about_a_third_of_a_module(module: float) -> None:
    picture, grid = noise(700, 800), random_grid(2, module, 5)
    level = 0
    while module / 2 ** (level + 1) >= DEFAULTS["sample.pixels_a_module"]:
        level += 1
    got = stages.sample(picture, grid)
    assert got["status"] == "ok"
    assert (got["width"], got["height"]) == (2 * (25 + 4) + 1,) * 2
    luma = np.frombuffer(got["luma"], np.float32).reshape(got["height"], got["width"])
    assert np.abs(luma - resampled(picture, grid, level, 2, 2)).max() < CLOSE


def test_odd_samples_are_the_centres_of_modules() -> None:
    seen = Seen(code("sample"), rotation=20, module_px=7)
    got = stages.sample(seen.picture, seen.grid())
    luma = np.frombuffer(got["luma"], np.float32).reshape(got["height"], got["width"])
    assert np.array_equal(luma[5:-4:2, 5:-4:2] < 128, seen.modules)
    assert (luma[1:4, 1:-1] > 200).all()  # two modules of margin


def test_a_symbol_that_lies_outside_is_refused() -> None:
    picture, grid = noise(300, 300), random_grid(2, 6, 6)
    shares = []
    for x in range(40, 400, 20):
        grid["homography"][2] = x
        got = stages.sample(picture, grid)
        outside = stages.resample(picture, grid, level=0, per_module=2, margin=2)["outside"]
        assert got["status"] == ("grid" if outside > DEFAULTS["sample.most_outside"] else "ok")
        shares.append(outside)
    assert min(shares) == 0
    assert max(shares) == 1


def test_the_budget_ends_it() -> None:
    assert stages.sample(noise(300, 300), random_grid(2, 6, 6), work_units=5)["status"] == "budget"
