"""From pixels to texts: whole pictures with known contents, and what independent decoders say of them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
import segno
import zxingcpp
from pictures import Pixels, code, draw, of_modules, row_of

import qrcore
from benches.render import Picture, Scene, render
from benches.render import code as print_code

ROOT = Path(__file__).resolve().parents[1]

TEXTS = json.loads((ROOT / "examples/texts.json").read_text("utf-8"))
MODES = {
    "numeric": "0123456789",
    "alphanumeric": "QRCORE $%*+-./:",
    "byte": "café ß",
    "kanji": "点茗日本",
}


def photograph(seed: int = 1, text: str = "https://example.com/a/b?c=123", **scene: object) -> Picture:
    style = {k: scene.pop(k) for k in list(scene) if k in ("error", "logo", "ink", "paper", "ink_to", "shape", "quiet")}
    return render(Scene((print_code(text, **style),), seed=seed, **scene))


def corner_error(found: qrcore.Symbol, truth: np.ndarray) -> float:
    """Mean distance of the corners as a share of the side."""
    side = np.linalg.norm(truth - np.roll(truth, 1, 0), axis=1).mean()
    return float(np.linalg.norm(np.array(found.corners) - truth, axis=1).mean() / side)


@pytest.mark.parametrize("version", range(1, 41))
@pytest.mark.parametrize("level", "LMQH")
def test_every_version_and_level_is_read_from_a_picture_to_the_byte(version: int, level: str) -> None:
    mode, letters = list(MODES.items())[(version + "LMQH".index(level)) % 4]
    length = {"numeric": 15, "alphanumeric": 9, "byte": 5, "kanji": 3}[mode] * version // (1 + "LMQH".index(level))
    text = (letters * 400)[: max(3, length)]
    encoding = {"byte": "latin1", "kanji": "shift_jis"}.get(mode, "ascii")
    options = {"encoding": encoding} if mode in ("byte", "kanji") else {}
    pixels = code(text, scale=3, version=version, error=level, mode=mode, **options)
    (symbol,) = qrcore.decode(np.rot90(pixels, version % 4))
    assert symbol.data == text.encode(encoding)
    assert (symbol.version, symbol.error_level.value, symbol.corrected) == (version, level, 0)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_the_examples_hold_what_their_list_says(name: str) -> None:
    found = [symbol.text for symbol in qrcore.decode(ROOT / "examples" / name)]
    assert found == TEXTS[name]


@pytest.mark.parametrize("turn", range(0, 360, 17))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_code_is_read_at_every_turn_with_its_own_corners(turn: int, mirrored: bool) -> None:
    picture = photograph(turn, rotation=float(turn))
    image, truth = picture.image, np.array(picture.corners[0])
    if mirrored:
        image = np.ascontiguousarray(image[:, ::-1])
        truth = truth * (-1, 1) + (image.shape[1], 0)
    (symbol,) = qrcore.decode(image)
    assert symbol.text == picture.texts[0]
    assert symbol.mirrored is mirrored
    assert corner_error(symbol, truth) < 0.01


@pytest.mark.parametrize(("scale", "border"), [(1, 1), (1, 4), (2, 0), (2, 1), (3, 0), (3, 1), (7, 0), (7, 4)])
def test_small_modules_and_missing_quiet_zones_are_read(scale: int, border: int) -> None:
    assert [s.text for s in qrcore.decode(code("quiet please", scale=scale, border=border))] == ["quiet please"]


def test_two_equal_codes_side_by_side_are_two() -> None:
    found = qrcore.decode(row_of(code("twin"), code("twin")))
    assert [s.text for s in found] == ["twin", "twin"]
    assert found[0].corners[0].x < found[1].corners[0].x


def test_codes_are_told_in_reading_order() -> None:
    rows = [row_of(*(code(f"{row}{column}", version=1) for column in range(4))) for row in range(3)]
    assert [s.text for s in qrcore.decode(np.concatenate(rows))] == [f"{r}{c}" for r in range(3) for c in range(4)]


def test_an_inverted_code_is_read_and_says_so() -> None:
    (symbol,) = qrcore.decode(255 - code("negative"))
    assert (symbol.text, symbol.inverted) == ("negative", True)


def test_a_covered_finder_is_implied_by_the_other_two() -> None:
    pixels = code("two are enough", scale=8, version=3, error="h").astype(np.int32)
    y, x = 8 * 4 + 28, 8 * 4 + 28  # the middle of the top-left finder
    rows, columns = np.indices(pixels.shape)
    spot = np.hypot(rows - y, columns - x) < 26
    pixels[spot] = 128 + (pixels[spot] - 128) // 8  # washed out, not gone
    assert [s.text for s in qrcore.decode(pixels.astype(np.uint8))] == ["two are enough"]


@pytest.mark.parametrize(("angle", "light"), [(-10, 1.2), (20, 1.3)])
def test_a_code_with_two_finders_in_a_steep_reflection_is_read_without_its_light(angle: float, light: float) -> None:
    """As a picture whose light is even: `normalize` alone reads them."""
    strip = {"reflection": light, "reflection_at": (0, -11), "reflection_width": 7, "reflection_blur": 0.8}
    pictures = [
        photograph(seed, exposure=0.5, rotation=17 * seed, reflection_angle=angle, full_well=8000, **strip)
        for seed in range(12)
    ]
    for effort, least, most in (("fast", 0, 0), ("balanced", 4, 12), ("thorough", 8, 12)):
        read = [qrcore.decode(p.image, effort=effort) for p in pictures]  # type: ignore[arg-type]
        assert least <= sum(map(bool, read)) <= most
        assert {s.text for symbols in read for s in symbols} <= {pictures[0].texts[0]}


PAIRS = {
    "dark red on green": ((150, 20, 20), (60, 92, 40)),
    "blue on orange": ((40, 60, 200), (150, 62, 0)),
    "magenta on grey": ((150, 30, 150), (83, 83, 83)),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_colours_of_one_luminance_are_read_at_thorough(pair: str) -> None:
    ink, paper = PAIRS[pair]
    gray = code("colours", scale=5)
    pixels = np.where(gray[..., None] < 128, np.array(ink, np.uint8), np.array(paper, np.uint8))
    assert [s.text for s in qrcore.decode(pixels, effort="thorough")] == ["colours"]


def test_a_gradient_of_colours_is_read() -> None:
    picture = photograph(3, ink=(180, 20, 20), ink_to=(20, 20, 200), paper=(200, 220, 190))
    assert [s.text for s in qrcore.decode(picture.image, effort="thorough")] == list(picture.texts)


@pytest.mark.parametrize("ink", [(0, 0, 0), (30, 40, 120)])
def test_transparent_ground_lies_on_white(ink: tuple[int, int, int]) -> None:
    gray = code("see through", scale=5)
    pixels = np.zeros((*gray.shape, 4), np.uint8)
    pixels[gray < 128] = (*ink, 255)
    assert [s.text for s in qrcore.decode(pixels)] == ["see through"]
    assert [s.text for s in qrcore.decode(PIL.Image.fromarray(pixels))] == ["see through"]


@pytest.mark.parametrize(("level", "share"), [("L", 0.12), ("M", 0.2), ("Q", 0.27), ("H", 0.33)])
def test_a_centre_logo_is_read_around_up_to_what_the_level_mends(level: str, share: float) -> None:
    """A logo of a share of the side hides its square of the area, and two thirds of a level's capacity is safe."""
    picture = photograph(5, text="https://example.com/logo/" + "x" * 60, error=level, logo=share)
    assert [s.text for s in qrcore.decode(picture.image, effort="thorough")] == list(picture.texts)


