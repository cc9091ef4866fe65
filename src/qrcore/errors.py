"""The exceptions of qrcore.

    QRCoreError
    ├── ImageError (ValueError)          the picture cannot be used: not an image, broken, too large, wrong array
    ├── OptionError (ValueError)         an option has no such value
    ├── UsageError (RuntimeError)        a call that cannot be made now, such as two threads in one Decoder
    ├── SourceError (OSError)            a file or stream cannot be read
    │   └── MissingSourceError (FileNotFoundError)
    └── MissingExtraError (ImportError)  an optional dependency is not installed

A picture without a code is no error: it gives an empty list.
"""

from __future__ import annotations

__all__ = [
    "ImageError",
    "MissingExtraError",
    "MissingSourceError",
    "OptionError",
    "QRCoreError",
    "SourceError",
    "UsageError",
]


class QRCoreError(Exception):
    """Root of all exceptions that qrcore raises on purpose."""


class ImageError(QRCoreError, ValueError):
    """The picture cannot be used; the message says why and what to do."""


class OptionError(QRCoreError, ValueError):
    """An option has a value that it cannot have; the message names those that it can."""


class UsageError(QRCoreError, RuntimeError):
    """A call that cannot be made now, for example from a second thread into a busy `Decoder`."""


class SourceError(QRCoreError, OSError):
    """A file or stream cannot be read; `errno`, `strerror` and `filename` as of any OSError."""


class MissingSourceError(SourceError, FileNotFoundError):
    """There is no file under this path."""


class MissingExtraError(QRCoreError, ImportError):
    """An optional dependency is needed that is not installed; the message holds the pip command."""
