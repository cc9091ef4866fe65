"""What may be passed to `decode_many`, and what comes out of it."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch.archives_of import film, folder, pdf, png, pngs, shown, tar, tiff, zipped
from pictures import code, encoded

from qrcore import OptionError
from qrcore.batch import ErrorKind, Item, decode_many
from qrcore.reduction import reduction


def texts(items: Iterable[Item]) -> list[str]:
    """All of them; no item may have failed."""
    listed = list(items)
    assert [item.error for item in listed if item.error] == []
    return [symbol.text for item in listed for symbol in item.symbols]


FOUR = [f"code {i}" for i in range(4)]


def test_a_folder_is_read_with_all_below_it_in_the_order_of_names(tmp_path: Path) -> None:
    files = {"b/1.png": png("second"), "a.png": png("first"), "b/c/2.png": png("third"), "z": png("without suffix")}
    folder(files, tmp_path)
    items = list(decode_many(tmp_path))
    assert texts(items) == ["first", "second", "third", "without suffix"]
    assert [item.member for item in items] == [None] * 4
    assert items[1].source == str(tmp_path / "b" / "1.png")
    assert (items[0].width, items[0].height) == (116, 116)


def test_other_files_beside_pictures_are_passed_over(tmp_path: Path) -> None:
    files = {"a.png": png("a"), "a.txt": b"1 2 3", "._a.png": b"resource fork", ".DS_Store": b"\0\0\0\1", "x": b"?"}
    folder(files, tmp_path)
    assert texts(decode_many([tmp_path])) == ["a"]
    assert texts(decode_many([tar(files, tmp_path / "x.tar")])) == ["a"]
    assert texts(decode_many([zipped(files, tmp_path / "x.zip")])) == ["a"]


def test_globs_files_and_paths_on_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder({"d/" + name: data for name, data in pngs(4).items()}, tmp_path)
    assert texts(decode_many([str(tmp_path / "d" / "00[12].png")])) == ["code 1", "code 2"]
    assert texts(decode_many([str(tmp_path / "**" / "*.png")])) == FOUR
    assert texts(decode_many(str(tmp_path / "d" / "003.png"))) == ["code 3"]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{tmp_path}/d/002.png\n{tmp_path}/d/000.png\n"))
    assert texts(decode_many(["-", tmp_path / "d" / "001.png"])) == ["code 2", "code 0", "code 1"]


def test_a_list_of_paths_may_have_empty_lines_and_names_that_are_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (os.fsencode(tmp_path) + b"/" + name for name in (b"a.png", b"odd\xff.png"))
    for path, text in ((first, "a"), (second, "b")):
        Path(os.fsdecode(path)).write_bytes(png(text))
    listed = io.TextIOWrapper(io.BytesIO(b"\n" + first + b"\r\n\n" + second), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", listed)
    assert texts(decode_many(["-"])) == ["a", "b"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars_are_read_however_compressed_and_named(tmp_path: Path, mode: str) -> None:
    path = tar(pngs(4), tmp_path / "no suffix", mode)
    items = list(decode_many([path]))
    assert texts(items) == FOUR
    assert (items[2].source, items[2].member) == (str(path), "002.png")


def test_a_tar_compressed_by_zstandard(tmp_path: Path) -> None:
    plain = tar(pngs(4), tmp_path / "x.tar").read_bytes()
    (tmp_path / "x.tar.zst").write_bytes(pa.compress(plain, "zstd", asbytes=True))
    with pa.output_stream(tmp_path / "y.tar.zst", compression="zstd") as file:
        file.write(plain)
    assert texts(decode_many([tmp_path / "y.tar.zst"])) == FOUR


def test_a_gzip_file_of_several_parts_is_read_to_its_end(tmp_path: Path) -> None:
    plain = tar(pngs(4), tmp_path / "x.tar").read_bytes()
    (tmp_path / "x.tgz").write_bytes(gzip.compress(plain[:3000]) + gzip.compress(plain[3000:]))
    assert texts(decode_many([tmp_path / "x.tgz"])) == FOUR


def test_zip_files(tmp_path: Path) -> None:
    items = list(decode_many([zipped(pngs(4), tmp_path / "x.zip")]))
    assert texts(items) == FOUR
    assert items[3].member == "003.png"


def test_parquet_columns_of_bytes_and_of_structs(tmp_path: Path) -> None:
    pictures = list(pngs(4).values())
    plain = pa.table({"id": list("abcd"), "content": pictures})
    pq.write_table(plain, tmp_path / "plain.parquet", row_group_size=3)
    nested = pa.table({"image": [{"bytes": p, "path": "x"} for p in pictures]})
    pq.write_table(nested, tmp_path / "nested.parquet")
    items = list(decode_many([tmp_path / "plain.parquet"]))
    assert texts(items) == FOUR
    assert [item.member for item in items] == ["row 0", "row 1", "row 2", "row 3"]
    assert texts(decode_many([tmp_path / "nested.parquet"])) == FOUR
    assert texts(decode_many([tmp_path / "nested.parquet"], column="image.bytes")) == FOUR


def test_arrow_files_and_streams(tmp_path: Path) -> None:
    table = pa.table({"content": [*pngs(4).values(), None]})
    with pa.ipc.new_file(tmp_path / "file.arrow", table.schema) as file:
        file.write_table(table, max_chunksize=2)
    with pa.ipc.new_stream(tmp_path / "stream.arrow", table.schema) as stream:
        stream.write_table(table, max_chunksize=2)
    assert texts(decode_many([tmp_path / "file.arrow"])) == FOUR
    assert texts(decode_many([tmp_path / "stream.arrow"])) == FOUR


def test_a_table_with_two_columns_of_bytes_asks_which(tmp_path: Path) -> None:
    table = pa.table({"front": list(pngs(1).values()), "back": [png("back")]})
    pq.write_table(table, tmp_path / "x.parquet")
    (item,) = decode_many([tmp_path / "x.parquet"])
    assert item.kind is ErrorKind.UNOPENED
    assert "'front'" in str(item.error)
    assert "'back'" in str(item.error)
    assert texts(decode_many([tmp_path / "x.parquet"], column="back")) == ["back"]


def test_every_page_of_a_tiff_is_an_item(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_bytes(tiff(FOUR))
    items = list(decode_many([tmp_path / "x.tif"]))
    assert texts(items) == FOUR
    assert [item.page for item in items] == [0, 1, 2, 3]


def test_every_page_of_a_pdf_is_an_item(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(pdf(FOUR))
    items = list(decode_many([tmp_path / "x.pdf", tar({"y.pdf": pdf(["inside"])}, tmp_path / "y.tar")]))
    assert texts(items) == [*FOUR, "inside"]
    assert [item.page for item in items] == [0, 1, 2, 3, 0]
    assert items[4].member == "y.pdf"
    fine, coarse = (next(decode_many([tmp_path / "x.pdf"], dpi=dpi)) for dpi in (300, 100))
    assert fine.width == pytest.approx(3 * (coarse.width or 0), abs=2)


def test_codes_of_a_film_are_merged_with_their_time_span(tmp_path: Path) -> None:
    frames = [*[shown(None)] * 5, *[shown("first")] * 20, *[shown(None)] * 30, *[shown("second")] * 5]
    path = film(frames, tmp_path / "x.mp4")
    items = list(decode_many([path]))
    assert texts(items) == ["first", "second"]
    assert [item.frame for item in items] == [5, 55]
    assert items[0].span == pytest.approx((0.5, 2.4))
    assert items[1].span == pytest.approx((5.5, 5.9))
    assert (items[0].width, items[0].height) == (240, 240)


def test_only_every_nth_frame_of_a_film_is_looked_at(tmp_path: Path) -> None:
    path = film([shown("here")] * 31, tmp_path / "x.mp4")
    (item,) = decode_many([path], every=15)
    assert item.span == pytest.approx((0.0, 3.0))


def test_a_code_that_comes_back_after_a_while_is_seen_twice(tmp_path: Path) -> None:
    path = film([*[shown("x")] * 3, *[shown(None)] * 15, *[shown("x")] * 3], tmp_path / "x.mkv")
    assert [item.frame for item in decode_many([path])] == [0, 18]


def test_a_film_without_codes_is_one_item(tmp_path: Path) -> None:
    (item,) = decode_many([film([shown(None)] * 5, tmp_path / "x.mp4")])
    assert (item.symbols, item.error, item.frame, item.width) == ((), None, None, 240)


def test_pictures_in_memory() -> None:
    pixels = code("in memory")
    sources: list[Any] = [pixels, png("bytes"), PIL.Image.fromarray(pixels), io.BytesIO(png("file"))]
    items = list(decode_many(sources))
    assert texts(items) == ["in memory", "bytes", "in memory", "file"]
    assert [item.source for item in items] == ["#0", "#1", "#2", "#3"]
    assert texts(decode_many(pixels)) == ["in memory"]
    assert texts(decode_many(png("x"))) == ["x"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_the_usual_formats(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(encoded(code(kind), kind))
    assert texts(decode_many([path])) == [kind]


def test_a_file_is_what_its_content_says() -> None:
    data = encoded(code("webp"), "WEBP")
    path = Path(os.devnull)
    assert path.exists()
    assert texts(decode_many([data])) == ["webp"]


def large_jpeg(text: str = "large", scale: int = 60) -> bytes:
    return encoded(np.asarray(code(text, scale=scale)), "JPEG", quality=90)


@pytest.mark.parametrize("scale", ["auto", "full", 2, 4, 8])
def test_sizes_and_corners_are_those_of_the_whole_picture_at_any_scale(scale: Any) -> None:
    (item,) = decode_many([large_jpeg()], scale=scale)
    assert (item.width, item.height) == (29 * 60, 29 * 60)
    for got, want in zip(item.symbols[0].corners, ((4, 4), (25, 4), (25, 25), (4, 25)), strict=True):
        assert got == pytest.approx((want[0] * 60, want[1] * 60), abs=30)


def test_where_a_smaller_picture_shows_nothing_it_is_tried_at_full_size() -> None:
    fine = encoded(code("fine", scale=2, border=700), "JPEG", quality=95)
    (found,) = decode_many([fine], scale=8)
    (lost,) = decode_many([fine], scale=8, retry=False)
    assert [s.text for s in found.symbols] == ["fine"]
    assert lost.symbols == ()


@pytest.mark.parametrize("scale", ["auto", 2, 4, 8])
def test_small_pictures_are_not_made_smaller(scale: Any) -> None:
    small = encoded(code("small", scale=2, border=200), "JPEG", quality=95)
    (item,) = decode_many([small], scale=scale, retry=False)
    assert [s.text for s in item.symbols] == ["small"]


@pytest.mark.parametrize(
    ("width", "height", "most", "factor"),
    [
        (1279, 960, 8, 1),
        (1280, 960, 8, 2),
        (3000, 4000, 2, 2),
        (3000, 4000, 8, 4),
        (6000, 4000, 8, 8),
        (1, 10**8, 1, 1),
    ],
)
def test_no_picture_is_made_smaller_than_a_vga_frame(width: int, height: int, most: int, factor: int) -> None:
    assert reduction(width, height, most) == factor


def test_without_simplejpeg_the_same_comes_from_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qrcore.jpeg._simplejpeg", lambda: None)
    (item,) = decode_many([large_jpeg()], scale=4)
    assert item.symbols[0].text == "large"
    assert item.width == 29 * 60
    assert item.symbols[0].corners[2] == pytest.approx((25 * 60, 25 * 60), abs=30)


def test_a_region_is_in_pixels_of_the_whole_picture() -> None:
    (inside,) = decode_many([large_jpeg()], region=(0, 0, 1740, 1740))
    (outside,) = decode_many([large_jpeg()], region=(0, 0, 300, 300))
    assert inside.symbols
    assert not outside.symbols


@pytest.mark.parametrize(
    "options",
    [{"scale": 3}, {"workers": 0}, {"every": 0}, {"dpi": 0}, {"effort": "huge"}, {"colour": 1}, {"queue_bytes": 0}],
)
def test_wrong_options_are_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        decode_many([], **options)


def test_nothing_in_nothing_out(tmp_path: Path) -> None:
    assert list(decode_many([])) == []
    assert list(decode_many([tmp_path])) == []
    assert list(decode_many([tar({}, tmp_path / "x.tar")])) == []
