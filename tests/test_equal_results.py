"""A picture gives the same results on every SIMD target, from any number of threads, and up to any work limit."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from benches.render import render
from benches.synth import CAUSES
from qrcore._core import Engine, Settings, kernel_names

SEVERITIES = (0.25, 0.5, 0.65)  # easy, hard, mostly lost
PICTURES = [(cause, severity) for cause in CAUSES for severity in SEVERITIES]
Results = list[tuple[Any, ...]]


@functools.cache
def picture(cause: str, severity: float) -> np.ndarray:
    image = render(CAUSES[cause](severity, 3)).image
    image.flags.writeable = False
    return image


def settings(**options: Any) -> Settings:
    return Settings(
        symbologies=frozenset({"qr"}), max_symbols=0, return_failures=True, max_pixels=10**8,
        **{"effort": "balanced", **options},
    )  # fmt: skip


def decode(engine: Engine, chosen: Settings, which: tuple[str, float]) -> Results:
    return list(engine.decode(picture(*which), chosen))


@functools.cache
def expected(effort: str) -> list[Results]:
    """One picture after the other, each with a fresh workspace, on the best target."""
    return [decode(Engine(), settings(effort=effort), which) for which in PICTURES]


def test_the_pictures_are_easy_and_hard() -> None:
    """Else the rest would compare nothing."""
    statuses = [{found[1] for found in results} for results in expected("balanced")]
    assert sum("ok" in each for each in statuses) >= len(CAUSES)
    assert sum("ok" not in each for each in statuses) >= 2
    assert {"correction"} <= set.union(*statuses)


@pytest.mark.parametrize("effort", ["balanced", "thorough"])
@pytest.mark.parametrize("target", kernel_names()[1:])
def test_every_simd_target_gives_the_same(target: str, effort: str) -> None:
    engine, chosen = Engine(), settings(kernels=target, effort=effort)
    for which, results in zip(PICTURES, expected(effort), strict=True):
        assert decode(engine, chosen, which) == results, which


@pytest.mark.parametrize("threads", [1, 8])
def test_any_number_of_threads_gives_the_same(threads: int) -> None:
    """Each with a workspace of its own, over pictures in another order, so that it is reused for others."""
    chosen = settings()
    order = np.random.default_rng(threads).permutation(np.tile(np.arange(len(PICTURES)), 2))

    def work(mine: list[int]) -> list[tuple[int, Results]]:
        engine = Engine()
        return [(k, decode(engine, chosen, PICTURES[k])) for k in mine]

    with ThreadPoolExecutor(threads) as pool:
        for done in pool.map(work, [order[n::threads].tolist() for n in range(threads)]):
            for k, results in done:
                assert results == expected("balanced")[k], PICTURES[k]


@pytest.mark.parametrize("cause", CAUSES)
def test_a_work_limit_stops_at_the_same_place_on_every_target(cause: str) -> None:
    """Whatever was decoded before in the same workspace."""
    which, used = (cause, 0.5), Engine()
    decode(used, settings(), PICTURES[0])
    for units in (0, 300, 1_000, 2_000, 4_000, 8_000, 16_000, 64_000):
        first = decode(Engine(), settings(work_units=units), which)
        assert decode(used, settings(work_units=units), which) == first
        for target in kernel_names():
            assert decode(used, settings(work_units=units, kernels=target), which) == first
    assert decode(used, settings(work_units=0), which) == []


def test_a_larger_work_limit_never_finds_less_in_a_clean_picture() -> None:
    texts = [
        [found[10] for found in decode(Engine(), settings(work_units=units), ("tilt", 0.25)) if found[1] == "ok"]
        for units in (0, 500, 2_000, 8_000, 32_000, 10**9)
    ]
    assert [len(each) for each in texts] == sorted(len(each) for each in texts)
    assert len(texts[0]) == 0
    assert len(texts[-1]) == 1
