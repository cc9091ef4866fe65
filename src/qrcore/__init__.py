"""Reads QR codes from pictures: `for symbol in qrcore.decode("photo.jpg"): print(symbol.text)`."""

from .api import Decoder, decode, decode_one
from .batch import ErrorKind, Item, decode_many
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
from .tracker import Tracker
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
    "ErrorKind",
    "ErrorLevel",
    "Fnc1",
    "ImageError",
    "Item",
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
    "Tracker",
    "UsageError",
    "decode",
    "decode_many",
    "decode_one",
    "join_structured_append",
    "trace",
]
