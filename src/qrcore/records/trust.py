"""Whom to ask, with what credentials, and what to tell a person before something is opened. Default: nobody.

Only an authority that stands here is ever contacted, under the `base_url` that stands here; no part of a scanned link
is reused but the reference. The authority that a code names and the address that answers for it are two settings.
"""

from __future__ import annotations

import enum
import importlib
import ipaddress
import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qrcore.errors import OptionError
from qrcore.payload import CodeRef, Gs1, Payload, Sealed, Uri, UriFlag

from ._extra import needs
from .errors import TrustError
from .model import FORBIDDEN_SCHEMES
from .refs import normalize_authority

if TYPE_CHECKING:
    from .keys import Keyring

__all__ = ["AuthorityPolicy", "Level", "Trust", "Verdict"]

_BASE_URL = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?((?:/[A-Za-z0-9._~-]+)*)/?")
_GS1_HOSTS = frozenset(("", "id.gs1.org"))
_WEB = frozenset(("http", "https"))


@dataclass(frozen=True, slots=True)
class AuthorityPolicy:
    """How an authority is asked, and what it must prove.

    `base_url` answers for it (`https://{authority}` where none is given); `auth` is its bearer token, which goes to no
    other host; `keys` verify and open its messages. With `require_signed` a record that is not signed by one of the
    keys is an error. `schemes` are those that its links may have beside http, https, tel, mailto, sms and geo.
    """

    base_url: str = ""
    auth: str | None = field(default=None, repr=False)
    keys: Keyring | None = None
    require_signed: bool = False
    schemes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "schemes", frozenset(self.schemes))
        if self.schemes & FORBIDDEN_SCHEMES:
            raise OptionError("a link that runs code or reads files is never shown")
        if self.base_url:
            match = _BASE_URL.fullmatch(self.base_url)
            if not match or (match[1] == "http" and not _is_loopback(match[2])):
                raise OptionError("a base_url is https://host[:port][/path], or http on a loopback address")
            object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        if self.auth is not None and not re.fullmatch(r"[!-~]+", self.auth):
            raise OptionError("auth is a bearer token: printable ASCII without spaces")
        if self.require_signed and not self.keys:
            raise OptionError("require_signed needs the keys to verify with")


class Level(str, enum.Enum):
    """How a payload stands, for an app that asks its user before opening it."""

    TRUSTED = "trusted"
    """An authority or host that the caller trusts."""
    UNKNOWN = "unknown"
    """Nothing speaks for it, nothing against it: show the host and ask."""
    SUSPICIOUS = "suspicious"
    """Something speaks against it: see the reasons, and warn."""
    INERT = "inert"
    """There is nothing to open in it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to show before opening. The host in both forms: what is connected to, and what it reads as."""

    level: Level
    reasons: tuple[str, ...] = ()
    host_ascii: str = ""
    host_unicode: str = ""


