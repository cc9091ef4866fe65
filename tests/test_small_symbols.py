"""Micro QR and rMQR from pictures: every size, level and mode, turned, mirrored, inverted, tilted and noisy."""

from __future__ import annotations

import itertools
import random

import numpy as np
import numpy.typing as npt
import pytest
import reedsolo
import segno
import zxingcpp
from pictures import Pixels, code, noise, of_modules, row_of

import qrcore
from benches.render import Code, Picture, Scene, render

Matrix = npt.NDArray[np.bool_]  # true is dark

MICRO = [("M1", None), ("M2", "L"), ("M2", "M"), ("M3", "L"), ("M3", "M"), ("M4", "L"), ("M4", "M"), ("M4", "Q")]
MICRO_TEXTS = {
    "M1": {"numeric": "12345"},
    "M2": {"numeric": "20261", "alphanumeric": "AB:1"},
    "M3": {"numeric": "1234567", "alphanumeric": "QR:42", "byte": "abc1", "kanji": "点"},
    "M4": {"numeric": "1234567890", "alphanumeric": "MICRO QR", "byte": "abc xyz", "kanji": "点茗"},
}
MICRO_SYMBOLS = [(v, level, mode) for v, level in MICRO for mode in MICRO_TEXTS[v]]
RMQR_TEXTS = {"numeric": "1234", "alphanumeric": "AB1", "byte": "abc", "kanji": "点"}
RMQR_SYMBOLS = list(itertools.product(range(1, 33), "MH"))


def micro(version: str, level: str | None, text: str, mask: int | None = None) -> Matrix:
    symbol = segno.make_micro(text, version=version, error=level, boost_error=False, mask=mask)
    return np.array([list(row) for row in symbol.matrix]) != 0


def rmqr(version: int, level: str, text: str) -> Matrix:
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.RMQRCode, version=version, ec_level=level)
    return np.array(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False)) < 128


def draw(matrix: Matrix, scale: int = 3, border: int = 2) -> Pixels:
    return of_modules(matrix, scale=scale, border=border)


def photo(text: str, matrix: Matrix, seed: int, **change: float) -> Picture:
    """Tilted, turned anyhow, a little out of focus and noisy."""
    pick = random.Random(seed)
    scene = {"tilt": 28, "tilt_axis": pick.uniform(0, 360), "rotation": pick.uniform(-180, 180), "module_px": 5,
             "defocus": 0.3, "full_well": 1500, "read_noise": 10, "jpeg": 85}  # fmt: skip
    rows = tuple(map(bytes, matrix.astype(np.uint8)))
    return render(Scene((Code(text, rows),), seed=seed, **{**scene, **change}))  # type: ignore[arg-type]


def only(picture: Pixels, **options: object) -> qrcore.Symbol:
    (symbol,) = qrcore.decode(picture, **options)  # type: ignore[arg-type]
    return symbol


@pytest.mark.parametrize(("version", "level", "mode"), MICRO_SYMBOLS)
def test_every_micro_qr(version: str, level: str | None, mode: str) -> None:
    text = MICRO_TEXTS[version][mode]
    for mask in range(4):
        symbol = only(draw(micro(version, level, text, mask)))
        assert (symbol.text, symbol.symbology, symbol.version) == (text, qrcore.Symbology.MICRO_QR, int(version[1]))
        assert (symbol.mask, symbol.mirrored, symbol.inverted) == (mask, False, False)
        assert [segment.mode.value for segment in symbol.segments] == [mode]


@pytest.mark.parametrize(("version", "level", "mode"), MICRO_SYMBOLS)
def test_every_micro_qr_tilted_and_noisy(version: str, level: str | None, mode: str) -> None:
    text = MICRO_TEXTS[version][mode]
    picture = photo(text, micro(version, level, text), MICRO_SYMBOLS.index((version, level, mode)))
    symbol = only(picture.image)
    assert symbol.text == text
    assert np.abs(np.array(symbol.corners) - picture.corners[0]).max() < 5


@pytest.mark.parametrize(("version", "level"), RMQR_SYMBOLS)
def test_every_rmqr(version: int, level: str) -> None:
    read = 0
    for mode, text in RMQR_TEXTS.items():
        try:
            matrix = rmqr(version, level, text)
        except ValueError:
            continue  # too long for the smallest
        symbol = only(draw(matrix))
        assert (symbol.text, symbol.symbology, symbol.version) == (text, qrcore.Symbology.RMQR, version)
        assert symbol.error_level is not None
        assert (symbol.error_level.value, symbol.mirrored, symbol.inverted) == (level, False, False)
        # The other encoder takes bytes for kanji.
        assert mode == "kanji" or [segment.mode.value for segment in symbol.segments] == [mode]
        height, width = matrix.shape
        assert symbol.corners == pytest.approx(
            np.array([[6, 6], [6 + 3 * width, 6], [6 + 3 * width, 6 + 3 * height], [6, 6 + 3 * height]]), abs=2
        )
        read += 1
    assert read


