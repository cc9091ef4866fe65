"""URLs, on file systems that need no network."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch.archives_of import folder, pdf, png, pngs, tar, zipped

from qrcore.batch import ErrorKind, Item, decode_many


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[str]:
    """The URL of a bucket with pictures and archives."""
    system = fsspec.filesystem("memory")
    files = {
        "p/0.png": png("0"),
        "p/deep/1.png": png("1"),
        "p/notes.txt": b"?",
        "p/2": png("2"),
        "s/a.tar": tar(pngs(2, "a"), tmp_path / "a.tar").read_bytes(),
        "s/b.tar.gz": tar(pngs(2, "b"), tmp_path / "b.tgz", "w:gz").read_bytes(),
        "z/x.zip": zipped(pngs(2, "z"), tmp_path / "x.zip").read_bytes(),
        "d/x.pdf": pdf(["page"]),
        "bad/x.png": b"nothing",
    }
    pq.write_table(pa.table({"content": [png("cell")]}), tmp_path / "t.parquet")
    files["t/t.parquet"] = (tmp_path / "t.parquet").read_bytes()
    for name, data in files.items():
        system.pipe_file(f"/bucket/{name}", data)
    yield "memory://bucket"
    system.rm("/bucket", recursive=True)


def texts(items: Iterator[Item]) -> list[str]:
    listed = list(items)
    assert [item.error for item in listed if item.error] == []
    return [symbol.text for item in listed for symbol in item.symbols]


def test_folders_and_patterns_of_pictures(memory: str) -> None:
    items = list(decode_many([memory + "/p"]))
    assert texts(iter(items)) == ["0", "2", "1"]
    assert items[0].source == "memory:///bucket/p/0.png"
    assert texts(decode_many([memory + "/p/*.png"])) == ["0"]
    assert texts(decode_many([memory + "/p/0.png"])) == ["0"]
    assert texts(decode_many([memory + "/p/2"])) == ["2"]


def test_archives_tables_and_documents_are_streamed(memory: str) -> None:
    assert texts(decode_many([memory + "/s/*"])) == ["a 0", "a 1", "b 0", "b 1"]
    assert texts(decode_many([memory + "/z/x.zip"])) == ["z 0", "z 1"]
    assert texts(decode_many([memory + "/t", memory + "/d/x.pdf"])) == ["cell", "page"]


def test_what_is_not_there_is_said(memory: str) -> None:
    items = list(decode_many([memory + "/nothing", memory + "/s/*.zip", "nosuchscheme://x/y", memory + "/bad"]))
    assert [item.kind for item in items] == [ErrorKind.UNOPENED] * 3 + [ErrorKind.WRONG_TYPE]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A web server that knows no ranges."""
    root = folder({"x.png": png("web")}, tmp_path / "web")
    tar(pngs(3), root / "x.tar")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_pictures_and_tars_from_a_web_server(web: str) -> None:
    pytest.importorskip("aiohttp")
    assert texts(decode_many([web + "/x.png?size=1"])) == ["web"]
    assert texts(decode_many([web + "/x.tar"])) == ["code 0", "code 1", "code 2"]
    (item,) = decode_many([web + "/missing.png"])
    assert item.kind is ErrorKind.UNOPENED
