"""What all payloads share: the base class, the issue, and the shape of a symbol."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from qrcore.payload.issues import ISSUES


class SymbolLike(Protocol):
    """The part of `qrcore.Symbol` that `parse` reads."""

    @property
    def text(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def symbology(self) -> Any: ...
    @property
    def fnc1(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault: a stable `code`, and the index in the payload's `raw` where it was seen."""

    code: str
    position: int

    @property
    def message(self) -> str:
        """What the code means, in one sentence."""
        return ISSUES[self.code]

    def __str__(self) -> str:
        return f"{self.code} at {self.position}: {self.message}"


@dataclass(frozen=True, slots=True)
class Payload:
    """What a code says. Two payloads are equal when they say the same, however it was spelled.

    `raw` is what was parsed, exactly; `issues` is what was wrong with it. Neither takes part in comparing.
    `raw` is in no `repr`, because a few kinds carry a secret.
    """

    kind: ClassVar[str] = ""

    raw: str | bytes = field(default="", kw_only=True, repr=False, compare=False)
    issues: tuple[Issue, ...] = field(default=(), kw_only=True, compare=False)

    def encode(self) -> str | bytes:
        """What a code must hold to say the same."""
        raise NotImplementedError

    def to_dict(self, *, secrets: bool = False) -> dict[str, Any]:
        """A tree of JSON values. Fields marked secret (keys, seeds) are left out unless asked for."""
        out: dict[str, Any] = {"kind": self.kind}
        for entry in dataclasses.fields(self):
            if entry.name not in ("raw", "issues") and (secrets or not entry.metadata.get("secret")):
                out[entry.name] = _jsonable(getattr(self, entry.name), secrets)
        out["issues"] = [{"code": i.code, "position": i.position, "message": i.message} for i in self.issues]
        return out


def secret_field(default: Any) -> Any:
    """A field that stays out of `repr` and out of `to_dict`."""
    return field(default=default, repr=False, metadata={"secret": True})


def quiet_field(default: Any) -> Any:
    """A field that stays out of `repr`, which ends in logs, but that a person who asks may read."""
    return field(default=default, repr=False)


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """`text` with control characters, line breaks and direction overrides written out as escapes."""
    return _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}" if ord(m[0]) < 256 else f"\\u{ord(m[0]):04x}", text)


def sentence(*parts: str | None, join: str = ", ") -> str:
    """The parts that are not empty, made visible and joined; for `__str__`."""
    return visible(join.join(part for part in parts if part))


def encode_utf8(text: str) -> bytes:
    """UTF-8 that never raises: a lone surrogate becomes `?`."""
    return text.encode("utf-8", "replace")


def ordered(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Issues by position, each once."""
    return tuple(sorted(dict.fromkeys(issues), key=lambda issue: issue.position))


def _jsonable(value: Any, secrets: bool) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Payload):
        return value.to_dict(secrets=secrets)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: _jsonable(getattr(value, f.name), secrets)
            for f in dataclasses.fields(value)
            if secrets or not f.metadata.get("secret")
        }
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item, secrets) for key, item in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted((_jsonable(item, secrets) for item in value), key=str)
    return [_jsonable(item, secrets) for item in value]