@pytest.mark.parametrize("shape", ["round", "dots"])
def test_rounded_and_dotted_modules_are_read(shape: str) -> None:
    picture = photograph(7, shape=shape, rotation=20)
    assert [s.text for s in qrcore.decode(picture.image)] == list(picture.texts)


@pytest.mark.parametrize("seed", range(12))
def test_what_the_peers_read_is_read_alike(seed: int) -> None:
    """Pictures of moderate difficulty: whatever zxing-cpp or OpenCV make of them, we make the same."""
    rng = np.random.default_rng(seed)
    picture = photograph(
        seed,
        text=f"https://example.com/{rng.integers(1e12)}",
        rotation=rng.uniform(0, 360),
        tilt=rng.uniform(0, 45),
        defocus=rng.uniform(0, 0.4),
        gradient=rng.uniform(0, 0.5),
        jpeg=int(rng.integers(60, 95)),
    )
    gray: Pixels = picture.image if picture.image.ndim == 2 else cv2.cvtColor(picture.image, cv2.COLOR_RGB2GRAY)
    ours = [s.text for s in qrcore.decode(gray)]
    assert ours == list(picture.texts)
    theirs = [b.text for b in zxingcpp.read_barcodes(gray, formats=zxingcpp.BarcodeFormat.QRCode)]
    assert not theirs or theirs == ours
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(gray)
    assert text in ("", ours[0])


def test_a_symbol_without_its_alignment_pattern_is_read() -> None:
    matrix = [list(row) for row in segno.make_qr("no fourth corner", version=5, error="h").matrix]
    for y in range(28, 33):
        matrix[y][28:33] = [0] * 5
    assert [s.text for s in qrcore.decode(of_modules(matrix, scale=5))] == ["no fourth corner"]


def test_structured_append_is_joined_from_one_picture() -> None:
    sequence = segno.make_sequence("one text over several symbols " * 4, symbol_count=3)
    (joined,) = qrcore.join_structured_append(qrcore.decode(row_of(*(draw(s) for s in sequence))))
    assert joined.text == "one text over several symbols " * 4


def test_the_margin_falls_as_damage_rises() -> None:
    """Flipped modules at random: the mean margin of what is read falls with every step, and nothing is misread."""
    clean = np.array([list(row) for row in segno.make_qr("margin", version=4, error="h").matrix])
    means = []
    for share in (0, 0.01, 0.02, 0.03):
        margins = []
        for seed in range(20):
            rng = np.random.default_rng(seed)
            flipped = clean ^ (rng.random(clean.shape) < share)
            flipped[:9, :9], flipped[:9, -8:], flipped[-8:, :9] = clean[:9, :9], clean[:9, -8:], clean[-8:, :9]
            for symbol in qrcore.decode(of_modules(flipped)):
                assert symbol.text == "margin"
                margins.append(symbol.margin)
        assert len(margins) > 10
        means.append(np.mean(margins))
    assert means[0] == 1
    assert all(b < a for a, b in itertools.pairwise(means))
