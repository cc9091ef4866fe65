"""normalize: the light is taken out of every level, against windows of NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import Pixels, code
from reference.planes import normalized, plane, pyramid

from qrcore._core import stages, tunable_defaults

DEFAULTS = tunable_defaults()


def levels(picture: np.ndarray, radius: int = 8, tunables: dict[str, float] | None = None) -> list[Pixels]:
    got = stages.normalize(picture, radius, tunables=tunables)
    assert got["status"] == "ok"
    return [np.frombuffer(pixels, np.uint8).reshape(height, width) for width, height, pixels in got["planes"]]


@pytest.mark.parametrize("radius", [1, 4, 8, 90])
@pytest.mark.parametrize("shape", [(47, 71), (64, 33, 3), (9, 130), (300, 5), (1, 1), (2, 40)])
def test_every_level_is_what_its_windows_say(shape: tuple[int, ...], radius: int) -> None:
    picture = np.random.default_rng(shape[0]).integers(0, 256, shape, np.uint8)
    picture[: shape[0] // 2] //= 4
    expected = pyramid(plane(picture, "luma"))
    got = levels(picture, radius)
    assert len(got) == len(expected)
    for level, wanted in zip(got, expected, strict=True):
        assert np.abs(level - normalized(wanted, radius, DEFAULTS)).max() < 0.51


def test_levels_finer_than_asked_stay_as_they_are() -> None:
    picture = np.random.default_rng(4).integers(0, 256, (60, 80), np.uint8)
    got = stages.normalize(picture, 4, finest=2)["planes"]
    for k, ((_, _, pixels), level) in enumerate(zip(got, pyramid(plane(picture, "luma")), strict=True)):
        assert (pixels == level.astype(np.uint8).tobytes()) == (k < 2)


@pytest.mark.parametrize(("name", "value"), [("noise", 20), ("gain", 90)])
def test_the_thresholds_count(name: str, value: float) -> None:
    named = {f"normalize.{name}": value}
    picture = np.random.default_rng(1).integers(90, 150, (60, 80), np.uint8)
    assert np.abs(levels(picture, 4, named)[0] - normalized(picture, 4, DEFAULTS | named)).max() < 0.51


def test_the_caller_s_rows_are_left_as_they_are() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (50, 60), np.uint8)
    before = picture.copy()
    assert not np.array_equal(levels(picture)[0], picture)
    assert np.array_equal(picture, before)


def test_light_and_contrast_make_no_difference() -> None:
    pixels = code("light", scale=4).astype(float)
    y, x = np.indices(pixels.shape) / len(pixels)
    dim, veiled = 20 + 0.2 * pixels, 40 + 120 * x + 60 * y + 0.25 * pixels
    first, second = (levels(np.round(p).astype(np.uint8))[0].astype(int) for p in (dim, veiled))
    within = np.s_[30:-30, 30:-30]
    assert np.abs(first - second)[within].mean() < 8
    assert first[within].std() > 40


@pytest.mark.parametrize("value", [0, 77, 255])
def test_an_even_picture_stays_even(value: int) -> None:
    assert all((level == 128).all() for level in levels(np.full((40, 50), value, np.uint8)))


def test_the_budget_ends_it() -> None:
    assert stages.normalize(np.zeros((40, 40), np.uint8), 8, work_units=5)["status"] == "budget"
