"""refine: the grid of a bent code comes to lie on its modules, without knowing the bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.scenes import Seen, code, errors, inverted

from qrcore._core import stages

LETTERS = list("abcdefghijklmnopqrstuvwxyz0123456789")
LENGTH = {2: 25, 4: 70, 8: 180, 14: 430}


def made(version: int) -> Any:
    text = "".join(np.random.default_rng(version).choice(LETTERS, LENGTH[version]))
    return code(text, version=version, error="L")


def refined(seen: Seen, grid: dict[str, Any], **options: Any) -> dict[str, Any]:
    got = stages.refine(seen.picture, seen.candidate(), grid, **options)
    assert got["status"] == "ok"
    return dict(got["grid"])


def first_grid(seen: Seen) -> dict[str, Any]:
    return dict(stages.make_grid(seen.picture, seen.candidate(), seen.version)["grid"])


def arc(version: int, degrees: float) -> float:
    """The radius of a bottle on which a code of this version spans an arc."""
    return (17 + 4 * version) / np.radians(degrees)


BENT: list[tuple[int, dict[str, Any]]] = [
    (2, {"bend": arc(2, 60)}),
    (4, {"bend": arc(4, 60), "bend_axis": 10}),
    (8, {"bend": arc(8, 60), "bend_axis": 0}),
    (14, {"bend": arc(14, 60)}),
    (8, {"bend": -arc(8, 80), "tilt": 20}),
    (8, {"wave": 0.7, "seed": 1}),
    (8, {"wave": 0.7, "seed": 2}),
    (14, {"wave": 1.0, "seed": 2}),
]


@pytest.mark.parametrize("clue", ["edges", "eyes"])
@pytest.mark.parametrize(("version", "scene"), BENT, ids=str)
def test_the_grid_bends_to_the_code(version: int, scene: dict[str, Any], clue: str) -> None:
    seen = Seen(made(version), module_px=5, rotation=20, **scene)
    start = first_grid(seen)
    before, after = errors(seen, start), errors(seen, refined(seen, start, clue=clue))
    assert before.max() > 0.45  # on the wrong module here and there
    assert after.mean() < (0.1 if clue == "edges" else 0.2)
    assert np.quantile(after, 0.9) < 0.2
    assert after.mean() < 0.7 * before.mean()


def test_light_codes_bend_alike() -> None:
    seen = Seen(inverted(made(8)), module_px=5, bend=arc(8, 60))
    assert errors(seen, refined(seen, first_grid(seen))).mean() < 0.1


@pytest.mark.parametrize("clue", ["edges", "eyes"])
@pytest.mark.parametrize("scene", [{}, {"rotation": 33}, {"tilt": 35, "tilt_axis": 50}], ids=str)
def test_a_flat_code_stays_flat(scene: dict[str, Any], clue: str) -> None:
    seen = Seen(made(4), module_px=5, **scene)
    off = errors(seen, refined(seen, seen.grid(), clue=clue))
    assert off.mean() < 0.12
    assert off.max() < 0.4


def test_a_grid_that_is_off_by_a_third_of_a_module_is_pulled_back() -> None:
    seen = Seen(made(4), module_px=6, rotation=12)
    grid = seen.grid()
    numbers = list(grid["homography"])
    du, dv = np.subtract(seen.places([[1, 0], [0, 1]]), seen.places([0, 0]))
    numbers[2], numbers[5] = numbers[2:6:3] + 0.33 * du - 0.25 * dv
    off = {**grid, "homography": numbers}
    assert errors(seen, off).mean() > 0.4
    assert errors(seen, refined(seen, off)).mean() < 0.12


def test_soft_meshes_follow_sharper_folds() -> None:
    seen = Seen(made(8), module_px=5, folds=3, fold_angle=40, seed=3)
    start = first_grid(seen)
    assert errors(seen, refined(seen, start, soft=True)).mean() < 0.5 * errors(seen, start).mean()
    stiff = refined(seen, start, tunables={"refine.stiffness": 100.0})
    assert errors(seen, refined(seen, start)).mean() < errors(seen, stiff).mean()


def test_a_place_without_anything_to_see_follows_its_surroundings() -> None:
    seen = Seen(made(8), module_px=5, bend=arc(8, 50))
    start = first_grid(seen)
    picture = seen.picture.copy()
    x, y = seen.places((24.5, 33)).astype(int)
    picture[y - 22 : y + 22, x - 22 : x + 22] = 128
    got = stages.refine(picture, seen.candidate(), start)
    off = errors(seen, got["grid"])
    assert off.mean() < 0.12
    assert off[29:38, 20:29].max() < 0.6


def test_an_implied_finder_does_not_hold_the_grid() -> None:
    seen = Seen(made(2), module_px=6)
    candidate = seen.candidate()
    moved = candidate["finders"][2]
    moved["centre"] = tuple(np.add(moved["centre"], 0.6 * np.array(moved["v"])))
    off = {}
    for implied in ((), (2,)):
        got = stages.refine(seen.picture, {**candidate, "implied": implied}, seen.grid())
        off[implied] = errors(seen, got["grid"])[-8:, :8].mean()
    assert off[2,] < 0.1
    assert off[2,] < 0.5 * off[()]


def test_the_budget_ends_it() -> None:
    seen = Seen(made(2))
    got = stages.refine(seen.picture, seen.candidate(), seen.grid(), work_units=100)
    assert got["status"] == "budget"
