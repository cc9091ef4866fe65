"""Reads QR codes from pictures: `for symbol in qrcore.decode("photo.jpg"): print(symbol.text)`."""

from .api import Decoder, decode, decode_one
from .errors import (
    ImageError,
    MissingExtraError,
    MissingSourceError,
    OptionError,
    QRCoreError,
    SourceError,
    UsageError,
)
from .tracing import Trace, trace
from .types import (
    Effort,
    ErrorLevel,
    Fnc1,
    Joined,
    Mode,
    Point,
    Segment,
    Status,
    StructuredAppend,
    Symbol,
    Symbology,
    join_structured_append,
)

__all__ = [
    "Decoder",
    "Effort",
    "ErrorLevel",
    "Fnc1",
    "ImageError",
    "Joined",
    "MissingExtraError",
    "MissingSourceError",
    "Mode",
    "OptionError",
    "Point",
    "QRCoreError",
    "Segment",
    "SourceError",
    "Status",
    "StructuredAppend",
    "Symbol",
    "Symbology",
    "Trace",
    "UsageError",
    "decode",
    "decode_one",
    "join_structured_append",
    "trace",
]
