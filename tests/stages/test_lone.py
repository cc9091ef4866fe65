"""lone: symbols with one finder, against the renderer's own geometry and the encoders' own versions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.scenes import draw_finder
from reference.small import SIZES, Small, mapped, micro_qr, rmqr, seen

from qrcore._core import stages, tunable_defaults

SCENES: list[dict[str, Any]] = [{}, {"rotation": 30}, {"rotation": 200, "module_px": 3}, {"tilt": 25, "tilt_axis": 20}]


def found(scene: Small, kind: str, *finders: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    got = stages.find_lone(scene.picture, finders or [scene.finder()], kind, **options)
    assert got["status"] == "ok"
    return list(got["candidates"])


def same_axes(candidate: dict[str, Any], scene: Small) -> bool:
    (finder,), truth = candidate["finders"], scene.finder()
    return np.allclose(finder["u"], truth["u"]) and np.allclose(finder["v"], truth["v"])


@pytest.mark.parametrize("scene", SCENES, ids=str)
@pytest.mark.parametrize(("kind", "version"), SIZES)
def test_the_best_candidate_is_the_symbol(kind: str, version: int, scene: dict[str, Any]) -> None:
    small = seen(kind, version, **scene)
    best = found(small, kind)[0]
    assert (best["symbology"], best["versions"]) == (kind, [version])
    assert same_axes(best, small)


@pytest.mark.parametrize(("kind", "version"), SIZES)
def test_every_turn_of_the_frame_gives_the_same(kind: str, version: int) -> None:
    small = seen(kind, version, rotation=10)
    expected = found(small, kind)[0]
    for turns in range(1, 4):
        best = found(small, kind, small.finder(turns))[0]
        assert same_axes(best, small)
        assert best["score"] == pytest.approx(expected["score"], abs=1e-6)
        assert np.allclose(best["outline"], expected["outline"])


@pytest.mark.parametrize("version", [1, 11, 32])
def test_a_mirrored_rmqr_has_its_axes_exchanged(version: int) -> None:
    small = Small(rmqr(version, mirrored=True), mirrored=True, rotation=15)
    u, v = small.frame((3.5, 3.5))["u"], small.frame((3.5, 3.5))["v"]
    assert u[0] * v[1] - u[1] * v[0] < 0
    upright_frame = {**small.finder(), "u": v, "v": u}  # what a finder can tell: no mirror
    best = found(small, "rmqr", upright_frame)[0]
    assert best["versions"] == [version]
    assert same_axes(best, small)


@pytest.mark.parametrize(("kind", "version"), [("micro_qr", 3), ("rmqr", 12)])
def test_light_on_dark(kind: str, version: int) -> None:
    make = micro_qr if kind == "micro_qr" else rmqr
    small = Small(make(version, inverted=True), rotation=40)
    best = found(small, kind)[0]
    assert (best["inverted"], best["versions"]) == (True, [version])
    wrong = {**small.finder(), "inverted": False}  # the contrast says otherwise
    assert found(small, kind, wrong) == []


def test_the_outline_and_the_tilt_are_those_of_the_picture() -> None:
    flat = seen("micro_qr", 4)
    best = found(flat, "micro_qr")[0]
    assert np.allclose(best["outline"], flat.places([[0, 0], [17, 0], [17, 17], [0, 17]]), atol=1.5)
    assert np.allclose(best["tilt"], 0, atol=tunable_defaults()["lone.tilt_step"] + 1e-9)
    for version in (11, 17):  # perspective along the arm
        tilted = seen("rmqr", version, tilt=30, tilt_axis=90, module_px=6)
        best = found(tilted, "rmqr")[0]
        with_tilt = stages.plane_of(best["finders"][0], best["tilt"])
        without = stages.plane_of(best["finders"][0], (0, 0))
        assert tilted.errors(with_tilt).max() < tilted.errors(without).max()


def test_a_plane_is_the_frame_seen_in_perspective() -> None:
    random = np.random.default_rng(2)
    for _ in range(20):
        u, v, centre = random.uniform(-9, 9, 2), random.uniform(-9, 9, 2), random.uniform(0, 500, 2)
        tilt = random.uniform(-0.01, 0.01, 2)
        plane = stages.plane_of({"centre": tuple(centre), "u": tuple(u), "v": tuple(v)}, tuple(tilt))
        offsets = random.uniform(-3, 30, (50, 2))
        scale = 1 / (1 + offsets @ tilt)[:, None]
        shift = 5.5 * tilt  # of the centre, by the mean square of the offsets that an affine fit sees
        expected = centre + (offsets * scale + shift) @ np.array([u, v])
        assert np.allclose(mapped(plane, offsets + 3.5), expected, atol=1e-6)


def test_only_finders_that_no_symbol_uses_and_that_look_like_one_count() -> None:
    small = seen("micro_qr", 2)
    assert found(small, "micro_qr", small.finder(used=True)) == []
    least = tunable_defaults()["lone.least_ncc"]
    assert found(small, "micro_qr", small.finder(ncc=least - 0.01)) == []
    both = found(small, "micro_qr", small.finder(used=True), small.finder())
    assert [candidate["index"] for candidate in both] == [[1]] * len(both)


def test_candidates_come_best_first_and_patience_adds_more() -> None:
    small = seen("rmqr", 20, rotation=5, read_noise=25, full_well=300)
    few, many = (found(small, "rmqr", patience=patience) for patience in (0, 1))
    for candidates in (few, many):
        scores = [candidate["score"] for candidate in candidates]
        assert scores == sorted(scores, reverse=True)
    assert len(few) < len(many)


def test_a_finder_alone_or_in_noise_is_no_symbol() -> None:
    frame = {"centre": (100.0, 100.0), "u": (6.0, 0.0), "v": (0.0, 6.0)}
    alone = draw_finder(frame, 400, 300)
    noisy = np.random.default_rng(4).integers(0, 256, (300, 400), np.uint8)
    noisy[79:121, 79:121] = alone[79:121, 79:121]
    for picture in (alone, noisy):
        for kind in ("micro_qr", "rmqr"):
            got = stages.find_lone(picture, [{**frame, "ncc": 0.95}], kind)
            assert (got["status"], got["candidates"]) == ("ok", [])


def test_only_the_symbology_that_is_asked_for_is_named() -> None:
    for small in (seen("micro_qr", 3), seen("rmqr", 8)):
        for kind in ("micro_qr", "rmqr"):
            assert {candidate["symbology"] for candidate in found(small, kind)} <= {kind}


def test_the_budget_ends_it() -> None:
    small = seen("micro_qr", 2)
    assert stages.find_lone(small.picture, [small.finder()], "micro_qr", work_units=5)["status"] == "budget"
