"""An authority without a network."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import httpx2

    from ..records import Resolver, SqlStore, Trust
    from ..records.http import HttpSource

__all__ = ["MemoryAuthority", "Request", "no_network"]


class Request(NamedTuple):
    """A request that an authority in memory was sent."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes


class MemoryAuthority:
    """An authority in this process: a store in memory behind the protocol of a service, and no network.

    `requests` holds all that arrived. `failing` may be set to a status that is then answered to everything.
    """

    def __init__(self, authority: str = "q.example", *, token: str | None = None) -> None:
        from ..records import SqlStore

        self.store: SqlStore = SqlStore("sqlite://", authority=authority)
        self.authority = self.store.authority
        self.token = token
        self.requests: list[Request] = []
        self.failing = 0
        self.budget: int | None = None
        """The bytes of a batch's answer before the rest is deferred; None for the usual."""

    def trust(self, **policy: Any) -> Trust:
        """Trust in this authority alone, also for product numbers."""
        from ..records import AuthorityPolicy, Trust

        policy.setdefault("auth", self.token)
        return Trust({self.authority: AuthorityPolicy(**policy)}, gs1=self.authority)

    def source(self) -> HttpSource:
        """A source that asks this authority, whatever the host."""
        from ..records import HttpSource

        return HttpSource(transport=self.transport(), async_transport=self.transport())

    def resolver(self, **policy: Any) -> Resolver:
        """A resolver that trusts this authority alone."""
        from ..records import Resolver

        return Resolver(self.trust(**policy), self.source())

    def transport(self) -> httpx2.MockTransport:
        """What takes the place of the network in an httpx2 client."""
        import httpx2

        return httpx2.MockTransport(self.handle)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """Answers a request as a service does."""
        import httpx2

        from ..records.errors import RecordError
        from ..records.wire import problem

        content = request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Request(request.method, str(request.url), headers, content))
        if self.failing:
            return httpx2.Response(self.failing)
        try:
            status, found = self._route(request.method, request.url.path, request.url.params, headers, content)
        except RecordError as error:
            status, found = error.status, json.dumps(problem(error)).encode()
        return httpx2.Response(status, content=found, headers={"Content-Type": "application/json"})

    def _route(self, method: str, path: str, params: Any, headers: dict[str, str], content: bytes) -> tuple[int, bytes]:
        from ..records import wire
        from ..records.errors import AuthError, ResolveError
        from ..records.sources import lookup

        if headers.get("qrcore-authority", self.authority) != self.authority:
            raise ResolveError("resolve.not_found", "no such authority")
        scheme, _, credential = headers.get("authorization", "").partition(" ")
        if scheme != "Claim" and self.token is not None and credential != self.token:
            raise AuthError("auth.missing")
        parts = path.strip("/").split("/")
        if (method, path) == ("POST", "/v1/resolve"):
            queries, at = wire.read_queries(content)
            budget = wire.BATCH_BYTES if self.budget is None else self.budget
            return 200, wire.write_answers(lookup(self.store, queries, at), budget)
        if (method, path) == ("POST", "/v1/scans"):
            self.store.add_counts(wire.read_scans(content))
            return 202, b"{}"
        if parts[:2] == ["v1", "records"]:
            return self._records(method, parts[2:], params, headers, content)
        raise ResolveError("resolve.not_found", "no such place")

    def _records(
        self, method: str, parts: list[str], params: Any, headers: dict[str, str], content: bytes
    ) -> tuple[int, bytes]:
        """The part of a service that writers use."""
        from ..records.errors import ResolveError
        from ..records.wire import write_created, write_receipt, write_stored, write_version

        asked = json.loads(content) if content else {}
        store, ref = self.store, parts[0] if parts else ""
        version = headers.get("if-match", "").strip('"').removeprefix("v")
        key = json.loads(headers.get("idempotency-key", '""'))
        found: Any
        match method, parts[1:] if parts else None:
            case "POST", None:
                found = write_created(store.create(asked, idempotency_key=key))
            case "GET", []:
                at = params.get("at")
                found = write_stored(store.get(ref, at=int(at) if at else None))
            case "PUT", [] if "rollback" in asked:
                found = {"version": store.rollback(ref, asked["rollback"], int(version))}
            case "PUT", []:
                found = {"version": store.put(ref, asked, int(version) if version else None)}
            case "DELETE", []:
                store.retire(ref, if_version=int(version) if version.isdigit() else None, erase="erase" in params)
                found = {}
            case "GET", ["versions"]:
                versions = store.history(ref, after=int(params["after"]), limit=int(params["limit"]))
                found = {"versions": [write_version(v) for v in versions]}
            case "GET", ["stats"]:
                counts = [count._asdict() | {"hour": count.hour.isoformat()} for count in store.stats(ref)]
                found = {"counts": counts}
            case "POST", ["claims"]:
                scheme, _, text = headers.get("authorization", "").partition(" ")
                token = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if scheme == "Claim" else None
                receipt = store.claim(
                    ref, key=key, claimant=asked.get("claimant"), qty=asked.get("qty", 1), token=token
                )
                return 201, json.dumps(write_receipt(receipt)).encode()
            case _:
                raise ResolveError("resolve.not_found", "no such place")
        return 200, json.dumps(found).encode()


def no_network(*_: object, **__: object) -> None:
    """Put in the place of `socket.socket.connect`, it proves that nothing connects."""
    raise AssertionError("something tried to connect")
