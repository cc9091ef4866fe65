"""Fixtures that several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from pictures import Pixels, code

ROOT = Path(__file__).resolve().parent.parent

# A shared machine may be slow for a while.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real pictures: QRCORE_DATA, else ../shared/data beside the repository; skips without."""
    folder = Path(os.environ.get("QRCORE_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("no real pictures here; set QRCORE_DATA")
    return folder


@pytest.fixture(scope="session")
def hello() -> Pixels:
    """A picture of one code that says "hello world"."""
    picture = code("hello world")
    picture.flags.writeable = False
    return picture


@pytest.fixture(params=[pytest.param(5, id="loose"), pytest.param(1, id="exact", marks=pytest.mark.deep)])
def headroom(request: pytest.FixtureRequest) -> int:
    """What a bound on time is multiplied by. The bound itself holds where nothing else runs; a busy machine, where CPU
    time too can double, must not fail it."""
    times: int = request.param
    return times


@pytest.fixture(scope="session")
def blank() -> Pixels:
    """A picture without a code."""
    return np.full((120, 160), 255, np.uint8)
