"""The store of code records: what a resolver reads and a service serves."""

from .protocol import Store
from .rows import ApiKey, Authority, Count, Created, Event, QuotaState, Receipt, Scope, Stored, Version
from .schema import State
from .sql import SqlStore

__all__ = [
    "ApiKey",
    "Authority",
    "Count",
    "Created",
    "Event",
    "QuotaState",
    "Receipt",
    "Scope",
    "SqlStore",
    "State",
    "Store",
    "Stored",
    "Version",
]
