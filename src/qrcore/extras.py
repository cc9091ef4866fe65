"""Optional dependencies: imported where they are used, and named where they are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import MissingExtraError

__all__ = ["needs"]


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Turns a failed import inside into `MissingExtraError`, which names the pip command."""
    try:
        yield
    except ImportError as error:
        if isinstance(error, MissingExtraError) or (error.name or "").startswith("qrcore"):
            raise
        message = f'{error.name or "a library"} is not installed: pip install "qrcore[{extra}]"'
        raise MissingExtraError(message, name=error.name) from error
