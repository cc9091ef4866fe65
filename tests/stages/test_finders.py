"""finders: rings against flood fill, run lengths against the rule in fractions, and patterns that have to be seen."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.planes import packed
from reference.rings import rings
from reference.scenes import Seen, code, inverted

from qrcore._core import stages, tunable_defaults

DEFAULTS = tunable_defaults()
# Every component that encloses another gives a seed.
ANYTHING = {
    "finders.least_ring_ratio": 1, "finders.most_ring_ratio": 1e9, "finders.least_core_share": 0,
    "finders.most_ring_offset": 1e9, "finders.most_ring_skew": 1e9, "finders.least_ring_fill": 0,
    "finders.least_core_fill": 0,
}  # fmt: skip


def find(bits: np.ndarray, **options: Any) -> list[dict[str, Any]]:
    got = stages.find_finders(packed(bits), bits.shape[1], bits.shape[0], **options)
    assert got["status"] == "ok"
    return list(got["seeds"])


def in_order(seeds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(seeds, key=lambda s: [round(c, 6) for pair in (s["centre"], s["u"], s["v"]) for c in pair])


def check_rings(bits: np.ndarray, light_too: bool, tunables: dict[str, float]) -> int:
    got = find(bits, rings=True, inverted=light_too, tunables=tunables)
    expected = rings(bits, light_too, {**DEFAULTS, **tunables})
    assert len(got) == len(expected)
    for a, b in zip(in_order(got), in_order(expected), strict=True):
        assert [*a["centre"], *a["u"], *a["v"]] == pytest.approx([*b["centre"], *b["u"], *b["v"]], abs=1e-7)
        assert a["inverted"] == b["inverted"]
        assert not a["chord"]
    return len(expected)


def framed(inside: np.ndarray, margin: int = 1) -> np.ndarray:
    """On light ground."""
    return np.pad(inside, margin).astype(bool)


def pattern(*runs: int) -> np.ndarray:
    """Squares within each other: dark, light, dark, ... from the outside."""
    side = sum(runs) * 2 - runs[-1]
    bits = np.zeros((side, side), bool)
    start = 0
    for k, run in enumerate(runs):
        bits[start : side - start, start : side - start] = k % 2 == 0
        start += run
    return bits


def module_of(frame: dict[str, Any]) -> float:
    return float(np.sqrt(abs(np.linalg.det([frame["u"], frame["v"]]))))


def smallest(seeds: list[dict[str, Any]]) -> dict[str, Any]:
    """A pattern may be seen twice, with its outer ring and without."""
    return min(seeds, key=module_of)


# ---- Rings


@pytest.mark.parametrize("seed", range(12))
def test_components_nest_and_measure_as_a_flood_fill_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    height, width = random.integers(6, 18, 2) + np.array([0, 60 * (seed % 3 == 0)])  # over the edge of a word
    bits = framed(random.random((height, width)) < random.uniform(0.35, 0.75))
    assert check_rings(bits, True, ANYTHING) > 0


@pytest.mark.parametrize("seed", range(12))
def test_the_ring_test_is_that_of_the_moments(seed: int) -> None:
    """Rings and cores of every proportion, here and there with a bite."""
    random = np.random.default_rng([seed, 1])
    bits = np.zeros((40, 76), bool)
    for x in range(2, 60, 18):
        runs = random.integers(1, 4, 2), random.integers(1, 6)
        ring = pattern(*map(int, runs[0]), int(runs[1]))
        side = len(ring)
        bits[10 : 10 + side, x : x + side] ^= ring
    bits ^= framed(random.random((38, 74)) < 0.004)
    bits[[0, -1]] = bits[:, [0, -1]] = False
    check_rings(bits, True, {})
    check_rings(bits, False, {})


def test_the_ring_test_finds_an_ideal_pattern_without_its_outer_ring() -> None:
    bits = framed(pattern(2, 2, 6), 20)
    bitten = bits.copy()
    bitten[10:22] = True  # the surroundings are as dark as the ring
    for each in (bits, bitten):
        seed = smallest(find(each, rings=True))
        assert seed["centre"] == pytest.approx((27, 27))
        assert np.ravel([seed["u"], seed["v"]]) == pytest.approx([2, 0, 0, 2], abs=0.05)
        assert not seed["inverted"]


def test_a_square_pattern_gives_a_square_frame() -> None:
    (seed,) = find(framed(pattern(1, 1, 3), 20), rings=True)
    assert seed["u"][0] == pytest.approx(seed["v"][1], abs=1e-9)
    assert seed["u"][0] == pytest.approx(1, abs=1e-9)


def test_light_patterns_on_dark_ground_are_found_where_asked() -> None:
    bits = framed(~framed(pattern(2, 2, 6), 20))
    assert find(bits, rings=True) == []
    seed = smallest(find(bits, rings=True, inverted=True))
    assert seed["inverted"]
    assert seed["centre"] == pytest.approx((28, 28))


def test_patterns_below_the_least_module_are_left() -> None:
    bits = framed(pattern(2, 2, 6), 20)
    assert module_of(smallest(find(bits, rings=True, least_module=1.9))) == pytest.approx(2, abs=0.05)
    assert not find(bits, rings=True, least_module=2.1)
    assert find(bits, rings=True, least_module=2.9) == []
    assert len(find(bits, scan=0.5, least_module=1.9)) == 1
    assert find(bits, scan=0.5, least_module=2.2) == []


@pytest.mark.parametrize("share", [0, 0.01, 0.2, 0.5, 0.96, 1])
def test_runs_are_counted_on_every_eighth_row(share: float) -> None:
    bits = np.random.default_rng(1).random((62, 192)) < share
    words = np.pad(bits[4::8].reshape(-1, 64), ((0, 0), (1, 0)))  # each of them on light ground
    runs = (words[:, 1:] != words[:, :-1]).sum() / bits[4::8].size
    assert stages.find_finders(packed(bits), 192, 62)["runs"] == pytest.approx(runs, abs=1e-3)


def test_seeds_are_in_pixels_of_the_finest_level() -> None:
    bits = framed(pattern(2, 2, 6), 20)
    for options in ({"rings": True}, {"scan": 0.5}):
        fine, coarse = (smallest(find(bits, level=level, **options)) for level in (0, 2))
        for key in ("centre", "u", "v"):
            assert np.asarray(coarse[key]) == pytest.approx(4 * np.asarray(fine[key]))


def test_a_walk_around_a_component_is_bounded_by_its_pixels() -> None:
    """What the upper cells hold is left out: no part of the core below, around which the bits make no closed way."""
    bits = np.zeros((64, 64), bool)
    bits[8:46, 10:48] = True
    assert find(bits, rings=True)
    bits[7, 10] = True
    assert find(bits, rings=True, detail=[(0, 0), *[(0, 8)] * 7], work_units=1000) == []


@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_bitmap_with_more_than_what_is_wanted_ends(seed: int, detail: list[tuple[int, int]]) -> None:
    random = np.random.default_rng(seed)
    bits = random.random((48, 200)) < random.uniform(0.35, 0.75)
    find(bits, rings=True, inverted=True, scan=0.5, detail=detail, tunables=ANYTHING, work_units=100_000)


# ---- Run lengths


def in_proportion(runs: tuple[int, ...], scan: float) -> bool:
    """1:1:3:1:1, each within its tolerance of its share of the whole and half a pixel."""
    whole, tolerance = sum(runs), Fraction(int(256 * scan), 256)
    shares = (1, 1, 3, 1, 1)
    near = [
        abs(run - Fraction(share * whole, 7)) <= share * (tolerance * whole / 7 + Fraction(1, 2))
        for run, share in zip(runs, shares, strict=True)
    ]
    return all(near) and whole >= 7


def crossing(across: tuple[int, ...], down: tuple[int, ...]) -> np.ndarray:
    """Rectangles within each other, with these runs along the middle row and the middle column."""
    bits = np.zeros((sum(down) + 8, sum(across) + 8), bool)
    for k, dark in ((0, True), (1, False), (2, True)):
        top, left = 4 + sum(down[:k]), 4 + sum(across[:k])
        bottom, right = 4 + sum(down[: 5 - k]), 4 + sum(across[: 5 - k])
        bits[top:bottom, left:right] = dark
    return bits


@pytest.mark.parametrize("scan", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("module", [1, 2, 5, 13])
def test_five_runs_in_proportion_are_a_seed_and_no_others(module: int, scan: float) -> None:
    random = np.random.default_rng([module, int(100 * scan)])
    seen, spread = set(), 0.2 + 0.5 * scan
    for _ in range(150):
        across, down = (
            tuple(int(n) for n in np.maximum(random.normal((1, 1, 3, 1, 1), spread) * module + 0.5, 1))
            for _ in range(2)
        )
        if any(max(runs[1], runs[3]) >= runs[2] for runs in (across, down)):
            continue
        good = in_proportion(across, scan) and in_proportion(down, scan)
        seeds = find(crossing(across, down), scan=scan)
        assert bool(seeds) == good, (across, down)
        seen.add(good)
        if seeds:
            assert seeds[0]["chord"]
            assert seeds[0]["u"] == pytest.approx((sum(across) / 7, 0))
            assert seeds[0]["v"] == pytest.approx((0, sum(down) / 7))
            centre = (4 + sum(across[:2]) + across[2] / 2, 4 + sum(down[:2]) + down[2] / 2)
            assert seeds[0]["centre"] == pytest.approx(centre)
    assert seen == {True, False}


def test_the_rows_of_one_pattern_give_one_seed() -> None:
    assert len(find(framed(pattern(8, 8, 24)), scan=0.5)) == 1
    pair = np.concatenate([framed(pattern(3, 3, 9))] * 2, axis=1)
    assert len(find(pair, scan=0.5)) == 2
    assert len(find(np.concatenate([pair, pair]), scan=0.5)) == 4


def test_the_scan_may_leave_out_rows() -> None:
    bits = framed(pattern(1, 1, 3))  # the core is in rows 3, 4 and 5
    assert [bool(find(bits, scan=0.5, scan_every=n)) for n in (1, 2, 3, 4, 5, 6)] == [True] * 5 + [False]


def test_the_scan_sees_light_patterns_where_asked() -> None:
    bits = framed(~np.pad(pattern(2, 2, 6), 4))
    assert len(find(bits, scan=0.5)) < 20
    (seed,) = find(bits, scan=0.5, inverted=True)
    assert seed["inverted"]


def test_a_blank_bitmap_has_no_seeds() -> None:
    for bits in (np.zeros((30, 70), bool), np.ones((30, 70), bool), np.ones((1, 1), bool)):
        assert find(bits, rings=True, scan=0.8, inverted=True) == []


def test_the_budget_ends_it() -> None:
    bits = framed(pattern(4, 4, 12))
    got = stages.find_finders(packed(bits), *bits.shape[::-1], rings=True, scan=0.5, work_units=5)
    assert got["status"] == "budget"


# ---- Rendered codes

SCENES: list[dict[str, Any]] = [
    *({"rotation": turn} for turn in (0, 10, 22.5, 33, 45, 60, 75, 130, 215, 300)),
    *({"module_px": size} for size in (2, 2.6, 3.5, 6, 11, 19)),
    *({"tilt": tilt, "tilt_axis": 3 * tilt, "module_px": 8} for tilt in (25, 45, 60)),
    {"defocus": 0.5},
    {"gradient": 0.8, "rotation": 20},
    {"shadow": 0.7, "rotation": 50},
    {"full_well": 300, "read_noise": 4, "exposure": 0.5},
]


def seeds_of(picture: np.ndarray, level: int, **options: Any) -> list[dict[str, Any]]:
    bitmap = stages.binarize(picture, level, 2, bias=3)
    got = stages.find_finders(
        bitmap["words"], bitmap["width"], bitmap["height"], level=level, inverted=True, least_module=0.9, **options
    )
    return list(got["seeds"])


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_both_detectors_see_every_finder_of_a_rendered_code(scene: dict[str, Any], light: bool) -> None:
    made = code("finders", version=2)
    seen = Seen(inverted(made) if light else made, **scene)
    levels = (0, 1, 2) if scene.get("module_px", 6) > 5 else (0, 1)
    detectors: list[dict[str, Any]] = [{"rings": True}, {"scan": 0.8}]
    for detector in detectors:
        seeds = [seed for level in levels for seed in seeds_of(seen.picture, level, **detector)]
        for finder in seen.finders():
            module = module_of(finder)
            near = [s for s in seeds if np.hypot(*np.subtract(s["centre"], finder["centre"])) < 0.75 * module]
            assert any(s["inverted"] == light for s in near)
            assert min(abs(module_of(s) / module - 1) for s in near) < 0.35


def test_rows_of_coin_flips_give_no_small_seeds_and_rows_beside_them_do() -> None:
    random = np.random.default_rng(12)
    bits = random.integers(0, 2, (400, 640)).astype(bool)
    assert len(find(bits, scan=0.5)) > 1000
    assert len(find(bits, scan=0.5, least_in_noise=2.0)) < 300
    place = framed(pattern(2, 2, 3), 3)
    bits[100 : 100 + len(place), : len(place)] = place
    bits[100 : 100 + len(place), len(place) :] = False
    quiet = find(bits, scan=0.5, least_in_noise=9.0)
    assert any(seed["centre"] == pytest.approx((len(place) / 2, 100 + len(place) / 2), abs=1) for seed in quiet)
