"""The errors of code records: one class for each prefix of the stable codes, the code itself in `.code`.

    RecordError
    ├── PayloadError    payload.format  payload.checksum  payload.too_large
    ├── TrustError      trust.unknown_authority  trust.scheme  trust.host
    ├── SealError       seal.invalid
    ├── ResolveError    resolve.not_found  resolve.gone  resolve.not_yet  resolve.expired  resolve.stale_version
    │                   resolve.rate_limited  resolve.deferred  resolve.unavailable
    ├── WriteError      write.invalid  write.too_large  write.conflict  write.precondition
    │                   write.precondition_required  write.idempotency_mismatch  write.sealed_rollback
    ├── ClaimError      claim.exhausted  claim.closed  claim.window  claim.per_claimant
    ├── DecodeError     decode.image  decode.too_large  decode.busy
    ├── StoreError      store.unavailable
    └── AuthError       auth.missing  auth.scope

All that can be wrong with a sealed message is `seal.invalid`, so that nobody learns from the difference.
"""

from __future__ import annotations

from typing import Any, ClassVar

from qrcore.errors import QRCoreError

__all__ = [
    "STATUS",
    "AuthError",
    "ClaimError",
    "DecodeError",
    "PayloadError",
    "RecordError",
    "ResolveError",
    "SealError",
    "StoreError",
    "TrustError",
    "WriteError",
    "error_for",
]

STATUS: dict[str, int] = {
    "payload.format": 400,
    "payload.checksum": 400,
    "payload.too_large": 413,
    "trust.unknown_authority": 403,
    "trust.scheme": 403,
    "trust.host": 403,
    "seal.invalid": 422,
    "resolve.not_found": 404,
    "resolve.gone": 410,
    "resolve.not_yet": 425,
    "resolve.expired": 410,
    "resolve.stale_version": 409,
    "resolve.rate_limited": 429,
    "resolve.deferred": 503,
    "resolve.unavailable": 503,
    "write.invalid": 422,
    "write.too_large": 413,
    "write.conflict": 409,
    "write.precondition": 412,
    "write.precondition_required": 428,
    "write.idempotency_mismatch": 422,
    "write.sealed_rollback": 409,
    "claim.exhausted": 409,
    "claim.closed": 410,
    "claim.window": 409,
    "claim.per_claimant": 409,
    "decode.image": 422,
    "decode.too_large": 413,
    "decode.busy": 503,
    "store.unavailable": 503,
    "auth.missing": 401,
    "auth.scope": 403,
}
"""Every code, and the HTTP status that a service answers with it."""


class RecordError(QRCoreError):
    """Something about a code record. `code` is stable, `detail` is for people, `retry_after` is in seconds."""

    prefix: ClassVar[str] = ""

    def __init__(self, code: str, detail: str = "", *, retry_after: float | None = None) -> None:
        if code not in STATUS or not code.startswith(self.prefix):
            raise ValueError(f"{type(self).__name__} has no code {code!r}")
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return STATUS[self.code]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.code, self.detail, self.retry_after)


def _rebuild(
    kind: type[RecordError], code: str, detail: str, retry_after: float | None
) -> RecordError:  # for pickle, which cannot pass keywords
    return kind(code, detail, retry_after=retry_after)


class PayloadError(RecordError):
    """What was given is no reference to a record."""

    prefix = "payload."


class TrustError(RecordError):
    """The authority is not one that the caller trusts; nothing was fetched."""

    prefix = "trust."


class SealError(RecordError):
    """A sealed or signed message that does not open. There is one reason outside, whatever it is inside."""

    prefix = "seal."

    def __init__(self, code: str = "seal.invalid", detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, detail, retry_after=retry_after)


class ResolveError(RecordError):
    """The record cannot be had."""

    prefix = "resolve."


class WriteError(RecordError):
    """The record was not written."""

    prefix = "write."


class ClaimError(RecordError):
    """Nothing was granted."""

    prefix = "claim."


class DecodeError(RecordError):
    """The service did not decode the picture."""

    prefix = "decode."


class StoreError(RecordError):
    """The store does not answer."""

    prefix = "store."


class AuthError(RecordError):
    """The caller may not do this.

    `ref` is the record's own reference where a token was derived from an alias of it and does not fit.
    """

    prefix = "auth."

    def __init__(self, code: str, detail: str = "", *, retry_after: float | None = None, ref: str = "") -> None:
        super().__init__(code, detail, retry_after=retry_after)
        self.ref = ref


_KINDS: dict[str, type[RecordError]] = {
    kind.prefix: kind
    for kind in (
        PayloadError,
        TrustError,
        SealError,
        ResolveError,
        WriteError,
        ClaimError,
        DecodeError,
        StoreError,
        AuthError,
    )
}


def error_for(code: str, detail: str = "", *, retry_after: float | None = None) -> RecordError:
    """The error of a code that another process named; an unknown code is `resolve.unavailable`."""
    if code not in STATUS:
        return ResolveError("resolve.unavailable", detail or "an answer with an unknown code")
    return _KINDS[code.partition(".")[0] + "."](code, detail, retry_after=retry_after)
