"""Code records: what a printed code stands for can be rewritten, sealed, claimed and counted.

    >>> from qrcore.records import SqlStore, make_code                                     # doctest: +SKIP
    >>> store = SqlStore("sqlite:///codes.db", authority="q.example")                      # doctest: +SKIP
    >>> record = store.create({"links": [{"href": "https://shop.example/menu"}]})          # doctest: +SKIP
    >>> make_code(record.url).save("menu.png")                                             # doctest: +SKIP

Names are loaded when they are first used: importing this package needs none of the libraries of the extra `records`.
Decoding a picture never touches the network, and nothing here asks an authority that is not in `Trust`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cache import MemoryCache as MemoryCache
    from .code import Code as Code
    from .code import make_code as make_code
    from .cose import Content as Content
    from .cose import Context as Context
    from .cose import Opened as Opened
    from .cose import open_offline as open_offline
    from .cose import seal as seal
    from .cose import seal_offline as seal_offline
    from .cose import sign as sign
    from .cose import sign_offline as sign_offline
    from .cose import unseal as unseal
    from .cose import verify as verify
    from .envelope import Envelope as Envelope
    from .errors import AuthError as AuthError
    from .errors import ClaimError as ClaimError
    from .errors import DecodeError as DecodeError
    from .errors import PayloadError as PayloadError
    from .errors import RecordError as RecordError
    from .errors import ResolveError as ResolveError
    from .errors import SealError as SealError
    from .errors import StoreError as StoreError
    from .errors import TrustError as TrustError
    from .errors import WriteError as WriteError
    from .http import HttpSource as HttpSource
    from .keys import Key as Key
    from .keys import Keyring as Keyring
    from .keys import claim_token as claim_token
    from .keys import code_key as code_key
    from .keys import token_hash as token_hash
    from .model import Body as Body
    from .model import Link as Link
    from .refs import code_url as code_url
    from .refs import new_ref as new_ref
    from .refs import new_secret as new_secret
    from .resolution import Failure as Failure
    from .resolution import Resolution as Resolution
    from .resolver import AsyncResolver as AsyncResolver
    from .resolver import Resolver as Resolver
    from .sealing import seal_body as seal_body
    from .service import Limits as Limits
    from .service import create_app as create_app
    from .sources import Source as Source
    from .sources import StoreSource as StoreSource
    from .store import Receipt as Receipt
    from .store import SqlStore as SqlStore
    from .store import Store as Store
    from .trust import AuthorityPolicy as AuthorityPolicy
    from .trust import Level as Level
    from .trust import Trust as Trust
    from .trust import Verdict as Verdict

_HOMES = {
    "cache": "MemoryCache",
    "code": "Code make_code",
    "cose": "Content Context Opened open_offline seal seal_offline sign sign_offline unseal verify",
    "envelope": "Envelope",
    "errors": "AuthError ClaimError DecodeError PayloadError RecordError ResolveError SealError StoreError TrustError "
    "WriteError",
    "http": "HttpSource",
    "keys": "Key Keyring claim_token code_key token_hash",
    "model": "Body Link",
    "refs": "code_url new_ref new_secret",
    "resolution": "Failure Resolution",
    "resolver": "AsyncResolver Resolver",
    "sealing": "seal_body",
    "service": "Limits create_app",
    "sources": "Source StoreSource",
    "store": "Receipt SqlStore Store",
    "trust": "AuthorityPolicy Level Trust Verdict",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
