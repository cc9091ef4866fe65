"""verify: the affine fit finds the frame of a pattern that was drawn, and refuses what is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.rings import root
from reference.scenes import Seen, code, draw_finder, inverted

from qrcore._core import stages, tunable_defaults

DEFAULTS = tunable_defaults()
QUARTER = np.array([[0, -1], [1, 0]])


def matrix_of(frame: dict[str, Any]) -> np.ndarray:
    return np.array([frame["u"], frame["v"]]).T


def frame_of(matrix: np.ndarray, centre: Any) -> dict[str, Any]:
    return {"centre": tuple(centre), "u": tuple(matrix[:, 0]), "v": tuple(matrix[:, 1])}


def rough(frame: dict[str, Any], random: np.random.Generator, **fields: Any) -> dict[str, Any]:
    """A seed as rings give it: the shape without the turn, a little off in place and size."""
    matrix = matrix_of(frame)
    off = matrix @ random.uniform(-0.3, 0.3, 2)
    return {**frame_of(root(matrix @ matrix.T) * random.uniform(0.93, 1.07), frame["centre"] + off), **fields}


def random_frame(module: float, random: np.random.Generator) -> tuple[dict[str, Any], int]:
    """A turned, stretched and slanted square, and the side of a picture that holds it."""
    turn, stretch = np.radians(random.uniform(0, 360)), random.uniform(1, 1.3)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = module * rotation @ [[stretch, random.uniform(-0.3, 0.3)], [0, 1 / stretch]]
    half = int(6 * module * stretch) + 8
    return frame_of(matrix, half + random.uniform(-0.5, 0.5, 2)), 2 * half


def noisy(picture: np.ndarray, sigma: float, random: np.random.Generator) -> np.ndarray:
    return np.clip(picture + random.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)


def verify(picture: np.ndarray, seeds: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    got = stages.verify_finders(picture, seeds, **options)
    assert got["status"] == "ok"
    return list(got["finders"])


def check(found: dict[str, Any], truth: dict[str, Any], centre: float, frame: float) -> None:
    """Within so many modules at the centre, and as a share of the axes up to quarter turns."""
    matrix = matrix_of(truth)
    off = np.linalg.solve(matrix, np.subtract(found["centre"], truth["centre"]))
    assert np.linalg.norm(off) < centre
    turned = [np.linalg.solve(matrix, matrix_of(found) @ np.linalg.matrix_power(QUARTER, k)) for k in range(4)]
    assert min(np.abs(each - np.eye(2)).max() for each in turned) < frame


# module, noise in gray levels of 190 -> error of the centre in modules and of the axes as a share
TOLERANCES = [
    (1.3, 0, 0.12, 0.08), (2, 0, 0.05, 0.03), (3, 0, 0.05, 0.03), (5, 0, 0.08, 0.05), (9, 0, 0.1, 0.05),
    (1.3, 25, 0.25, 0.1), (2, 25, 0.1, 0.06), (3, 25, 0.1, 0.06), (5, 25, 0.1, 0.06), (9, 25, 0.1, 0.06),
    (2, 40, 0.12, 0.08), (5, 40, 0.12, 0.08),
]  # fmt: skip


@pytest.mark.parametrize(("module", "noise", "centre", "axes"), TOLERANCES)
def test_the_frame_of_a_pattern_is_recovered(module: float, noise: float, centre: float, axes: float) -> None:
    random = np.random.default_rng([int(10 * module), int(noise)])
    for _ in range(6):
        truth, side = random_frame(module, random)
        picture = noisy(draw_finder(truth, side, side), noise, random)
        (found,) = verify(picture, [rough(truth, random)])
        check(found, truth, centre, axes)
        assert found["ncc"] > 0.75
        assert not found["inverted"]
        assert not found["round"]


def test_light_patterns_are_fitted_where_the_seed_says_so() -> None:
    random = np.random.default_rng(5)
    truth, side = random_frame(4, random)
    picture = 255 - draw_finder(truth, side, side)
    seed = rough(truth, random)
    assert verify(picture, [seed]) == []
    (found,) = verify(picture, [{**seed, "inverted": True}])
    assert found["inverted"]
    check(found, truth, 0.08, 0.05)


def test_contrast_and_light_do_not_matter() -> None:
    random = np.random.default_rng(6)
    truth, side = random_frame(4, random)
    for dark, light in ((0, 255), (100, 130), (240, 255), (0, 12)):
        (found,) = verify(draw_finder(truth, side, side, dark=dark, light=light), [rough(truth, random)])
        check(found, truth, 0.1, 0.06)


@pytest.mark.parametrize("module", [2, 3, 5, 9])
def test_round_patterns_say_so(module: float) -> None:
    for turn in (0, 20, 45):
        angle = np.radians(turn)
        matrix = module * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        half = 6 * module + 8
        truth = frame_of(matrix, (half, half))
        for is_round in (False, True):
            picture = draw_finder(truth, 2 * half, 2 * half, round_rings=is_round)
            (found,) = verify(picture, [truth])
            assert found["round"] == is_round
            assert found["centre"] == pytest.approx((half, half), abs=0.1 * module)


def test_chords_of_a_turned_pattern_lead_to_it() -> None:
    """Run lengths along a row and a column are up to 1.41 modules each."""
    for turn in (0, 10, 20, 40, 45):
        angle = np.radians(turn)
        matrix = 5 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        truth = frame_of(matrix, (45, 45))
        chord = 5 / max(np.cos(angle), np.sin(angle))
        seed = {"centre": (45, 45), "u": (chord, 0), "v": (0, chord), "chord": True}
        (found,) = verify(draw_finder(truth, 90, 90), [seed])
        check(found, truth, 0.08, 0.05)


def not_finders() -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    y, x = np.mgrid[:160, :160]
    blank = np.full((160, 160), 200, np.uint8)
    disc = np.where(np.hypot(x - 80, y - 80) < 25, 30, 200).astype(np.uint8)
    square = np.where(np.maximum(abs(x - 80), abs(y - 80)) < 25, 30, 200).astype(np.uint8)
    return {
        "blank": blank,
        "noise": random.integers(0, 256, (160, 160), np.uint8),
        "coarse noise": random.integers(0, 2, (40, 40), np.uint8).repeat(4, 0).repeat(4, 1) * 200,
        "stripes": ((x // 4 % 2) * 200).astype(np.uint8),
        "checkers": ((x // 5 + y // 5) % 2 * 200).astype(np.uint8),
        "slope": x.astype(np.uint8),
        "disc": disc,
        "square": square,
        "edge": np.where(x < 80, 30, 200).astype(np.uint8),
        "cross": np.where((abs(x - 80) < 6) | (abs(y - 80) < 6), 30, 200).astype(np.uint8),
    }


@pytest.mark.parametrize(("name", "picture"), not_finders().items())
def test_what_is_no_finder_is_refused(name: str, picture: np.ndarray) -> None:
    random = np.random.default_rng(4)
    places = 80 + random.uniform(-30, 30, (60, 2))
    seeds = [frame_of(np.eye(2) * random.uniform(1.5, 8), place) for place in places]
    seeds += [frame_of(np.eye(2) * size, (80, 80)) for size in (2, 3, 4, 5, 6, 7, 8)]
    assert verify(picture, seeds, tunables={"verify.fits_on_trial": 1000}) == []


def test_a_pattern_of_one_correlation_is_found_below_it_and_refused_above() -> None:
    random = np.random.default_rng(8)
    truth, side = random_frame(4, random)
    picture = noisy(draw_finder(truth, side, side, dark=100, light=160), 40, random)
    seed = rough(truth, random)
    (found,) = verify(picture, [seed])
    ncc = found["ncc"]
    assert DEFAULTS["verify.least_ncc"] <= ncc < 0.99
    assert verify(picture, [seed], tunables={"verify.least_ncc": ncc - 0.01}) != []
    assert verify(picture, [seed], tunables={"verify.least_ncc": ncc + 0.01}) == []
    implied = {**seed, "implied": True}
    assert verify(picture, [implied], tunables={"verify.least_ncc": ncc + 0.01}) != []


def test_many_seeds_of_one_pattern_give_one_finder() -> None:
    random = np.random.default_rng(9)
    truth, side = random_frame(5, random)
    picture = draw_finder(truth, side, side)
    assert len(verify(picture, [rough(truth, random) for _ in range(20)])) == 1


def test_the_best_look_is_fitted_first_and_weak_ones_are_given_up() -> None:
    random = np.random.default_rng(10)
    texture = random.integers(0, 2, (60, 60), np.uint8).repeat(4, 0).repeat(4, 1) * 200
    truth = frame_of(np.eye(2) * 4.0, (120, 120))
    texture[100:140, 100:140] = draw_finder(frame_of(np.eye(2) * 4.0, (20, 20)), 40, 40)
    seeds = [frame_of(np.eye(2) * 4, place) for place in random.uniform(20, 90, (150, 2))]
    every_look = {"verify.least_look": -1.0, "verify.least_first_look": -1.0}
    trial = {"verify.fits_on_trial": 4.0, "verify.least_strong": 0.5, "verify.strong_ncc": 0.9}
    for seeds_in_order in ([*seeds, truth], [truth, *seeds]):
        found = verify(texture, seeds_in_order, tunables={**every_look, **trial})
        assert found[0]["centre"] == pytest.approx(truth["centre"], abs=0.4)

    def work(fits: float) -> int:
        tunables = {**every_look, **trial, "verify.fits_on_trial": fits}
        enough = (
            units
            for units in range(100, 10**6, 100)
            if stages.verify_finders(texture, seeds, work_units=units, tunables=tunables)["status"] == "ok"
        )
        return next(enough)

    assert work(1000) > 1.5 * work(4)


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize(
    "scene",
    [{"rotation": 17}, {"module_px": 2.2, "rotation": 70}, {"tilt": 45, "module_px": 8, "rotation": 130}],
    ids=str,
)
def test_finders_of_rendered_codes_are_measured(scene: dict[str, Any], light: bool) -> None:
    made = code("verify", version=3)
    seen, random = Seen(inverted(made) if light else made, **scene), np.random.default_rng(11)
    truth = seen.finders()
    found = verify(seen.picture, [rough(each, random, inverted=light) for each in truth])
    assert len(found) == 3
    for each in truth:
        nearest = min(found, key=lambda f, each=each: np.hypot(*np.subtract(f["centre"], each["centre"])))
        check(nearest, each, 0.12, 0.08)


def test_the_budget_ends_it() -> None:
    random = np.random.default_rng(12)
    truth, side = random_frame(5, random)
    picture = draw_finder(truth, side, side)
    got = stages.verify_finders(picture, [rough(truth, random)], work_units=6)
    assert got["status"] == "budget"
