"""Memory: nothing grows over many frames, and a decode takes no more than a few times its picture."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from held import MIB, glibc_only, in_use, linux_only, resident
from pictures import Pixels, code, noise, row_of

import qrcore

pytestmark = pytest.mark.timing


def ruined(text: str, **options: Any) -> Pixels:
    """A code whose middle is gone: found, and not read."""
    picture = code(text, **options)
    side = len(picture)
    picture[side // 4 : 3 * side // 4, side // 3 : 3 * side // 4] = 128
    return picture


@glibc_only
def test_what_is_not_read_leaves_nothing_behind() -> None:
    picture = ruined("lost", version=3)
    decoder = qrcore.Decoder(effort="fast", return_failures=True)

    def some(n: int) -> None:
        for _ in range(n):
            assert [symbol.text for symbol in decoder.decode(picture)] == [""]

    some(20)
    before = in_use()
    some(2000)
    assert in_use() - before < 32 << 10  # 16 bytes a decode


@glibc_only
def test_the_order_of_pictures_does_not_grow_the_workspace() -> None:
    # Each attempt on a candidate keeps its memory. There are many in one picture, and large ones in another.
    rng = np.random.default_rng(1)
    codes = [ruined(f"small {k}", scale=3) for k in range(16)]
    large = ruined("large" * 200, version=30, scale=3)
    decoder = qrcore.Decoder(effort="fast")

    def some(n: int) -> None:
        for _ in range(n):
            rng.shuffle(codes)
            decoder.decode(np.concatenate([row_of(*codes[k : k + 4]) for k in range(0, 16, 4)]))
            decoder.decode(large)

    some(5)
    before = in_use()
    some(60)
    assert in_use() - before < 4 * MIB


@linux_only
def test_memory_does_not_grow_over_10_000_frames(hello: Pixels) -> None:
    frames = [hello, row_of(code("a"), code("b")), noise(80, 120), np.zeros((90, 90), np.uint8)]
    spoilt = hello.copy()
    spoilt[48:92, 48:92] = noise(44, 44)
    frames.append(spoilt)
    decoders = [qrcore.Decoder(effort="fast"), qrcore.Decoder(effort="fast", return_failures=True)]

    def some(n: int) -> None:
        for i in range(n):
            decoders[i % 2].decode(frames[i % 5])
            if i % 10 == 0:
                qrcore.decode(frames[i % 5], effort="fast")
                with pytest.raises(qrcore.ImageError):
                    qrcore.decode(b"no picture")
        gc.collect()

    some(1000)
    before = resident()
    some(10_000)
    assert resident() - before < 2 * MIB


@linux_only
def test_traces_and_loads_leave_nothing_behind(hello: Pixels, tmp_path: Path) -> None:
    import PIL.Image

    PIL.Image.fromarray(hello).save(tmp_path / "code.jpg")

    def some(n: int) -> None:
        for _ in range(n):
            qrcore.trace(hello)
            qrcore.decode(tmp_path / "code.jpg")
        gc.collect()

    some(50)
    before = resident()
    some(300)
    assert resident() - before < 2 * MIB


def test_a_workspace_keeps_its_memory_and_gives_it_back() -> None:
    decoder = qrcore.Decoder()
    engine = decoder._engine
    picture = noise(1500, 2000)[:, ::-1]
    decoder.decode(picture)
    decoder.decode(picture)
    held = engine.memory()
    decoder.decode(picture)
    assert engine.memory() == held > 0
    engine.trim(0)
    assert engine.memory() < held // 4
    assert decoder.decode(code("again"))[0].text == "again"


@linux_only
@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_the_next_frame_of_a_kind_allocates_nothing(tmp_path: Path) -> None:
    library = tmp_path / "count.so"
    source = Path(__file__).with_name("count_allocations.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    program = """
import ctypes, sys
import numpy as np, qrcore
counter = ctypes.CDLL(sys.argv[1])
for name, frame in np.load(sys.argv[2]).items():
    for effort in ("fast", "balanced", "thorough"):
        decoder = qrcore.Decoder(effort=effort)
        settings, engine = decoder._request._settings, decoder._engine
        least = []
        for _ in range(6):  # of which the interpreter itself may allocate in some
            before = counter.allocations()
            found = engine.decode(frame, settings)
            least.append(counter.allocations() - before)
        print(name, len(found), min(least))
"""
    frames = {
        "blank": np.full((480, 640), 200, np.uint8),
        "noise": noise(480, 640),
        "one": code("steady state"),
        "six": row_of(*(code(f"steady state {k}") for k in range(6))),
    }
    np.savez(tmp_path / "frames.npz", **frames)
    run = subprocess.run(
        [sys.executable, "-c", program, library, tmp_path / "frames.npz"],
        env={**os.environ, "LD_PRELOAD": str(library)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name, codes, allocations in map(str.split, run.stdout.splitlines()):
        assert int(codes) == {"one": 1, "six": 6}.get(name, 0)
        assert int(allocations) == 0, (name, allocations)
    assert len(run.stdout.splitlines()) == 3 * len(frames)


@linux_only
@pytest.mark.parametrize(("effort", "bytes_a_pixel"), [("fast", 0.5), ("balanced", 1.5), ("thorough", 1.5)])
def test_the_workspace_is_bounded_by_the_picture(effort: str, bytes_a_pixel: float) -> None:
    for picture in (noise(3000, 4000), np.kron(noise(300, 400) > 128, np.ones((10, 10), bool)).astype(np.uint8) * 200):
        decoder = qrcore.Decoder(effort=effort)  # type: ignore[arg-type]
        decoder.decode(picture)
        assert decoder._engine.memory() < 16 * MIB + bytes_a_pixel * picture.size


@linux_only
@pytest.mark.parametrize("kind", ["array", "noise", "jpeg", "png"])
def test_a_decode_takes_at_most_a_few_times_its_picture(kind: str, tmp_path: Path) -> None:
    program = """
import resource, sys, numpy, qrcore
kind, path = sys.argv[1:]
pixels = 12_000_000
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
qrcore.decode(numpy.zeros((100, 100), numpy.uint8))
if kind in ("jpeg", "png"):
    import PIL.Image, PIL.PngImagePlugin, PIL.JpegImagePlugin
    qrcore.jpeg._simplejpeg()
    source = path
else:
    source = numpy.load(path)
before = peak()
qrcore.decode(source, deadline_ms=3000)
print((peak() - before) / pixels)
"""
    shape = (3000, 4000)
    picture = noise(*shape) if kind == "noise" else np.tile(np.pad(code("tile"), 20, constant_values=200), (20, 26))
    picture = np.resize(picture, shape) if picture.shape != shape else picture
    path = tmp_path / f"picture.{kind if kind in ('jpeg', 'png') else 'npy'}"
    if path.suffix == ".npy":
        np.save(path, picture)
    else:
        import PIL.Image

        PIL.Image.fromarray(picture).convert("RGB").save(path)
    done = subprocess.run([sys.executable, "-c", program, kind, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    times_the_picture = float(done.stdout)
    assert times_the_picture < {"array": 3, "noise": 3, "jpeg": 5, "png": 8}[kind]
