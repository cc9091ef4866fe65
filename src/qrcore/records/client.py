"""A service from the writer's side: the calls of a store that the command line makes, over HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from ._extra import needs
from .errors import ResolveError
from .http import USER_AGENT
from .moments import micros
from .refs import code_url, normalize_authority, ref_bytes
from .sources import Claim
from .store.rows import Count, Created, Receipt, Stored, Version
from .store.schema import State
from .trust import AuthorityPolicy
from .wire import read_problem, read_receipt, write_claim

with needs():
    import httpx2

__all__ = ["ServiceClient"]


class ServiceClient:
    """Writes to one authority's service: `create`, `get`, `put`, `history`, `rollback`, `retire`, `claim`, `stats`.

    The key goes to `base_url` alone; redirects are not followed, nothing comes from the environment.
    """

    def __init__(
        self, base_url: str, key: str, *, authority: str | None = None, transport: httpx2.BaseTransport | None = None
    ) -> None:
        policy = AuthorityPolicy(base_url, key)
        host = httpx2.URL(policy.base_url)
        self.authority = normalize_authority(authority or host.netloc.decode("ascii"))
        self._base = policy.base_url
        self._client = httpx2.Client(
            headers={"User-Agent": USER_AGENT, "Authorization": f"Bearer {key}", "QRCore-Authority": self.authority},
            follow_redirects=False,
            trust_env=False,
            timeout=10.0,
            transport=transport,
        )

    def create(self, record: Mapping[str, Any]) -> Created:
        """Creates a record."""
        found = self._call("POST", "/v1/records", record, {"Idempotency-Key": json.dumps(secrets.token_hex(16))})
        aliases = tuple((a["label"], code_url(self.authority, a["ref"])) for a in found.get("aliases", ()))
        return Created(found["ref"], found["version"], code_url(self.authority, found["ref"]), aliases)

    def get(self, ref: str, *, at: datetime | int | None = None) -> Stored:
        """One record, with its body."""
        query = "" if at is None else "?" + urlencode({"at": at.isoformat() if isinstance(at, datetime) else at})
        found = self._call("GET", f"/v1/records/{quote(ref, safe='')}{query}")
        body = None if found.get("body") is None else json.dumps(found["body"]).encode()
        data = ref_bytes(found["ref"])
        return Stored(
            data, data, found.get("label", ""), found.get("tenant", ""), State[found.get("state", "LIVE").upper()],
            found["version"], body, micros(found.get("not_before")), micros(found.get("not_after")),
            found.get("cache_s"),
        )  # fmt: skip

    def put(self, ref: str, record: Mapping[str, Any], if_version: int) -> int:
        """Replaces a version."""
        headers = {"If-Match": f'"v{if_version}"'}
        return int(self._call("PUT", f"/v1/records/{quote(ref, safe='')}", record, headers)["version"])

    def rollback(self, ref: str, to: int, if_version: int) -> int:
        """Writes the body of an older version anew."""
        body = {"rollback": to}
        headers = {"If-Match": f'"v{if_version}"'}
        return int(self._call("PUT", f"/v1/records/{quote(ref, safe='')}", body, headers)["version"])

    def retire(self, ref: str, *, if_version: int | None = None, erase: bool = False) -> None:
        """Leaves a tombstone."""
        headers = {"If-Match": "*" if if_version is None else f'"v{if_version}"'}
        self._call("DELETE", f"/v1/records/{quote(ref, safe='')}" + ("?erase=true" if erase else ""), None, headers)

    def history(self, ref: str, *, after: int = 0, limit: int = 100) -> list[Version]:
        """The versions after number `after`."""
        found = self._call("GET", f"/v1/records/{quote(ref, safe='')}/versions?after={after}&limit={limit}")
        return [
            Version(
                v["version"], v["author"], datetime.fromisoformat(v["at"]),
                None if v.get("body") is None else json.dumps(v["body"]).encode(),
                None if v.get("sha256") is None else bytes.fromhex(v["sha256"]),
            )
            for v in found["versions"]
        ]  # fmt: skip

    def claim(
        self, ref: str, *, key: str, claimant: str | None = None, qty: int = 1, token: bytes | None = None
    ) -> Receipt:
        """Takes `qty` of a record's quota."""
        headers, content = write_claim(Claim(ref, key, claimant, qty, token))
        return read_receipt(self._send("POST", f"/v1/records/{quote(ref, safe='')}/claims", content, headers))

    def stats(self, ref: str, *, since: datetime | None = None, until: datetime | None = None) -> list[Count]:
        """Scans by printed reference, relation and hour."""
        times = {"since": since, "until": until}
        query = urlencode({name: value.isoformat() for name, value in times.items() if value is not None})
        found = self._call("GET", f"/v1/records/{quote(ref, safe='')}/stats?{query}")
        return [
            Count(c["label"], c["ref"], c["rel"], datetime.fromisoformat(c["hour"]), c["n"]) for c in found["counts"]
        ]

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def __enter__(self) -> ServiceClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ServiceClient({self._base!r}, authority={self.authority!r})"

    def _call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        content = self._send(method, path, None if body is None else json.dumps(body).encode(), headers or {})
        try:
            found = json.loads(content) if content else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ResolveError("resolve.unavailable", "the service's answer is none")
        return found

    def _send(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> bytes:
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            response = self._client.request(method, self._base + path, content=content, headers=headers)
        except httpx2.HTTPError as error:
            raise ResolveError("resolve.unavailable", f"the service does not answer: {type(error).__name__}") from None
        if response.is_success:
            return response.content
        try:
            raise read_problem(json.loads(response.content))
        except (ValueError, AttributeError):
            raise ResolveError("resolve.unavailable", f"the service answered {response.status_code}") from None
