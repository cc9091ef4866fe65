"""`qrcore camera`: reads the codes before a camera, or in a video, and draws them on the picture."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .arguments import add_effort
from .errors import MissingSourceError, SourceError
from .extras import needs
from .images import Pixels
from .printable import printable
from .tracker import Tracker
from .types import Effort, Symbol

__all__ = ["add_parser", "draw", "run"]

READ, NONE_READ = 0, 1  # exit codes

WINDOW = "qrcore"
AWAY = 30  # frames after which a text that shows again is printed again
LONGEST = 60  # characters of a text on the picture
GREEN, BLACK = (80, 220, 80), (0, 0, 0)  # BGR


def add_parser(commands: Any) -> None:
    """Adds `camera` to the commands of `qrcore`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "camera",
        help="read codes before a camera or in a video",
        description="Shows the picture with the codes in it, and prints the text of each code that comes into view "
        "on a line of its own, escaped for a terminal. Ends with the video, with q or Esc in the window, or with "
        'Ctrl-C. Needs pip install "qrcore[camera]".',
        epilog="Exit code: 0 a code was read, 1 none was, 2 an error.",
    )
    parser.add_argument(
        "--source", metavar="SOURCE", default="0", help="number of a camera, or a video file or URL (default: 0)"
    )
    add_effort(parser, Effort.FAST)
    parser.add_argument("--no-window", action="store_true", help="print only")
    parser.add_argument("--json", action="store_true", help="one JSON object a code that comes into view, and line")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns the exit code."""
    seen = _Seen(options.json)
    start, busy, frames = time.perf_counter(), 0.0, 0
    try:
        cv2 = _cv2()
        tracker = Tracker(effort=options.effort)
        for frame in _frames(cv2, options.source):
            cpu = time.process_time()
            symbols = tracker.decode(frame[..., ::-1])  # BGR to RGB, without a copy
            busy += time.process_time() - cpu
            seen.report(frames, symbols)
            frames += 1
            if not options.no_window and not _show(cv2, draw(cv2, frame, symbols)):
                break
    except KeyboardInterrupt:
        pass
    rate = frames / max(time.perf_counter() - start, 1e-9)
    print(
        f"{frames} frames, {rate:.0f} a second; {1e3 * busy / max(frames, 1):.2f} ms of CPU to decode one",
        file=sys.stderr,
    )
    return READ if seen.any else NONE_READ


def draw(cv2: Any, frame: Pixels, symbols: Iterable[Symbol]) -> Pixels:
    """A copy of a BGR frame with the outlines of the symbols and their texts, as far as the font has them."""
    out: Pixels = frame.copy()
    for symbol in symbols:
        corners = np.rint(symbol.corners).astype(np.int32)
        cv2.polylines(out, [corners.reshape(-1, 1, 2)], True, GREEN, 2, cv2.LINE_AA)
        cv2.circle(out, tuple(map(int, corners[0])), 5, GREEN, -1)  # the symbol's own top-left
        text = printable(symbol.text).encode("ascii", "backslashreplace").decode()
        shown = text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
        place = int(corners[:, 0].min()), max(int(corners[:, 1].min()) - 8, 14)
        for colour, width in ((BLACK, 4), (GREEN, 1)):
            cv2.putText(out, shown, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, width, cv2.LINE_AA)
    return out


class _Seen:
    """Prints each text when it comes into view."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._last: dict[bytes, int] = {}  # the frame in which it was seen last
        self.any = False

    def report(self, frame: int, symbols: Iterable[Symbol]) -> None:
        self._last = {data: last for data, last in self._last.items() if frame - last <= AWAY}
        for symbol in symbols:
            if symbol.data not in self._last:
                line = {"frame": frame, "text": symbol.text, "corners": [[p.x, p.y] for p in symbol.corners]}
                print(json.dumps(line) if self._json else printable(symbol.text), flush=True)
            self._last[symbol.data] = frame
            self.any = True


def _cv2() -> Any:
    with needs("camera"):
        return importlib.import_module("cv2")


def _frames(cv2: Any, source: str) -> Iterator[Pixels]:
    """Height x width x 3, BGR."""
    number = source.isascii() and source.isdigit()
    if not number and "://" not in source and not os.path.exists(source):
        raise MissingSourceError(2, f"there is no video {source!r}", source)
    capture = cv2.VideoCapture(int(source) if number else source)
    try:
        if not capture.isOpened():
            raise SourceError(5, f"{'camera' if number else 'video'} {source} cannot be opened", source)
        while True:
            more, frame = capture.read()
            if not more:
                return
            yield frame
    finally:
        capture.release()


def _show(cv2: Any, picture: Pixels) -> bool:
    """Whether to go on."""
    try:
        cv2.imshow(WINDOW, picture)
        key = cv2.waitKey(1) & 0xFF
        return key not in (27, ord("q")) and cv2.getWindowProperty(WINDOW, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error as error:  # OpenCV without windows, or no screen
        raise SourceError(5, f"no window can be shown ({error.msg or error}); try --no-window") from error
