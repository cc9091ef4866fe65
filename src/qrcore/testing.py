"""For the tests of those who use qrcore: codes that are damaged on purpose, and an authority without a network.

pytest_plugins = ["qrcore.testing"]             # in conftest.py; gives the fixture `qrcore_authority`

def test_menu(qrcore_authority):
    record = qrcore_authority.store.create({"links": [{"href": "https://shop.example/menu"}]})
    picture = damage(draw(record.url), blur=1.5, tilt=12, seed=1)
    [symbol] = qrcore.decode(picture)
    assert qrcore_authority.resolver().resolve(symbol).chosen.href == "https://shop.example/menu"
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    import httpx2
    import numpy.typing as npt

    from .records import Resolver, SqlStore, Trust
    from .records.http import HttpSource

    Pixels = npt.NDArray[np.uint8]

__all__ = ["MemoryAuthority", "Request", "damage", "draw", "no_network", "qrcore_authority"]


def draw(text: str, *, scale: int = 8, border: int = 4, error: str = "M") -> Pixels:
    """A clean picture of a QR code, gray, `scale` pixels a module. Needs segno."""
    from .records._extra import needs

    with needs():
        import segno
    out = io.BytesIO()
    segno.make_qr(text, error=error).save(out, kind="png", scale=scale, border=border)
    return np.asarray(Image.open(out).convert("L"))


def damage(
    picture: Pixels,
    *,
    blur: float = 0.0,
    noise: float = 0.0,
    tilt: float = 0.0,
    slant: float = 0.0,
    contrast: float = 1.0,
    shadow: float = 0.0,
    glare: float = 0.0,
    scratches: int = 0,
    seed: int = 0,
) -> Pixels:
    """A picture of the same size or larger, worse in ways that do happen; the same for the same `seed`.

    `blur` and `noise` are standard deviations, in pixels and gray levels; `tilt` turns by degrees, `slant` (0 to 0.4)
    narrows the upper edge as a view from below does; `contrast` below 1 fades, `shadow` (0 to 1) darkens one side,
    `glare` whitens a spot of that share of the width, `scratches` are drawn across.
    """
    rng = np.random.default_rng(seed)
    image = Image.fromarray(np.ascontiguousarray(picture)).convert("L")
    width, height = image.size
    if scratches or glare:
        pen = ImageDraw.Draw(image)
        for _ in range(scratches):
            (x0, x1), (y0, y1) = rng.uniform(0, width, 2), rng.uniform(0, height, 2)
            pen.line((x0, y0, x1, y1), fill=int(rng.integers(90, 200)), width=max(1, width // 120))
        if glare:
            x, y = rng.uniform(0.35, 0.65, 2) * (width, height)
            radius = glare * width / 2
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    if slant:
        inset = slant * width / 2
        corners = ((inset, 0), (width - inset, 0), (width, height), (0, height))
        image = image.transform(
            (width, height), Image.Transform.PERSPECTIVE, _homography(corners, width, height),
            Image.Resampling.BICUBIC, fillcolor=255,
        )  # fmt: skip
    if tilt:
        image = image.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    values = np.asarray(image, np.float64)
    values = 128 + (values - 128) * contrast
    if shadow:
        values = values * np.linspace(1 - shadow, 1, values.shape[1])
    if noise:
        values = values + rng.normal(0, noise, values.shape)
    return np.clip(values, 0, 255).astype(np.uint8)


def _homography(corners: tuple[tuple[float, float], ...], width: int, height: int) -> list[float]:
    """The coefficients by which PIL finds for a pixel of the result its place in the source."""
    source = ((0, 0), (width, 0), (width, height), (0, height))
    rows, right = [], []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(right))]


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
        from .records import SqlStore

        self.store: SqlStore = SqlStore("sqlite://", authority=authority)
        self.authority = self.store.authority
        self.token = token
        self.requests: list[Request] = []
        self.failing = 0
        self.budget: int | None = None
        """The bytes of a batch's answer before the rest is deferred; None for the usual."""

    def trust(self, **policy: Any) -> Trust:
        """Trust in this authority alone, also for product numbers."""
        from .records import AuthorityPolicy, Trust

        policy.setdefault("auth", self.token)
        return Trust({self.authority: AuthorityPolicy(**policy)}, gs1=self.authority)

    def source(self) -> HttpSource:
        """A source that asks this authority, whatever the host."""
        from .records import HttpSource

        return HttpSource(transport=self.transport(), async_transport=self.transport())

    def resolver(self, **policy: Any) -> Resolver:
        """A resolver that trusts this authority alone."""
        from .records import Resolver

        return Resolver(self.trust(**policy), self.source())

    def transport(self) -> httpx2.MockTransport:
        """What takes the place of the network in an httpx2 client."""
        import httpx2

        return httpx2.MockTransport(self.handle)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """Answers a request as a service does."""
        import httpx2

        from .records.errors import RecordError
        from .records.wire import problem

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
        from .records import wire
        from .records.errors import AuthError, ResolveError
        from .records.sources import lookup

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
        from .records.errors import ResolveError
        from .records.wire import write_created, write_receipt, write_stored, write_version

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


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.fixture
    def qrcore_authority() -> Iterator[MemoryAuthority]:
        """An authority in memory, fresh for each test."""
        authority = MemoryAuthority()
        yield authority
        authority.store.close()
