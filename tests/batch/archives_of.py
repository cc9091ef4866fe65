"""Archives, tables, documents and films of small pictures, for the tests of batches."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from pictures import Pixels, code, encoded


def png(text: str) -> bytes:
    """A PNG of one code."""
    return encoded(code(text))


def pngs(count: int, prefix: str = "code") -> dict[str, bytes]:
    """Pictures by name: "000.png" says "code 0", and so on."""
    return {f"{i:03d}.png": png(f"{prefix} {i}") for i in range(count)}


def tar(files: Mapping[str, bytes], path: Path, mode: str = "w") -> Path:
    """A tar with these members, in this order; `mode` as of tarfile."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def zipped(files: Mapping[str, bytes], path: Path) -> Path:
    """A zip with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def folder(files: Mapping[str, bytes], path: Path) -> Path:
    """A folder with these files; names may hold slashes."""
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def tiff(texts: Iterable[str]) -> bytes:
    """A TIFF with a page for each text."""
    pages = [PIL.Image.fromarray(code(text)) for text in texts]
    return encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])


def pdf(texts: Iterable[str]) -> bytes:
    """A PDF with a page for each text."""
    pages = [PIL.Image.fromarray(code(text, scale=6)) for text in texts]
    return encoded(pages[0], "PDF", save_all=True, append_images=pages[1:], resolution=100)


def film(frames: Sequence[Pixels], path: Path, rate: int = 10) -> Path:
    """A film of gray frames of one size."""
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", Fraction(rate))
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 8_000_000
        stream.height, stream.width = frames[0].shape
        for pixels in frames:
            rgb = np.repeat(pixels[:, :, None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def shown(text: str | None, size: int = 240) -> Pixels:
    """A frame with this code, or none."""
    frame = np.full((size, size), 255, np.uint8)
    if text is not None:
        picture = code(text, scale=5)
        frame[: picture.shape[0], : picture.shape[1]] = picture
    return frame
