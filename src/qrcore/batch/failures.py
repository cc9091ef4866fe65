"""From whatever goes wrong with a file to the error and the kind that an item carries."""

from __future__ import annotations

import errno
import importlib
import os
from types import ModuleType
from typing import Any

from ..errors import ImageError, MissingExtraError, MissingSourceError, QRCoreError, SourceError
from ..extras import needs
from .item import ErrorKind

__all__ = ["Failure", "extra", "unreadable"]

_EXTRAS = {"pyarrow": "batch", "fsspec": "batch", "rich": "batch", "pypdfium2": "pdf", "av": "video"}


class Failure(Exception):
    """Carries an error and its kind up to where the item is made."""

    def __init__(self, kind: ErrorKind, error: QRCoreError) -> None:
        super().__init__(str(error))
        self.kind = kind
        self.error = error
        self.page: int | None = None  # of a document

    def of_page(self, page: int) -> Failure:
        """The same, about a page."""
        self.page = page
        return self

    @classmethod
    def image(cls, kind: ErrorKind, name: str, why: object) -> Failure:
        """About the contents of the picture or archive of this name."""
        return cls(kind, ImageError(f"{name!r}: {why}"))


def extra(module: str) -> Any:
    """Imports an optional dependency.

    Raises:
        Failure: it is not installed; the error holds the pip command.
    """
    try:
        with needs(_EXTRAS[module.partition(".")[0]]):
            return importlib.import_module(module)
    except MissingExtraError as error:
        raise Failure(ErrorKind.MISSING_EXTRA, error) from error


def optional(module: str) -> ModuleType | None:
    """Imports a module that is used where it is installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def unreadable(name: str, error: BaseException, kind: ErrorKind = ErrorKind.UNREADABLE) -> Failure:
    """The failure for an exception that came out of reading; a `Failure` stays what it is."""
    if isinstance(error, Failure):
        return error
    made: SourceError
    number, why = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
    if isinstance(error, FileNotFoundError):
        made = MissingSourceError(errno.ENOENT, why or os.strerror(errno.ENOENT), name)
    elif number is not None:
        made = SourceError(number, why, name)
    else:
        made = SourceError(f"{name!r}: {error or type(error).__name__}")
    made.__cause__ = error
    return Failure(kind, made)
