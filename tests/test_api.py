"""decode, decode_one and Decoder: what they return and what their options do."""

from __future__ import annotations

import copy
import inspect
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import segno
from pictures import Pixels, code, row_of, ruined

import qrcore
from qrcore import Effort, ErrorLevel, Mode, Point, Status, Symbology, _core

ROOT = Path(__file__).resolve().parent.parent
NAMES = _core.kernel_names()


def corners_of(symbol: qrcore.Symbol) -> np.ndarray:
    return np.array(symbol.corners)


def test_a_symbol_says_all_that_was_read(hello: Pixels) -> None:
    (symbol,) = qrcore.decode(hello)
    assert symbol.text == "hello world"
    assert symbol.data == b"hello world"
    assert symbol.symbology is Symbology.QR
    assert symbol.version == 1
    assert symbol.error_level is ErrorLevel.M
    assert symbol.mask == segno.make_qr("hello world", error="m", boost_error=False).mask
    assert [(s.mode, s.data, s.text, s.eci) for s in symbol.segments] == [
        (Mode.BYTE, b"hello world", "hello world", None)
    ]
    assert symbol.structured_append is None
    assert symbol.fnc1 is None
    assert symbol.aim_indicator is None
    assert not symbol.mirrored
    assert not symbol.inverted
    assert symbol.corrected == 0
    assert symbol.margin == 1
    assert symbol.status is Status.ok


def test_corners_are_pixel_edges_of_the_upright_symbol_clockwise_from_top_left(hello: Pixels) -> None:
    (symbol,) = qrcore.decode(hello)  # 21 modules of 4 pixels after 4 modules of border
    assert corners_of(symbol) == pytest.approx(np.array([(16, 16), (100, 16), (100, 100), (16, 100)]), abs=0.5)
    assert isinstance(symbol.corners[0], Point)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_corners_turn_with_the_picture(hello: Pixels, turns: int) -> None:
    (upright,), (turned,) = qrcore.decode(hello), qrcore.decode(np.rot90(hello, -turns))
    expected = corners_of(upright)
    for _ in range(turns):  # clockwise: (x, y) -> (height - y, x)
        expected = np.stack([hello.shape[0] - expected[:, 1], expected[:, 0]], axis=1)
    assert corners_of(turned) == pytest.approx(expected, abs=0.5)
    assert turned.text == "hello world"


def test_a_blank_picture_gives_an_empty_list_and_none(blank: Pixels) -> None:
    assert qrcore.decode(blank) == []
    assert qrcore.decode_one(blank) is None
    assert qrcore.Decoder().decode(blank) == []
    assert qrcore.Decoder().decode_one(blank) is None


def test_max_symbols_ends_the_search(hello: Pixels) -> None:
    page = row_of(*[hello] * 4)
    assert len(qrcore.decode(page)) == 4
    assert len(qrcore.decode(page, max_symbols=2)) == 2
    assert len(qrcore.Decoder(max_symbols=3).decode(page)) == 3


def test_decode_one_gives_one_of_the_symbols() -> None:
    page = row_of(code("one"), code("two"))
    one = qrcore.decode_one(page)
    assert one is not None
    assert one.text in ("one", "two")
    assert qrcore.Decoder(max_symbols=2).decode_one(page) is not None


@pytest.mark.parametrize("effort", [*Effort, "fast", "balanced", "thorough"])
def test_every_effort_reads_a_clean_code(hello: Pixels, effort: Effort) -> None:
    assert [s.text for s in qrcore.decode(hello, effort=effort)] == ["hello world"]


@pytest.mark.parametrize("wanted", [None, "all", "qr", Symbology.QR, ["qr"], {Symbology.QR}, ("qr", Symbology.QR)])
def test_symbologies_can_be_named_in_several_ways(hello: Pixels, wanted: object) -> None:
    assert [s.text for s in qrcore.decode(hello, symbologies=wanted)] == ["hello world"]


