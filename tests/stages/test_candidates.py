"""candidates: the true triple comes first, upright, with the right version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.scenes import Code, Seen, code, inverted, turned

from qrcore._core import stages


def find(picture: np.ndarray, finders: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    got = stages.find_candidates(picture, finders, **options)
    assert got["status"] == "ok"
    return list(got["candidates"])


def strays(seen: Seen, n: int, seed: int) -> list[dict[str, Any]]:
    """Patterns that data modules and surroundings seem to hold."""
    random = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        frame = seen.frame(random.uniform(-3, seen.side + 3, 2))
        size, ncc = random.uniform(0.7, 1.4), random.uniform(0.6, 0.8)
        u, v = (tuple(size * np.array(frame[k])) for k in ("u", "v"))
        out.append(
            turned({**frame, "u": u, "v": v, "ncc": ncc, "inverted": seen.code.inverted}, int(random.integers(4)))
        )
    return out


def check_first(seen: Seen, found: list[dict[str, Any]], index: list[int]) -> None:
    best = found[0]
    assert best["index"] == index
    assert best["versions"][0] == seen.version
    assert best["symbology"] == "qr"
    assert best["inverted"] == seen.code.inverted
    assert [c["score"] for c in found] == sorted((c["score"] for c in found), reverse=True)
    for got, truth in zip(best["finders"], seen.finders(), strict=True):  # u to the right, v down
        assert np.ravel([got["u"], got["v"]]) == pytest.approx(np.ravel([truth["u"], truth["v"]]))
    side = seen.side
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], float)
    errors = seen.error(best["outline"], corners)
    assert errors[[0, 1, 3]].max() < 1
    assert errors[2] < 0.25 * side


SCENES: list[dict[str, Any]] = [
    *({"rotation": turn} for turn in (0, 30, 77, 135, 180, 250, 315)),
    {"module_px": 2.5},
    {"module_px": 15},
    {"tilt": 35, "tilt_axis": 70, "rotation": 20},
    {"tilt": 45, "tilt_axis": 10, "module_px": 9},
    {"defocus": 0.6},
    {"bend": 30, "rotation": 12},
]


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_the_true_triple_comes_first_among_strays(scene: dict[str, Any]) -> None:
    seen = Seen(code("candidates", version=3), **scene)
    random = np.random.default_rng(3)
    finders = [turned(f, int(random.integers(4))) for f in seen.finders()]
    found = find(seen.picture, strays(seen, 4, 1) + finders + strays(seen, 3, 2))
    check_first(seen, found, [4, 5, 6])


@pytest.mark.parametrize("version", [1, 2, 4, 7, 10, 15, 21, 30, 40])
def test_every_size_is_told_by_its_timing(version: int) -> None:
    seen = Seen(code("candidates", version=version, error="L"), rotation=20, module_px=3.3)
    check_first(seen, find(seen.picture, seen.finders()), [0, 1, 2])


def test_all_orders_and_turns_of_the_finders_give_the_same_symbol() -> None:
    seen = Seen(code("candidates"), rotation=40)
    a, b, c = seen.finders()
    for order in ((a, b, c), (c, a, b), (b, c, a), (c, b, a)):
        for quarters in range(4):
            given = [turned(f, quarters + k) for k, f in enumerate(order)]
            check_first(seen, find(seen.picture, given), [order.index(f) for f in (a, b, c)])


def test_a_mirrored_symbol_shows_its_transpose() -> None:
    made = code("candidates")
    seen = Seen(Code(made.text, made.matrix, mirrored=True), rotation=30)
    upright = [{**f, "u": f["v"], "v": f["u"]} for f in seen.finders()]  # a finder's axes run clockwise
    best = find(seen.picture, upright)[0]
    assert best["index"] == [0, 2, 1]
    assert best["versions"][0] == seen.version


def test_light_symbols_are_grouped_and_colours_never_mixed() -> None:
    seen = Seen(inverted(code("candidates")), rotation=200)
    check_first(seen, find(seen.picture, seen.finders()), [0, 1, 2])
    mixed = seen.finders()
    mixed[1]["inverted"] = False
    assert find(seen.picture, mixed) == []


@pytest.mark.parametrize("which", range(3))
def test_a_round_finder_takes_the_axes_of_the_symbol(which: int) -> None:
    """Its own may be turned by any angle."""
    seen = Seen(code("candidates", version=2), rotation=15)
    finders = seen.finders()
    u, v = np.array(finders[which]["u"]), np.array(finders[which]["v"])
    c, s = np.cos(0.5), np.sin(0.5)
    finders[which].update(u=tuple(c * u + s * v), v=tuple(c * v - s * u), round=True)
    best = find(seen.picture, finders)[0]
    assert best["index"] == [0, 1, 2]
    assert best["versions"][0] == 2
    assert np.ravel([best["finders"][which][k] for k in "uv"]) == pytest.approx([*u, *v], abs=0.2)


def test_used_finders_and_groups_without_a_new_one_are_left() -> None:
    seen = Seen(code("candidates"))
    finders = seen.finders()
    assert find(seen.picture, [{**f, "used": k == 1} for k, f in enumerate(finders)]) == []
    assert find(seen.picture, [{**f, "fresh": False} for f in finders]) == []
    assert len(find(seen.picture, [{**f, "fresh": k == 2} for k, f in enumerate(finders)])) == 1


def test_scores_below_the_least_are_left() -> None:
    seen = Seen(code("candidates"))
    (best,) = find(seen.picture, seen.finders(), least_score=1.5)
    assert find(seen.picture, seen.finders(), least_score=best["score"] - 0.01) == [best]
    assert find(seen.picture, seen.finders(), least_score=best["score"] + 0.01) == []


def test_a_picture_without_timing_patterns_scores_low() -> None:
    seen = Seen(code("candidates", version=3))
    real = find(seen.picture, seen.finders())[0]["score"]
    noise = np.random.default_rng(1).integers(0, 256, seen.picture.shape, np.uint8)
    for other in (noise, np.full_like(seen.picture, 128)):
        assert all(c["score"] < real - 0.3 for c in find(other, seen.finders(), least_score=-9))


def test_two_finders_are_no_triple() -> None:
    seen = Seen(code("candidates"))
    assert find(seen.picture, seen.finders()[:2]) == []
    assert find(seen.picture, []) == []


def test_the_budget_ends_it() -> None:
    seen = Seen(code("candidates"))
    assert stages.find_candidates(seen.picture, seen.finders(), work_units=3)["status"] == "budget"
