"""The service: `create_app(store)`, and `qrcore serve`. It needs the extra `server`, once one of the names is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create_app as create_app
    from .options import Limits as Limits

__all__ = ["Limits", "create_app"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{'app' if name == 'create_app' else 'options'}"), name)
