"""What is sealed or signed among what was fetched, and what an offline code says."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from .errors import RecordError, SealError
from .model import Body, LinkRules
from .resolution import read_body
from .sources import Fetched
from .trust import AuthorityPolicy

if TYPE_CHECKING:
    from .sealing import OpenedBody

__all__ = ["is_closed", "offline_body", "open_record"]


def is_closed(fetched: Fetched) -> bool:
    """Whether the body is sealed or signed, found without parsing the others."""
    body = fetched.body
    if b'"sealed"' not in body if isinstance(body, bytes) else "sealed" not in body:
        return False
    return read_body(fetched).sealed is not None


def open_record(
    fetched: Fetched, policy: AuthorityPolicy, *, authority: str, asked: str, secret: bytes | None
) -> OpenedBody:
    """What a sealed or signed body says.

    Args:
        asked: the reference that was asked for; an alias of the record, or the record's own.
        secret: of the code.

    Raises:
        SealError: for all that can be wrong.
    """
    from .keys import Keyring
    from .sealing import open_body

    opened = open_body(
        read_body(fetched), policy.keys if policy.keys is not None else Keyring(), authority=authority,
        ref=fetched.ref, version=fetched.version, secret=secret, schemes=policy.schemes,
    )  # fmt: skip
    if policy.require_signed and opened.verified is None:
        raise SealError
    name = fetched.path or asked
    if secret is None and name != fetched.ref and name not in (opened.body.data.get("names") or ()):
        raise SealError  # an authority says which record an alias or a GS1 key leads to; its keys must say so too
    return opened


def offline_body(type: str, data: bytes, schemes: frozenset[str]) -> bytes:
    """The content of an offline code as a body."""
    try:
        if type == "application/json":
            return Body.parse(json.loads(data), rules=LinkRules(schemes)).encode()
        if type == "text/plain":
            return Body(data={"text": data.decode("utf-8")}).encode()
    except (ValueError, RecordError, RecursionError):
        raise SealError from None
    return Body(data={"type": type, "base64": base64.b64encode(data).decode()}).encode()
