"""grid: module corners of rendered codes against the renderer's own geometry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.scenes import Seen, code, errors, inverted

from qrcore._core import stages


def made(version: int) -> Any:
    return code("where they lie", version=version, error="L")


SCENES: list[dict[str, Any]] = [
    {},
    {"rotation": 30},
    {"rotation": 200, "module_px": 2.5},
    {"tilt": 30, "tilt_axis": 20},
    {"tilt": 45, "tilt_axis": 70, "rotation": 50},
    {"tilt": 60, "tilt_axis": 20, "rotation": 100, "module_px": 7},
]


@pytest.mark.parametrize("alignment", [True, False], ids=["alignment", "finders alone"])
@pytest.mark.parametrize("scene", SCENES, ids=str)
@pytest.mark.parametrize("version", [2, 5, 7, 14])
def test_module_corners_lie_where_the_renderer_put_them(version: int, scene: dict[str, Any], alignment: bool) -> None:
    seen = Seen(made(version), **{"module_px": 5, **scene})
    got = stages.make_grid(seen.picture, seen.candidate(), version, alignment=alignment)
    assert got["status"] == "ok"
    assert errors(seen, got["grid"]).mean() < 0.13
    assert errors(seen, got["grid"]).max() < 0.45
    assert got["grid"]["module"] == pytest.approx(seen.grid()["module"], rel=0.03)


@pytest.mark.parametrize("scene", SCENES[:4], ids=str)
@pytest.mark.parametrize("version", [2, 7, 20])
def test_alignment_patterns_are_found_where_they_are(version: int, scene: dict[str, Any]) -> None:
    seen = Seen(made(version), **{"module_px": 4, **scene})
    anchors = stages.make_grid(seen.picture, seen.candidate(), version)["grid"]["anchors"]
    modules = np.array([module for module, _, _ in anchors])
    assert sorted(map(tuple, modules - 0.5)) == sorted(stages.layout(version)["alignment"])
    assert seen.error([image for _, image, _ in anchors], modules).max() < 0.3
    assert min(ncc for _, _, ncc in anchors) > 0.8


def test_without_alignment_none_are_looked_for() -> None:
    seen = Seen(made(7))
    grid = stages.make_grid(seen.picture, seen.candidate(), 7, alignment=False)["grid"]
    assert grid["anchors"] == []
    assert grid["nodes"] == (0, 0)


def test_exact_finders_of_a_flat_symbol_give_the_exact_plane() -> None:
    for version in (1, 7, 40):
        seen = Seen(made(version), module_px=3, rotation=25)
        grid = stages.make_grid(seen.picture, seen.candidate(), version, alignment=False)["grid"]
        assert errors(seen, grid).max() < 1e-6


def test_alignment_patterns_leave_a_flat_symbol_flat() -> None:
    seen = Seen(made(7), module_px=5)
    assert errors(seen, stages.make_grid(seen.picture, seen.candidate(), 7)["grid"]).max() < 0.15


def test_an_alignment_pattern_holds_the_far_corner_where_the_finders_are_off() -> None:
    seen = Seen(made(5), tilt=40, tilt_axis=30, module_px=6)
    candidate = seen.candidate()
    for finder in candidate["finders"][1:]:
        finder["u"] = tuple(1.04 * np.array(finder["u"]))
    far = {}
    for alignment in (True, False):
        grid = stages.make_grid(seen.picture, candidate, 5, alignment=alignment)["grid"]
        far[alignment] = errors(seen, grid)[25:, 25:].mean()
    assert far[True] < 0.25
    assert far[True] < 0.6 * far[False]


def test_light_symbols_have_light_alignment_patterns() -> None:
    seen = Seen(inverted(made(7)), rotation=15)
    grid = stages.make_grid(seen.picture, seen.candidate(), 7)["grid"]
    assert len(grid["anchors"]) == 6
    assert errors(seen, grid).max() < 0.35
    wrong = stages.make_grid(seen.picture, seen.candidate(inverted=False), 7)["grid"]
    assert len(wrong["anchors"]) < 3


def test_alignment_patterns_that_are_covered_are_left_out() -> None:
    seen = Seen(made(7), module_px=5)
    picture = seen.picture.copy()
    for at in ((22.5, 22.5), (38.5, 22.5)):
        x, y = seen.places(at).astype(int)
        picture[y - 18 : y + 18, x - 18 : x + 18] = 200
    grid = stages.make_grid(picture, seen.candidate(), 7)["grid"]
    found = [module for module, _, _ in grid["anchors"]]
    assert (22.5, 22.5) not in found
    assert (38.5, 22.5) not in found
    assert len(found) == 4
    assert errors(seen, grid).max() < 0.35


def test_from_version_7_on_the_mesh_takes_up_a_bend() -> None:
    seen = Seen(made(14), module_px=5, bend=90)
    got = {a: stages.make_grid(seen.picture, seen.candidate(), 14, alignment=a)["grid"] for a in (True, False)}
    assert got[True]["nodes"][0] > 3
    bent, plane = (errors(seen, got[a]) for a in (True, False))
    assert bent.mean() < 0.15
    assert bent.mean() < 0.5 * plane.mean()


@pytest.mark.parametrize("wrong", ["a line", "crossed"])
def test_finders_that_hold_no_plane_are_refused(wrong: str) -> None:
    seen = Seen(made(2))
    candidate = seen.candidate()
    a, b, c = candidate["finders"]
    quad = list(candidate["outline"])
    if wrong == "a line":
        thin = {**a, "v": a["u"]}
        candidate.update(finders=[thin, thin, thin], outline=[quad[0], quad[1], quad[1], quad[0]])
    else:
        candidate.update(finders=[a, c, b], outline=[quad[0], quad[3], quad[2], quad[1]])
    assert stages.make_grid(seen.picture, candidate, 2)["status"] == "grid"


def test_the_budget_ends_it() -> None:
    seen = Seen(made(7))
    assert stages.make_grid(seen.picture, seen.candidate(), 7, work_units=20)["status"] == "budget"
