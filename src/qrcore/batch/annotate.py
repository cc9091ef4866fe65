"""Pictures with their codes outlined."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from ..types import Status
from .item import Item
from .output import write_atomically
from .pictures import Picture
from .worker import Task

__all__ = ["Annotator", "file_name"]

_LONGEST = 80  # characters of a picture's own name
_LINE, _EDGE = (255, 0, 90), (255, 255, 255)


class Annotator:
    """A sink that writes a JPEG for each picture with codes; of a film, for each frame with codes."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the folder cannot be made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def __call__(self, task: Task, item: Item, picture: Picture) -> None:
        """Writes the picture. Raises Failure or OSError."""
        if any(symbol.status is Status.ok for symbol in item.symbols):
            name = file_name(task.number, item)
            with write_atomically(self._folder / name) as file:
                file.write(_outlined(picture.pixels(1, True), item))


def file_name(number: int, item: Item) -> str:
    """The number of the file or member, the page or frame, and what is harmless of the name: never a path."""
    name = item.source if item.member is None else item.member
    stem = re.split(r"[/\\]", name.rstrip("/\\"))[-1].rpartition(".")
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", stem[0] or stem[2]).strip("_")[:_LONGEST]
    part = f"-page{item.page:04d}" if item.page is not None else ""
    part += f"-frame{item.frame:06d}" if item.frame is not None else ""
    return f"{number:08d}{part}-{safe or 'picture'}.jpg"


def _outlined(pixels: Any, item: Item) -> bytes:
    import PIL.Image
    import PIL.ImageDraw

    image = PIL.Image.fromarray(pixels).convert("RGB")
    draw = PIL.ImageDraw.Draw(image)
    width = max(2, round(max(image.size) / 400))
    for symbol in item.symbols:
        if symbol.status is Status.ok:
            outline = [(p.x, p.y) for p in (*symbol.corners, symbol.corners[0])]
            draw.line(outline, _EDGE, 2 * width, joint="curve")
            draw.line(outline, _LINE, width, joint="curve")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
