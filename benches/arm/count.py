"""Instructions of one decode on aarch64, counted under qemu-user by insns.c.

`make -C benches/arm` builds what is run here, and runs it:

    python benches/arm/count.py check      our counts against counts.json
    python benches/arm/count.py counts     takes all of them again and writes counts.json and the tables of docs/arm.md
    python benches/arm/count.py profile    our counts by function, of the frames of --frames
    python benches/arm/count.py frames DIR writes the frames as PGM files

`bench` in counts.json is the C++ core alone, in a static program; `python` is one call from Python, of qrcore and of
zxing-cpp alike, each from its aarch64 wheel. Both count the second or a later decode of a frame: what a stream of
frames costs. The same build gives the same counts on every machine; another compiler or C library moves them a little.
`baseline` is what `check` compares with: the least that `bench` has counted of each decode, so that small rises do not
add up.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benches.frames import SIZES, frames

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
BUILT = REPOSITORY / "build" / "arm"
PROGRAM, PLUGIN = BUILT / "bench" / "qrcore_bench", BUILT / "bench" / "libinsns.so"
RECORD, PAGE = HERE / "counts.json", REPOSITORY / "docs" / "arm.md"
KINDS = ("blank", "clean", "camera", "text", "foliage", "noise")
NAMES = [f"{kind}-{size}" for size in ("VGA", "1080p") for kind in KINDS]
SLACK = 1.05  # how much dearer a frame may get
PEER = "zxing-cpp"
AIMS = {"camera": {"balanced": 0.35, "fast": 0.2}, "blank": {"balanced": 0.15, "fast": 0.15}}  # zxing-cpp = 1
# Millions of instructions in a millisecond that docs/arm.md assumes of a core: clock times instructions a cycle.
CORES = {"in-order core": 1.8 * 0.8, "out-of-order core": 2.4 * 2.0}

Counts = dict[str, int]  # of instructions, by kind
Table = dict[str, dict[str, Counts]]  # by frame and reader
Baseline = dict[str, dict[str, int]]  # instructions, by frame and effort


def frame_files(names: Iterable[str], folder: Path = BUILT / "frames") -> list[Path]:
    """The frames as PGM files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in names:
        kind, size = name.split("-")
        files.append(folder / f"{name}.pgm")
        Image.fromarray(frames(kind, SIZES[size], 1)[0]).save(files[-1])
    return files


def parts(counted: str) -> list[Counts]:
    """What insns.c wrote, a part an entry."""
    head, *lines = counted.splitlines()
    rows = [map(int, line.split()) for line in lines if not line.startswith("@")]
    return [dict(zip(head.split(), row, strict=True)) for row in rows]


def run_bench(files: list[Path], *options: str) -> tuple[list[list[str]], str]:
    """Runs our static program on the frames: (frame, effort, symbols) of each decode, and what insns.c wrote."""
    out = BUILT / "bench" / "counted"
    plugin = ",".join((str(PLUGIN), f"out={out}", *options))
    command = ["setarch", "-R", "qemu-aarch64", "-plugin", plugin, PROGRAM, "count", *files]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [line.split() for line in done.stdout.splitlines()], out.read_text()


def count_bench(files: list[Path]) -> Table:
    """The core alone."""
    rows, counted = run_bench(files)
    table: Table = {}
    for (frame, effort, symbols), counts in zip(rows, parts(counted), strict=True):
        table.setdefault(frame, {})[effort] = {"symbols": int(symbols), **counts}
    return table


def count_python(files: list[Path]) -> tuple[Table, dict[str, str]]:
    """One call from Python, of each reader, and the versions of what was run."""
    out = BUILT / "bench" / "counted"
    done = subprocess.run(
        [BUILT / "python", HERE / "guest.py", *files],
        env={**os.environ, "PYTHONPATH": str(BUILT / "app"), "QEMU": f"-plugin {PLUGIN},out={out}"},
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    table: Table = {}
    for row, counts in zip(answer["rows"], parts(out.read_text()), strict=True):
        mean = {kind: round(count / row["calls"]) for kind, count in counts.items()}
        table.setdefault(row["frame"], {})[row["reader"]] = {"symbols": row["symbols"], **mean}
    return table, answer["versions"]


def dearer(now: Table, baseline: Baseline) -> list[str]:
    """What fails the check, a line each: frames that got dearer than SLACK, or are not on record."""
    faults = []
    for frame, readers in now.items():
        for reader, counts in readers.items():
            before = baseline.get(frame, {}).get(reader)
            if before is None:
                faults.append(f"{frame} {reader}: not in counts.json")
            elif counts["all"] > SLACK * before:
                faults.append(f"{frame} {reader}: {counts['all']:,} instructions, recorded are {before:,}")
    return faults


def lowered(baseline: Baseline, now: Table) -> Baseline:
    """The baseline after these counts: where they are lower; higher alone where `check` would fail without."""

    def least(frame: str, reader: str, count: int) -> int:
        before = baseline.get(frame, {}).get(reader, count)
        return count if count > SLACK * before else min(count, before)

    return {
        frame: {reader: least(frame, reader, counts["all"]) for reader, counts in readers.items()}
        for frame, readers in now.items()
    }


def check() -> int:
    """Exit code 1 when a frame got dearer."""
    baseline = json.loads(RECORD.read_text())["baseline"]
    now = count_bench(frame_files(NAMES))
    for frame, readers in now.items():
        for reader, counts in readers.items():
            before = baseline.get(frame, {}).get(reader)
            change = f"{counts['all'] / before - 1:+8.2%}" if before else "new"
            print(f"{frame:14}{reader:10}{counts['all'] / 1e6:10.3f} M  {change}")
    if faults := dearer(now, baseline):
        print(*faults, "`make -C benches/arm counts` records what it costs now.", sep="\n", file=sys.stderr)
    return 1 if faults else 0


def counts() -> int:
    """Writes the record and the tables of the page."""
    files = frame_files(NAMES)
    bench = count_bench(files)
    baseline = lowered(json.loads(RECORD.read_text())["baseline"], bench)
    table, versions = count_python(files)
    about = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "commit": said("git", "-C", str(REPOSITORY), "describe", "--always", "--dirty", "--exclude", "*"),
        "qemu": said("qemu-aarch64", "--version"),
        "compiler": said("aarch64-linux-gnu-g++", "--version"),
        **versions,
    }
    ratios = {
        frame: {name: round(each["all"] / readers[PEER]["all"], 4) for name, each in readers.items()}
        for frame, readers in table.items()
    }
    record = {"about": about, "baseline": baseline, "bench": bench, "python": table, "ratio": ratios}
    RECORD.write_text(compact(record) + "\n")
    compared = f"{markdown(table, ratios)}\n\n{source(about)}"
    PAGE.write_text(filled(PAGE.read_text(), {"counts": compared, "budget": budget(table)}))
    print(compared)
    return 0


