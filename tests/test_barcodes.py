"""Product barcodes and other matrix codes beside our own: the same call, the same `Symbol`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import zxingcpp
from pictures import Pixels, code, ean_13, encoded, row_of, ruined
from PIL import Image

import qrcore
from qrcore import Fnc1, Symbology
from qrcore.barcodes import READ_ELSEWHERE, BarcodeReader, in_reading_order
from qrcore.payload import Gs1

# By symbology: the format of zxing-cpp's writer, what is written, the text that must be read.
WRITTEN = {
    Symbology.EAN_13: ("EAN13", "4006381333931", "4006381333931"),
    Symbology.EAN_8: ("EAN8", "96385074", "96385074"),
    Symbology.UPC_A: ("UPCA", "036000291452", "036000291452"),
    Symbology.UPC_E: ("UPCE", "01234565", "01234565"),
    Symbology.CODE_128: ("Code128", "Case-128", "Case-128"),
    Symbology.ITF: ("ITF", "00012345600012", "00012345600012"),
    Symbology.DATA_MATRIX: ("DataMatrix", "matrix ü", "matrix ü"),
    Symbology.PDF_417: ("PDF417", "stacked", "stacked"),
    Symbology.AZTEC: ("Aztec", "ticket", "ticket"),
    Symbology.DATABAR: ("DataBarOmni", "0950110153001", "0109501101530010"),
    Symbology.DATABAR_EXPANDED: ("DataBarExp", "(01)09501101530003(10)ABC(21)X", "010950110153000310ABC\x1d21X"),
    Symbology.DATABAR_LIMITED: ("DataBarLtd", "0950110153001", "0109501101530010"),
    Symbology.CODE_39: ("Code39", "ABC", "ABC"),
    Symbology.CODE_93: ("Code93", "ABC", "ABC"),
    Symbology.CODABAR: ("Codabar", "A123A", "A123A"),
    Symbology.MAXICODE: ("MaxiCode", "parcel", "parcel"),
    Symbology.DX_FILM_EDGE: ("DXFilmEdge", "79-7/11A", "79-7/11A"),
}
PRODUCT = "4006381333931"


def barcode(symbology: Symbology, margin: int = 24) -> Pixels:
    """A gray picture of the symbol with white round it, 3 pixels a module."""
    name, text, _ = WRITTEN[symbology]
    drawn = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, name)).to_image(scale=3)
    return np.pad(np.asarray(drawn), margin, constant_values=255)


def test_every_symbology_that_is_read_elsewhere_is_tried_here() -> None:
    assert set(WRITTEN) == READ_ELSEWHERE == set(Symbology) - {Symbology.QR, Symbology.MICRO_QR, Symbology.RMQR}


@pytest.mark.parametrize("symbology", WRITTEN, ids=lambda s: s.value)
def test_it_is_read_when_it_is_asked_for_and_not_otherwise(symbology: Symbology) -> None:
    picture = barcode(symbology)
    (symbol,) = qrcore.decode(picture, symbologies=symbology)
    assert (symbol.symbology, symbol.text) == (symbology, WRITTEN[symbology][2])
    assert qrcore.decode(picture) == []
    (one,) = [s for s in qrcore.decode(picture, symbologies="all") if s.symbology is symbology]
    assert one == symbol


def test_bars_that_were_drawn_by_the_standard_are_read_at_every_turn() -> None:
    for turns in range(4):
        (symbol,) = qrcore.decode(np.rot90(ean_13(PRODUCT), turns), symbologies="ean_13")
        assert (symbol.text, symbol.data) == (PRODUCT, PRODUCT.encode())


def test_corners_start_at_the_symbols_own_top_left() -> None:
    picture = ean_13(PRODUCT)
    (upright,) = qrcore.decode(picture, symbologies="ean_13")
    expected = np.array([[33, 20], [318, 20], [318, 80], [33, 80]])
    assert np.abs(np.array(upright.corners) - expected).max() <= 2
    for _ in range(3):
        expected = np.stack([expected[:, 1], picture.shape[1] - expected[:, 0]], axis=1)
        picture = np.rot90(picture)
        (turned,) = qrcore.decode(picture, symbologies="ean_13")
        assert np.abs(np.array(turned.corners) - expected).max() <= 14  # at a half turn a few modules are missing


@pytest.mark.parametrize(
    ("symbology", "gtin"),
    [
        (Symbology.EAN_13, "04006381333931"),
        (Symbology.EAN_8, "00000096385074"),
        (Symbology.UPC_A, "00036000291452"),
        (Symbology.UPC_E, "00012345000065"),
        (Symbology.ITF, "00012345600012"),
        (Symbology.DATABAR, "09501101530010"),
        (Symbology.DATABAR_EXPANDED, "09501101530003"),
        (Symbology.DATABAR_LIMITED, "09501101530010"),
    ],
)
def test_the_payload_of_a_product_barcode_is_its_gtin(symbology: Symbology, gtin: str) -> None:
    (symbol,) = qrcore.decode(barcode(symbology), symbologies=symbology)
    payload = symbol.payload
    assert isinstance(payload, Gs1)
    assert (payload.gtin, payload.issues, payload.path.split("/")[:3]) == (gtin, (), ["", "01", gtin])


def test_fnc1_marks_an_element_string() -> None:
    (symbol,) = qrcore.decode(barcode(Symbology.DATABAR_EXPANDED), symbologies="databar_expanded")
    assert symbol.fnc1 is Fnc1.GS1
    assert [(e.ai, e.value) for e in symbol.payload.elements] == [  # type: ignore[attr-defined]
        ("01", "09501101530003"), ("10", "ABC"), ("21", "X"),
    ]  # fmt: skip


def test_an_ean_that_begins_with_0_is_upc_a_where_that_is_asked_for() -> None:
    picture = barcode(Symbology.UPC_A)
    for asked, named, text in (
        ("ean_13", Symbology.EAN_13, "0036000291452"),
        ("upc_a", Symbology.UPC_A, "036000291452"),
        (("ean_13", "upc_a"), Symbology.UPC_A, "036000291452"),
    ):
        (symbol,) = qrcore.decode(picture, symbologies=asked)
        assert (symbol.symbology, symbol.text, symbol.data) == (named, text, text.encode())
    assert qrcore.decode(ean_13(PRODUCT), symbologies="upc_a") == []


def test_margin_is_the_unused_error_correction() -> None:
    clean = barcode(Symbology.DATA_MATRIX)
    (symbol,) = qrcore.decode(clean, symbologies="data_matrix")
    assert symbol.margin == 1.0
    worn = clean.copy()
    x, y = (int(v) for v in symbol.corners[0])
    worn[y + 12 : y + 20, x + 12 : x + 20] = 255 - worn[y + 12 : y + 20, x + 12 : x + 20]
    (damaged,) = qrcore.decode(worn, symbologies="data_matrix")
    assert (damaged.text, damaged.margin < 1.0) == (symbol.text, True)


def mixed() -> Pixels:
    """Two rows: QR "a", EAN-13, QR "b"; then EAN-8 and QR "c"."""
    rows = [row_of(code("a"), barcode(Symbology.EAN_13), code("b")), row_of(barcode(Symbology.EAN_8), code("c"))]
    width = max(r.shape[1] for r in rows)
    return np.concatenate([np.pad(r, ((0, 40), (0, width - r.shape[1])), constant_values=255) for r in rows])


def test_all_kinds_come_merged_in_reading_order() -> None:
    found = qrcore.decode(mixed(), symbologies=["qr", "ean_13", "ean_8"])
    assert [s.text for s in found] == ["a", PRODUCT, "b", "96385074", "c"]


def test_symbols_of_our_own_engine_are_the_same_whatever_else_is_asked_for() -> None:
    alone = qrcore.decode(mixed(), symbologies="qr")
    assert [s for s in qrcore.decode(mixed(), symbologies="all") if s.symbology is Symbology.QR] == alone


def test_qr_codes_never_come_from_zxing_cpp() -> None:
    picture = code("hello")
    assert qrcore.decode(picture, symbologies=list(READ_ELSEWHERE)) == []
    formats = BarcodeReader(READ_ELSEWHERE, qrcore.Effort.BALANCED, None, None, None)._formats
    own = {"QRCode", "QRCodeModel1", "QRCodeModel2", "MicroQRCode", "RMQRCode", "AllReadable", "AllMatrix", "All"}
    assert not own & {f.name for f in formats}


def test_the_order_is_that_of_our_own_engine() -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        sheet = np.full((700, 700), 255, np.uint8)
        for k, (row, column) in enumerate(np.ndindex(4, 4)):
            drawn = code(str(k), scale=3)
            y, x = (170 * np.array([row, column]) + rng.integers(0, 60, 2)).tolist()
            sheet[y : y + drawn.shape[0], x : x + drawn.shape[1]] = drawn
        found = qrcore.decode(sheet)
        assert len(found) == 16
        shuffled = [found[int(k)] for k in rng.permutation(16)]
        assert in_reading_order(shuffled) == found


def test_a_region_limits_the_search_and_keeps_the_places() -> None:
    picture = row_of(barcode(Symbology.EAN_8), ean_13(PRODUCT))
    both = qrcore.decode(picture, symbologies=["ean_8", "ean_13"])
    (right,) = qrcore.decode(picture, symbologies="all", region=(230, 0, 10_000, 10_000))
    assert [s.text for s in both] == ["96385074", PRODUCT]
    assert np.abs(np.array(right.corners) - np.array(both[1].corners)).max() <= 1
    with pytest.raises(qrcore.OptionError, match="outside the picture"):
        qrcore.decode(picture, symbologies="ean_8", region=(5000, 5000, 10, 10))


def test_max_symbols_counts_all_kinds() -> None:
    asked: dict[str, Any] = {"symbologies": ["qr", "ean_13", "ean_8"]}
    for most in (1, 2, 3, 4, 5, 9):
        assert len(qrcore.decode(mixed(), max_symbols=most, **asked)) == min(most, 5)
    one = qrcore.decode_one(mixed(), **asked)
    assert one is not None
    assert one.symbology is Symbology.QR  # found first: the rest is not searched
    product = qrcore.decode_one(ean_13(PRODUCT), symbologies="all")
    assert product is not None
    assert product.text == PRODUCT


def test_after_the_deadline_zxing_cpp_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(qrcore.decode(mixed(), symbologies="all", deadline_ms=60_000)) == 5
    monkeypatch.setattr(zxingcpp, "read_barcodes", lambda *_, **__: pytest.fail("called"))
    assert qrcore.decode(mixed(), symbologies="all", deadline_ms=0) == []


def test_loading_counts_towards_the_deadline() -> None:
    class Slow:
        def __init__(self) -> None:
            self.data = encoded(ean_13(PRODUCT))

        def read(self, size: int) -> bytes:
            time.sleep(0.03)
            piece, self.data = self.data[:size], self.data[size:]
            return piece

    assert qrcore.decode(Slow(), symbologies="ean_13", deadline_ms=20) == []
    assert qrcore.decode(Slow(), symbologies="ean_13", deadline_ms=60_000) != []


def test_failures_of_our_own_engine_come_last() -> None:
    picture = row_of(ruined(code("ruined")), barcode(Symbology.EAN_13))
    found = qrcore.decode(picture, symbologies=["qr", "ean_13"], return_failures=True)
    assert found[0].text == PRODUCT
    assert len(found) > 1
    assert all(s.status is not qrcore.Status.ok for s in found[1:])


def colours(gray: Pixels, alpha: bool) -> Pixels:
    """Dark red on white; with alpha, on transparent black."""
    dark = gray < 128
    rgb = np.full((*gray.shape, 3), 255, np.uint8)
    rgb[dark] = (90, 0, 0)
    if not alpha:
        return rgb
    rgb[~dark] = 0
    return np.dstack([rgb, np.where(dark, 255, 0).astype(np.uint8)])


@pytest.mark.parametrize(
    "form",
    [
        lambda p: p,
        lambda p: p[:, :, None],
        lambda p: colours(p, alpha=False),
        lambda p: colours(p, alpha=True),
        lambda p: np.ascontiguousarray(p[::-1, ::-1])[::-1, ::-1],
        lambda p: np.repeat(p, 2, axis=1)[:, ::2],
        lambda p: memoryview(p),
        lambda p: Image.fromarray(p),
        lambda p: encoded(p),
        lambda p: encoded(p, "JPEG", quality=90),
    ],
)
@pytest.mark.parametrize("effort", ["fast", "balanced", "thorough"])
def test_every_form_of_a_picture_works(form: Callable[[Pixels], Any], effort: Any) -> None:
    picture = form(ean_13(PRODUCT))
    if not isinstance(picture, (bytes, Image.Image, memoryview)):
        picture.flags.writeable = False
    (symbol,) = qrcore.decode(picture, symbologies="ean_13", effort=effort)
    assert symbol.text == PRODUCT


def test_bad_pictures_raise_what_they_always_raise() -> None:
    shapes = [(4, 4, 2), (9,), (0, 5), (5, 0, 3)]
    for bad in (np.zeros((4, 4), np.float32), b"no picture", *(np.zeros(shape, np.uint8) for shape in shapes)):
        with pytest.raises(qrcore.ImageError):
            qrcore.decode(bad, symbologies="ean_13")
    with pytest.raises(qrcore.ImageError, match="max_pixels"):
        qrcore.decode(ean_13(PRODUCT), symbologies="ean_13", max_pixels=100)
    assert qrcore.decode(np.zeros((1, 1), np.uint8), symbologies="all") == []
    with pytest.raises(qrcore.ImageError, match="at most 65535"):
        qrcore.decode(np.zeros((1, 65_536), np.uint8), symbologies="ean_13")


@pytest.mark.parametrize("asked", ["all", "ean_13", ["qr", "aztec"]])
def test_without_the_extra_the_error_names_the_command(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    with pytest.raises(qrcore.MissingExtraError, match=r'pip install "qrcore\[barcodes\]"'):
        qrcore.decode(ean_13(PRODUCT), symbologies=asked, max_pixels=123_456)  # options not seen before: not cached
    assert qrcore.decode(ean_13(PRODUCT)) == []


def test_a_decoder_and_a_trace_take_them_too() -> None:
    decoder = qrcore.Decoder(symbologies=["qr", "ean_13"])
    for _ in range(2):
        assert [s.text for s in decoder.decode(row_of(code("x"), ean_13(PRODUCT)))] == ["x", PRODUCT]
    one = decoder.decode_one(ean_13(PRODUCT))
    assert one is not None
    assert one.text == PRODUCT
    assert [s.text for s in qrcore.trace(ean_13(PRODUCT), symbologies="ean_13").symbols] == [PRODUCT]


def test_decode_many_reads_large_jpegs_at_full_size_where_barcodes_are_asked_for() -> None:
    sheet = np.full((1500, 2000), 255, np.uint8)
    bars = ean_13(PRODUCT, scale=1)
    sheet[300 : 300 + bars.shape[0], 400 : 400 + bars.shape[1]] = bars
    qr = code("qr", scale=6)  # large enough to be read at half size, so that nothing is tried again
    sheet[900 : 900 + qr.shape[0], 900 : 900 + qr.shape[1]] = qr
    (item,) = qrcore.decode_many([encoded(sheet, "JPEG", quality=95)], symbologies=["qr", "ean_13"])
    assert [s.text for s in item.symbols] == [PRODUCT, "qr"]
