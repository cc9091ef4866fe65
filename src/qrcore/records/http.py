"""The source that is a service: one round trip for a thousand references.

Only the `base_url` of a trusted authority is contacted, and only its own token goes there. Redirects are not followed,
no proxy and no credential comes from the environment, no cookie is kept; answers are bounded in bytes and time. Every
request is built from the authority's base URL and the reference; nothing of a scanned link but the reference is in it.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ._extra import needs
from .drive import drive, drive_async
from .errors import AuthError, RecordError, ResolveError
from .sources import Answer, At, Claim, Prove, Query, Scan, Site
from .wire import (
    BATCH,
    MAX_ANSWER,
    MAX_BATCH_ANSWER,
    MAX_REQUEST,
    read_answers,
    read_problem,
    read_receipt,
    write_claim,
    write_queries,
    write_scans,
)

with needs():
    import httpx2

if TYPE_CHECKING:
    from .store import Receipt

__all__ = ["USER_AGENT", "HttpSource"]

T = TypeVar("T")
USER_AGENT = "qrcore"


class _Request(NamedTuple):
    url: str
    content: bytes
    headers: dict[str, str]
    most: int

    def to_send(self) -> dict[str, Any]:
        """As a client takes it."""
        return {"url": self.url, "content": self.content, "headers": self.headers}


class _Response(NamedTuple):
    status: int
    content: bytes
    retry_after: str


_Steps = Generator[_Request, _Response, T]


class HttpSource:
    """Asks the services of the authorities. Keeps its connections; may be used by any number of threads."""

    remote = True

    def __init__(
        self,
        *,
        timeout: float = 3.0,
        deadline: float = 15.0,
        transport: httpx2.BaseTransport | None = None,
        async_transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._deadline = deadline
        self._options: dict[str, Any] = {
            "timeout": timeout,
            "follow_redirects": False,
            "trust_env": False,
            "headers": {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"},
        }
        self._transport, self._async_transport = transport, async_transport
        self._client: httpx2.Client | None = None
        self._async_client: httpx2.AsyncClient | None = None

    def fetch(self, site: Site, queries: Sequence[Query], at: At) -> list[Answer]:
        """Asks for all, a thousand to a round trip; what was deferred is asked for again."""
        return drive(_fetch(site, queries, at), self._send)

    async def fetch_async(self, site: Site, queries: Sequence[Query], at: At) -> list[Answer]:
        """The same."""
        return await drive_async(_fetch(site, queries, at), self._send_async)

    def claim(self, site: Site, claim: Claim, prove: Prove | None = None) -> Receipt:
        """Claims with the authority's credentials, or with the token of the code."""
        return drive(_claim(site, claim, prove), self._send)

    async def claim_async(self, site: Site, claim: Claim, prove: Prove | None = None) -> Receipt:
        """The same."""
        return await drive_async(_claim(site, claim, prove), self._send_async)

    def report(self, site: Site, scans: Sequence[Scan]) -> None:
        """Reports scans."""
        drive(_report(site, scans), self._send)

    async def report_async(self, site: Site, scans: Sequence[Scan]) -> None:
        """The same."""
        await drive_async(_report(site, scans), self._send_async)

    def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def aclose(self) -> None:
        """Closes the asynchronous connections."""
        if self._async_client is not None:
            await self._async_client.aclose()
            self._async_client = None

    def _send(self, request: _Request) -> _Response:
        if self._client is None:
            self._client = httpx2.Client(transport=self._transport, **self._options)
        client = self._client
        with self._asking(client) as stop, client.stream("POST", **request.to_send()) as response:
            parts = _Parts(response, request.most, stop)
            for chunk in response.iter_bytes():
                parts.add(chunk)
            return parts.join()

    async def _send_async(self, request: _Request) -> _Response:
        if self._async_client is None:
            self._async_client = httpx2.AsyncClient(transport=self._async_transport, **self._options)
        client = self._async_client
        with self._asking(client) as stop:
            async with client.stream("POST", **request.to_send()) as response:
                parts = _Parts(response, request.most, stop)
                async for chunk in response.aiter_bytes():
                    parts.add(chunk)
                return parts.join()

    @contextlib.contextmanager
    def _asking(self, client: httpx2.Client | httpx2.AsyncClient) -> Iterator[float]:
        """One request: gives the moment when its answer has to be there, and keeps nothing that the service set."""
        try:
            yield time.monotonic() + self._deadline
        except httpx2.HTTPError as error:
            raise ResolveError(
                "resolve.unavailable", f"the authority does not answer: {type(error).__name__}"
            ) from None
        finally:
            client.cookies.clear()

    def __repr__(self) -> str:
        return "HttpSource()"


