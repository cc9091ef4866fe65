"""How a decoder's reading rate falls as one thing after another goes wrong with a picture.

Each cause has a severity from 0, where anything reads, to 1, where nothing is left to read. Since nothing else
changes, a change of the decoder that helps one cause and harms another shows at once, and CI needs no photos.

    python benches/synth.py                           the three efforts of qrcore beside zxing-cpp
    python benches/synth.py --decoders zxing-cpp --cause bend --pictures 40 --steps 11
    python benches/synth.py --check                   fails if a rate lies below its floor, or a text is wrong
    python benches/synth.py --write-floors            raises floors to what was reached; never lowers one
    python benches/synth.py --no-code 2000            counts results where there is no code
    python benches/synth.py --show DIR                writes the pictures instead, for the eye
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches.accuracy import Label, Score, measure, rate
from benches.decoders import DECODERS, Decode, make_decoders
from benches.nocode import no_code_pictures
from benches.render import RGB, Scene, code, direction, render

FLOORS = Path(__file__).with_name("synth_floors.json")
SLACK = 1.5  # points: other versions of NumPy and OpenCV round otherwise, and a picture at the brink may tip over
Cause = Callable[[float, int], Scene]  # severity, seed
Results = dict[str, dict[str, list[list[Score]]]]  # decoder, cause, severity, picture


def _scene(seed: int, style: dict[str, Any] | None = None, **change: Any) -> Scene:
    """A clean picture of some code: small, turned anyhow, taken by a decent camera."""
    rng = np.random.default_rng([seed, 0])
    made = code(_text(seed), **({"error": str(rng.choice(list("LMMQ")))} | (style or {})))
    base: dict[str, Any] = {
        "seed": seed, "module_px": rng.uniform(4.5, 7), "rotation": rng.uniform(-180, 180),
        "shift": tuple(rng.uniform(-0.5, 0.5, 2)), "gradient": rng.uniform(0, 0.2),
        "gradient_angle": rng.uniform(0, 360), "full_well": 8000, "read_noise": 15, "jpeg": 92,
    }  # fmt: skip
    return Scene((made,), **(base | change))


def _text(seed: int) -> str:
    rng = np.random.default_rng([seed, 6])
    letters = list("abcdefghijkmnpqrstuvwxyz23456789")
    return "https://example.com/" + "".join(rng.choice(letters, int(rng.integers(6, 44))))


def _pick(seed: int) -> np.random.Generator:
    """Chooses what differs between the pictures of one cause."""
    return np.random.default_rng([seed, 5])


def _side(seed: int) -> int:
    """Modules a side of the code that a seed gives."""
    return _scene(seed).codes[0].size()[0]


def bend(severity: float, seed: int) -> Scene:
    """On a bottle: the code spans an arc of 0 to 180 degrees."""
    rng = _pick(seed)
    arc = math.radians(max(180 * severity, 1))
    return _scene(seed, bend=_side(seed) / arc, bend_axis=90 * rng.integers(0, 2) + rng.uniform(-8, 8))


def defocus(severity: float, seed: int) -> Scene:
    """A blur disc of radius 0 to 1.8 modules."""
    return _scene(seed, defocus=1.8 * severity)


def motion(severity: float, seed: int) -> Scene:
    """A smear of 0 to 4 modules."""
    return _scene(seed, motion=4 * severity, motion_angle=_pick(seed).uniform(0, 180))


def glare(severity: float, seed: int) -> Scene:
    """A highlight that grows from the middle of the code to most of it."""
    rng, side = _pick(seed), _side(seed)
    light: dict[str, Any] = {
        "glare": 5 if severity else 0, "glare_radius": max(0.5 * severity * side, 0.1),
        "glare_stretch": rng.uniform(1, 3), "glare_at": tuple(rng.uniform(-0.2, 0.2, 2) * side),
    }  # fmt: skip
    return _scene(seed, tilt=15, **light)


def reflection(severity: float, seed: int) -> Scene:
    """A bright strip in a pane before the sheet, along a side with two finders or one: from nothing to three times
    the light of the paper. From once that light on the paper below it saturates, from twice the print too."""
    rng, side = _pick(seed), _side(seed)
    across, inwards = rng.uniform(-0.5, 0.5) * side, rng.uniform(1, 6) - side / 2
    turn = 90 * int(rng.integers(0, 4))
    u, v = direction(turn) * across + direction(turn + 90) * inwards
    light: dict[str, Any] = {
        "reflection": 3 * severity, "reflection_at": (u, v), "reflection_angle": turn + rng.uniform(-20, 20),
        "reflection_width": rng.uniform(3, 8), "reflection_blur": rng.uniform(0.3, 1.5),
    }  # fmt: skip
    return _scene(seed, exposure=0.5, **light)


def crumple(severity: float, seed: int) -> Scene:
    """Waves of up to 2 modules and five folds of up to 85 degrees."""
    return _scene(seed, wave=2 * severity, folds=5, fold_angle=85 * severity)


def dark_noise(severity: float, seed: int) -> Scene:
    """Ever less light, down to two electrons a pixel from white paper; in every other picture a lit strip
    beside the code, as bright as a white sheet in the sun."""
    exposure = 0.9 * (1 / 2000) ** severity
    strip = 1.2 / exposure if seed % 2 else 0
    return _scene(seed, full_well=4000, read_noise=6, exposure=exposure, stroke=strip, margin=6, jpeg=0)


def occlusion(severity: float, seed: int) -> Scene:
    """Dirt and paint over up to 30 per cent, or a corner torn off, up to 80 per cent of the sides; both grow
    with the square of the severity, since a little over a finder pattern is much."""
    if seed % 3 == 0:
        corner = int(_pick(seed).integers(0, 4))
        return _scene(seed, {"error": "Q"}, torn=0.8 * severity**2, torn_corner=corner)
    return _scene(seed, {"error": "Q", "dirt": 0.3 * severity**2})


def tilt(severity: float, seed: int) -> Scene:
    """0 to 85 degrees, from near or far."""
    rng = _pick(seed)
    return _scene(seed, tilt=85 * severity, tilt_axis=rng.uniform(0, 360), distance=rng.uniform(1.5, 4))


def low_resolution(severity: float, seed: int) -> Scene:
    """4 pixels to a module, down to 0.8."""
    return _scene(seed, module_px=4 * 0.2**severity)


def colour(severity: float, seed: int) -> Scene:
    """Up to 0.5 the luma of ink and paper becomes equal, then the colours themselves do."""
    luma = 130 * 0.02 ** (severity / 0.5) if severity < 0.5 else 0
    chroma = 55 * 0.03 ** max(0, (severity - 0.5) / 0.5)
    angle = _pick(seed).uniform(0, 2 * math.pi)
    blue, red = chroma * math.cos(angle), chroma * math.sin(angle)
    ink, paper = (_rgb(112 + s * luma / 2, s * blue, s * red) for s in (-1, 1))
    return _scene(seed, {"ink": ink}, paper=paper, colour=True)


def _rgb(luma: float, blue: float, red: float) -> RGB:
    """A colour from luma and the two colour differences of JPEG."""
    values = luma + 1.402 * red, luma - 0.344 * blue - 0.714 * red, luma + 1.772 * blue
    r, g, b = (min(max(round(v), 0), 255) for v in values)
    return r, g, b


CAUSES: dict[str, Cause] = {
    cause.__name__: cause
    for cause in (
        bend, defocus, motion, glare, reflection, crumple, dark_noise, occlusion, tilt, low_resolution, colour,
    )
}  # fmt: skip


def run(decoders: dict[str, Decode], causes: dict[str, Cause], severities: Sequence[float], pictures: int) -> Results:
    """Every decoder on the same pictures."""
    results: Results = {name: {cause: [] for cause in causes} for name in decoders}
    for cause, make in causes.items():
        for severity in severities:
            step: dict[str, list[Score]] = {name: [] for name in decoders}
            for seed in range(pictures):
                picture = render(make(severity, seed))
                labels = [Label(t, quad) for t, quad in zip(picture.texts, picture.corners, strict=True)]
                for name, decode in decoders.items():
                    step[name].append(measure(decode, picture.image, labels))
            for name, scores in step.items():
                results[name][cause].append(scores)
        if sys.stderr.isatty():
            print(f"{cause} done", file=sys.stderr)
    return results


def mean_rate(steps: list[list[Score]]) -> float:
    """Per cent read, over all severities of a cause."""
    return round(rate([s for step in steps for s in step]) or 0.0, 2)


def bad_reads(steps: list[list[Score]]) -> int:
    """Texts that nobody printed, at whatever place."""
    return sum(s.wrong + s.false for step in steps for s in step)


def table(results: Results, severities: Sequence[float]) -> str:
    """Markdown: a row for each cause and decoder, a column for each severity."""
    lines = [f"| rate, % | | {' | '.join(f'{s:.2f}' for s in severities)} | mean | wrong | ms |"]
    lines.append("|---|---" + "|--:" * (len(severities) + 3) + "|")
    for cause in next(iter(results.values())):
        for name, by in results.items():
            steps = by[cause]
            rates = " | ".join(f"{rate(step):.0f}" for step in steps)
            ms = statistics.fmean(s.cpu_ms for step in steps for s in step)
            summary = f"**{mean_rate(steps):.1f}** | {bad_reads(steps)} | {ms:.1f}"
            lines.append(f"| {cause} | {name} | {rates} | {summary} |")
    return "\n".join(lines)


def check(results: Results, setting: list[int]) -> list[str]:
    """What has become worse than the floors."""
    try:
        floors = json.loads(FLOORS.read_text("utf-8"))
    except FileNotFoundError:
        return [f"{FLOORS.name} does not exist: make it with --write-floors"]
    if floors["pictures, steps"] != setting:
        return [f"the floors hold for --pictures {floors['pictures, steps'][0]} --steps {floors['pictures, steps'][1]}"]
    faults = []
    for name, by in results.items():
        for cause, steps in by.items():
            floor, reached = floors["rates"].get(name, {}).get(cause, 0), mean_rate(steps)
            if reached < floor - SLACK:
                faults.append(f"{name} reads {reached} % under {cause}; its floor is {floor} %")
            if name.startswith("qrcore") and bad_reads(steps):
                faults.append(f"{name} gave {bad_reads(steps)} wrong texts under {cause}")
    return faults


def write_floors(results: Results, setting: list[int]) -> None:
    """Raises the floors of qrcore to what was reached."""
    floors: dict[str, Any] = {"pictures, steps": setting, "rates": {}}
    if FLOORS.exists():
        floors = json.loads(FLOORS.read_text("utf-8"))
        if floors["pictures, steps"] != setting:
            sys.exit(f"the floors hold for pictures, steps {floors['pictures, steps']}: use those, or delete them")
    for name, by in results.items():
        if name.startswith("qrcore"):
            known = floors["rates"].setdefault(name, {})
            known.update({cause: max(mean_rate(steps), known.get(cause, 0)) for cause, steps in by.items()})
    FLOORS.write_text(json.dumps(floors, indent=1) + "\n", "utf-8")


def count_false(decoders: dict[str, Decode], pictures: int) -> str:
    """Markdown: results where there is no code."""
    found = dict.fromkeys(decoders, 0)
    spent = dict.fromkeys(decoders, 0.0)
    for kind, image in no_code_pictures(pictures):
        for name, decode in decoders.items():
            scored = measure(decode, image, [])
            found[name] += scored.false
            spent[name] += scored.cpu_ms
            if scored.false:
                print(f"{name} saw a code in a picture of {kind}", file=sys.stderr)
    lines = [f"| {pictures} pictures without a code | false results | ms |", "|---|--:|--:|"]
    return "\n".join(lines + [f"| {name} | {found[name]} | {spent[name] / pictures:.1f} |" for name in decoders])


def show(folder: Path, causes: dict[str, Cause], severities: Sequence[float], pictures: int) -> None:
    """Writes a contact sheet for each cause: a row for each picture, a column for each severity."""
    folder.mkdir(parents=True, exist_ok=True)
    for cause, make in causes.items():
        sheet = Image.new("RGB", (160 * len(severities), 160 * pictures), "white")
        for row in range(pictures):
            for column, severity in enumerate(severities):
                picture = Image.fromarray(render(make(severity, row)).image).convert("RGB")
                picture.thumbnail((156, 156))
                sheet.paste(picture, (160 * column, 160 * row))
        sheet.save(folder / f"{cause}.png")


def main() -> None:
    """The command."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    default = "qrcore-fast,qrcore-balanced,qrcore-thorough,zxing-cpp"
    parser.add_argument("--decoders", default=default, help=f"of {', '.join(DECODERS)}; default: {default}")
    parser.add_argument("--cause", action="append", choices=CAUSES, help="only this one; may be given again")
    parser.add_argument("--pictures", type=int, default=10, help="for each cause and severity")
    parser.add_argument("--steps", type=int, default=9, help="severities from 0 to 1")
    parser.add_argument("--no-code", type=int, metavar="N", help="N pictures without a code instead")
    parser.add_argument("--show", type=Path, metavar="DIR", help="write the pictures instead")
    parser.add_argument("--check", action="store_true", help="compare with the floors")
    parser.add_argument("--write-floors", action="store_true", help="raise the floors")
    args = parser.parse_args()
    causes = {name: CAUSES[name] for name in args.cause or CAUSES}
    severities = [float(s) for s in np.linspace(0, 1, args.steps)]
    if args.show:
        return show(args.show, causes, severities, args.pictures)
    decoders = make_decoders(args.decoders.split(","))
    if args.no_code:
        return print(count_false(decoders, args.no_code))
    results = run(decoders, causes, severities, args.pictures)
    print(table(results, severities))
    setting = [args.pictures, args.steps]
    if args.write_floors:
        write_floors(results, setting)
    if args.check and (faults := check(results, setting)):
        sys.exit("\n".join(faults))
    return None


if __name__ == "__main__":
    main()
