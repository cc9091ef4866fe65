"""The service: `create_app(store)`, and `qrcore serve`. It needs the extra `server`."""

from .app import create_app
from .options import Limits

__all__ = ["Limits", "create_app"]
