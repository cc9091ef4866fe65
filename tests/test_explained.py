"""What was read is not looked at again; what stands beside it or inside of it is."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import code

import qrcore


def put(page: np.ndarray, picture: np.ndarray, x: int, y: int) -> None:
    page[y : y + picture.shape[0], x : x + picture.shape[1]] = picture


@pytest.fixture
def page() -> np.ndarray:
    return np.full((480, 640), 255, np.uint8)


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_the_finest_pass_is_left_out_where_a_coarser_one_explained_all(page: np.ndarray, effort: str) -> None:
    put(page, code("a code that fills the middle", scale=6), 200, 120)
    seen = qrcore.trace(page, effort=effort)
    assert [s.text for s in seen.symbols] == ["a code that fills the middle"]
    assert min(b.level for b in seen.bitmaps) > 0


def test_thorough_looks_at_all_of_it(page: np.ndarray) -> None:
    put(page, code("a code that fills the middle", scale=6), 200, 120)
    assert min(b.level for b in qrcore.trace(page, effort="thorough").bitmaps) == 0


@pytest.mark.parametrize("module", [2, 3])
def test_small_codes_around_a_large_one_are_read(page: np.ndarray, module: int) -> None:
    large = code("large", scale=8)
    put(page, large, 200, 100)
    small = [code(f"small {k}", scale=module, border=2) for k in range(4)]
    side = small[0].shape[0]
    left, top, right, bottom = 200, 100, 200 + large.shape[1], 100 + large.shape[0]
    for picture, x, y in zip(
        small, (left - side, right, left, right - side), (top, bottom - side, top - side, bottom), strict=True
    ):
        put(page, picture, x, y)
    assert {s.text for s in qrcore.decode(page)} == {"large", "small 0", "small 1", "small 2", "small 3"}


@pytest.mark.parametrize("module", [1, 2, 3])
def test_a_code_printed_in_the_middle_of_another_is_read(page: np.ndarray, module: int) -> None:
    large = code("large, with something in its middle", scale=10, error="h")
    small = code("in", scale=module, error="l")
    middle = (large.shape[0] - small.shape[0]) // 2
    put(large, small, middle, middle)
    put(page, large, 50, 20)
    assert {s.text for s in qrcore.decode(page)} == {"large, with something in its middle", "in"}
