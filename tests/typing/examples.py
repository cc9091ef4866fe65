"""How the interface looks to a type checker. Read, not run: test_typing.py compares what mypy reveals."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import qrcore


def results(frame: npt.NDArray[np.uint8], path: Path, file: Any) -> None:
    reveal_type(qrcore.decode(frame))  # list[qrcore.types.Symbol]
    reveal_type(qrcore.decode("photo.jpg", effort="fast", symbologies=["qr"]))  # list[qrcore.types.Symbol]
    reveal_type(qrcore.decode_one(path, deadline_ms=50, region=(0, 0, 10, 10)))  # qrcore.types.Symbol | None
    decoder = qrcore.Decoder(effort=qrcore.Effort.THOROUGH, max_symbols=3)
    reveal_type(decoder.decode(b"bytes"))  # list[qrcore.types.Symbol]
    reveal_type(decoder.decode_one(memoryview(b"bytes")))  # qrcore.types.Symbol | None
    reveal_type(qrcore.trace(file))  # qrcore.tracing.Trace
    reveal_type(qrcore.join_structured_append(qrcore.decode(frame)))  # list[qrcore.types.Joined]


def files(path: Path) -> None:
    with path.open("rb") as file:
        reveal_type(qrcore.decode(file))  # list[qrcore.types.Symbol]
    qrcore.decode(path.open("r"))  # error: arg-type


def fields(symbol: qrcore.Symbol) -> None:
    reveal_type(symbol.text)  # str
    reveal_type(symbol.data)  # bytes
    reveal_type(symbol.corners[0].x)  # float
    reveal_type(symbol.symbology)  # qrcore.types.Symbology
    reveal_type(symbol.version)  # int | None
    reveal_type(symbol.error_level)  # qrcore.types.ErrorLevel | None
    reveal_type(symbol.structured_append)  # qrcore.types.StructuredAppend | None
    reveal_type(symbol.fnc1)  # qrcore.types.Fnc1 | None
    reveal_type(symbol.segments[0].mode)  # qrcore.types.Mode
    reveal_type(symbol.status > qrcore.Status.format)  # bool
    reveal_type(symbol.payload)  # qrcore.payload.base.Payload
    symbol.text = "other"  # error: misc
    symbol.txt  # error: attr-defined


def mistakes(frame: npt.NDArray[np.uint8]) -> None:
    qrcore.decode(frame, effort="best")  # error: arg-type
    qrcore.decode(frame, try_harder=True)  # error: arg-type
    qrcore.decode(frame, region=(0, 0, 10))  # error: arg-type
    qrcore.decode(image=frame)  # error: arg-type
    qrcore.decode(7)  # error: arg-type
