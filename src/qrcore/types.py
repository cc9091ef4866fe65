"""What a decode gives back: plain, frozen, picklable values."""

from __future__ import annotations

import base64
import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from . import text as _text

if TYPE_CHECKING:
    from .payload import Payload

__all__ = [
    "Corners",
    "Effort",
    "ErrorLevel",
    "Fnc1",
    "Joined",
    "Mode",
    "Point",
    "Segment",
    "Status",
    "StructuredAppend",
    "Symbol",
    "Symbology",
    "join_structured_append",
]


class Status(enum.Enum):
    """How far a place in the picture came: the check that it failed, in the order of the pipeline, or `ok`.

    Members compare by that order, so `max(statuses)` is the one that came furthest.
    """

    budget = "budget"
    finder = "finder"
    timing = "timing"
    version = "version"
    grid = "grid"
    contrast = "contrast"
    function_pattern = "function_pattern"
    format = "format"
    correction = "correction"
    acceptance = "acceptance"
    bitstream = "bitstream"
    ok = "ok"

    def __init__(self, name: str) -> None:
        self._rank = len(type(self).__members__)

    @property
    def message(self) -> str:
        """The same in a few words."""
        from ._core import status_messages

        return status_messages[self.value]

    def __lt__(self, other: Status) -> bool:
        return self._rank < other._rank

    def __le__(self, other: Status) -> bool:
        return self._rank <= other._rank

    def __gt__(self, other: Status) -> bool:
        return self._rank > other._rank

    def __ge__(self, other: Status) -> bool:
        return self._rank >= other._rank


class Symbology(enum.Enum):
    """Kinds of symbols. Our own engine reads the first three, zxing-cpp the others on request: see `barcodes`."""

    QR = "qr"
    MICRO_QR = "micro_qr"
    RMQR = "rmqr"
    AZTEC = "aztec"
    DATA_MATRIX = "data_matrix"
    MAXICODE = "maxicode"
    PDF_417 = "pdf_417"
    CODABAR = "codabar"
    CODE_39 = "code_39"
    CODE_93 = "code_93"
    CODE_128 = "code_128"
    DATABAR = "databar"
    DATABAR_EXPANDED = "databar_expanded"
    DATABAR_LIMITED = "databar_limited"
    DX_FILM_EDGE = "dx_film_edge"
    EAN_8 = "ean_8"
    EAN_13 = "ean_13"
    ITF = "itf"
    UPC_A = "upc_a"
    UPC_E = "upc_e"


class ErrorLevel(enum.Enum):
    """Error correction level; about how much damage of the codewords can be mended."""

    L = "L"  # 7 %
    M = "M"  # 15 %
    Q = "Q"  # 25 %
    H = "H"  # 30 %


class Effort(enum.Enum):
    """How hard to try."""

    FAST = "fast"  # one pass, for live frames
    BALANCED = "balanced"
    THOROUGH = "thorough"  # all that we know


class Mode(enum.Enum):
    """How a segment of a symbol is encoded."""

    NUMERIC = "numeric"
    ALPHANUMERIC = "alphanumeric"
    BYTE = "byte"
    KANJI = "kanji"  # bytes are Shift_JIS
    HANZI = "hanzi"  # bytes are GB 2312


class Fnc1(enum.Enum):
    """What the FNC1 mode says about the data."""

    GS1 = "gs1"  # first position: GS1 application identifiers
    AIM = "aim"  # second position: an industry's own format, see `Symbol.aim_indicator`


class Point(NamedTuple):
    """Pixels of the picture as stored: x right, y down; pixel (0, 0) covers [0, 1) x [0, 1)."""

    x: float
    y: float


