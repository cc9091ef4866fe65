"""One bad member is an item that names it, and the run goes on."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from batch.archives_of import film, folder, pdf, png, pngs, shown, tar, tiff, zipped
from pictures import code, encoded, png_of

from qrcore import ImageError, MissingExtraError, MissingSourceError, SourceError
from qrcore.batch import ErrorKind, Item, decode_many, unit


def bomb() -> bytes:
    """A small PNG that claims 60000 x 60000 pixels."""
    return png_of(60000, 60000, zlib.compress(bytes(1 << 20), 9))


BAD: dict[str, tuple[Callable[[], bytes], ErrorKind]] = {
    "truncated.png": (lambda: png("x")[:150], ErrorKind.BROKEN),
    "truncated.jpg": (lambda: encoded(code("x" * 60), "JPEG")[:2000], ErrorKind.BROKEN),
    "header.jpg": (lambda: b"\xff\xd8\xff\xe0" + bytes(60), ErrorKind.BROKEN),
    "bomb.png": (bomb, ErrorKind.TOO_LARGE),
    "text.png": (lambda: b"this is not a picture", ErrorKind.WRONG_TYPE),
    "empty.png": (lambda: b"", ErrorKind.WRONG_TYPE),
    "drawing.svg": (lambda: b"<svg></svg> and so on and so on", ErrorKind.WRONG_TYPE),
    "program.eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0", ErrorKind.WRONG_TYPE),
    "archive.zip": (lambda: b"PK\3\4 and so on", ErrorKind.WRONG_TYPE),
    "broken.pdf": (lambda: b"%PDF-1.4 and nothing more", ErrorKind.BROKEN),
    "broken.mp4": (lambda: b"\0\0\0\x18ftypmp42" + bytes(100), ErrorKind.BROKEN),
    "playlist.mp4": (lambda: b"#EXTM3U\n#EXTINF:1\nhttp://127.0.0.1:9/x.ts\n", ErrorKind.WRONG_TYPE),
}


def members() -> dict[str, bytes]:
    return {"first.png": png("first"), **{name: make() for name, (make, _) in BAD.items()}, "last.png": png("last")}


def check(items: list[Item], name_of: Callable[[Item], str]) -> None:
    found = {name_of(item): item for item in items}
    assert [s.text for item in items for s in item.symbols] == ["first", "last"]
    for name, (_, kind) in BAD.items():
        item = found.pop(name)
        assert item.kind is kind, (name, item.error)
        assert isinstance(item.error, ImageError)
        assert name in str(item.error)
        assert pickle.loads(pickle.dumps(item)).kind is kind
    assert sorted(found) == ["first.png", "last.png"]


@pytest.mark.parametrize("archive", [tar, zipped])
def test_bad_members_of_an_archive_do_not_stop_it(
    tmp_path: Path, archive: Callable[[dict[str, bytes], Path], Path]
) -> None:
    check(list(decode_many([archive(members(), tmp_path / "archive")])), lambda item: item.member or "")


def test_bad_files_of_a_folder_do_not_stop_it(tmp_path: Path) -> None:
    files = {name: data for name, data in members().items() if name != "archive.zip"}
    items = list(decode_many([folder(files, tmp_path)]))
    lost = Item("archive.zip", None, error=ImageError("archive.zip"), kind=ErrorKind.WRONG_TYPE)
    check([*items, lost], lambda item: item.source.rpartition(os.sep)[2])


def test_a_missing_source_is_an_item_of_its_own_kind(tmp_path: Path) -> None:
    missing = [str(tmp_path / "no"), str(tmp_path / "no" / "*.png"), "nothing://here/x.tar"]
    items = list(decode_many([*missing, png("there")]))
    assert [item.kind for item in items] == [ErrorKind.UNOPENED] * 3 + [None]
    assert isinstance(items[0].error, MissingSourceError)
    assert isinstance(items[1].error, FileNotFoundError)
    assert isinstance(items[2].error, SourceError)
    assert [item.source for item in items[:3]] == missing


def test_what_is_called_an_archive_and_is_none_cannot_be_opened(tmp_path: Path) -> None:
    for name in ("x.tar", "x.tar.gz", "x.zip", "x.parquet", "x.arrow"):
        (tmp_path / name).write_bytes(b"nothing of the kind" * 100)
        (item,) = decode_many([tmp_path / name])
        assert item.kind is ErrorKind.UNOPENED, name
        assert name in str(item.error)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_that_is_cut_off_gives_what_is_there_and_an_error(tmp_path: Path, mode: str) -> None:
    path = tar(pngs(8), tmp_path / "x.tar", mode)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.37)])
    items = list(decode_many([path]))
    read = [s.text for item in items for s in item.symbols]
    assert read == [f"code {i}" for i in range(len(read))]
    assert 1 <= len(read) <= 7
    assert items[-1].kind is ErrorKind.BROKEN
    assert str(path) in str(items[-1].error)


def test_a_zip_member_with_a_wrong_checksum(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in pngs(3).items():
            archive.writestr(name, data)
    raw = bytearray(path.read_bytes())
    raw[raw.find(b"001.png") + 60] ^= 0xFF
    path.write_bytes(raw)
    items = list(decode_many([path]))
    assert [item.kind for item in items] == [None, ErrorKind.UNREADABLE, None]
    assert "001.png" in str(items[1].error)


def test_a_member_that_is_larger_than_allowed_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "UNIT_BYTES", 5000)
    path = tar({"a.png": png("a"), "huge.png": bytes(6000), "b.png": png("b")}, tmp_path / "x.tar")
    items = list(decode_many([path]))
    assert [item.kind for item in items] == [None, ErrorKind.TOO_LARGE, None]


def test_a_tar_header_that_claims_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 3 << 30
    path = tmp_path / "x.tar"
    picture = tarfile.TarInfo("a.png")
    picture.size = len(png("a"))
    padding = bytes(-picture.size % 512)
    path.write_bytes(picture.tobuf() + png("a") + padding + info.tobuf() + bytes(10240))
    items = list(decode_many([path]))
    assert items[0].symbols
    assert items[-1].kind is ErrorKind.BROKEN


def test_links_devices_and_absolute_paths_in_a_tar_are_only_names(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        fifo = tarfile.TarInfo("fifo.png")
        fifo.type = tarfile.FIFOTYPE
        archive.addfile(fifo)
        data = png("abs")
        member = tarfile.TarInfo("/abs/../../x.png")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    (item,) = decode_many([path])
    assert item.symbols[0].text == "abs"


def test_a_bad_page_is_one_item_and_the_others_follow(tmp_path: Path) -> None:
    items = list(decode_many([pages_with_a_large_one()], max_pixels=20_000))
    assert [item.kind for item in items] == [None, ErrorKind.TOO_LARGE, None]
    assert [item.page for item in items] == [0, 1, 2]
    assert "page 1" in str(items[1].error)
    path = tmp_path / "x.pdf"
    path.write_bytes(pdf(["a", "b"]))
    small = list(decode_many([path], dpi=2400))
    assert [item.kind for item in small] == [None, None]
    capped = list(decode_many([path], dpi=2400, max_pixels=100_000))
    assert [(item.kind, item.page) for item in capped] == [(ErrorKind.TOO_LARGE, 0), (ErrorKind.TOO_LARGE, 1)]


def pages_with_a_large_one() -> bytes:
    import PIL.Image

    pages = [PIL.Image.fromarray(code("x", scale=scale)) for scale in (2, 10, 2)]
    return encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])


def test_a_film_that_is_cut_off_gives_its_codes_and_an_error(tmp_path: Path) -> None:
    path = film([shown("cut")] * 60, tmp_path / "x.avi")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    items = list(decode_many([path]))
    assert "cut" in [s.text for item in items for s in item.symbols]


def test_frames_that_are_too_large_are_an_error(tmp_path: Path) -> None:
    (item,) = decode_many([film([shown("x")] * 3, tmp_path / "x.mp4")], max_pixels=1000)
    assert item.kind is ErrorKind.TOO_LARGE


@pytest.mark.parametrize(
    ("module", "name", "make", "package"),
    [
        ("pypdfium2", "x.pdf", lambda: pdf(["x"]), "qrcore[pdf]"),
        ("av", "x.mp4", lambda: b"\0\0\0\x18ftypmp42" + bytes(600), "qrcore[video]"),
        ("pyarrow.parquet", "x.parquet", lambda: b"PAR1" + bytes(600), "qrcore[batch]"),
    ],
)
def test_what_is_not_installed_is_named_with_its_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    name: str,
    make: Callable[[], bytes],
    package: str,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    (tmp_path / name).write_bytes(make())
    items = list(decode_many([tmp_path / name, png("after")]))
    assert isinstance(items[0].error, MissingExtraError)
    assert f'pip install "{package}"' in str(items[0].error)
    assert items[0].kind is ErrorKind.MISSING_EXTRA
    assert items[1].symbols[0].text == "after"


def test_a_broken_tiff_is_one_error() -> None:
    (item,) = decode_many([tiff(["x"])[:60]])
    assert item.kind is ErrorKind.BROKEN
