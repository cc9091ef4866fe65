"""A record as somebody wants to write it: the body that becomes a version, and what belongs to the record as it is now.

    {"body": {..}, "ref"?, "gs1"?: [path], "quota"?: {"max", "per_claimant", "window", "reveal": [], "token"},
     "not_before"?, "not_after"?, "cache_s"?, "aliases"?: [{"ref"?, "label"}]}

A body alone may stand for an envelope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from qrcore.payload import Gs1, parse

from .checks import invalid, line_of_text, only, read_base64
from .errors import RecordError
from .model import ANY_LINK, Body, LinkRules
from .moments import micros
from .refs import normalize_ref

__all__ = ["UNSET", "Alias", "Envelope", "Quota"]

_ENVELOPE = frozenset(("body", "ref", "gs1", "quota", "not_before", "not_after", "cache_s", "aliases"))


class _Unset:
    """What a write does not mention, and so does not change."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = _Unset()


@dataclass(frozen=True, slots=True)
class Alias:
    """A further printed reference of a record. The label stands for the place: it is counted by, and fills links."""

    label: str
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """How often a record can be claimed.

    `max` in all (None: without end), `per_claimant` by one claimant within `window` seconds (None: ever). `reveal` is
    a list, shuffled by the caller, of what the 1st, 2nd, ... claim is told. `token` is the SHA-256 of a claim token.
    """

    max: int | None = None
    per_claimant: int | None = None
    window: int | None = None
    reveal: tuple[str, ...] = field(default=(), repr=False)
    token: bytes | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, value: Any) -> Quota:
        """A quota as somebody wants to write it, checked. Raises `write.invalid`."""
        if isinstance(value, Quota):
            return value
        if not isinstance(value, Mapping):
            raise invalid("a quota is a JSON object")
        only(value, frozenset(("max", "per_claimant", "window", "reveal", "token")), "quota")
        numbers = [value.get(name) for name in ("max", "per_claimant", "window")]
        if any(n is not None and (type(n) is not int or not 0 < n < 2**31) for n in numbers):
            raise invalid("max, per_claimant and window are whole numbers above 0, or null")
        reveal = value.get("reveal") or ()
        if not isinstance(reveal, (list, tuple)) or not all(isinstance(entry, str) for entry in reveal):
            raise invalid("reveal is a list of texts")
        if any(len(line_of_text(entry, "an entry of reveal", 1024).encode()) > 1024 for entry in reveal):
            raise invalid("an entry of reveal has at most 1024 bytes")
        token = value.get("token")
        if token is not None:
            token = bytes(token) if isinstance(token, bytes) else read_base64(token)
            if len(token) != 32:
                raise invalid("token is the SHA-256 of a claim token")
        return cls(numbers[0], numbers[1], numbers[2], tuple(reveal), token)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A record as somebody wants to write it. What is `UNSET` stays as it is; None takes it away."""

    body: Body
    ref: str | None = None
    gs1: tuple[str, ...] | _Unset = UNSET
    quota: Quota | _Unset | None = UNSET
    not_before: int | _Unset | None = UNSET
    not_after: int | _Unset | None = UNSET
    cache_s: int | _Unset | None = UNSET
    aliases: tuple[Alias, ...] | _Unset = UNSET

    @classmethod
    def parse(cls, value: Any, *, rules: LinkRules = ANY_LINK) -> Envelope:
        """An envelope or a body alone, checked. Raises `write.invalid`, `write.too_large`."""
        if isinstance(value, Envelope):
            return value
        if not isinstance(value, Mapping):
            raise invalid("a record is a JSON object")
        if "body" not in value:
            return cls(Body.parse(value, rules=rules))
        only(value, _ENVELOPE, "record")
        found: dict[str, Any] = {}
        for name, read in (
            ("gs1", _gs1_paths),
            ("quota", lambda v: None if v is None else Quota.parse(v)),
            ("not_before", micros),
            ("not_after", micros),
            ("cache_s", _cache),
            ("aliases", _aliases),
        ):
            if name in value:
                found[name] = read(value[name])
        ref = value.get("ref")
        try:
            found["ref"] = None if ref is None else normalize_ref(ref)
        except (RecordError, TypeError, AttributeError):
            raise invalid("ref is none") from None
        begin, end = found.get("not_before"), found.get("not_after")
        if begin is not None and end is not None and begin >= end:
            raise invalid("not_before lies before not_after")
        return cls(Body.parse(value["body"], rules=rules), **found)


def _gs1_paths(value: Any) -> tuple[str, ...]:
    paths = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(paths, (list, tuple)):
        raise invalid("gs1 is a path or a list of paths")
    out = []
    for path in paths:
        found = parse(f"https://id.gs1.org{path}") if isinstance(path, str) else None
        if not isinstance(found, Gs1) or found.issues or not found.path:
            raise invalid("gs1 is a Digital Link path, such as /01/09506000134352/10/ABC")
        out.append(found.path)
    return tuple(dict.fromkeys(out))


def _aliases(value: Any) -> tuple[Alias, ...]:
    if value is not None and not isinstance(value, (list, tuple)):
        raise invalid("aliases is a list")
    out = []
    for entry in value or ():
        if isinstance(entry, Alias):
            entry = {"label": entry.label} | ({} if entry.ref is None else {"ref": entry.ref})
        if not isinstance(entry, Mapping):
            raise invalid("an alias is a JSON object")
        only(entry, frozenset(("ref", "label")), "alias")
        try:
            ref = None if entry.get("ref") is None else normalize_ref(entry["ref"])
        except (RecordError, TypeError, AttributeError):
            raise invalid("the ref of an alias is none") from None
        out.append(Alias(line_of_text(entry.get("label"), "label", 128), ref))
    return tuple(out)


def _cache(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value <= 31_536_000):
        raise invalid("cache_s is a number of seconds, at most a year")
    return value
