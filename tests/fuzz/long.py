"""Long fuzzing: gives every target a fixed number of CPU minutes and tells what came of it.

    make -C tests/fuzz && python tests/fuzz/long.py --minutes 30     # all targets, one at a time
    python tests/fuzz/long.py --minutes 30 picture changing          # these alone
    python tests/fuzz/long.py --table                                # the table of docs/fuzzing.md

Minutes add up over runs (build/fuzz/<target>.json), so a run may be stopped and taken up again; the corpus lies in
build/fuzz/<target>/. CPU time is that of the fuzzer's process: on a busy machine the clock says little. Two runs side
by side want targets of their own each.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
OUT = HERE.parent.parent / "build" / "fuzz"
SLICE = 900  # seconds of clock a turn, which begins with all inputs again: the target that has had the least goes next

Run = dict[str, Any]


def command(target: str) -> list[str]:
    """What starts a target: a binary, or a script for Atheris."""
    script = HERE / "python" / f"{target}.py"
    return [sys.executable, str(script)] if script.exists() else [str(OUT / f"fuzz_{target}")]


def targets() -> list[str]:
    built = sorted(path.stem for path in HERE.glob("*.cc") if (OUT / f"fuzz_{path.stem}").exists())
    return built + sorted(path.stem for path in (HERE / "python").glob("[!_]*.py"))


def healthy(some: list[str]) -> list[str]:
    """Those without a crash that waits to be mended (and its file to be taken away)."""
    return [target for target in some if not any(OUT.glob(f"crash-{target}-*"))]


def load(target: str) -> Run:
    """What earlier runs of the target came to; nothing before the first."""
    file = OUT / f"{target}.json"
    run: Run = json.loads(file.read_text()) if file.exists() else {}
    return run


def last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def turn(target: str, seconds: int) -> None:
    """Runs the target once and adds what it did to what it had done."""
    run = load(target)
    corpus = OUT / target
    corpus.mkdir(parents=True, exist_ok=True)
    kept = OUT / "kept" / target  # unpacked by the Makefile
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command(target), f"-max_total_time={seconds}", "-max_len=4096", "-rss_limit_mb=2000",
         "-timeout=1200", "-report_slow_units=1200",  # of the clock, which says little on a busy machine
         "-print_final_stats=1", f"-artifact_prefix={OUT}/crash-{target}-", str(corpus),
         *([str(kept)] if kept.is_dir() else [])],
        stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, errors="replace", check=False,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    run["cpu"] = run.get("cpu", 0) + sum(getattr(after, f) - getattr(before, f) for f in ("ru_utime", "ru_stime"))
    run["executions"] = run.get("executions", 0) + last(r"number_of_executed_units: *(\d+)", done.stdout)
    run["edges"] = max(run.get("edges", 0), last(r"cov: (\d+)", done.stdout))
    run["features"] = max(run.get("features", 0), last(r"ft: (\d+)", done.stdout))
    run["of"] = max(run.get("of", 0), *(int(n) for n in re.findall(r"\((\d+) inline 8-bit counters", done.stdout)), 0)
    run["corpus"] = sum(1 for _ in corpus.iterdir())
    if done.returncode:
        run["findings"] = run.get("findings", 0) + 1
        (OUT / f"finding-{target}-{run['findings']}.log").write_text(done.stdout[-20_000:])
    (OUT / f"{target}.json").write_text(json.dumps(run, indent=1, sort_keys=True))


def table(runs: dict[str, Run]) -> str:
    rows = [
        "| target | CPU minutes | executions | edges reached | of | features | inputs kept | findings |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for target, r in runs.items():
        rows.append(
            f"| `{target}` | {r['cpu'] / 60:.1f} | {r['executions']:,} | {r['edges']:,} | {r['of'] or '-'} "
            f"| {r['features']:,} | {r['corpus']:,} | {r.get('findings', 0)} |"
        )
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="all by default")
    parser.add_argument("--minutes", type=float, default=30, help="of CPU a target, earlier runs included")
    parser.add_argument("--table", action="store_true", help="print the table and run nothing")
    options = parser.parse_args()
    chosen = options.targets or targets()
    if not options.table:
        os.nice(19)
        while behind := [(cpu, t) for t in healthy(chosen) if (cpu := load(t).get("cpu", 0)) < 60 * options.minutes]:
            turn(min(behind)[1], SLICE)
    runs = {target: run for target in chosen if (run := load(target))}
    print(table(runs))
    return any(run.get("findings") for run in runs.values())


if __name__ == "__main__":
    sys.exit(main())