class _Parts:
    """The bytes of an answer, while they are few enough and come in time."""

    def __init__(self, response: httpx2.Response, most: int, stop: float) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":  # few bytes may unpack to millions
            raise ResolveError("resolve.unavailable", "the authority compressed its answer, which was not asked for")
        self._response, self._most, self._stop = response, most, stop
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._most:
            raise ResolveError("resolve.unavailable", "the authority's answer is too large")
        if time.monotonic() > self._stop:
            raise ResolveError("resolve.unavailable", "the authority takes too long")
        self._parts.append(chunk)

    def join(self) -> _Response:
        wait = self._response.headers.get("retry-after", "")
        return _Response(self._response.status_code, b"".join(self._parts), wait)


def _fetch(site: Site, queries: Sequence[Query], at: At) -> _Steps[list[Answer]]:
    answers: dict[int, Answer] = {}
    waiting = list(range(len(queries)))
    while waiting:
        batch = _fitting(waiting, queries, at)
        content = write_queries([queries[i] for i in batch], at)
        request = _Request(
            f"{site.base_url}/v1/resolve", content, _headers(site), MAX_ANSWER if len(batch) == 1 else MAX_BATCH_ANSWER
        )
        response = yield request
        _check(response)
        found = read_answers(response.content, [queries[i] for i in batch])
        deferred = []
        for i, answer in zip(batch, found, strict=True):
            if isinstance(answer, RecordError) and answer.code == "resolve.deferred":
                deferred.append(i)
            answers[i] = answer
        if len(deferred) == len(batch):  # no progress: the deferral is the answer
            deferred = []
        waiting = deferred + waiting[len(batch) :]
    return [answers[i] for i in range(len(queries))]


def _fitting(waiting: list[int], queries: Sequence[Query], at: At) -> list[int]:
    """The first of what is waiting, as many as a request admits in number and bytes."""
    room = MAX_REQUEST - 128
    batch: list[int] = []
    for i in waiting[:BATCH]:
        room -= 48 if queries[i].ref else 16 + sum(len(path) + 4 for path in queries[i].paths)
        if room < 0 and batch:
            break
        batch.append(i)
    return batch


def _claim(site: Site, claim: Claim, prove: Prove | None) -> _Steps[Receipt]:
    if prove is None:
        return (yield from _claim_once(site, claim))
    try:
        return (yield from _claim_once(site, claim._replace(token=prove(claim.ref))))
    except AuthError as error:
        if not error.ref:
            raise
        return (yield from _claim_once(site, claim._replace(token=prove(error.ref))))  # an alias was printed


def _claim_once(site: Site, claim: Claim) -> _Steps[Receipt]:
    headers, content = write_claim(claim)
    url = f"{site.base_url}/v1/records/{claim.ref}/claims"
    response = yield _Request(url, content, _headers(site) | headers, MAX_ANSWER)
    _check(response)
    return read_receipt(response.content)


def _report(site: Site, scans: Sequence[Scan]) -> _Steps[None]:
    for start in range(0, len(scans), BATCH):
        content = write_scans(scans[start : start + BATCH])
        response = yield _Request(f"{site.base_url}/v1/scans", content, _headers(site), MAX_ANSWER)
        _check(response)


def _headers(site: Site) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "QRCore-Authority": site.authority}
    if site.policy.auth is not None:
        headers["Authorization"] = f"Bearer {site.policy.auth}"
    return headers


def _check(response: _Response) -> None:
    """Raises what a response that is no success says."""
    if 200 <= response.status < 300:
        return
    wait = float(response.retry_after) if response.retry_after.isdigit() else None
    try:
        error = read_problem(json.loads(response.content))
    except (ValueError, AttributeError, RecursionError):
        error = ResolveError("resolve.unavailable", f"the authority answered {response.status}", retry_after=wait)
    if response.status == 429 and error.code == "resolve.unavailable":
        error = ResolveError("resolve.rate_limited", error.detail, retry_after=wait)
    raise error