class Trust(Mapping[str, AuthorityPolicy]):
    """The authorities that the caller trusts, by name, with `:port` where the codes name one.

    `gs1` is the authority for product numbers that name no host, such as those of an EAN-13.
    """

    def __init__(self, authorities: Mapping[str, AuthorityPolicy], *, gs1: str | None = None) -> None:
        self._policies = {normalize_authority(name): policy for name, policy in authorities.items()}
        self.gs1 = None if gs1 is None else normalize_authority(gs1)
        if self.gs1 is not None and self.gs1 not in self._policies:
            raise OptionError("gs1 names an authority that is not among those trusted")

    def __getitem__(self, authority: str) -> AuthorityPolicy:
        return self._policies[authority]

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)

    def __repr__(self) -> str:
        return f"Trust({', '.join(self._policies)}, gs1={self.gs1!r})"

    def policy(self, authority: str) -> AuthorityPolicy:
        """The policy of an authority, its name compared exactly. Raises `trust.unknown_authority`."""
        found = self._policies.get(authority)
        if found is None:
            raise TrustError("trust.unknown_authority", f"{authority} is not trusted; nothing was fetched")
        return found

    def base_url(self, authority: str) -> str:
        """The address that answers for an authority."""
        return self.policy(authority).base_url or f"https://{authority}"

    def authority_of(self, payload: Payload) -> str:
        """The authority that a payload is resolved by. Raises `trust.unknown_authority`, `trust.host`."""
        if isinstance(payload, CodeRef):
            self.policy(payload.authority)
            return payload.authority
        if isinstance(payload, Gs1):
            host = ""
            if payload.link is not None:
                if payload.link.scheme not in _WEB:
                    raise TrustError("trust.scheme", "a Digital Link is http or https")
                if payload.link.user_info or payload.link.issues:
                    raise TrustError("trust.host", "a link that parsers read differently")
                port = "" if payload.link.port is None else f":{payload.link.port}"
                host = payload.link.host_ascii + port
            if host in self._policies:
                return host
            if host in _GS1_HOSTS and self.gs1 is not None:
                return self.gs1
            raise TrustError("trust.unknown_authority", f"no authority for {host or 'product numbers'} is trusted")
        raise TrustError("trust.host", f"a {payload.kind} names no authority")

    def verdict(self, payload: Payload) -> Verdict:
        """What to tell a person before this is opened. qrcore itself opens nothing."""
        if isinstance(payload, CodeRef):
            host = payload.authority
            if payload.issues:
                return Verdict(Level.SUSPICIOUS, tuple(i.code for i in payload.issues), host, host)
            known = host in self._policies
            return Verdict(
                Level.TRUSTED if known else Level.UNKNOWN, () if known else ("unknown_authority",), host, host
            )
        if isinstance(payload, Sealed):
            if payload.issues:
                return Verdict(Level.SUSPICIOUS, tuple(issue.code for issue in payload.issues))
            known = any(policy.keys is not None and payload.kid in policy.keys for policy in self._policies.values())
            return Verdict(Level.UNKNOWN, ("unverified",) if known else ("unknown_key",))
        link = payload.link if isinstance(payload, Gs1) else payload if isinstance(payload, Uri) else None
        return Verdict(Level.INERT) if link is None else self._link_verdict(link)

    def _link_verdict(self, link: Uri) -> Verdict:
        host = link.host_ascii
        reasons = sorted(flag.value for flag in link.flags)
        reasons += [issue.code for issue in link.issues]
        if link.scheme not in _WEB and UriFlag.UNSAFE_SCHEME not in link.flags:
            reasons.append("scheme")
        trusted = host + ("" if link.port is None else f":{link.port}") in self._policies
        if not trusted and (model := self._resembles(link.host_unicode)):
            reasons.append(f"resembles:{model}")
        harmless = frozenset(("idn", "odd_port"))
        if any(reason not in harmless for reason in reasons):
            level = Level.SUSPICIOUS
        else:
            level = Level.TRUSTED if trusted and link.scheme == "https" else Level.UNKNOWN
        return Verdict(level, tuple(reasons), host, link.host_unicode)

    def _resembles(self, host: str) -> str:
        """The trusted authority that a host looks like without being it, or empty (after UTS 39, "confusables")."""
        look = _skeleton(host)
        return next((name for name in self._policies if _skeleton(name.partition(":")[0]) == look), "")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trust:
        """Trust from a TOML file; see `docs/records.md`. Tokens and keys lie in files beside it or the environment."""
        data = _read_toml(Path(path))
        folder = Path(path).parent
        entries = data.pop("authority", {})
        gs1 = data.pop("gs1", None)
        if data or not isinstance(entries, dict):
            raise OptionError(f'a trust file has gs1 and [authority."name"], not {", ".join(data)}')
        return cls({name: _policy(name, entry, folder) for name, entry in entries.items()}, gs1=gs1)


def _policy(name: str, entry: dict[str, Any], folder: Path) -> AuthorityPolicy:
    unknown = set(entry) - {"base_url", "auth_file", "auth_env", "keys", "require_signed", "schemes"}
    if unknown:
        raise OptionError(f"authority {name}: no setting {', '.join(sorted(unknown))}")
    auth, keys = None, None
    if "auth_env" in entry:
        auth = os.environ.get(entry["auth_env"])
        if not auth:
            raise OptionError(f"authority {name}: the environment has no {entry['auth_env']}")
    elif "auth_file" in entry:
        auth = (folder / entry["auth_file"]).read_text(encoding="utf-8").strip()
    if "keys" in entry:
        from .keys import Keyring

        keys = Keyring.load(folder / entry["keys"])
    schemes = frozenset(entry.get("schemes", ()))
    return AuthorityPolicy(entry.get("base_url", ""), auth, keys, entry.get("require_signed", False), schemes)


def _read_toml(path: Path) -> dict[str, Any]:
    with needs():
        toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        found: dict[str, Any] = toml.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OptionError(f"{path}: {error}") from None
    return found


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


_PAIRS = "аa вb еe ѕs іi јj оo рp сc уy хx һh ԁd ɡg ӏl κk νv οo ρp αa ιi τt μm 0o 1l ǀl |l ıi ɩi 5s"
_LOOKALIKES = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
"""Cyrillic, Greek, digits and letters that a glance takes for a Latin letter."""


def _skeleton(host: str) -> str:
    plain = unicodedata.normalize("NFKD", host.lower())
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return kept.translate(_LOOKALIKES).replace("rn", "m").replace("vv", "w").removeprefix("www.")
