"""`qrcore camera`, with a capture and a window that are not there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pictures import Pixels, code

from qrcore import cli

CAMERAS: dict[Any, list[Pixels]] = {}


def picture(text: str, x: int = 60) -> Pixels:
    """A BGR frame of 200 x 300 with a code whose left edge is at x + 16."""
    frame = np.full((200, 300, 3), 255, np.uint8)
    drawn = code(text, version=2)
    frame[20 : 20 + len(drawn), x : x + len(drawn)] = drawn[..., None]
    return frame


BLANK = np.full((200, 300, 3), 200, np.uint8)


class Capture:
    """Stands for cv2.VideoCapture."""

    released = 0

    def __init__(self, source: int | str) -> None:
        self.frames = list(CAMERAS.get(source, []))

    def isOpened(self) -> bool:
        return bool(self.frames)

    def read(self) -> tuple[bool, Pixels | None]:
        return (True, self.frames.pop(0)) if self.frames else (False, None)

    def release(self) -> None:
        Capture.released += 1


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Pixels]:
    """What a window would have shown."""
    frames: list[Pixels] = []
    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    monkeypatch.setattr(cv2, "imshow", lambda name, frame: frames.append(frame))
    monkeypatch.setattr(cv2, "waitKey", lambda delay: -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda name, what: 1.0)
    CAMERAS.clear()
    Capture.released = 0
    return frames


def test_texts_are_printed_when_they_come_into_view(shown: list[Pixels], capsys: pytest.CaptureFixture[str]) -> None:
    one, two = picture("one"), picture("two")
    CAMERAS[0] = [one, one, BLANK, one, two, *[BLANK] * 40, one]
    assert cli.main(["camera"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["one", "two", "one"]
    assert "46 frames" in printed.err
    assert Capture.released == 1


def test_codes_are_drawn_on_a_copy_of_the_picture(shown: list[Pixels]) -> None:
    frame = picture("draw me")
    before = frame.copy()
    CAMERAS[0] = [BLANK, frame]
    cli.main(["camera"])
    assert np.array_equal(shown[0], BLANK)
    assert np.array_equal(frame, before)
    changed = (shown[1] != frame).any(2)
    assert changed[36, 76:176].all()  # the upper edge: 16 pixels of quiet zone, then 25 modules of 4
    assert not changed[60:110, 90:150].any()  # what lies inside stays


def test_json_says_where(shown: list[Pixels], capsys: pytest.CaptureFixture[str]) -> None:
    CAMERAS[3] = [BLANK, picture("there", x=100)]
    assert cli.main(["camera", "--source", "3", "--json", "--no-window"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["text"], line["frame"]) == ("there", 1)
    assert np.array(line["corners"]) == pytest.approx(np.array([[116, 36], [216, 36], [216, 136], [116, 136]]), abs=0.5)
    assert shown == []


def test_text_that_acts_on_a_terminal_is_escaped(shown: list[Pixels], capsys: pytest.CaptureFixture[str]) -> None:
    CAMERAS[0] = [picture("\x1b[31mred")]
    cli.main(["camera"])
    assert capsys.readouterr().out == "\\x1b[31mred\n"


@pytest.mark.parametrize("key", [27, ord("q"), "closed"])
def test_a_key_or_closing_the_window_ends_it(
    shown: list[Pixels], monkeypatch: pytest.MonkeyPatch, key: int | str
) -> None:
    CAMERAS[0] = [BLANK] * 10
    if key == "closed":
        monkeypatch.setattr(cv2, "getWindowProperty", lambda name, what: 0.0)
    else:
        monkeypatch.setattr(cv2, "waitKey", lambda delay: key)
    assert cli.main(["camera"]) == 1
    assert len(shown) == 1
    assert Capture.released == 1


def test_control_c_ends_it_like_the_end_of_a_video(shown: list[Pixels], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str, frame: Pixels) -> None:
        raise KeyboardInterrupt

    CAMERAS[0] = [picture("seen")] * 3
    monkeypatch.setattr(cv2, "imshow", interrupted)
    assert cli.main(["camera"]) == 0
    assert Capture.released == 1


def test_what_cannot_be_opened_is_an_error(shown: list[Pixels], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["camera", "--source", "7"]) == 2
    assert "camera 7 cannot be opened" in capsys.readouterr().err
    assert cli.main(["camera", "--source", "missing\x1b.mp4"]) == 2
    assert "there is no video 'missing\\x1b.mp4'" in capsys.readouterr().err


def test_without_a_screen_it_says_what_to_do(
    shown: list[Pixels], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_screen(name: str, frame: Pixels) -> None:
        raise cv2.error("not implemented")

    CAMERAS[0] = [BLANK]
    monkeypatch.setattr(cv2, "imshow", no_screen)
    assert cli.main(["camera"]) == 2
    assert "--no-window" in capsys.readouterr().err


def test_without_opencv_it_names_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert cli.main(["camera"]) == 2
    assert 'pip install "qrcore[camera]"' in capsys.readouterr().err


def test_a_video_file_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "film.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, (300, 200))
    for frame in (BLANK, picture("film"), picture("film", x=70)):
        writer.write(frame)
    writer.release()
    assert cli.main(["camera", "--source", path, "--no-window"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "film\n"
    assert "3 frames" in printed.err
