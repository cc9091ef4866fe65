"""`create_app`: a service over a store, to run by itself or to mount in a site that exists."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING

from .._extra import needs
from . import admin, claiming, decoding, events, health, page, problems, public, records, resolving, session, wellknown
from .core import Service
from .guard import Guard
from .options import Limits, MetricsAccess
from .places import Places

with needs("server"):
    from fastapi import FastAPI

if TYPE_CHECKING:
    from ..keys import Keyring
    from ..store import SqlStore
    from ..trust import Trust
    from .login import LoginLink

__all__ = ["create_app"]


def create_app(
    store: SqlStore,
    *,
    trust: Trust | None = None,
    hosts: Iterable[str] = (),
    keys: Keyring | None = None,
    limits: Limits | None = None,
    metrics: MetricsAccess = "admin",
    operator: str = "default",
    with_page: bool = False,
    login: LoginLink | None = None,
) -> FastAPI:
    """The service over `store` as an ASGI app.

    Args:
        store: what it serves; all of its authorities, each under its own Host.
        trust: authorities beside the store's that `POST /v1/decode` may ask.
        hosts: names with their ports, beside the authorities, under which the service answers: its API's name,
            `127.0.0.1:8080`. A Host that is neither an authority nor one of these gets a 404.
        keys: the ring whose public halves `/.well-known/qrcore-keys` publishes.
        limits: see `Limits`.
        metrics: who may read `/metrics`.
        operator: the tenant whose admin keys see every tenant.
        with_page: whether `/` is the page for people.
        login: the one-time link into the page.

    A server that mounts the app runs no lifespan of it: call `await app.state.qrcore.close()` when yours ends, so that
    the last second's scans are written.
    """
    service = Service(store, Places(store, hosts), trust, keys, limits or Limits(), metrics, operator, login)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await service.close()

    app = FastAPI(
        title="qrcore",
        description="Code records: what a printed code stands for, rewritable, sealed, claimable and counted.",
        version=version("qrcore"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.qrcore = service
    modules = (public, resolving, claiming, records, events, decoding, admin, wellknown, health)
    routers = [module.router for module in modules] + ([session.router] if with_page else [])
    problems.install(app, [route for router in routers for route in router.routes])
    app.add_middleware(Guard, service=service)
    for router in routers:  # what is asked most comes first
        app.include_router(router)
    app.mount("/static", page.static_files())
    return app
