"""Bodies that are signed, sealed, or both: what a writer does before it stores a version, and a reader after."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from qrcore.errors import OptionError

from .cose import Context, is_signed, seal, sign, unseal, verify
from .errors import RecordError, SealError
from .keys import CODE_KID, Key, Keyring, code_key
from .model import Body, LinkRules

__all__ = ["OpenedBody", "open_body", "seal_body"]


def seal_body(
    body: Body | dict[str, Any],
    *,
    authority: str,
    ref: str,
    version: int,
    secret: bytes | None = None,
    key: Key | None = None,
    signer: Key | None = None,
    schemes: Iterable[str] = (),
) -> Body:
    """The body to store in place of `body`: signed by `signer`, sealed by a code's own `secret` or by a shared `key`.

    It opens under this authority, reference and version alone, so each version is sealed anew, and a reference has to
    be drawn (`new_ref`) before its first version is sealed. Both at once is a signed message inside a sealed one.
    """
    if secret is not None and key is not None:
        raise OptionError("a body is sealed by the code's secret or by a key, not by both")
    if secret is None and key is None and signer is None:
        raise OptionError("sealing needs a secret, a key or a signer")
    data = Body.parse(body, rules=LinkRules(frozenset(schemes))).encode()
    if signer is not None:
        data = sign(data, key=signer, context=Context("sign", authority, ref, version))
    closing = code_key(secret, authority, ref) if secret is not None else key
    if closing is not None:
        data = seal(data, key=closing, context=Context("enc", authority, ref, version))
    return Body(sealed=data)


class OpenedBody(NamedTuple):
    """A body that was opened: whether it was encrypted, and the kid of the signature that was verified."""

    body: Body
    sealed: bool
    verified: bytes | None


def open_body(
    body: Body,
    keyring: Keyring,
    *,
    authority: str,
    ref: str,
    version: int,
    secret: bytes | None = None,
    schemes: Iterable[str] = (),
) -> OpenedBody:
    """What `seal_body` closed. With a code's `secret` a body that is not sealed is refused. Raises `SealError`."""
    message = body.sealed
    if message is None:
        raise SealError
    sealed, verified = not is_signed(message), None
    if sealed:
        if secret is not None:
            own = code_key(secret, authority, ref)
            keyring = Keyring([own, *(key for key in keyring.values() if key.kid != CODE_KID)])
        message = unseal(message, keyring, context=Context("enc", authority, ref, version)).body
    elif secret is not None:
        raise SealError
    if is_signed(message):
        opened = verify(message, keyring, context=Context("sign", authority, ref, version))
        message, verified = opened.body, opened.kid
    try:
        return OpenedBody(Body.parse(json.loads(message), rules=LinkRules(frozenset(schemes))), sealed, verified)
    except (ValueError, RecordError, RecursionError):
        raise SealError from None
