"""Renders the pictures of this folder, and `texts.json`: what the codes in each of them say, in reading order.

    python examples/render.py

Needs the extra `bench`. The pictures are made up, so that their texts are known and nobody's rights are touched.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches.render import Caption, Code, Scene, code, render

HERE = Path(__file__).resolve().parent

# A hand-held camera in a room: some noise, some fall of the light, a file of good quality.
ROOM: dict[str, Any] = {
    "colour": True, "gradient": 0.25, "full_well": 6000, "read_noise": 12, "defocus": 0.12, "border": 4,
    "grain": 0.015, "margin": 10, "backdrop": (150, 118, 86),
}  # fmt: skip
LINES = "the quick brown fox jumps over the lazy dog and the five boxing wizards do as well"


def scenes() -> dict[str, Scene]:
    """Every picture by the name of its file."""
    page = "\n".join(f"{n:02} {LINES}." for n in range(1, 17))
    return {
        "perspective.jpg": _scene(
            code("https://example.com/menu/today", error="M"), "Menu of the day",
            module_px=11, tilt=52, tilt_axis=20, rotation=-24, distance=2, seed=1,
        ),
        "curved.jpg": _scene(
            code("https://example.com/lot/2024-07/118", error="M"), "Lot 118",
            module_px=11, bend=19, bend_axis=90, rotation=6, tilt=14, border=40, margin=14, seed=2,
            paper=(214, 222, 206), backdrop=(86, 92, 104),
        ),
        "crumpled.jpg": _scene(
            code("https://example.com/receipt/7F3A91", error="M"), "Thank you!",
            module_px=10, wave=0.7, folds=5, fold_angle=38, rotation=9, seed=11, border=5,
        ),
        "blurred.jpg": _scene(
            code("https://example.com/poster", error="M"), "Scan me",
            module_px=9, defocus=0.75, rotation=14, tilt=10, seed=4,
        ),
        "noisy.jpg": _scene(
            code("WIFI:T:WPA;S:Cellar;P:hunter2 hunter2;;", error="M"), "Wi-Fi",
            module_px=8, exposure=0.06, full_well=1500, read_noise=6, rotation=-8, tilt=12, seed=5,
        ),
        "coloured.jpg": _scene(
            code("https://example.com/festival", ink=(34, 66, 178), ink_to=(30, 110, 160)), "Summer festival",
            module_px=9, paper=(236, 152, 72), rotation=5, tilt=15, border=6, seed=6,
        ),
        "logo.jpg": _scene(
            code("https://example.com/shop", error="H", shape="round", logo=0.26), "Our shop",
            module_px=10, rotation=-4, tilt=18, tilt_axis=70, seed=7,
        ),
        "inverted.jpg": _scene(
            code("https://example.com/night", ink=(232, 226, 208)), module_px=10, rotation=3, tilt=20, seed=8,
            paper=(38, 44, 66), exposure=1.1,
        ),
        "mirrored.jpg": _scene(
            code("https://example.com/window", mirrored=True), module_px=10, rotation=-6, tilt=22,
            tilt_axis=100, seed=9,
        ),
        "high_version.png": Scene(
            (code(page, error="L", version=27),), colour=False, module_px=5, rotation=1.5, tilt=4, gradient=0.15,
        ),
        "several.jpg": _several(),
    }  # fmt: skip


def _scene(made: Code, title: str = "", **change: Any) -> Scene:
    """A label with a title below its code, on a table."""
    columns, rows = made.size()
    captions = (Caption(title, (-columns / 2, rows / 2 + 4.5), 3.2),) if title else ()
    return Scene((made,), captions, **(ROOM | change))


def _several() -> Scene:
    """Parts of many kinds on one sheet."""
    styles: list[dict[str, Any]] = [
        {"error": "M"}, {"error": "Q", "shape": "dots"}, {"error": "L", "turn": 8.0},
        {"error": "H", "logo": 0.24, "shape": "round"}, {"micro": True, "error": "L", "scale": 1.3},
        {"inverted": True, "quiet": 3}, {"ink": (150, 30, 40)}, {"turn": 90.0}, {"turn": -12.0, "scale": 0.8},
    ]  # fmt: skip
    codes, captions = [], []
    for k, style in enumerate(styles):
        x, y = k % 3 * 42.0, k // 3 * 44.0
        text = f"PART {k + 1}" if style.get("micro") else f"https://example.com/part/{k + 1}"
        codes.append(code(text, at=(x, y), **style))
        captions.append(Caption(f"Part {k + 1}", (x - 12, y + 20), 3))
    look = ROOM | {"module_px": 6.5, "tilt": 24, "tilt_axis": 10, "rotation": -5, "distance": 2.5, "border": 4}
    return Scene(tuple(codes), tuple(captions), seed=10, **look)


def main() -> None:
    """Writes the pictures."""
    texts = {}
    for name, scene in scenes().items():
        picture = render(scene)
        Image.fromarray(picture.image).save(HERE / name, quality=86, optimize=True)
        texts[name] = list(picture.texts)
    (HERE / "texts.json").write_text(json.dumps(texts, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
