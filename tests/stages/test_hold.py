"""hold: the plane of a symbol with one finder, against the renderer's own geometry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.small import SIZES, Small, rmqr, seen

from qrcore._core import stages
from qrcore.errors import OptionError

SCENES: list[dict[str, Any]] = [{}, {"rotation": 33}, {"tilt": 25, "tilt_axis": 50, "rotation": 70}]


@pytest.mark.parametrize("scene", SCENES, ids=str)
@pytest.mark.parametrize(("kind", "version"), SIZES)
def test_a_plane_that_lies_beside_the_symbol_is_moved_onto_it(kind: str, version: int, scene: dict[str, Any]) -> None:
    small = seen(kind, version, **scene)
    moved = np.random.default_rng(version).uniform(-0.4, 0.4, 8)
    start = small.plane(*moved)
    got = stages.hold(small.picture, kind, version, start)
    assert got["status"] == "ok"
    error, before = small.errors(got["homography"]), small.errors(start)
    # A module that is sharp and upright looks the same wherever in it one looks: nothing pulls to its middle.
    assert error.max() < 0.6
    assert error.mean() < (0.18 if scene else 0.32)
    assert error.mean() <= before.mean() + 1e-6


@pytest.mark.parametrize(("kind", "version"), SIZES)
def test_the_right_plane_stays(kind: str, version: int) -> None:
    small = seen(kind, version, rotation=12)
    got = stages.hold(small.picture, kind, version, small.plane())
    assert small.errors(got["homography"]).max() < 0.3


@pytest.mark.parametrize("version", [11, 17, 32])
def test_perspective_along_a_long_symbol_is_followed_from_the_finder(version: int) -> None:
    small = seen("rmqr", version, tilt=25, tilt_axis=90, module_px=6)
    best = stages.find_lone(small.picture, [small.finder()], "rmqr")["candidates"][0]
    start = stages.plane_of(best["finders"][0], best["tilt"])
    got = stages.hold(small.picture, "rmqr", version, start)
    assert got["status"] == "ok"
    assert small.errors(got["homography"]).max() < min(0.4, small.errors(start).max())


def test_what_the_picture_cuts_off_of_the_quiet_zone_is_light() -> None:
    whole = seen("micro_qr", 3, module_px=6)
    corner = np.floor(whole.places([[0, 0]])[0]).astype(int)
    x, y = corner + 1  # not a pixel of quiet zone above and to the left
    cut = np.ascontiguousarray(whole.picture[y:, x:])
    plane = np.array(whole.plane(*np.random.default_rng(5).uniform(-0.3, 0.3, 8))).reshape(3, 3)
    shifted = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]]) @ plane
    got = stages.hold(cut, "micro_qr", 3, tuple((shifted / shifted[2, 2]).ravel()))
    back = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]]) @ np.array(got["homography"]).reshape(3, 3)
    assert whole.errors(tuple(back.ravel())).max() < 0.35


def test_light_on_dark() -> None:
    small = Small(rmqr(12, inverted=True), rotation=20)
    got = stages.hold(small.picture, "rmqr", 12, small.plane(*np.random.default_rng(1).uniform(-0.4, 0.4, 8)))
    assert small.errors(got["homography"]).max() < 0.35


def test_a_plane_that_folds_inside_the_symbol_is_refused() -> None:
    small = seen("micro_qr", 2)
    folded = (*small.plane()[:6], -0.1, -0.1, 1.0)  # the horizon runs through the symbol
    assert stages.hold(small.picture, "micro_qr", 2, folded)["status"] == "grid"


def test_a_picture_that_shows_nothing_is_no_trouble() -> None:
    small = seen("rmqr", 5)
    blank = np.full_like(small.picture, 200)
    assert stages.hold(blank, "rmqr", 5, small.plane())["status"] in ("ok", "grid")


def test_the_budget_ends_it_and_versions_are_checked() -> None:
    small = seen("micro_qr", 2)
    assert stages.hold(small.picture, "micro_qr", 2, small.plane(), work_units=5)["status"] == "budget"
    with pytest.raises(OptionError, match="no version 5"):
        stages.hold(small.picture, "micro_qr", 5, small.plane())
