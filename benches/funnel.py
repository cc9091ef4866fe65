"""What the stages leave over: the median of a folder's pictures, as a Markdown table.

python benches/funnel.py PICTURES              # at balanced
python benches/funnel.py PICTURES --effort fast --every 3
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import qrcore
from benches.accuracy import SUFFIXES


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--effort", default="balanced", choices=[each.value for each in qrcore.Effort])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth picture")
    given = parser.parse_args()
    paths = sorted(p for p in given.folder.rglob("*") if p.suffix.lower() in SUFFIXES)[:: given.every]
    if not paths:
        parser.error(f"there is no picture in {given.folder}")
    traces = [qrcore.trace(path, effort=given.effort) for path in paths]
    counts = {
        "megapixels": [t.pixels.shape[0] * t.pixels.shape[1] / 1e6 for t in traces],
        "seeds": [len(t.seeds) for t in traces],
        "finders": [len(t.finders) for t in traces],
        "candidates": [len(t.candidates) for t in traces],
        "attempts": [len(t.attempts) for t in traces],
    }
    print(f"{len(paths)} pictures, {given.effort}\n\n| | median | mean | most |\n|---|--:|--:|--:|")
    for name, values in counts.items():
        middle, mean = statistics.median(values), statistics.fmean(values)
        print(f"| {name} | {middle:.3g} | {mean:.3g} | {max(values):.3g} |")


if __name__ == "__main__":
    main()
