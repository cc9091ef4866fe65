"""Moments, which are kept as whole microseconds since 1970."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

from .checks import invalid

__all__ = ["micros", "moment", "now_micros"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = datetime.resolution
_FIRST = (datetime.min.replace(tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND


def micros(value: Any) -> int | None:
    """A moment as microseconds since 1970: from an aware datetime, an RFC 3339 text or such a number."""
    if value is None:
        return None
    if type(value) is int:
        if not _FIRST <= value <= _LAST:
            raise invalid("a moment lies in the years from 1 to 9999")
        return value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value[:-1] + "+00:00" if value[-1:] in "Zz" else value)
        except ValueError:
            raise invalid("a moment is written as in RFC 3339") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise invalid("a moment needs its time zone")
    return (value - _EPOCH) // _MICROSECOND


def moment(value: int | None) -> datetime | None:
    """The datetime, in UTC, of microseconds since 1970."""
    return None if value is None else _EPOCH + value * _MICROSECOND


def now_micros() -> int:
    """The time, in microseconds since 1970."""
    return time.time_ns() // 1000
