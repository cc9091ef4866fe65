"""pairs: where two finders of a symbol imply the third."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from reference.scenes import Seen, code, turned

from qrcore._core import stages, tunable_defaults

DEFAULTS = tunable_defaults()
ROLES = ("top-left", "top-right", "bottom-left")


def imply(finders: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    got = stages.imply_finders(finders, **options)
    assert got["status"] == "ok"
    return list(got["seeds"])


@pytest.mark.parametrize("missing", range(3), ids=ROLES)
@pytest.mark.parametrize(
    "scene",
    [{"rotation": 0}, {"rotation": 33}, {"rotation": 260}, {"tilt": 30, "tilt_axis": 40}, {"tilt": 20, "rotation": 80}],
    ids=str,
)
@pytest.mark.parametrize("version", [1, 5, 10])
def test_the_third_place_is_among_the_seeds(version: int, scene: dict[str, Any], missing: int) -> None:
    seen = Seen(code("pairs", version=version), **scene)
    finders = seen.finders()
    third = finders.pop(missing)
    for quarters in itertools.product(range(4), repeat=2):
        pair = [turned(f, q) for f, q in zip(finders, quarters, strict=True)]
        seeds = imply(pair)
        matrix = np.array([third["u"], third["v"]]).T
        off = np.linalg.solve(matrix, (np.array([s["centre"] for s in seeds]) - third["centre"]).T)
        nearest = seeds[int(np.argmin(np.hypot(*off)))]
        assert np.hypot(*off).min() < 0.75  # seeds lie a module apart
        assert nearest["implied"]
        assert not nearest["inverted"]
        size = np.linalg.det([nearest["u"], nearest["v"]]) / np.linalg.det(matrix)
        assert 0.6 < size < 1.6


def test_a_plane_square_is_implied_exactly() -> None:
    a = {"centre": (100.0, 80.0), "u": (3.0, 1.0), "v": (-1.0, 3.0), "ncc": 0.9}
    side = np.array((3.0, 1.0)) * 14
    down = np.array((-1.0, 3.0)) * 14
    b = {**a, "centre": tuple(a["centre"] + side)}
    c = {**a, "centre": tuple(a["centre"] + side + down)}
    alone = {"pairs.reach": 0}
    places = [s["centre"] for s in imply([a, b], tunables=alone)]
    expected = [np.array(a["centre"]) + x * side + y * down for x, y in ((0, 1), (1, 1), (0, -1), (1, -1))]
    assert sorted(map(tuple, np.round(places, 6))) == sorted(map(tuple, np.round(expected, 6)))
    places = [s["centre"] for s in imply([a, c], tunables=alone)]
    expected = [np.array(a["centre"]) + x * side + y * down for x, y in ((0, 1), (1, 0))]
    assert sorted(map(tuple, np.round(places, 6))) == sorted(map(tuple, np.round(expected, 6)))
    reach = int(DEFAULTS["pairs.reach"])
    assert len(imply([a, c])) == 2 * (2 * reach + 1) ** 2


def two(**second: Any) -> list[dict[str, Any]]:
    first = {"centre": (100.0, 80.0), "u": (3.0, 0.0), "v": (0.0, 3.0), "ncc": 0.9}
    return [first, {**first, "centre": (142.0, 80.0), **second}]


@pytest.mark.parametrize(
    "second",
    [
        {"used": True},
        {"inverted": True},
        {"ncc": DEFAULTS["pairs.least_ncc"] - 0.01},
        {"u": (9.0, 0.0), "v": (0.0, 9.0)},
        {"centre": (110.0, 80.0)},
        {"centre": (1000.0, 80.0)},
        {"centre": (142.0, 98.0)},
    ],
    ids=["used", "other colour", "weak", "larger", "too near", "too far", "between axis and diagonal"],
)
def test_finders_that_do_not_belong_together_imply_nothing(second: dict[str, Any]) -> None:
    assert imply(two())
    assert imply(two(**second)) == []


def test_light_pairs_imply_light_seeds() -> None:
    seeds = imply([{**each, "inverted": True} for each in two()])
    assert seeds
    assert all(s["inverted"] for s in seeds)


def test_the_best_pairs_come_first_and_are_kept_where_there_are_too_many() -> None:
    finders = [{**two()[0], "centre": (100.0 + 42 * k, 80.0), "ncc": 0.95 - 0.01 * k} for k in range(8)]
    best = imply(finders[:2]) + imply([finders[0], finders[2]])
    assert imply(finders, tunables={"pairs.most_pairs": 2}) == best
    backwards = imply(finders[::-1], tunables={"pairs.most_pairs": 2})
    places = [{tuple(np.round(s["centre"], 6)) for s in seeds} for seeds in (best, backwards)]
    assert places[0] == places[1]


def test_the_budget_ends_it() -> None:
    assert stages.imply_finders(two(), work_units=5)["status"] == "budget"
