"""What a file holds, by its name and by its first bytes."""

from __future__ import annotations

import enum

from ..formats import KNOWN

__all__ = ["ARCHIVES", "HEAD", "Content", "by_content", "by_name"]

HEAD = 512
"""Bytes of the beginning that `by_content` wants."""


class Content(enum.Enum):
    """Kinds of files."""

    PICTURE = "picture"
    PDF = "PDF"
    FILM = "film"
    TAR = "tar archive"
    ZIP = "zip archive"
    PARQUET = "Parquet file"
    ARROW = "Arrow file"


ARCHIVES = frozenset({Content.TAR, Content.ZIP, Content.PARQUET, Content.ARROW})

# Also formats that are refused with a reason: whoever names a file so means it to be seen.
_PICTURES = "avif bmp dib eps gif heic heif ico j2k jp2 jpe jpeg jpg jfif pbm pfm pgm png pnm ppm qoi svg tif tiff webp"
_BY_SUFFIX = {
    **dict.fromkeys(_PICTURES.split(), Content.PICTURE),
    "pdf": Content.PDF,
    **dict.fromkeys("3gp avi m4v mkv mov mp4 mpeg mpg webm wmv".split(), Content.FILM),
    **dict.fromkeys("tar tgz tbz tbz2 txz tzst".split(), Content.TAR),
    "zip": Content.ZIP,
    **dict.fromkeys("parquet pq".split(), Content.PARQUET),
    **dict.fromkeys("arrow arrows feather".split(), Content.ARROW),
}
_COMPRESSED = {"gz", "bz2", "xz", "zst"}

_BY_MAGIC = (
    (0, b"%PDF-", Content.PDF),
    (0, b"PK\3\4", Content.ZIP),
    (0, b"PK\5\6", Content.ZIP),
    (0, b"PAR1", Content.PARQUET),
    (0, b"ARROW1", Content.ARROW),
    (257, b"ustar", Content.TAR),
    (0, b"\x1f\x8b", Content.TAR),
    (0, b"BZh", Content.TAR),
    (0, b"\xfd7zXZ\0", Content.TAR),
    (0, b"\x28\xb5\x2f\xfd", Content.TAR),
    *((kind.start, kind.magic, Content.PICTURE) for kind in KNOWN),
    *((4, b"ftyp" + brand, Content.PICTURE) for brand in (b"heic", b"heix", b"mif1")),  # refused with a reason
    (4, b"ftyp", Content.FILM),
    (0, b"\x1a\x45\xdf\xa3", Content.FILM),
    (8, b"AVI ", Content.FILM),
    (0, b"\0\0\1\xba", Content.FILM),
)


def by_name(name: str) -> Content | None:
    """What the suffix promises; None where it promises nothing that we read."""
    stem, _, suffix = name.rpartition(".")
    suffix = suffix.lower()
    if suffix in _COMPRESSED:
        return Content.TAR if stem.lower().endswith(".tar") else None
    return _BY_SUFFIX.get(suffix)


def by_content(head: bytes) -> Content | None:
    """What the first `HEAD` bytes say. Whatever is compressed is taken for a tar."""
    for at, magic, content in _BY_MAGIC:
        if head.startswith(magic, at):
            return content
    return None


def is_hidden(name: str) -> bool:
    """Resource forks that macOS leaves beside pictures, under the names of pictures."""
    return name.rpartition("/")[2].startswith("._")
