"""The ratchet: how much is read of real pictures, by set and category, never falls below `floors.json`.

A floor is raised by the change that earns it, and lowered only with a reason. The pictures are not part of the
repository; without them these tests skip. `python tests/test_real_pictures.py DATA` prints the figures of today in
the form of floors.json: {"set/category": {"read": at least, "wrong": at most, "false": at most}}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import qrcore

FLOORS = Path(__file__).with_name("floors.json")
IMAGES = {".jpg", ".png", ".webp"}


@dataclass
class Picture:
    path: Path
    quads: np.ndarray | None  # n x 4 x 2: where the codes are; None: nobody says
    texts: list[str | None]  # what they say; None: does not count


@dataclass
class Score:
    read: int = 0
    wrong: int = 0
    false: int = 0

    def add(self, picture: Picture) -> None:
        """Counts a result as read where its middle lies in a label that has its text; each label and result once."""
        symbols = qrcore.decode(picture.path)
        if picture.quads is None:
            said = {symbol.text for symbol in symbols}
            self.read += len(said & set(picture.texts))
            self.wrong += len(said - set(picture.texts)) if picture.texts else 0
            self.false += 0 if picture.texts else len(symbols)
            return
        free = set(range(len(picture.quads)))
        for symbol in sorted(symbols, key=lambda s: s.text not in picture.texts):
            middle = np.mean(symbol.corners, axis=0)
            inside = [i for i in free if contains(picture.quads[i], middle)]
            label = min(inside, key=lambda i: picture.texts[i] != symbol.text, default=None)
            if label is None:
                self.false += 1
                continue
            free.remove(label)
            if picture.texts[label] == symbol.text:
                self.read += 1
            elif isinstance(picture.texts[label], str):
                self.wrong += 1


def contains(quad: np.ndarray, point: np.ndarray) -> bool:
    """Whether the convex quad holds the point."""
    edges, offsets = np.roll(quad, -1, axis=0) - quad, point - quad
    turns = edges[:, 0] * offsets[:, 1] - edges[:, 1] * offsets[:, 0]
    return bool((turns >= 0).all() or (turns <= 0).all())


def pictures(data: Path, name: str) -> Iterator[Picture]:
    """The pictures of "set/category"."""
    group, category = name.split("/")
    paths = sorted(p for p in (data / group / category).rglob("*") if p.suffix.lower() in IMAGES)
    if group == "boofcv":
        texts = json.loads((data / group / "texts.json").read_text("utf-8"))
        for path in paths:
            lines = [line for line in path.with_suffix(".txt").read_text().splitlines() if line[:1] not in "#S"]
            quads = np.array(" ".join(lines).split(), float).reshape(-1, 4, 2)
            yield Picture(path, quads, texts.get(f"{category}/{path.name}", [None] * len(quads)))
    elif group == "zxing-cpp":
        for path in paths:
            text = path.with_suffix(".txt")
            yield Picture(path, None, [text.read_bytes().decode()] if text.exists() else [])
    else:
        for path in paths:
            labels = list((data / group / category).rglob(path.stem + ".json"))
            text = json.loads(labels[0].read_text("utf-8-sig")).get("PREFIX") if len(labels) == 1 else None
            if text:
                yield Picture(path, None, [text])


def score(data: Path, name: str) -> Score:
    total = Score()
    for picture in pictures(data, name):
        total.add(picture)
    return total


def floors() -> dict[str, dict[str, int]]:
    return json.loads(FLOORS.read_text()) if FLOORS.exists() else {}


@pytest.mark.parametrize("name", floors() or [pytest.param("", marks=pytest.mark.skip("no floors.json yet"))])
def test_reading_rate_stays_at_its_floor(data: Path, name: str) -> None:
    if not (data / name).is_dir():
        pytest.skip(f"{name} is not here")
    floor, today = floors()[name], score(data, name)
    assert today.read >= floor["read"]
    assert today.wrong <= floor["wrong"]
    assert today.false <= floor["false"]


def main(data: Path) -> None:
    figures = {}
    for folder in sorted(p for group in ("boofcv", "zxing-cpp", "dcc") for p in (data / group).glob("*/")):
        name = f"{folder.parent.name}/{folder.name}"
        figures[name] = vars(score(data, name))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