@pytest.mark.parametrize(("version", "level"), RMQR_SYMBOLS)
def test_every_rmqr_tilted_and_noisy(version: int, level: str) -> None:
    text = "123"
    picture = photo(text, rmqr(version, level, text), version)
    symbol = only(picture.image)
    assert symbol.text == text
    assert np.abs(np.array(symbol.corners) - picture.corners[0]).max() < 6


SAMPLES = {
    "micro": ("AB:1", micro("M3", "M", "AB:1")),
    "m1": ("12345", micro("M1", None, "12345")),
    "flat": ("123", rmqr(1, "H", "123")),
    "small": ("123", rmqr(11, "M", "123")),
    "long": ("RMQR", rmqr(32, "M", "RMQR")),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_turned_mirrored_and_inverted(name: str) -> None:
    text, matrix = SAMPLES[name]
    picture = draw(matrix, border=3)
    for turns, mirrored, inverted in itertools.product(range(4), (False, True), (False, True)):
        seen = np.rot90(picture[:, ::-1] if mirrored else picture, turns)
        symbol = only(255 - seen if inverted else seen)
        assert (symbol.text, symbol.mirrored, symbol.inverted) == (text, mirrored, inverted)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("name", SAMPLES)
def test_corners_follow_the_symbol(name: str, mirrored: bool) -> None:
    text, matrix = SAMPLES[name]
    picture = photo(text, matrix[:, ::-1] if mirrored else matrix, 3, full_well=0, defocus=0)
    corners = picture.corners[0][[1, 0, 3, 2]] if mirrored else picture.corners[0]
    symbol = only(picture.image)
    assert symbol.mirrored == mirrored
    assert np.abs(np.array(symbol.corners) - corners).max() < 4


def test_only_what_is_asked_for_is_read() -> None:
    picture = row_of(code("a QR code"), draw(SAMPLES["micro"][1], 4, 4), draw(SAMPLES["flat"][1], 4, 4))
    expected = {"qr": "a QR code", "micro_qr": "AB:1", "rmqr": "123"}
    assert {s.symbology.value: s.text for s in qrcore.decode(picture)} == expected
    for name, text in expected.items():
        assert [s.text for s in qrcore.decode(picture, symbologies=name)] == [text]
    assert {s.text for s in qrcore.decode(picture, symbologies=["micro_qr", "rmqr"])} == {"AB:1", "123"}


@pytest.mark.parametrize("effort", ["fast", "balanced", "thorough"])
def test_every_effort(effort: str) -> None:
    for text, matrix in SAMPLES.values():
        assert only(draw(matrix), effort=effort).text == text


def test_without_a_quiet_zone() -> None:
    for text, matrix in SAMPLES.values():
        assert only(draw(matrix, border=0)).text == text


def test_nothing_is_read_into_noise() -> None:
    for seed in range(4):
        assert qrcore.decode(noise(300, 400, seed)) == []


def test_a_damaged_m1_is_not_read() -> None:
    """It has no error correction: whatever is wrong, there is no answer."""
    matrix = SAMPLES["m1"][1]
    for y, x in [(8, 3), (10, 10), (9, 1), (5, 9)]:
        damaged = matrix.copy()
        damaged[y, x] ^= True
        assert qrcore.decode(draw(damaged)) == []


def message_places(size: int) -> list[tuple[int, int]]:
    """Row and column of each message bit of a Micro QR symbol: pairs of columns from the right, up and down in turn."""
    places = []
    for k, x in enumerate(range(size - 1, 0, -2)):
        for y in range(size - 1, 0, -1) if k % 2 == 0 else range(1, size):
            places += [(y, column) for column in (x, x - 1) if column > 8 or y > 8]
    return places


def test_m3_of_an_encoder_that_fills_the_half_codeword_with_ones() -> None:
    """Prints exist whose check codewords were made with 1111 1111 where the symbol shows 0000."""
    matrix = micro("M3", "M", "Victus")
    message = reedsolo.RSCodec(8, fcr=0).encode(bytes(8) + b"\xff")
    bits = "".join(f"{byte:08b}" for byte in message[9:])
    for (y, x), bit in zip(message_places(15)[68:], bits, strict=True):
        matrix[y, x] ^= bit == "1"
    symbol = only(draw(matrix))
    assert (symbol.text, symbol.corrected) == ("Victus", 1)
