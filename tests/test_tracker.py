"""`Tracker`: frames of a camera, one after the other."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import segno
import zxingcpp
from grids import DATA, roles
from pictures import Pixels, busy, code, draw, encoded, noise

import qrcore
from benches.scene import code as printed
from benches.sequences import Sequence
from qrcore import Tracker, UsageError

TEXT = "https://example.com/live/0041"
SMALL = (288, 224)
HARD: dict[str, Any] = {"noise": 95.0, "frames": 30, "size": SMALL}  # gray levels; ink and paper are 160 apart


def placed(text: str, x: int, y: int, size: tuple[int, int] = (480, 640), scale: int = 4) -> Pixels:
    """A white frame with a code (version 2, quiet zone included) whose picture starts at x, y."""
    frame = np.full(size, 255, np.uint8)
    drawn = code(text, version=2, scale=scale)
    frame[y : y + len(drawn), x : x + len(drawn)] = drawn
    return frame


def texts(symbols: list[qrcore.Symbol]) -> list[str]:
    return [symbol.text for symbol in symbols]


# ---- What it reads


def test_it_reads_what_no_frame_alone_gives() -> None:
    sequence = Sequence(printed(TEXT, version=3), seed=3, **HARD)
    decoder, tracker = qrcore.Decoder(effort="thorough"), Tracker()
    alone, tracked = 0, 0
    for k, frame in enumerate(sequence):
        alone += bool(decoder.decode(frame)) if k % 5 == 0 else 0
        found = tracker.decode(frame)
        assert set(texts(found)) <= {TEXT}
        tracked += len(found)
        for symbol in found:
            off = np.hypot(*(np.array(symbol.corners) - sequence.corners(k)).T)
            assert off.max() < 2 * sequence.module_px  # where it is in this frame
    assert alone <= 1
    assert tracked >= 15


@pytest.mark.parametrize("made", [{"version": 1, "error": "L"}, {"version": 7, "error": "Q"}], ids=str)
@pytest.mark.parametrize("style", [{}, {"mirrored": True}, {"inverted": True}], ids=str)
def test_kinds_of_codes_add_up(made: dict[str, Any], style: dict[str, Any]) -> None:
    sequence = Sequence(printed("SUM 1", **made, **style), seed=3, noise=78, frames=25, size=(352, 300))
    tracker = Tracker()
    read = [texts(tracker.decode(frame)) for frame in sequence]
    assert [t for each in read for t in each] == ["SUM 1"] * sum(map(bool, read))
    assert sum(map(bool, read)) >= 10


def test_easy_frames_give_what_a_decoder_gives() -> None:
    sequence = Sequence(printed(TEXT, version=3), seed=1, frames=25, size=SMALL)
    tracker, decoder = Tracker(), qrcore.Decoder(effort="fast")
    for frame in sequence:
        [tracked], [alone] = tracker.decode(frame), decoder.decode(frame)
        # Found by another way, the grid may lie a little otherwise.
        assert np.hypot(*(np.array(tracked.corners) - np.array(alone.corners)).T).max() < 0.5
        assert replace(tracked, corners=alone.corners, margin=alone.margin, corrected=alone.corrected) == alone


def test_small_symbols_are_tracked_too() -> None:
    drawn = draw(segno.make_micro("12345"))
    tracker = Tracker()
    for k in range(12):
        frame = np.full((300, 400), 255, np.uint8)
        frame[100 : 100 + len(drawn), 50 + 5 * k : 50 + 5 * k + len(drawn)] = drawn
        [symbol] = tracker.decode(frame)
        assert (symbol.text, symbol.symbology) == ("12345", qrcore.Symbology.MICRO_QR)
        assert symbol.corners[0].x == pytest.approx(50 + 5 * k + 16, abs=1)


def test_small_symbols_add_up_too() -> None:
    made = printed("abc xyz", version="M4", error="L", micro=True)
    decoder, tracker = qrcore.Decoder(effort="fast"), Tracker()
    alone, tracked = 0, 0
    for frame in Sequence(made, seed=1, noise=56, frames=25, size=SMALL):
        alone += len(decoder.decode(frame))
        found = texts(tracker.decode(frame))
        assert set(found) <= {"abc xyz"}
        tracked += len(found)
    assert tracked >= alone + 5


# ---- What it must not report


@pytest.mark.parametrize("noise_level", [3.0, 60.0, 95.0])
@pytest.mark.parametrize("after", ["another code", "nothing", "noise"])
def test_a_code_that_is_gone_is_not_reported(after: str, noise_level: float) -> None:
    """The other code differs in its last character, its place is the same."""
    first = Sequence(printed(TEXT, version=3, mask=2), seed=3, noise=noise_level, frames=36, size=SMALL)
    second = replace(first, code=printed(TEXT[:-1] + "2", version=3, mask=2))
    rng, tracker = np.random.default_rng(1), Tracker()
    then: list[str] = []
    for k, (frame, other) in enumerate(zip(first, second, strict=True)):
        if k < 18:
            assert set(texts(tracker.decode(frame))) <= {TEXT}
        elif after == "another code":
            then += texts(tracker.decode(other))
        elif after == "nothing":
            then += texts(tracker.decode(np.full_like(frame, 200)))
        else:
            flat = 150 + noise_level * rng.standard_normal(frame.shape)
            then += texts(tracker.decode(np.clip(flat, 0, 255).astype(np.uint8)))
    assert set(then) == ({TEXT[:-1] + "2"} if after == "another code" else set())


def test_without_its_two_rules_codes_would_be_mixed() -> None:
    """That what the test above guards against does happen: the older code is read where the newer one is shown."""
    off = {"accumulate.least_log_odds": -1e9, "confirm.least_agreement": -1e9}
    first = Sequence(printed(TEXT, version=3, mask=2), seed=3, noise=95, frames=30, size=SMALL)
    second = replace(first, code=printed(TEXT[:-1] + "2", version=3, mask=2))
    tracker, stale = Tracker(_tunables=off), 0  # type: ignore[call-arg]
    for k, (frame, other) in enumerate(zip(first, second, strict=True)):
        found = texts(tracker.decode(frame if k < 20 else other))
        stale += k >= 20 and TEXT in found
    assert stale > 3


def test_codes_that_take_turns_are_told_apart() -> None:
    shown = [printed(TEXT[:-1] + digit, version=3, mask=2) for digit in "12"]
    pairs = [Sequence(each, seed=3, noise=85, frames=40, size=SMALL) for each in shown]
    tracker, right = Tracker(), 0
    for k, frames in enumerate(zip(*pairs, strict=True)):
        found = texts(tracker.decode(frames[k % 2]))
        assert set(found) <= {shown[k % 2].text}
        right += len(found)
    assert right >= 15


def test_frames_without_a_code_give_nothing() -> None:
    rng = np.random.default_rng(4)
    still = {"noise": noise(120, 160), "finders": busy(120, 160), "gray": np.full((120, 160), 128, np.uint8)}
    for picture in still.values():
        tracker = Tracker()
        for _ in range(25):
            shaken = picture + 20 * rng.standard_normal(picture.shape)
            assert tracker.decode(np.clip(shaken, 0, 255).astype(np.uint8)) == []


@pytest.mark.parametrize("version", [1, 2, 5])
def test_a_code_whose_data_is_noise_is_never_read(version: int) -> None:
    """Fixed modules and format information around random data: every frame goes into a sum, none may read."""
    symbol = segno.make("x", version=version, error="L", boost_error=False)
    light = np.array([list(row) for row in symbol.matrix]) == 0
    rng, tracker = np.random.default_rng(version), Tracker()
    data = rng.integers(0, 2, light.shape)
    for k in range(60):
        if k >= 30:  # the same modules in every frame, then others in every frame
            data = rng.integers(0, 2, light.shape)
        modules = np.pad(np.where(roles(version) == DATA, data, light), 4, constant_values=1)
        frame = np.kron(200 * modules, np.ones((4, 4))) + 20 + 30 * rng.standard_normal(4 * np.array(modules.shape))
        assert tracker.decode(np.clip(frame, 0, 255).astype(np.uint8)) == []
        assert tracker._places or not 2 <= k < 30  # it is summed


# ---- Where it looks


def test_a_code_that_comes_beside_another_is_seen_within_ten_frames() -> None:
    tracker = Tracker()
    alone, both = placed("first", 40, 60), placed("first", 40, 60)
    both[200:, 400:] = placed("second", 400, 200)[200:, 400:]
    for _ in range(3):
        assert texts(tracker.decode(alone)) == ["first"]
    seen = [set(texts(tracker.decode(both))) for _ in range(12)]
    assert {"first", "second"} in seen[:10]
    assert seen[-1] == {"first", "second"}
    assert all("first" in each for each in seen)


def test_a_code_that_jumps_is_read_in_the_same_frame() -> None:
    tracker = Tracker()
    for x, y in ((10, 10), (480, 300), (200, 120), (480, 10), (14, 300)) * 3:
        [symbol] = tracker.decode(placed("jump", x, y))
        assert symbol.corners[0] == pytest.approx((x + 16, y + 16), abs=0.5)


def test_when_one_of_two_is_lost_the_other_is_counted_once() -> None:
    tracker = Tracker()
    both = placed("left", 20, 60)
    both[:, 320:] = placed("right", 400, 60)[:, 320:]
    assert texts(tracker.decode(both)) == ["left", "right"]
    assert texts(tracker.decode(both)) == ["left", "right"]
    for _ in range(15):
        assert texts(tracker.decode(placed("left", 20, 60))) == ["left"]


def test_frames_may_change_their_size() -> None:
    tracker = Tracker()
    for size in ((480, 640), (240, 320), (1080, 1920), (190, 190), (8, 8), (480, 640)):
        frame = placed("size", size[1] - 170, size[0] - 170, size) if min(size) > 100 else np.zeros(size, np.uint8)
        assert texts(tracker.decode(frame)) == (["size"] if min(size) > 100 else [])


def test_a_region_bounds_what_is_seen() -> None:
    frame = placed("inside", 300, 200)
    frame[:170, :170] = placed("outside", 0, 0)[:170, :170]
    tracker = Tracker(region=(250, 150, 300, 300))
    for k in range(13):
        [symbol] = tracker.decode(np.roll(frame, k, 1))
        assert symbol.text == "inside"
        assert symbol.corners[0] == pytest.approx((316 + k, 216), abs=0.5)
    assert texts(Tracker().decode(frame)) == ["outside", "inside"]


@pytest.mark.timing
def test_a_tracked_frame_costs_less() -> None:
    frames = list(Sequence(printed(TEXT, version=3), seed=2, size=(1280, 720), noise=15, frames=21))
    tracker, decoder = Tracker(), qrcore.Decoder(effort="fast")
    spent: dict[object, list[float]] = {tracker.decode: [], decoder.decode: []}
    for frame in frames:
        for decode in (tracker.decode, decoder.decode):
            start = time.thread_time()
            assert len(decode(frame)) == 1
            spent[decode].append(time.thread_time() - start)
    assert np.median(spent[tracker.decode][1:]) < 0.8 * np.median(spent[decoder.decode])


# ---- Frames as cameras give them


def nv21(gray: Pixels, stride: int) -> bytes:
    """Luma rows padded to `stride`, then interleaved V and U at half size."""
    height, width = gray.shape
    luma = np.full((height, stride), 77, np.uint8)
    luma[:, :width] = gray
    return luma.tobytes() + bytes(np.full((height // 2, stride), 128, np.uint8))


def test_the_luma_plane_of_nv21_goes_straight_in() -> None:
    frame = placed("NV21", 200, 150)
    data = nv21(frame, 704)
    luma = np.frombuffer(data, np.uint8, 480 * 704).reshape(480, 704)[:, :640]
    assert luma.strides == (704, 1)
    assert not luma.flags.writeable
    assert qrcore.decode(luma) == qrcore.decode(frame) != []
    assert Tracker().decode(luma) == Tracker().decode(frame) != []


@pytest.mark.parametrize("first", [0, 1], ids=["YUYV", "UYVY"])
def test_the_luma_of_packed_yuv_goes_straight_in(first: int) -> None:
    frame = placed("packed", 200, 150)
    data = np.full((480, 1280), 128, np.uint8)
    data[:, first::2] = frame
    luma = data[:, first::2]
    assert np.shares_memory(luma, data)
    tracker, plain = Tracker(), Tracker()
    for _ in range(3):
        assert tracker.decode(luma) == plain.decode(frame) != []


def test_planes_that_are_turned_or_bottom_up_go_straight_in() -> None:
    frame = placed("turned", 200, 150)
    for view in (frame[::-1], frame[:, ::-1], frame.T, np.rot90(frame), np.dstack([frame] * 3)[..., ::-1]):
        tracker = Tracker()
        for _ in range(2):
            assert texts(tracker.decode(view)) == ["turned"]


def test_files_and_bytes_are_frames_too() -> None:
    tracker = Tracker()
    for _ in range(2):
        assert texts(tracker.decode(encoded(placed("a file", 20, 20)))) == ["a file"]


# ---- As a Decoder


def test_a_second_entry_raises_usage_error() -> None:
    tracker = Tracker()
    errors = []

    class Entering:
        """A file object that uses the tracker while it is busy with reading it."""

        def read(self, size: int) -> bytes:
            for call in (lambda: tracker.decode(placed("again", 0, 0)), tracker.reset):
                with pytest.raises(UsageError, match="busy") as raised:
                    call()
                errors.append(raised.value)
            return b""

    with pytest.raises(qrcore.ImageError, match="empty"):
        tracker.decode(Entering())
    assert len(errors) == 2
    assert texts(tracker.decode(placed("free", 0, 0))) == ["free"]


def test_bad_frames_raise_and_leave_the_tracker_usable() -> None:
    tracker = Tracker()
    good = placed("good", 100, 100)
    for bad in (np.zeros((5, 5), np.float32), np.zeros((0, 4), np.uint8), b"no picture", object()):
        assert texts(tracker.decode(good)) == ["good"]
        with pytest.raises(qrcore.ImageError):
            tracker.decode(bad)  # type: ignore[arg-type]
    assert texts(tracker.decode(good)) == ["good"]


def test_options_are_those_of_a_decoder() -> None:
    frame = placed("options", 100, 100)
    assert Tracker(symbologies="micro_qr").decode(frame) == []
    assert len(Tracker(max_symbols=1, effort="thorough").decode(np.concatenate([frame, frame]))) == 1
    for options in ({"effort": "slow"}, {"region": (0, 0, 0, 1)}, {"deadline_ms": -1}, {"return_failures": True}):
        with pytest.raises(qrcore.OptionError):
            Tracker(**options)  # type: ignore[arg-type]


def test_barcodes_are_read_in_every_frame() -> None:
    made = zxingcpp.create_barcode("4006381333931", zxingcpp.BarcodeFormat.EAN13)
    bars = np.array(zxingcpp.write_barcode_to_image(made, scale=2))
    frame = placed("beside", 20, 30)
    frame[250 : 250 + len(bars), 350 : 350 + bars.shape[1]] = bars
    tracker = Tracker(symbologies="all")
    for _ in range(12):
        assert set(texts(tracker.decode(frame))) == {"beside", "4006381333931"}


def test_a_deadline_of_nothing_gives_nothing() -> None:
    tracker = Tracker(deadline_ms=0)
    assert [tracker.decode(placed("late", 100, 100)) for _ in range(3)] == [[], [], []]


def test_reset_forgets_what_was_seen() -> None:
    sequence = list(Sequence(printed(TEXT, version=3), seed=3, **HARD))
    tracker = Tracker()
    assert sum(bool(tracker.decode(frame)) for frame in sequence) > 10
    tracker.reset()
    assert tracker.decode(sequence[-1]) == []  # it does not read alone
