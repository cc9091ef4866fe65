"""`needs` of `qrcore.extras`, with the extra of this package."""

from __future__ import annotations

from contextlib import AbstractContextManager

from qrcore import extras

__all__ = ["needs"]


def needs(extra: str = "records") -> AbstractContextManager[None]:
    """Turns a failed import inside into `MissingExtraError`, which names the pip command."""
    return extras.needs(extra)
