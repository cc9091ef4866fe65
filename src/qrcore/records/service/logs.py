"""Logs as JSON, a line a request. No payload, no query, no address, no reference: only the route that answered."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import datetime, timezone

__all__ = ["JsonFormatter", "configure"]

_FIELDS = ("method", "route", "status", "ms", "bytes", "tenant", "key")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, with those of its fields that are known."""
        when = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        out = {"at": when, "level": record.levelname.lower(), "logger": record.name, "event": record.getMessage()}
        out |= {name: getattr(record, name) for name in _FIELDS if getattr(record, name, None) is not None}
        if record.exc_info:
            out["trace"] = _trace(record.exc_info[1])
        return json.dumps(out, ensure_ascii=False)


def _trace(error: BaseException | None) -> str:
    """The kinds of error and where they came from, not their messages: those may quote what was sent."""
    parts = []
    while error is not None:
        parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


def configure(level: int = logging.INFO) -> None:
    """Sends the service's logs, and those of its web server, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    for name in ("qrcore.service", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level if name.startswith("qrcore") else max(level, logging.WARNING))
