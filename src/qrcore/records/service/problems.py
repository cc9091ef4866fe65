"""Errors as problem documents (RFC 9457), each with a stable `code`."""

from __future__ import annotations

import http
import json
import logging
import math
from collections.abc import Sequence
from typing import Any

from qrcore.errors import OptionError

from .._extra import needs
from ..errors import RecordError, ResolveError, WriteError, error_for
from ..wire import problem

with needs("server"):
    from fastapi import FastAPI, Request
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException
    from starlette.responses import Response
    from starlette.routing import BaseRoute, Match, Route
    from starlette.types import Scope

__all__ = ["MEDIA_TYPE", "install", "problem_response", "retry_after"]

MEDIA_TYPE = "application/problem+json"
_CODES = {404: "resolve.not_found", 413: "payload.too_large", 429: "resolve.rate_limited", 503: "resolve.unavailable"}
"""Codes of what the framework answers by itself; any other of its refusals is a request that is none."""


def retry_after(error: RecordError) -> int | None:
    """Whole seconds after which to come again, where that may help."""
    if error.retry_after is None:
        return 1 if error.status in (429, 503) else None
    return max(1, math.ceil(min(error.retry_after, 1e9)))


def problem_response(error: RecordError, status: int | None = None) -> Response:
    """The error as a problem document."""
    shown = status or error.status
    content: dict[str, Any] = {"type": "about:blank", "title": _phrase(shown), "status": shown, **problem(error)}
    headers = {"Cache-Control": "no-store"}
    wait = retry_after(error)
    if wait is not None:
        headers["Retry-After"] = str(wait)
        content.setdefault("retry_after", wait)
    if shown == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(json.dumps(content), shown, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Gives the app these answers for every error, its own included. `routes` are those that it was given."""

    async def framework_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, "payload.format")
        response = problem_response(error_for(code, str(error.detail)), error.status_code)
        response.headers.update(error.headers or {})
        if error.status_code == 405:  # the framework names the methods of the first route that fits
            response.headers["Allow"] = ", ".join(_allowed(request.scope, routes))
        return response

    app.add_exception_handler(RecordError, _record_error)
    app.add_exception_handler(OptionError, _option_error)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, framework_error)
    app.add_exception_handler(Exception, _unexpected)


async def _record_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RecordError)
    return problem_response(error)


async def _option_error(_: Request, error: Exception) -> Response:
    return problem_response(WriteError("write.invalid", str(error)))


async def _not_valid(_: Request, error: Exception) -> Response:
    """FastAPI's own 422: says where, and never what was sent."""
    assert isinstance(error, RequestValidationError)
    where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
    return problem_response(WriteError("write.invalid", where[:500]))


async def _unexpected(_: Request, error: Exception) -> Response:
    logging.getLogger("qrcore.service").error("unexpected", exc_info=error)
    return problem_response(ResolveError("resolve.unavailable", "the service failed"), 500)


def _allowed(scope: Scope, routes: Sequence[BaseRoute]) -> list[str]:
    fitting = [route for route in routes if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE]
    return sorted({method for route in fitting for method in route.methods or ()})


def _phrase(status: int) -> str:
    return http.HTTPStatus(status).phrase
