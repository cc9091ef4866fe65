"""The kernels of every SIMD target against naive formulas: equal bytes at every length and alignment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qrcore._core import stages

TARGETS = stages.kernel_names()
Rows = Callable[[int], np.ndarray]


def halve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    n = len(a) // 2
    left, right = a[: 2 * n : 2] + b[: 2 * n : 2], a[1 : 2 * n : 2] + b[1 : 2 * n : 2]
    return (left + right + 2) // 4


def luma_rgb(pixels: np.ndarray) -> np.ndarray:
    red, green, blue = pixels.reshape(-1, 3).T
    return (77 * red + 150 * green + 29 * blue + 128) // 256


def luma_rgba(pixels: np.ndarray) -> np.ndarray:
    colours, alpha = pixels.reshape(-1, 4)[:, :3], pixels.reshape(-1, 4)[:, 3:]
    return luma_rgb(((colours * alpha + 255 * (255 - alpha) + 127) // 255).ravel())


def threshold(source: np.ndarray, limit: np.ndarray) -> np.ndarray:
    bits = source < limit.repeat(2)[: len(source)]
    words = -(-len(source) // 64)
    return np.packbits(np.pad(bits, (0, 64 * words - len(bits))), bitorder="little")


def between(near: np.ndarray, far: np.ndarray) -> np.ndarray:
    return (3 * near + far + 2) // 4


def widen(source: np.ndarray) -> np.ndarray:
    return np.stack([between(source[1:-1], source[:-2]), between(source[1:-1], source[2:])], 1).ravel()


def check(target: str, expected: np.ndarray, name: str, *rows: np.ndarray) -> None:
    packed = [row.astype(np.uint8).tobytes() for row in rows]
    assert stages.kernel(target, name, *packed) == expected.astype(np.uint8).tobytes()


def random_rows(seed: int, kind: str) -> Rows:
    """Rows of n values: uniform, or of the extremes alone, where sums overflow first."""
    random = np.random.default_rng(seed)

    def row(n: int) -> np.ndarray:
        return random.choice([0, 1, 127, 128, 254, 255], n) if kind == "extreme" else random.integers(0, 256, n)

    return row


lengths = st.integers(1, 300)
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["uniform", "extreme"])


@pytest.mark.parametrize("target", TARGETS)
@given(lengths, seeds, kinds)
def test_halve_is_the_rounded_mean_of_four(target: str, n: int, seed: int, kind: str) -> None:
    row = random_rows(seed, kind)
    a, b = row(n), row(n)
    check(target, halve(a, b), "halve", a, b)


@pytest.mark.parametrize("target", TARGETS)
@given(lengths, seeds, kinds)
def test_luma_weighs_the_channels_on_white(target: str, n: int, seed: int, kind: str) -> None:
    row = random_rows(seed, kind)
    rgb, rgba = row(3 * n), row(4 * n)
    check(target, luma_rgb(rgb), "luma_rgb", rgb)
    check(target, luma_rgba(rgba), "luma_rgba", rgba)


@pytest.mark.parametrize("target", TARGETS)
@given(lengths, seeds, kinds)
def test_threshold_packs_dark_pixels(target: str, n: int, seed: int, kind: str) -> None:
    row = random_rows(seed, kind)
    source, limit = row(n), row((n + 1) // 2)
    check(target, threshold(source, limit), "threshold", source, limit)


@pytest.mark.parametrize("target", TARGETS)
@given(lengths, seeds, kinds)
def test_enlarging_rounds_its_weighted_means(target: str, n: int, seed: int, kind: str) -> None:
    row = random_rows(seed, kind)
    a, b, source = row(n), row(n), row(n + 2)
    check(target, between(a, b), "between", a, b)
    check(target, widen(source), "widen", source)


@pytest.mark.parametrize("target", TARGETS)
@given(st.lists(st.integers(1, 12), min_size=5, max_size=120), st.integers(1, 300), st.integers(7, 60))
def test_cores_are_runs_of_one_to_one_to_three(target: str, runs: list[int], scale: int, least: int) -> None:
    runs = [*runs, *(scale * share for share in (1, 1, 3, 1, 1)), *runs]
    edges = np.cumsum([0, *runs], dtype=np.int32)[: 2 * ((len(runs) + 1) // 2)]
    for tolerance in (0, 128, 204):
        expected = []
        for k in range(0, len(edges) - 5, 2):
            five = np.diff(edges[k : k + 6])
            shares, whole = np.array([1, 1, 3, 1, 1]), five.sum()
            near = np.abs(7 * five - shares * whole) * 256 <= shares * (tolerance * whole + 7 * 128)
            if near.all() and five[2] > max(five[1], five[3]) and whole >= least:
                expected.append(k // 2)
        assert stages.cores(target, edges.tolist(), tolerance, least) == expected


@pytest.mark.parametrize("target", TARGETS)
def test_luma_of_gray_is_gray_and_of_nothing_white(target: str) -> None:
    grays = np.arange(256)
    check(target, grays, "luma_rgb", grays.repeat(3))
    check(target, np.full(256, 255), "luma_rgba", (grays[:, None] * np.array([1, 1, 1, 0])).ravel())
    check(target, grays, "luma_rgba", np.where(np.arange(1024) % 4 == 3, 255, grays.repeat(4)))


def test_an_unknown_target_or_kernel_is_an_error() -> None:
    for target, name in (("mmx", "halve"), ("scalar", "sharpen")):
        with pytest.raises(ValueError, match="mmx|sharpen"):
            stages.kernel(target, name, b"ab", b"cd")
