"""detail: every code is inside, even light and quiet noise are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.scenes import Seen, code, inverted

from qrcore._core import stages

CELL, LEAST = 8, 4


def rows(picture: np.ndarray, least_change: int = LEAST) -> list[tuple[int, int]]:
    got = stages.find_detail(picture, least_change)
    assert got["status"] == "ok"
    return list(got["rows"])


def covered(picture: np.ndarray) -> np.ndarray:
    """The pixels that are looked at."""
    mask = np.zeros(picture.shape, bool)
    for y, (begin, end) in enumerate(rows(picture)):
        mask[CELL * y : CELL * (y + 1), CELL * begin : CELL * end] = True
    return mask


@pytest.mark.parametrize("value", [0, 100, 255])
def test_one_value_has_no_detail(value: int) -> None:
    assert not covered(np.full((480, 640), value, np.uint8)).any()


@pytest.mark.parametrize("angle", range(0, 180, 15))
def test_light_that_falls_off_evenly_has_none(angle: int) -> None:
    y, x = np.mgrid[:480, :640]
    slope = np.cos(np.radians(angle)) * x / 640 + np.sin(np.radians(angle)) * y / 480
    assert not covered((120 + 100 * slope / np.abs(slope).max()).astype(np.uint8)).any()


def test_the_noise_of_a_camera_has_none() -> None:
    noise = np.random.default_rng(1).normal(128, 4, (480, 640))
    assert not covered(noise.astype(np.uint8)).any()


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("scene", [{"module_px": 1.2}, {"module_px": 3, "rotation": 33}, {"module_px": 9}], ids=str)
@pytest.mark.parametrize("contrast", [1.0, 0.1])
def test_a_code_is_covered_wherever_it_stands(scene: dict[str, Any], light: bool, contrast: float) -> None:
    made = code("detail", version=2)
    seen = Seen(inverted(made) if light else made, **scene)
    small = seen.picture.astype(float)
    small = (128 + contrast * (small - 128)).astype(np.uint8)
    random = np.random.default_rng(2)
    for _ in range(20):
        page = np.full((640, 900), small[0, 0], np.uint8)
        top, left = (
            random.integers(0, page.shape[0] - small.shape[0]),
            random.integers(0, page.shape[1] - small.shape[1]),
        )
        page[top : top + small.shape[0], left : left + small.shape[1]] = small
        mask = covered(page)
        x, y = np.round(seen.places([[1, 1], [24, 1], [24, 24], [1, 24], [12, 12]])).astype(int).T
        assert mask[np.clip(top + y, 0, len(mask) - 1), np.clip(left + x, 0, mask.shape[1] - 1)].all()


def test_zero_looks_everywhere_and_small_pictures_are_flat_or_not() -> None:
    assert rows(np.full((480, 640), 9, np.uint8), 0) == []
    small = np.full((39, 640), 9, np.uint8)
    assert not covered(small).any()
    assert rows(small) != []
    small[20, 300] = 13
    assert rows(small) == []


@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))
def test_any_small_picture_gives_ranges_inside_it(height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    for begin, end in rows(picture):
        assert end <= begin or 0 <= begin < end <= width // CELL
