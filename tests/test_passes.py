"""Which rows and patterns the passes look for: fewer in texture, more where something was read."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import code, noise
from reference.scenes import Seen
from reference.scenes import code as drawn

import qrcore

SPARSE = {f"fast.{kind}": 12 for kind in ("scan_every", "coarse_every", "texture_every", "coarse_texture_every")}


def test_where_something_is_read_the_rows_between_are_looked_at() -> None:
    crowd = np.full((480, 720), 255, np.uint8)
    for k in range(60):
        picture = code(f"number {k:03}", scale=2, border=2)
        side, x, y = len(picture), 8 + 64 * (k % 10), 5 + 72 * (k // 10) + k % 7
        crowd[y : y + side, x : x + side] = picture
    read = [
        len(qrcore.Decoder(effort="fast", _tunables={**SPARSE, "fast.closely": rows}).decode(crowd))  # type: ignore[arg-type]
        for rows in (1, 12)
    ]
    assert read[0] == 60 > read[1]


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_light_patterns_on_texture_are_looked_for_along_with_dark_ones(effort: str) -> None:
    page = noise(480, 640)
    light = 255 - code("light", scale=5)
    page[100 : 100 + len(light), 200 : 200 + len(light)] = light
    seen = qrcore.trace(page, effort=effort)
    assert [(s.text, s.inverted) for s in seen.symbols] == [("light", True)]
    assert "1/2, rings" not in [bitmap.name for bitmap in seen.bitmaps]
    assert any(seed.inverted for seed in seen.seeds)


def test_light_patterns_elsewhere_wait_for_the_rings() -> None:
    page = np.full((480, 640), 255, np.uint8)
    light = 255 - code("light", scale=5)
    page[100 : 100 + len(light), 200 : 200 + len(light)] = light
    seen = qrcore.trace(page, effort="fast")
    assert [(s.text, s.inverted) for s in seen.symbols] == [("light", True)]
    assert seen.bitmaps[-1].name.endswith("rings")


@pytest.mark.parametrize("rotation", range(0, 90, 15))
def test_the_rim_of_what_was_read_is_not_looked_at_again(rotation: int) -> None:
    picture = Seen(drawn("read", version=3), module_px=12, rotation=rotation, tilt=18, defocus=0.5, margin=12).picture
    seen = qrcore.trace(picture)
    assert [symbol.text for symbol in seen.symbols] == ["read"]
    assert [bitmap.name for bitmap in seen.bitmaps] == ["1/16", "1/8"]


def test_balanced_looks_again_only_where_a_sign_of_a_symbol_is_left() -> None:
    read, ruined = code("sign", scale=6), code("sign", scale=6)
    ruined[70:] = 128  # but two finders
    looked = {
        name: any(stage.name == "normalize" for stage in qrcore.trace(picture).stages)
        for name, picture in {"read": read, "ruined": ruined, "even": read * 0 + 200, "noise": noise(300, 300)}.items()
    }
    assert looked == {"read": False, "ruined": True, "even": False, "noise": False}
