"""Builds the extension module qrcore._core; everything else is in pyproject.toml.

Environment: QRCORE_DEBUG=1 builds without optimisation and with debug information, QRCORE_SANITIZE=1 with
AddressSanitizer and UndefinedBehaviorSanitizer (run Python with libasan and libubsan in LD_PRELOAD).
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from typing import Any

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

DEBUG = bool(os.environ.get("QRCORE_DEBUG"))
SANITIZE = bool(os.environ.get("QRCORE_SANITIZE"))

# Py_buffer is in the limited API from 3.11 on; up to 3.14 free-threaded builds have no limited API.
ABI3 = sys.version_info >= (3, 11) and not sysconfig.get_config_var("Py_GIL_DISABLED")


def compile_flags(unix: bool) -> list[str]:
    """Our own flags. They come after the interpreter's and so win over them."""
    if not unix:
        return ["/std:c++20", "/EHsc", "/utf-8", "/fp:precise", "/Od" if DEBUG else "/O2"]
    # Python compiles itself with -fwrapv; our integers never overflow, and decodes get longer by it.
    # Nor does anybody read errno, without which loops with square roots become vectors.
    flags = ["-std=c++20", "-fvisibility=hidden", "-ffp-contract=off", "-fno-wrapv", "-fno-math-errno"]
    flags += ["-O0", "-g"] if DEBUG else ["-O3", "-g0"]
    if SANITIZE:
        flags += ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g"]
    return flags


class BuildExt(build_ext):
    """Adds the flags of the compiler in use and compiles the sources side by side."""

    def build_extensions(self) -> None:
        unix = self.compiler.compiler_type != "msvc"
        for extension in self.extensions:
            extension.extra_compile_args += compile_flags(unix)
            if SANITIZE and unix:
                extension.extra_link_args += ["-fsanitize=address,undefined"]
        if unix:
            self.compiler.compile = in_parallel(self.compiler.compile)
        super().build_extensions()


def in_parallel(compile_some: Callable[..., list[str]]) -> Callable[..., list[str]]:
    def compile_all(sources: list[str], *args: Any, **kwargs: Any) -> list[str]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            done = pool.map(lambda source: compile_some([source], *args, **kwargs), sources)
            return [each for objects in done for each in objects]

    return compile_all


class BdistWheel(bdist_wheel):
    """One wheel for CPython 3.11 and later, where the limited API is used."""

    def finalize_options(self) -> None:
        if ABI3:
            self.py_limited_api = "cp311"
        super().finalize_options()


# What the sdist has to carry beside the sources, so that it builds the wheel from itself.
HEADERS = sorted(glob("ext/**/*.hpp", recursive=True))

core = Extension(
    "qrcore._core",
    sources=["src/qrcore/_core.pyx", *sorted(glob("ext/*.cpp") + glob("ext/simd/*.cpp"))],
    depends=["src/qrcore/_core.pyx", *sorted(glob("src/qrcore/*.px[di]")), *HEADERS],
    include_dirs=["ext"],
    define_macros=[("Py_LIMITED_API", "0x030B0000")] if ABI3 else [],
    py_limited_api=ABI3,
    language="c++",
)

setup(
    ext_modules=cythonize([core], build_dir="build/cython", compiler_directives={"language_level": 3}),
    cmdclass={"build_ext": BuildExt, "bdist_wheel": BdistWheel},
)
