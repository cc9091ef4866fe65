"""The synthetic pictures are a yardstick: their corners, texts and severities have to be right themselves."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp

from benches import synth
from benches.accuracy import Label, Score, read_folder, score
from benches.decoders import DECODERS, Decode, Found, Quad
from benches.nocode import KINDS, no_code_pictures
from benches.render import Code, Picture, Scene, View, code, render
from benches.sheet import linear

BLACK_SQUARE = Code("", (b"\1" * 20,) * 20, quiet=0)
FLAT: list[dict[str, Any]] = [
    {},
    {"module_px": 3.7, "shift": (0.3, -0.4)},
    {"rotation": 33},
    {"tilt": 45, "tilt_axis": 20, "rotation": 70, "distance": 2},
    {"tilt": 60, "tilt_axis": 110, "module_px": 9},
]
SHAPES: list[dict[str, Any]] = [
    {"bend": 12},
    {"bend": 14, "bend_axis": 30, "tilt": 25, "rotation": 50},
    {"bend": -15, "tilt": 20},
    {"folds": 4, "fold_angle": 60},
    {"wave": 1.5},
    {"wave": 1, "folds": 3, "fold_angle": 45, "bend": 20, "tilt": 20, "rotation": 200, "distance": 2},
]


@pytest.fixture(scope="module")
def zxing() -> Decode:
    return DECODERS["zxing-cpp"]()


@pytest.fixture(scope="module")
def opencv() -> Decode:
    return DECODERS["opencv"]()


def labels(picture: Picture) -> list[Label]:
    return [Label(text, quad) for text, quad in zip(picture.texts, picture.corners, strict=True)]


def edge_errors(picture: Picture) -> list[float]:
    """How far the outline of a black square lies from its corners, in pixels, near both ends of each side: the
    light missing along a line through an edge says where the edge is."""
    light = linear(picture.image.astype(float))
    dark = (light.max() - light) / np.ptp(light)
    (quad,) = picture.corners
    errors, steps = [], np.arange(-4, 4, 0.02)
    for a, b in zip(quad, np.roll(quad, -1, 0), strict=True):
        along = (b - a) / np.linalg.norm(b - a)
        across = np.array([-along[1], along[0]])
        shares = np.linspace(0.15, 0.85, 60)
        found = []
        for share in shares:
            x, y = (a + share * (b - a) + steps[:, None] * across).T - 0.5
            left, top = np.floor(x).astype(int), np.floor(y).astype(int)
            fx, fy = x - left, y - top
            value = (1 - fx) * (1 - fy) * dark[top, left] + fx * (1 - fy) * dark[top, left + 1]
            value += (1 - fx) * fy * dark[top + 1, left] + fx * fy * dark[top + 1, left + 1]
            found.append(value.sum() * 0.02 - 4)
        slope, offset = np.polyfit(shares, found, 1)
        errors += [float(offset), float(offset + slope)]
    return errors


@pytest.mark.parametrize("change", FLAT)
def test_corners_lie_on_the_rendered_edges(change: dict[str, Any]) -> None:
    picture = render(Scene((BLACK_SQUARE,), margin=6, **change))
    assert max(map(abs, edge_errors(picture))) < 0.05


def test_corners_of_an_upright_code_are_known_without_geometry() -> None:
    picture = render(Scene((code("known", version=1),), module_px=5, size=(200, 160), shift=(3, 0)))
    assert picture.image.shape == (160, 200)
    left, top, side = 103 - 52.5, 80 - 52.5, 105
    box = [[left, top], [left + side, top], [left + side, top + side], [left, top + side]]
    np.testing.assert_allclose(picture.corners, [box], atol=1e-9)


def test_corners_follow_the_symbol_itself() -> None:
    upright = render(Scene((code("turn", version=1),))).corners[0]
    turned = render(Scene((code("turn", version=1),), rotation=90)).corners[0]
    np.testing.assert_allclose(turned, np.roll(upright, -1, 0), atol=1e-9)
    mirrored = render(Scene((code("turn", version=1, mirrored=True),))).corners[0]
    np.testing.assert_allclose(mirrored, upright[[1, 0, 3, 2]], atol=1e-9)


@pytest.mark.parametrize("change", FLAT + SHAPES)
def test_what_is_seen_at_a_projected_point_is_that_point(change: dict[str, Any]) -> None:
    view = View(Scene((BLACK_SQUARE,), **change))
    points = np.random.default_rng(0).uniform(-10, 10, (100, 2))
    for point, pixel in zip(points, view.project(points), strict=True):
        u, v, seen, _ = view.unproject(pixel[:1], pixel[1:, None])
        assert bool(seen)
        np.testing.assert_allclose([u.item(), v.item()], point, atol=1e-6)


@pytest.mark.parametrize("change", SHAPES)
def test_corners_of_a_bent_code_are_those_of_its_outline(change: dict[str, Any]) -> None:
    picture = render(Scene((BLACK_SQUARE,), margin=6, module_px=10, **change))
    quad = picture.corners[0]
    for k, corner in enumerate(quad):
        inwards = quad[k - 1] + quad[(k + 1) % 4] - 2 * corner
        inwards /= np.linalg.norm(inwards)
        inside, outside = (np.floor(corner + s * 3.5 * inwards).astype(int) for s in (1, -1))
        assert picture.image[inside[1], inside[0]] < 60
        assert picture.image[outside[1], outside[0]] > 100


@pytest.mark.parametrize(
    "made",
    [
        code("https://example.com/clean"),
        code("version 7", version=7, error="Q"),
        code("a higher version", version=14, error="H"),
        code("UTF-8: grüße 日本"),
        code("with a logo", error="H", logo=0.22),
        code("soft corners", shape="round"),
    ],
    ids=lambda made: made.text,
)
def test_clean_scenes_are_read_by_others(made: Code, zxing: Decode, opencv: Decode) -> None:
    for rotation in (0, 17):
        picture = render(Scene((made,), rotation=rotation))
        assert score(labels(picture), zxing(picture.image)).read == 1
        assert score(labels(picture), opencv(picture.image)).read == 1


@pytest.mark.parametrize(
    "made",
    [
        code("12345", micro=True, error="L"),
        code("dots", shape="dots", version=2),
        code("inverted", inverted=True),
        code("mirrored", mirrored=True),
        code("no border", quiet=0),
        code("coloured", ink=(20, 40, 150), ink_to=(150, 20, 60)),
        code("dirty", error="H", dirt=0.01, version=3),
    ],
    ids=lambda made: made.text,
)
def test_special_prints_are_read(made: Code, zxing: Decode) -> None:
    picture = render(Scene((made,), seed=1, colour=True, rotation=4))
    assert picture.image.ndim == 3
    assert score(labels(picture), zxing(picture.image)).read == 1


def test_any_matrix_can_be_printed(zxing: Decode) -> None:
    """Here one that is not square."""
    made: Any = zxingcpp.create_barcode("RMQR 1234", zxingcpp.BarcodeFormat.RMQRCode)
    cells = np.asarray(made.to_image(scale=1, add_quiet_zones=False)) < 128
    picture = render(Scene((Code("RMQR 1234", tuple(map(bytes, cells.astype(np.uint8)))),), rotation=12, tilt=20))
    assert score(labels(picture), zxing(picture.image)).read == 1


def test_several_codes_in_one_picture(zxing: Decode) -> None:
    codes = [code(f"number {k}", at=(k % 3 * 40, k // 3 * 40), turn=10 * k, scale=0.8 + 0.05 * k) for k in range(6)]
    picture = render(Scene(tuple(codes), tilt=20, border=3))
    result = score(labels(picture), zxing(picture.image))
    assert (result.truth, result.read, result.false) == (6, 6, 0)


def test_the_same_scene_gives_the_same_picture() -> None:
    scene = synth.crumple(0.3, 5)
    assert np.array_equal(render(scene).image, render(replace(scene)).image)
    assert not np.array_equal(render(scene).image, render(replace(scene, seed=6)).image)


def test_light_is_kept_by_lens_and_oversampling() -> None:
    """Blur moves light; the sum of it stays, and a white sheet has the brightness asked for."""
    sharp, blurred = (
        linear(render(Scene((BLACK_SQUARE,), margin=8, defocus=radius, motion=2 * radius)).image) for radius in (0, 1)
    )
    assert blurred.sum() == pytest.approx(sharp.sum(), rel=2e-3)
    paper = linear(np.array(Scene(()).paper, float)).mean()
    assert float(sharp.max()) == pytest.approx(0.9 * paper, abs=0.01)


def test_noise_is_that_of_the_sensor() -> None:
    image = render(Scene((BLACK_SQUARE,), margin=9, full_well=1000, read_noise=5)).image
    white = linear(image[:40].astype(float))
    electrons = 1000 * float(white.mean())
    assert 1000 * float(white.std()) == pytest.approx(math.sqrt(electrons + 25), rel=0.1)


def test_an_unknown_shape_of_modules_is_refused() -> None:
    with pytest.raises(ValueError, match="stars"):
        render(Scene((code("x", shape="stars"),)))


@pytest.mark.parametrize("cause", synth.CAUSES)
def test_each_cause_goes_from_easy_to_impossible(cause: str, zxing: Decode) -> None:
    easy, hard = ([render(synth.CAUSES[cause](severity, seed)) for seed in range(3)] for severity in (0.0, 1.0))
    assert [score(labels(p), zxing(p.image)).read for p in easy] == [1, 1, 1]
    assert [zxing(p.image) for p in hard] == [[], [], []]


def test_pictures_without_a_code_come_in_a_stream() -> None:
    pictures = list(itertools.islice(no_code_pictures(2000), 2 * len(KINDS)))
    assert len({kind for kind, _ in pictures}) >= 10
    again = dict(enumerate(no_code_pictures(5)))
    for k in range(5):
        assert pictures[k][0] == again[k][0]
        assert np.array_equal(pictures[k][1], again[k][1])
    for _, image in pictures:
        assert image.dtype == np.uint8
        assert image.ndim in (2, 3)


def test_pictures_without_a_code_hold_none(zxing: Decode) -> None:
    assert [kind for kind, image in no_code_pictures(48, seed=1) if zxing(image)] == []


SQUARE: Quad = np.array([[0, 0], [100, 0], [100, 100], [0, 100]], float)


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        ([Label("a", SQUARE)], [("a", SQUARE)], (1, 1, 0, 0)),
        ([Label("a", SQUARE)], [("a", SQUARE + 20)], (1, 0, 0, 1)),  # IoU 0.47
        ([Label("a", SQUARE)], [("b", SQUARE)], (1, 0, 1, 0)),
        ([Label("a", SQUARE)], [("a", SQUARE), ("a", SQUARE)], (1, 1, 0, 1)),
        ([Label("a", SQUARE), Label("a", SQUARE + 200)], [("a", SQUARE)], (2, 1, 0, 0)),
        ([Label("a", SQUARE), Label("a", SQUARE + 1)], [("a", SQUARE)], (1, 1, 0, 0)),  # labelled twice
        ([Label(None, SQUARE, counts=False)], [("a", SQUARE)], (0, 0, 0, 0)),
        ([Label(None, SQUARE)], [("a", SQUARE)], (1, 1, 0, 0)),
        ([], [("a", SQUARE)], (0, 0, 0, 1)),
        ([Label("a")], [("a", SQUARE)], (1, 1, 0, 0)),
        ([Label("a"), Label("a")], [("a", SQUARE), ("b", SQUARE)], (2, 1, 1, 0)),
        ([Label("a")], [("a", SQUARE), ("a", SQUARE)], (1, 1, 0, 1)),
    ],
)
def test_results_are_scored_one_to_one(truth: list[Label], found: list[Found], expected: tuple[int, ...]) -> None:
    result = score(truth, found)
    assert (result.truth, result.read, result.wrong, result.false) == expected


def test_labels_of_both_kinds_are_read(tmp_path: Path) -> None:
    from PIL import Image

    for part in ("quads", "texts"):
        (tmp_path / part / "group").mkdir(parents=True)
        Image.new("L", (9, 5)).save(tmp_path / part / "group" / "a.png")
        Image.new("L", (9, 5)).save(tmp_path / part / "group" / "none.png")
    (tmp_path / "quads" / "group" / "a.txt").write_text("# corners\n0 0 1 0 1 1 0 1\n2 2 3 2 3 3 2 3\n")
    (tmp_path / "quads" / "texts.json").write_text(json.dumps({"group/a.png": ["first", None]}))
    (tmp_path / "texts" / "group" / "a.txt").write_text("the text")

    with_quads, empty = read_folder(tmp_path / "quads")
    assert [(label.text, label.counts) for label in with_quads.labels] == [("first", True), (None, False)]
    assert (with_quads.category, empty.labels) == ("group", ())
    samples = list(read_folder(tmp_path / "texts", rotate=True))
    assert [label.text for label in samples[0].labels] == ["the text"]
    assert [s.load(False).shape for s in samples[:4]] == [(5, 9), (9, 5), (5, 9), (9, 5)]


def test_floors_are_raised_and_never_lowered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth, "FLOORS", tmp_path / "floors.json")

    def reached(read: int, wrong: int = 0) -> synth.Results:
        steps = [[Score(truth=1, read=int(k < read), wrong=int(k < wrong)) for k in range(10)]]
        return {"qrcore-fast": {"bend": steps}, "zxing-cpp": {"bend": steps}}

    assert "does not exist" in synth.check(reached(5), [10, 1])[0]
    for read in (5, 7, 3):
        synth.write_floors(reached(read), [10, 1])
    assert json.loads(synth.FLOORS.read_text())["rates"] == {"qrcore-fast": {"bend": 70.0}}
    assert synth.check(reached(7), [10, 1]) == []
    assert "its floor is 70.0" in synth.check(reached(6), [10, 1])[0]
    assert "wrong" in synth.check(reached(7, wrong=1), [10, 1])[0]
    assert "--steps 1" in synth.check(reached(7), [10, 9])[0]
