"""qrcore.trace: what each stage saw, as data and as a page."""

from __future__ import annotations

import html.parser
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from pictures import Pixels, code, encoded, noise

import qrcore
from qrcore import Status


@pytest.fixture(scope="module")
def seen(hello: Pixels) -> qrcore.Trace:
    return qrcore.trace(hello)


def test_a_trace_finds_what_decode_finds(hello: Pixels, seen: qrcore.Trace) -> None:
    assert list(seen.symbols) == qrcore.decode(hello)
    assert seen.pixels is hello


def test_a_trace_holds_every_stage(seen: qrcore.Trace) -> None:
    names = [stage.name for stage in seen.stages]
    assert {"luma", "binarize", "finders", "candidates", "sample"} <= set(names)
    assert len(names) == len(set(names))
    assert all(stage.microseconds >= 0 and stage.calls >= 1 for stage in seen.stages)


def test_the_finders_are_where_they_were_drawn(seen: qrcore.Trace) -> None:
    centres = {(round(f.centre.x), round(f.centre.y)) for f in seen.finders}
    assert {(30, 30), (86, 30), (30, 86)} <= centres  # 3.5 modules of 4 pixels from each corner
    assert all(0.6 < finder.ncc <= 1.0001 for finder in seen.finders)


def test_a_bitmap_is_the_picture_in_black_and_white(hello: Pixels) -> None:
    seen = qrcore.trace(hello, effort="thorough")  # which leaves nothing out
    full = next(b for b in seen.bitmaps if b.level == 0)
    assert full.bits.shape == hello.shape
    assert (full.bits == (hello < 128)).mean() > 0.97


def test_a_bitmap_that_serves_again_is_light_where_a_code_was_read(hello: Pixels) -> None:
    wide = np.pad(hello, ((64, 64), (64, 640)), constant_values=255)
    wide[:, -200:] = noise(len(wide), 200)  # where there is more to look for
    seen = qrcore.trace(wide)
    assert [s.text for s in seen.symbols if s.status is Status.ok] == ["hello world"]
    first, *again = [b.bits[40:82, 40:82] for b in seen.bitmaps if b.level == 1]  # half of 80 to 164: the code
    assert first.mean() > 0.3
    assert again
    assert not any(bits.any() for bits in again)


def test_the_attempt_that_read_the_code_shows_its_modules(hello: Pixels, seen: qrcore.Trace) -> None:
    (read, *_) = [a for a in seen.attempts if a.status is Status.ok]
    assert read.version == 1
    assert read.llr.shape == (21, 21)
    assert np.array_equal(read.llr > 0, hello[18:-16:4, 18:-16:4] < 128)
    assert read.grid.shape == (22, 22, 2)
    expected = 16 + 4 * np.stack(np.meshgrid(np.arange(22), np.arange(22)), axis=2)
    assert read.grid == pytest.approx(expected, abs=0.75)
    assert seen.candidates[read.candidate].status is Status.ok


def test_a_trace_of_a_region_keeps_the_coordinates_of_the_picture(hello: Pixels) -> None:
    wide = np.pad(hello, ((50, 0), (200, 0)), constant_values=255)
    seen = qrcore.trace(wide, region=(190, 40, 130, 130))
    assert [s.text for s in seen.symbols if s.status is Status.ok] == ["hello world"]
    assert min(f.centre.x for f in seen.finders) == pytest.approx(230, abs=1)
    assert min(f.centre.y for f in seen.finders) == pytest.approx(80, abs=1)


def test_rejects_are_counted(blank: Pixels) -> None:
    ring = blank.copy()
    ring[40:80, 40:80] = 0
    ring[46:74, 46:74] = 255
    ring[50:70, 56:64] = 0  # a core that is none
    seen = qrcore.trace(ring)
    assert seen.symbols == ()
    assert all(reject.count > 0 and reject.stage and reject.reason for reject in seen.rejects)


class Page(html.parser.HTMLParser):
    """Collects tags, links and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_every_stage_with_pictures_that_exist(seen: qrcore.Trace, tmp_path: Path) -> None:
    path = seen.write_html(tmp_path / "deep" / "folder")
    page = Page(path.read_text(encoding="utf-8"))
    for heading in ("Result", "Time", "Binarize", "Finders", "Candidates", "Attempts", "Rejected"):
        assert heading in page.text
    assert "hello world" in page.text
    assert len(set(page.links)) >= 3
    for link in set(page.links):
        with PIL.Image.open(path.parent / link) as picture:
            assert picture.format == "PNG"


def test_the_heat_map_is_black_white_and_red(seen: qrcore.Trace, tmp_path: Path) -> None:
    seen.write_html(tmp_path)
    (read, *_) = [i for i, attempt in enumerate(seen.attempts) if attempt.status is Status.ok]
    heat = np.asarray(PIL.Image.open(tmp_path / f"modules{read}.png"))
    assert heat.shape == (21 * 8, 21 * 8, 3)
    gray = heat[4::8, 4::8].mean(axis=2)
    assert np.array_equal(gray < 128, seen.attempts[read].llr > 0)


def test_text_from_a_code_is_escaped_on_the_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\u202e&\"'"
    seen = qrcore.trace(code(evil.encode(), encoding=None))
    assert seen.symbols[0].text == evil
    source = seen.write_html(tmp_path).read_text(encoding="utf-8")
    assert "script" not in Page(source).tags
    assert "&lt;script&gt;alert(1)" in source
    assert "\u202e" not in source
    assert "\\u202e" in source
    assert "default-src 'none'" in source


@pytest.mark.parametrize("shape", [(40, 40), (40, 40, 1), (40, 40, 3), (40, 40, 4)])
def test_a_page_can_be_written_of_every_kind_of_array(shape: tuple[int, ...], tmp_path: Path) -> None:
    assert qrcore.trace(np.full(shape, 200, np.uint8)).write_html(tmp_path).exists()


def test_a_trace_reads_files_too(hello: Pixels, tmp_path: Path) -> None:
    seen = qrcore.trace(encoded(hello, "PNG"))
    assert [s.text for s in seen.symbols if s.status is Status.ok] == ["hello world"]
    assert np.array_equal(seen.pixels, hello)