def test_region_limits_the_search_and_keeps_the_coordinates_of_the_picture() -> None:
    left, right = code("left"), code("right")
    page = row_of(left, right, gap=30)
    split = left.shape[1] + 15
    (expected,) = [s for s in qrcore.decode(page) if s.text == "right"]
    (found,) = qrcore.decode(page, region=(split, 0, page.shape[1] - split, page.shape[0]))
    assert found.text == "right"
    assert corners_of(found) == pytest.approx(corners_of(expected), abs=0.75)
    (found,) = qrcore.decode(page, region=(0, 0, split, page.shape[0]))
    assert found.text == "left"


def test_region_may_reach_over_the_edge_but_not_lie_outside(hello: Pixels) -> None:
    assert len(qrcore.decode(hello, region=(0, 0, 10**6, 10**12))) == 1
    with pytest.raises(qrcore.OptionError, match=r"region .* outside .* 116 x 116"):
        qrcore.decode(hello, region=(116, 0, 10, 10))


@pytest.mark.parametrize("effort", ["balanced", "thorough"])
def test_return_failures_appends_what_was_not_read(effort: qrcore.EffortLike, hello: Pixels) -> None:
    lost = ruined(hello)
    assert qrcore.decode(lost) == []
    failures = qrcore.decode(row_of(hello, lost), effort=effort, return_failures=True)
    assert failures[0].status is Status.ok
    failed = [s for s in failures if s.status is not Status.ok]
    assert failed
    assert all(s.text == "" and s.data == b"" and s.segments == () for s in failed)
    assert max(s.status for s in failed) >= Status.function_pattern
    assert any(abs(s.corners[0].x - 156) < 8 and abs(s.corners[0].y - 16) < 8 for s in failed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"effort": "best"}, "'fast', 'balanced', 'thorough'"),
        ({"effort": None}, "effort=None"),
        ({"symbologies": "qrcode"}, "'qrcode'.*'qr'"),
        ({"symbologies": []}, r"symbologies=\[\]"),
        ({"symbologies": 7}, "symbologies=7"),
        ({"max_symbols": 0}, "max_symbols=0"),
        ({"max_symbols": -1}, "max_symbols=-1"),
        ({"max_symbols": 1.5}, "whole number"),
        ({"max_symbols": 2**31}, "max_symbols"),
        ({"deadline_ms": -1}, "deadline_ms=-1"),
        ({"deadline_ms": float("nan")}, "deadline_ms=nan"),
        ({"deadline_ms": "soon"}, "deadline_ms='soon'"),
        ({"region": (0, 0, 10)}, "four whole numbers"),
        ({"region": (0, 0, 10, 0.5)}, "four whole numbers"),
        ({"region": (-1, 0, 10, 10)}, "0 or more"),
        ({"region": (0, 0, 0, 10)}, "at least 1"),
        ({"max_pixels": 0}, "max_pixels=0"),
        ({"try_harder": True}, "no option 'try_harder'; there are symbologies, effort"),
        ({"_tunables": {"finders.nonsense": 1}}, "no tunable 'finders.nonsense'"),
    ],
)
def test_bad_options_are_refused_by_name(blank: Pixels, options: dict[str, object], message: str) -> None:
    for call in (
        lambda: qrcore.decode(blank, **options),
        lambda: qrcore.Decoder(**options),
        lambda: qrcore.trace(blank, **options),
    ):
        with pytest.raises(qrcore.OptionError, match=message) as caught:
            call()
        assert isinstance(caught.value, ValueError)


def test_every_call_takes_the_same_options() -> None:
    expected = list(inspect.signature(qrcore.decode).parameters.values())[1:]
    for call in (qrcore.decode_one, qrcore.Decoder, qrcore.trace):
        parameters = [p for p in inspect.signature(call).parameters.values() if p.name != "image"]
        assert [(p.name, p.kind, p.default) for p in parameters] == [(p.name, p.kind, p.default) for p in expected]


def test_values_are_frozen_hashable_and_picklable(hello: Pixels) -> None:
    (symbol,) = qrcore.decode(hello)
    for clone in (pickle.loads(pickle.dumps(symbol)), copy.deepcopy(symbol)):
        assert clone == symbol
        assert hash(clone) == hash(symbol)
        assert clone.status is Status.ok
    with pytest.raises(AttributeError):
        symbol.text = "other"  # type: ignore[misc]
    assert not hasattr(symbol, "__dict__")


