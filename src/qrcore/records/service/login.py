"""The page's cookie: an API key, got by a one-time link or by typing one in. Its hash alone is in the store."""

from __future__ import annotations

import hmac
import secrets
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ..errors import AuthError
from ..store.admin import SCOPES

if TYPE_CHECKING:
    from ..store import SqlStore

__all__ = ["LABEL", "LoginLink", "has_login"]

LABEL = "page"
"""The label of keys that a login link made, which the history shows as their author."""
_DAYS = 30


class LoginLink:
    """A link that logs in once. The token is in its fragment, so that no log and no preview sees it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self._unused = True
        self._taking = threading.Lock()

    def url(self, origin: str) -> str:
        """The link below `origin`."""
        return f"{origin}/login#{self.token}"

    def take(self, store: SqlStore, token: str) -> str:
        """A new API key with every scope, once. Raises `auth.missing`."""
        with self._taking:
            if not self._unused or not hmac.compare_digest(self.token.encode(), token.encode("utf-8", "replace")):
                raise AuthError("auth.missing", "the link was used, or is none")
            until = datetime.now(timezone.utc) + timedelta(days=_DAYS)
            key, _ = store.create_key(LABEL, SCOPES, expiry=until)
            self._unused = False
            return key


def has_login(store: SqlStore) -> bool:
    """Whether somebody logged in before and may still do so."""
    now = datetime.now(timezone.utc)
    return any(key.label == LABEL and (key.expiry is None or key.expiry > now) for key in store.api_keys())
