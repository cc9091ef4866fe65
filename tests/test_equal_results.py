"""A picture gives the same results on every SIMD target, from any number of threads, and up to any work limit."""

from __future__ import annotations

import functools
import pickle
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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


OPTIONS: dict[str, Any] = {
    "symbologies": frozenset({"qr"}), "max_symbols": 0, "return_failures": True, "max_pixels": 10**8,
    "effort": "balanced",
}  # fmt: skip


def settings(**options: Any) -> Settings:
    return Settings(**{**OPTIONS, **options})


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


DECODE_ALL = """
import pickle, sys
import numpy as np
from qrcore._core import Engine, Settings, kernel_names
pictures, options = pickle.load(open(sys.argv[1], "rb"))
found = [list(Engine().decode(picture, Settings(**options))) for picture in pictures]
pickle.dump((kernel_names(), found), open(sys.argv[2], "wb"))
"""


@pytest.mark.deep
@pytest.mark.skipif(
    platform.machine() != "x86_64" or not shutil.which("qemu-x86_64"), reason="needs qemu-user on an x86-64 machine"
)
def test_a_machine_without_avx2_gives_the_same(tmp_path: Path) -> None:
    """There the loader takes the other version of what is compiled twice (ext/simd/clones.hpp)."""
    given, got = tmp_path / "given", tmp_path / "got"
    given.write_bytes(pickle.dumps(([picture(*which) for which in PICTURES], OPTIONS)))
    subprocess.run(
        ["qemu-x86_64", "-cpu", "Nehalem", sys.executable, "-c", DECODE_ALL, given, got], check=True, timeout=900
    )
    names, found = pickle.loads(got.read_bytes())
    assert names == ["sse4", "scalar"]
    assert found == expected("balanced")


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
