"""The package: what the sdist and the wheel hold, and what they ask for."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ABI3 = sys.version_info >= (3, 11) and not sysconfig.get_config_var("Py_GIL_DISABLED")

pytestmark = pytest.mark.build

EXTRAS = {
    "fast",
    "batch",
    "pdf",
    "video",
    "camera",
    "barcodes",
    "records",
    "server",
    "postgres",
    "bench",
    "test",
    "all",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from it, without optimisation to be quick."""
    for module in ("build", "setuptools", "Cython"):
        pytest.importorskip(module)
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        env={**os.environ, "QRCORE_DEBUG": "1"},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def test_the_sdist_holds_all_that_a_build_needs(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    sources = [*ROOT.glob("ext/*.?pp"), *ROOT.glob("ext/simd/*.?pp"), *ROOT.glob("src/qrcore/**/*.p*")]
    needed = {str(p.relative_to(ROOT)) for p in sources if p.suffix not in (".pyc", ".pyd")}
    assert len(needed) > 40
    assert needed | {"setup.py", "pyproject.toml", "LICENSE", "README.md", "src/qrcore/py.typed"} <= names
    assert not [name for name in names if name.startswith("build/") or name.endswith((".so", ".pyc", ".pyd"))]


def test_the_wheel_holds_types_and_licence_and_no_sources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"qrcore/py.typed", "qrcore/_core.pyi", "qrcore/__init__.py", "qrcore/payload/__init__.py"} <= names
    assert [name for name in names if name.startswith("qrcore/_core.") and name.endswith((".so", ".pyd"))]
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    assert not [name for name in names if name.endswith((".pyx", ".pxd", ".pxi", ".cpp", ".hpp"))]
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"qrcore"}


def test_one_wheel_serves_every_python_from_3_11_on(wheel: Path) -> None:
    python, abi, _ = wheel.stem.split("-")[2:]
    if ABI3:
        assert (python, abi) == ("cp311", "abi3")
    else:
        assert "abi3" not in abi


def test_the_wheel_works_where_it_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = "import numpy, qrcore; print(qrcore.__file__, qrcore.decode(numpy.zeros((99, 99), numpy.uint8)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{tmp_path / 'qrcore' / '__init__.py'} []\n", done.stderr


def test_the_core_needs_numpy_and_pillow_alone_and_extras_have_their_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
    required = metadata.get_all("Requires-Dist", [])
    core = {entry.split(">=")[0] for entry in required if "extra ==" not in entry}
    assert core == {"numpy", "pillow"}
    assert set(metadata.get_all("Provides-Extra", [])) == EXTRAS
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