Corners = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of data in one mode."""

    mode: Mode
    data: bytes
    text: str
    eci: int | None = None  # ECI assignment number in force


@dataclass(frozen=True, slots=True)
class StructuredAppend:
    """A symbol's place in a set that holds one message."""

    index: int  # 0 .. total - 1
    total: int  # 2 .. 16
    parity: int  # 0 .. 255, exclusive or of all bytes of the message


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol that was read, or with `return_failures` a place where one was looked for.

    A failed candidate has another `status` than `ok`, its `corners` are where it was looked for, `text` and
    `data` are empty, and `version`, `error_level` and `mask` are None where they were not read.

    Of other symbologies than QR, Micro QR and rMQR less is known: see `qrcore.barcodes`.
    """

    text: str
    data: bytes  # the exact bytes of byte segments, the standard's of the others, in order
    corners: Corners  # top-left, top-right, bottom-right, bottom-left of the upright symbol
    symbology: Symbology = Symbology.QR
    version: int | None = None
    error_level: ErrorLevel | None = None
    mask: int | None = None
    segments: tuple[Segment, ...] = ()
    structured_append: StructuredAppend | None = None
    fnc1: Fnc1 | None = None
    aim_indicator: int | None = None  # application indicator of Fnc1.AIM, 0 .. 255
    mirrored: bool = False
    inverted: bool = False  # light modules on dark ground
    corrected: int = 0  # codewords that error correction changed
    margin: float = 0.0  # 0 .. 1: how far from failing; 1 is an untouched symbol; 0 also of linear barcodes
    status: Status = Status.ok

    @property
    def payload(self) -> Payload:
        """What the text means: a web address, a Wi-Fi network, a contact, ... Never raises on content."""
        from .payload import parse

        return parse(self)

    def to_dict(self) -> dict[str, Any]:
        """A tree of JSON values: `data` in base64, corners to a thousandth of a pixel. Without segments and status."""
        append = self.structured_append
        return {
            "text": self.text,
            "data": base64.b64encode(self.data).decode("ascii"),
            "corners": [[round(p.x, 3), round(p.y, 3)] for p in self.corners],
            "symbology": self.symbology.value,
            "version": self.version,
            "error_level": self.error_level.value if self.error_level else None,
            "mask": self.mask,
            "fnc1": self.fnc1.value if self.fnc1 else None,
            "structured_append": append and {"index": append.index, "total": append.total, "parity": append.parity},
            "mirrored": self.mirrored,
            "inverted": self.inverted,
            "corrected": self.corrected,
            "margin": round(self.margin, 4),
            "payload": self.payload.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Joined:
    """The message of a structured append set, or the parts of it that were seen."""

    text: str  # of the whole set; empty while parts are missing
    data: bytes
    symbols: tuple[Symbol, ...]  # by index, one each
    total: int
    parity: int
    missing: tuple[int, ...] = ()  # indices that were not seen
    parity_ok: bool = False  # the set is complete and its bytes have the parity that every part names

    @property
    def complete(self) -> bool:
        """Whether all parts were seen."""
        return not self.missing


def join_structured_append(symbols: Iterable[Symbol]) -> list[Joined]:
    """Joins the symbols that are parts of one message; symbols that are no part of a set are left out.

    Symbols belong together when they name the same total and the same parity. The same part seen twice counts
    once; different texts under one index make the later ones a set of their own. Sets come in the order of
    their first symbol. A complete set whose bytes contradict its parity is returned with `parity_ok` False:
    some encoders compute the parity over other bytes, so whether to trust it is the caller's choice.
    """
    sets: dict[tuple[int, int], list[dict[int, Symbol]]] = {}
    for symbol in symbols:
        place = symbol.structured_append
        if place is None or symbol.status is not Status.ok:
            continue
        candidates = sets.setdefault((place.total, place.parity), [])
        for parts in candidates:
            if parts.setdefault(place.index, symbol).data == symbol.data:
                break
        else:
            candidates.append({place.index: symbol})
    return [_joined(total, parity, parts) for (total, parity), group in sets.items() for parts in group]


def _joined(total: int, parity: int, parts: dict[int, Symbol]) -> Joined:
    symbols = tuple(parts[index] for index in sorted(parts))
    missing = tuple(index for index in range(total) if index not in parts)
    if missing:
        return Joined("", b"", symbols, total, parity, missing)
    data = b"".join(symbol.data for symbol in symbols)
    pieces = [(s.mode.value, s.eci, s.data) for symbol in symbols for s in symbol.segments]
    text = "".join(_text.decode_segments(pieces))
    combined = 0
    for byte in data:
        combined ^= byte
    return Joined(text, data, symbols, total, parity, (), combined == parity)
