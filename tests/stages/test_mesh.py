"""mesh: the banded solution against one dense least-squares problem."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.mesh import fitted, shares

from qrcore._core import stages


def random_observations(side: int, n: int, seed: int) -> list[tuple[Any, Any, float, float]]:
    """Some lie outside, some count in one direction alone, some not at all."""
    random = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        weights = random.uniform(0, 5, 2) * (random.random(2) > 0.2)
        out.append((tuple(random.uniform(-2, side + 2, 2)), tuple(random.normal(0, 1, 2)), *map(float, weights)))
    return out


@pytest.mark.parametrize("stiffness", [0.01, 0.3, 10])
@pytest.mark.parametrize(("version", "spacing"), [(1, 4), (2, 6), (7, 6), (7, 4), (14, 5)])
def test_the_mesh_is_the_least_of_misfit_and_bending(version: int, spacing: float, stiffness: float) -> None:
    side = 17 + 4 * version
    observed = random_observations(side, 40 + 5 * version, version)
    grid = stages.fit_mesh(version, observed, stiffness=stiffness, spacing=spacing, most_nodes=16)
    assert grid is not None
    expected = fitted(grid["nodes"], grid["node_step"], observed, stiffness)
    assert np.array(grid["displacement"]) == pytest.approx(expected, abs=1e-9, rel=1e-9)


@pytest.mark.parametrize("version", [1, 2, 7, 20, 40])
def test_nodes_cover_the_symbol_about_as_far_apart_as_asked(version: int) -> None:
    side = 17 + 4 * version
    for spacing in (3.0, 6.0, 11.0):
        grid = stages.fit_mesh(version, [], stiffness=1, spacing=spacing, most_nodes=16)
        assert grid is not None
        columns, rows = grid["nodes"]
        assert columns == rows <= 16
        assert (columns - 1) * grid["node_step"] == pytest.approx(side)
        if 4 < side / spacing < 15:
            assert spacing / 1.2 < grid["node_step"] < spacing * 1.2


def test_a_linear_displacement_costs_no_bending() -> None:
    random = np.random.default_rng(1)
    slope, offset = random.normal(0, 0.05, (2, 2)), random.normal(0, 1, 2)
    at = random.uniform(0, 25, (30, 2))
    observed = [(tuple(p), tuple(slope @ p + offset), 1.0, 1.0) for p in at]
    grid = stages.fit_mesh(2, observed, stiffness=1000, spacing=4, most_nodes=16)
    assert grid is not None
    x, y = np.meshgrid(*(grid["node_step"] * np.arange(n) for n in grid["nodes"]))
    expected = np.stack([x, y], axis=2).reshape(-1, 2) @ slope.T + offset
    assert np.array(grid["displacement"]) == pytest.approx(expected, abs=1e-4)


def test_without_observations_nothing_moves() -> None:
    grid = stages.fit_mesh(3, [], stiffness=0.3, spacing=5, most_nodes=16)
    assert grid is not None
    assert not np.any(grid["displacement"])


def test_a_bent_grid_moves_points_by_the_nodes_around_them() -> None:
    random = np.random.default_rng(2)
    grid = stages.fit_mesh(7, random_observations(45, 60, 3), stiffness=0.2, spacing=6, most_nodes=16)
    assert grid is not None
    plane = [6.0, 0.5, 30, -0.4, 5.5, 20, 0.001, -0.002, 1]
    points = random.uniform(-3, 48, (50, 2))
    moved = np.array([shares(grid["nodes"], grid["node_step"], p) @ grid["displacement"] + p for p in points])
    x = np.pad(moved, ((0, 0), (0, 1)), constant_values=1) @ np.reshape(plane, (3, 3)).T
    got = stages.map_grid({**grid, "homography": plane, "module": 6}, points)
    assert np.array(got) == pytest.approx(x[:, :2] / x[:, 2:], rel=1e-9)