def test_values_are_those_that_their_constructors_make(hello: Pixels) -> None:
    (symbol,) = qrcore.decode(hello)
    for value in (symbol, *symbol.segments):
        fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
        assert type(value)(**fields) == value
        with pytest.raises(TypeError, match="fields"):
            _core.filled(type(value), tuple(fields.values())[1:])


def test_status_has_the_names_and_the_order_of_the_core() -> None:
    assert [status.value for status in Status] == list(_core.status_messages)
    assert [status.name for status in Status] == [status.value for status in Status]
    assert list(Status)[-1] is Status.ok
    assert sorted(Status) == list(Status)
    assert Status.ok >= Status.ok > Status.budget <= Status.budget < Status.finder
    assert Status.correction.message == _core.status_messages["correction"]


def test_the_core_reads_only_symbologies_that_have_a_name() -> None:
    assert "qr" in _core.symbology_names()
    # Model 1 is read wherever QR is asked for, and named QR.
    assert set(_core.symbology_names()) <= {s.value for s in Symbology} | {"qr_model_1"}


def test_every_threshold_of_the_core_can_be_overridden_by_name() -> None:
    header = (ROOT / "ext" / "tunables.hpp").read_text()
    names = set()
    for body, stage in re.findall(r"struct \w+ \{\n(.*?)\n    \} (\w+);", header, flags=re.DOTALL):
        code_only = re.sub(r"//.*", "", body)
        names |= {f"{stage}.{field}" for field in re.findall(r"(\w+)\s*=", code_only)}
    assert len(names) > 10
    assert names - set(_core.tunable_defaults()) == set(), "missing in ext/tunables_names.hpp"


def test_tunables_belong_to_one_decoder(hello: Pixels) -> None:
    blind = qrcore.Decoder(_tunables={"symbol.min_function_agreement": 1.1})
    assert blind.decode(hello) == []
    assert len(qrcore.Decoder().decode(hello)) == 1


def run_with_simd(target: str | None, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "QRCORE_SIMD"}
    if target is not None:
        environment["QRCORE_SIMD"] = target
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("target", [*NAMES, ""])
def test_every_simd_target_reads_the_same(hello: Pixels, tmp_path: Path, target: str) -> None:
    np.save(tmp_path / "picture.npy", hello)
    program = "import numpy, sys, qrcore; from qrcore.request import KERNELS; "
    program += "print(KERNELS, qrcore.decode(numpy.load(sys.argv[1])))"
    default = run_with_simd(None, program, str(tmp_path / "picture.npy"))
    forced = run_with_simd(target, program, str(tmp_path / "picture.npy"))
    assert default.stdout.startswith("None [Symbol(text='hello world'")
    assert forced.stdout == default.stdout.replace("None", target or "None", 1)


@pytest.mark.parametrize("target", ["avx512", "SCALAR", "sse4,avx2", "neon" if "neon" not in NAMES else "sse4"])
def test_an_unknown_or_unsupported_simd_target_is_an_error_at_import(target: str) -> None:
    done = run_with_simd(target, "import qrcore")
    assert done.returncode == 1
    assert f"OptionError: QRCORE_SIMD={target!r} is unknown or not supported" in done.stderr
    assert "scalar" in done.stderr


def test_public_names_are_all_there() -> None:
    for name in qrcore.__all__:
        assert getattr(qrcore, name) is not None
    assert {"decode", "decode_one", "Decoder", "Symbol", "Status", "Symbology", "trace"} <= set(qrcore.__all__)
    assert qrcore.__all__ == sorted(qrcore.__all__)


def test_every_error_is_a_qrcore_error_and_a_builtin_one() -> None:
    tree = {
        qrcore.ImageError: ValueError,
        qrcore.OptionError: ValueError,
        qrcore.UsageError: RuntimeError,
        qrcore.SourceError: OSError,
        qrcore.MissingSourceError: FileNotFoundError,
        qrcore.MissingExtraError: ImportError,
    }
    for error, builtin in tree.items():
        assert issubclass(error, qrcore.QRCoreError)
        assert issubclass(error, builtin)
    assert issubclass(qrcore.MissingSourceError, qrcore.SourceError)
