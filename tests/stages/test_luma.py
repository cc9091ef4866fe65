"""luma: from the caller's pixels to one plane and its halves, against the formulas written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reference.planes import plane, pyramid

from qrcore._core import stages

VIEWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "dense": lambda a: a,
    "bottom up": lambda a: a[::-1],
    "right to left": lambda a: a[:, ::-1],
    "both ways back": lambda a: a[::-1, ::-1],
    "every other row": lambda a: a[::2],
    "every third column": lambda a: a[:, ::3],
    "inside of a larger one": lambda a: a[3:-2, 1:-4],
    "column by column": lambda a: np.asarray(a, order="F"),
    "turned": lambda a: a.swapaxes(0, 1),
    "one row again and again": lambda a: np.broadcast_to(a[5], a.shape),
    "one pixel again and again": lambda a: np.broadcast_to(a[5, 5], a.shape),
}


def random_picture(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape) + shape[-1]).integers(0, 256, shape, np.uint8)


def check(picture: np.ndarray, channel: str = "luma", **options: Any) -> None:
    got = stages.luma(picture, channel, **options)
    expected = pyramid(plane(picture, channel))
    assert got["status"] == "ok"
    assert [(width, height) for width, height, _ in got["planes"]] == [level.shape[::-1] for level in expected]
    for (_, _, pixels), level in zip(got["planes"], expected, strict=True):
        assert pixels == level.astype(np.uint8).tobytes()


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)], ids=["gray", "gray1", "rgb", "rgba"])
@pytest.mark.parametrize("view", VIEWS)
def test_any_strides_give_the_same_plane_as_the_dense_array(view: str, channels: tuple[int, ...]) -> None:
    check(VIEWS[view](random_picture(47, 71, *channels)))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("channel", ["red", "blue"])
def test_red_and_blue_are_planes_of_their_own_on_white(channel: str, channels: int) -> None:
    check(random_picture(19, 33, channels), channel)
    check(random_picture(19, 33, channels)[::-1, ::2], channel)


def test_channels_may_lie_in_any_order_and_apart() -> None:
    picture = random_picture(21, 40, 4)
    check(picture[..., 2::-1])
    check(np.moveaxis(random_picture(3, 21, 40), 0, 2))
    check(picture[..., ::2][..., :1])


def test_gray_pictures_have_only_luma() -> None:
    picture = random_picture(12, 13)
    assert stages.luma(picture, "red") == stages.luma(picture, "luma")


@pytest.mark.parametrize("target", stages.kernel_names())
@pytest.mark.parametrize("shape", [(64, 129, 3), (65, 128, 4), (33, 31)])
def test_every_target_gives_the_same_bytes(target: str, shape: tuple[int, ...]) -> None:
    check(random_picture(*shape), kernels=target)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2), (3, 5), (7, 640), (5000, 4), (1025, 1027)])
def test_the_pyramid_ends_where_nothing_is_left_to_halve(shape: tuple[int, int]) -> None:
    check(random_picture(*shape))


def test_the_budget_ends_it() -> None:
    assert stages.luma(random_picture(40, 40, 3), work_units=5)["status"] == "budget"