def said(*command: str) -> str:
    """The first line that a program prints."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]


def compact(value: dict[str, Any], depth: int = 0) -> str:
    """JSON with a line for each innermost object."""
    if not any(isinstance(each, dict) for each in value.values()):
        return json.dumps(value)
    lines = [f"{' ' * (depth + 1)}{json.dumps(key)}: {compact(each, depth + 1)}" for key, each in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{' ' * depth}}}"


def markdown(table: Table, ratios: dict[str, dict[str, float]]) -> str:
    """The comparison as docs/arm.md has it; a ratio that misses its aim is bold."""
    lines = [
        f"| frame | fast | aim | balanced | aim | {PEER}, M | fast, M | balanced, M | vector | loads, stores |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for frame, readers in table.items():
        cells = [frame.replace("-", ", ")]
        aims = AIMS.get(frame.split("-")[0], {})
        for effort in ("fast", "balanced"):
            ratio, aim = ratios[frame][effort], aims.get(effort)
            shown = f"{ratio:.2f}"
            cells += [f"**{shown}**" if aim is not None and ratio > aim else shown, f"{aim:.2f}" if aim else ""]
        cells += [f"{readers[name]['all'] / 1e6:.2f}" for name in (PEER, "fast", "balanced")]
        ours = readers["balanced"]
        cells += [f"{ours['vector'] / ours['all']:.0%}", f"{(ours['load'] + ours['store']) / ours['all']:.0%}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def source(about: dict[str, str]) -> str:
    """Of what the counts are."""
    return (
        f"qrcore at {about['commit']}, zxing-cpp {about['zxing-cpp']}, {about['compiler']},\n"
        f"{about['qemu']}, {about['date']}."
    )


def budget(table: Table) -> str:
    """What the counts would mean on a core that starts so many instructions a second."""
    lines = ["| frame | effort | M | " + " | ".join(f"{core}, ms" for core in CORES) + " |", "|---|---|--:|--:|--:|"]
    for frame in ("blank-VGA", "camera-VGA", "text-VGA", "blank-1080p", "camera-1080p", "text-1080p"):
        for effort in ("fast", "balanced"):
            millions = table[frame][effort]["all"] / 1e6
            times = [f"{millions / rate:.1f}" for rate in CORES.values()]
            lines.append(f"| {frame.replace('-', ', ')} | {effort} | {millions:.2f} | {' | '.join(times)} |")
    return "\n".join(lines)


def filled(page: str, tables: dict[str, str]) -> str:
    """The page with what stands between the marks of each table replaced."""
    for name, table in tables.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(start)
        page = before + start + table + "\n" + end + rest.split(end)[1]
    return page


def profile(names: list[str], least: float) -> int:
    """Prints the functions that take more than a share of the instructions, frame by frame."""
    for file in frame_files(names):
        _, counted = run_bench([file], "symbols=on")
        by_symbol = [line[1:].rsplit(" ", 1) for line in counted.splitlines() if line.startswith("@")]
        total = sum(int(count) for _, count in by_symbol)
        print(f"{file.stem}, fast and balanced together: {total:,}")
        names_of = subprocess.run(
            ["aarch64-linux-gnu-c++filt", "--no-params"],
            input="\n".join(name for name, _ in by_symbol), check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        shown = zip(names_of.stdout.splitlines(), (int(count) for _, count in by_symbol), strict=True)
        for name, count in sorted(shown, key=lambda each: -each[1]):
            if count >= least * total:
                print(f"  {count / total:6.1%} {count:12,}  {name}")
    return 0


def main() -> int:
    """See the top."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("action", choices=("check", "counts", "profile", "frames"))
    parser.add_argument("folder", nargs="?", type=Path, default=BUILT / "frames", help="for frames")
    parser.add_argument("--frames", default="blank-VGA,camera-VGA,blank-1080p,camera-1080p", help="for profile")
    parser.add_argument("--least", type=float, default=0.01, help="share of a function that profile shows")
    options = parser.parse_args()
    if options.action == "frames":
        frame_files(NAMES, options.folder)
        return 0
    if options.action == "profile":
        return profile(options.frames.split(","), options.least)
    return check() if options.action == "check" else counts()


if __name__ == "__main__":
    sys.exit(main())
