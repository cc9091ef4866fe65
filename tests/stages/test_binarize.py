"""binarize: bit by bit against the rule in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.planes import dark, pyramid, unpacked

from qrcore._core import stages

BIAS = 3


def bits_of(picture: np.ndarray, level: int, window: int, **options: object) -> np.ndarray:
    got = stages.binarize(picture, level, window, **{"bias": BIAS, **options})
    assert got["status"] == "ok"
    bits = unpacked(got["words"], got["width"], got["height"])
    assert not bits[:, got["width"] :].any()  # the padding of each row
    return bits[:, : got["width"]]


def picture_of(seed: int, height: int, width: int) -> np.ndarray:
    """Noise on patches and a slope of light, so that pixels lie near their limit everywhere."""
    random = np.random.default_rng(seed)
    patches = random.integers(0, 200, (height // 5 + 1, width // 7 + 1)).repeat(5, 0).repeat(7, 1)[:height, :width]
    slope = np.linspace(0, 50, width)
    return np.clip(patches * random.random() + slope + random.normal(0, 12, (height, width)), 0, 255).astype(np.uint8)


@given(st.integers(0, 2**32 - 1), st.integers(4, 140), st.integers(4, 140), st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_a_pixel_is_dark_below_the_smoothed_mean_around(seed: int, height: int, width: int, window: int) -> None:
    picture = picture_of(seed, height, width)
    assert np.array_equal(bits_of(picture, 0, window), dark(picture, window, BIAS))


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("shape", [(97, 131), (64, 128), (255, 70)])
def test_coarser_levels_follow_the_same_rule(level: int, shape: tuple[int, int]) -> None:
    picture = picture_of(level, *shape)
    assert np.array_equal(bits_of(picture, level, 2), dark(pyramid(picture)[level], 2, BIAS))


@pytest.mark.parametrize("target", stages.kernel_names())
def test_every_target_gives_the_same_bits(target: str) -> None:
    picture = picture_of(3, 131, 259)
    assert np.array_equal(bits_of(picture, 0, 3, kernels=target), dark(picture, 3, BIAS))


def test_flat_areas_are_light_and_the_bias_says_how_flat() -> None:
    flat = np.full((60, 60), 90, np.uint8)
    assert not bits_of(flat, 0, 2).any()
    shallow = flat.copy()
    shallow[28:32, 28:32] -= 8
    for bias in (0, 3, 6, 20):
        bits = bits_of(shallow, 0, 2, bias=bias)
        assert np.array_equal(bits, dark(shallow, 2, bias))
        assert bits.any() == (bias < 6)


def test_black_pictures_are_light_since_nothing_is_below_zero() -> None:
    assert not bits_of(np.zeros((40, 40), np.uint8), 0, 2).any()


def test_the_budget_ends_it() -> None:
    assert stages.binarize(picture_of(1, 80, 80), 0, 2, work_units=10)["status"] == "budget"
