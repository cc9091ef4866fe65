"""Homographies, Cholesky and quadrilaterals against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.scenes import homography

from qrcore._core import stages

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
seeds = st.integers(0, 2**32 - 1)


def projected(numbers: np.ndarray, points: np.ndarray) -> np.ndarray:
    x = np.pad(points, ((0, 0), (0, 1)), constant_values=1) @ np.reshape(numbers, (3, 3)).T
    return x[:, :2] / x[:, 2:]


def random_plane(random: np.random.Generator) -> np.ndarray:
    """Where the unit square goes: somewhere in a picture, with perspective."""
    corners = (SQUARE + random.uniform(-0.2, 0.2, (4, 2))) * random.uniform(20, 2000) + random.uniform(-500, 500, 2)
    return np.array(homography(SQUARE, corners))


def best_plane(start: np.ndarray, to: np.ndarray, weight: np.ndarray) -> float:
    """The least weighted sum of squared distances: Gauss-Newton on the eight numbers, by differences."""
    h = np.array(stages.fit_homography(start, to, weight))[:8]
    root = np.sqrt(weight)[:, None]

    def residual(numbers: np.ndarray) -> np.ndarray:
        return np.asarray(root * (projected(np.append(numbers, 1), start) - to)).ravel()

    for _ in range(20):
        step = np.maximum(np.abs(h), 1e-4) * 1e-6
        jacobian = np.stack([(residual(h + d) - residual(h - d)) / (2 * d.max()) for d in np.diag(step)], axis=1)
        h = h - np.linalg.lstsq(jacobian, residual(h), rcond=None)[0]
    return float(np.sum(residual(h) ** 2))


@given(seeds, st.integers(4, 30))
def test_a_fit_through_exact_points_is_the_plane_itself(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    plane = random_plane(random)
    start = np.concatenate([SQUARE, random.uniform(0, 1, (n - 4, 2))])
    to = projected(plane, start)
    got = stages.fit_homography(start, to, random.uniform(0.1, 10, n))
    assert projected(got, start) == pytest.approx(to, abs=1e-6)
    assert got == pytest.approx(plane, rel=1e-5, abs=1e-5 * np.abs(plane).max())


@given(seeds)
@settings(max_examples=25)
def test_a_fit_to_noisy_points_is_nearly_the_best_there_is(seed: int) -> None:
    random = np.random.default_rng(seed)
    start = np.concatenate([SQUARE, random.uniform(0, 1, (12, 2))])
    to = projected(random_plane(random), start)
    to = to + random.normal(0, 0.003 * np.ptp(to), to.shape)
    weight = random.uniform(0.2, 5, len(to))
    got = stages.fit_homography(start, to, weight)
    error = np.sum(weight[:, None] * (projected(got, start) - to) ** 2)
    assert error <= 1.02 * best_plane(start, to, weight)


@given(seeds)
def test_a_weight_counts_like_repeated_points(seed: int) -> None:
    random = np.random.default_rng(seed)
    start = np.concatenate([SQUARE, random.uniform(0, 1, (4, 2))])
    to = projected(random_plane(random), start) + random.normal(0, 1, (8, 2))
    count = random.integers(1, 5, 8)
    once = stages.fit_homography(start, to, count.astype(float))
    often = stages.fit_homography(start.repeat(count, 0), to.repeat(count, 0), np.ones(count.sum()))
    assert once == pytest.approx(often, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    "start",
    [SQUARE[:3], np.linspace([0, 0], [5, 7], 6), np.zeros((5, 2)), np.array([[0, 0], [1, 1], [2, 2], [5, 1]], float)],
    ids=["three points", "a line", "one point", "three of four in a line"],
)
def test_points_that_hold_no_plane_give_none(start: np.ndarray) -> None:
    assert stages.fit_homography(start, start, np.ones(len(start))) is None


@given(seeds)
def test_inverse_map_and_derivative_are_those_of_the_matrix(seed: int) -> None:
    random = np.random.default_rng(seed)
    plane = random_plane(random)
    back = np.array(stages.inverse_homography(plane))
    matrix = np.linalg.inv(plane.reshape(3, 3))
    assert back.reshape(3, 3) == pytest.approx(matrix, rel=1e-8, abs=1e-9 * np.abs(matrix).max())
    point = random.uniform(0, 1, 2)
    (seen, du, dv), h = stages.map_homography(plane, point), 1e-6
    assert seen == pytest.approx(projected(plane, point[None])[0])
    for got, step in ((du, (h, 0)), (dv, (0, h))):
        ends = projected(plane, np.array([point + step, point - step]))
        assert got == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-4, abs=1e-4 * np.ptp(ends))


def test_a_flat_map_has_no_inverse() -> None:
    assert stages.inverse_homography([1, 2, 3, 2, 4, 6, 0, 0, 1]) is None
    assert stages.inverse_homography(np.zeros(9)) is None


@given(seeds, st.integers(1, 26))
def test_positive_definite_systems_are_solved(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    root = random.normal(size=(n + 3, n))
    matrix, right = root.T @ root + 0.01 * np.eye(n), random.normal(size=n)
    got = stages.solve_spd(matrix.ravel(), right)
    assert got == pytest.approx(np.linalg.solve(matrix, right), rel=1e-7, abs=1e-7)


@given(seeds, st.integers(2, 12))
def test_indefinite_systems_are_refused(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(random.normal(size=(n, n)))[0]
    for least in (-1e-6, -0.01, -1.0):
        values = np.append(least, random.uniform(0.5, 2, n - 1))
        assert stages.solve_spd((turn * values @ turn.T).ravel(), np.ones(n)) is None


@pytest.mark.parametrize("matrix", [np.zeros((3, 3)), np.ones((4, 4)), np.outer([1, 2, 4], [1, 2, 4]), [[np.nan]]])
def test_singular_systems_are_refused(matrix: np.ndarray) -> None:
    assert stages.solve_spd(np.ravel(matrix).astype(float), np.ones(len(matrix))) is None


@given(seeds)
def test_quadrilaterals_are_measured(seed: int) -> None:
    random = np.random.default_rng(seed)
    corners, point = 5 * SQUARE + random.uniform(-4, 4, (4, 2)), random.uniform(-2, 7, 2)
    x, y = corners.T
    area, convex, inside = stages.quad(corners, point)
    assert area == pytest.approx(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
    sides = np.roll(corners, -1, 0) - corners
    turns = np.sign(np.linalg.det(np.stack([sides, np.roll(sides, -1, 0)], axis=1)))
    assert convex == (abs(turns.sum()) == 4)
    if not convex:
        return
    triangles = np.abs(np.linalg.det(np.stack([corners - point, corners + sides - point], axis=1)))
    assert inside == (triangles.sum() <= abs(area) * (1 + 1e-12))
    assert stages.quad(corners[::-1], point) == (pytest.approx(-area), True, inside)
