"""Instruction counts: they repeat, they count what they say, and a frame that gets dearer is noticed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from benches.arm import count

RECORD = json.loads(count.RECORD.read_text())


def counted(baseline: count.Baseline) -> count.Table:
    """Counts that are just those of a baseline."""
    return {frame: {name: {"all": number} for name, number in row.items()} for frame, row in baseline.items()}


def test_a_frame_that_gets_dearer_fails() -> None:
    baseline = RECORD["baseline"]
    now = counted(baseline)
    assert count.dearer(now, baseline) == []
    now["blank-VGA"]["fast"]["all"] = int(1.049 * baseline["blank-VGA"]["fast"])
    assert count.dearer(now, baseline) == []
    now["camera-VGA"]["balanced"]["all"] = int(1.051 * baseline["camera-VGA"]["balanced"])
    assert [line.split(":")[0] for line in count.dearer(now, baseline)] == ["camera-VGA balanced"]
    now["text-VGA"]["new"] = now["text-VGA"]["fast"]
    assert [line.split(":")[0] for line in count.dearer(now, baseline)] == ["camera-VGA balanced", "text-VGA new"]


def test_the_baseline_falls_with_the_counts_and_small_rises_do_not_add_up() -> None:
    baseline = {"blank-VGA": {"fast": 1000, "balanced": 1000}, "camera-VGA": {"fast": 1000}}
    now = counted({"blank-VGA": {"fast": 990, "balanced": 1050}, "camera-VGA": {"fast": 1051, "balanced": 2000}})
    after = count.lowered(baseline, now)
    assert after == {"blank-VGA": {"fast": 990, "balanced": 1000}, "camera-VGA": {"fast": 1051, "balanced": 2000}}
    assert count.dearer(now, after) == []


def test_the_record_holds_every_frame_and_reader() -> None:
    assert count.lowered(RECORD["baseline"], RECORD["bench"]) == RECORD["baseline"]
    assert set(RECORD["bench"]) == set(RECORD["python"]) == set(RECORD["ratio"]) == set(count.NAMES)
    for name in count.NAMES:
        assert set(RECORD["bench"][name]) == {"fast", "balanced"}
        assert {"fast", "balanced", count.PEER} <= set(RECORD["python"][name])
        codes = 1 if name.startswith(("clean", "camera")) else 0
        assert {each["symbols"] for each in RECORD["bench"][name].values()} == {codes}
        for effort in ("fast", "balanced"):  # Python adds little but the making of a Symbol; its flags change little
            core, call = (RECORD[way][name][effort]["all"] for way in ("bench", "python"))
            assert 0.97 * core < call < 1.02 * core + 10_000 + 90_000 * codes


@pytest.mark.deep
def test_counts_repeat_to_one_in_ten_thousand(plugin: Path) -> None:
    files = count.frame_files(["blank-VGA", "camera-VGA"])
    first, again = (count.count_bench(files) for _ in range(2))
    for frame, readers in first.items():
        for reader, counts in readers.items():
            for kind, number in counts.items():
                assert again[frame][reader][kind] == pytest.approx(number, rel=1e-4), (frame, reader, kind)


@pytest.mark.deep
def test_counts_are_those_of_the_record(plugin: Path) -> None:
    """Fails where a frame got more than 5 % dearer without a new record in the same change."""
    assert count.dearer(count.count_bench(count.frame_files(count.NAMES)), RECORD["baseline"]) == []


@pytest.mark.deep
def test_instructions_are_counted_by_kind(plugin: Path, tmp_path: Path) -> None:
    """A loop whose instructions are known, 1000 times between two marks."""
    (tmp_path / "loop.S").write_text(
        """
        .globl _start
        .type loop, %function
        .size loop, done - loop
_start: adrp x1, data
        add x1, x1, :lo12:data
        mov x0, #1000
        mov x8, #173
        bl mark
loop:   ldr x2, [x1]                // load
        ldp q0, q1, [x1]            // load
        ldrsw x6, [x1]              // load
        ld1 {v2.16b}, [x1]          // load
        str x2, [x1]                // store
        stp q0, q1, [x1]            // store
        str q0, [x1]                // store
        add v3.16b, v0.16b, v1.16b  // vector
        addp d4, v3.2d              // vector
        mul v5.8h, v0.8h, v1.8h     // vector
        fadd d6, d0, d1             // float
        fmul s7, s0, s1             // float
        scvtf d6, x2                // float
        add x3, x2, #1
        mul x4, x3, x2
        madd x5, x4, x3, x2
        subs x0, x0, #1
        b.ne loop                   // branch
done:   bl mark
        mov x8, #94
        svc #0
mark:   mov x9, x0
        mov x8, #173
        svc #0
        mov x0, x9
        ret
        .data
        .balign 16
data:   .fill 64
"""
    )
    program, out = tmp_path / "loop", tmp_path / "out"
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", tmp_path / "loop.S", "-o", program], check=True)
    subprocess.run(["qemu-aarch64", "-plugin", f"{plugin},out={out},symbols=on", program], check=True)
    (counts,) = count.parts(out.read_text())
    expected = {"load": 4000, "store": 3000, "vector": 3000, "float": 3000, "branch": 1000, "all": 18000}
    for kind, number in expected.items():
        assert 0 <= counts[kind] - number <= 8, kind  # what belongs to the marks
    by_symbol = dict(line[1:].split() for line in out.read_text().splitlines() if line.startswith("@"))
    assert int(by_symbol["loop"]) == 18000
