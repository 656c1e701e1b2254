"""The application: its routes, its errors, its document, and what lives as long as it does.

Belongs here: putting it together. Must not: what a route does.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from mmm_orchestration import __version__
from mmm_orchestration.api import approvals, deciding, planner_page, reading
from mmm_orchestration.api.audit import Audit
from mmm_orchestration.api.bodies import BODIES
from mmm_orchestration.api.gate import Gate
from mmm_orchestration.api.problems import RefusedError, get_status, write_problem
from mmm_orchestration.api.ring import Ring
from mmm_orchestration.api.routing import JSON, allow
from mmm_orchestration.api.shelf import Shelf
from mmm_orchestration.errors import MmmError
from mmm_orchestration.home import Home

_ABOUT = (
    "What a Bayesian media mix model says, and plans made with it. Every answer names the model "
    "version and the data it comes from, in its body and in its headers. Money is in the "
    "project's currency; intervals hold 94 % of the posterior draws. Every route but the health "
    "check needs a key; a key has the scopes `read`, `plan` and `approve`."
)
_FIRST_LOOK_SECONDS = 60.0


def create_app(home: Home, *, file: Path | None = None) -> ASGIApp:
    """The application over the project, behind its gate."""
    audit = Audit(home.base)
    app = _make_routes(home)
    app.state.shelf = Shelf(home, file=file)
    app.state.audit = audit
    return Gate(app, ring=Ring(home), audit=audit, max_body=home.project.api.max_body_bytes)


def describe_api(home: Home) -> dict[str, Any]:
    """The OpenAPI document."""
    return _make_routes(home).openapi()


def _make_routes(home: Home) -> FastAPI:
    app = FastAPI(
        title="mmm-orchestration",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_live,
    )
    for router in (
        reading.health,
        reading.router,
        deciding.router,
        deciding.kept_router,
        approvals.router,
        planner_page.router,
    ):
        app.include_router(router)

    @app.get("/v1/openapi.json", include_in_schema=False, dependencies=[allow("read")])
    async def read_document() -> dict[str, Any]:
        return app.openapi()

    app.openapi = lambda: _write_document(app)  # type: ignore[method-assign]
    _answer_errors(app, base=home.base)
    return app


@asynccontextmanager
async def _live(app: FastAPI) -> AsyncIterator[None]:
    """Looks for champions as long as the application lives; the first look is waited for."""
    app.state.limiter = CapacityLimiter(os.cpu_count() or 1)
    shelf: Shelf = app.state.shelf
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_LOOK_SECONDS):
            await shelf.look()
    looking = asyncio.create_task(shelf.run())
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        app.state.audit.close()


def _write_document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=[
                {"name": "health", "description": "Whether questions are answered."},
                {"name": "results", "description": "What the model says. Scope `read`."},
                {"name": "decisions", "description": "Questions to the model. Scope `plan`."},
                {"name": "plan of record", "description": "What was approved. Scope `approve`."},
            ],
        )
        _, bodies = models_json_schema(
            [(body, "validation") for body in BODIES], ref_template="#/components/schemas/{model}"
        )
        document["components"]["schemas"] |= bodies["$defs"]
        app.openapi_schema = document
    return app.openapi_schema


def _list_methods(app: FastAPI, request: Request) -> str:
    """What the path of the request may be asked by; the router names the first way alone."""
    path = getattr(request.scope.get("route"), "path", "")
    return ", ".join(method.upper() for method in app.openapi()["paths"].get(path, ()))


def _answer_errors(app: FastAPI, *, base: Path) -> None:
    """Every error is an answer of the same form."""

    def respond(request: Request, error: MmmError, status: int) -> Response:
        headers = {
            **getattr(request.state, "stamps", {}),
            **(error.headers if isinstance(error, RefusedError) else {}),
        }
        return Response(write_problem(error, base=base), status, headers, JSON)

    @app.exception_handler(MmmError)
    async def refuse(request: Request, error: MmmError) -> Response:
        return respond(request, error, get_status(error))

    @app.exception_handler(RequestValidationError)
    async def refuse_parameter(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return respond(request, RefusedError(422, f"{place}: {first['msg']}"), 422)

    @app.exception_handler(HTTPException)
    async def refuse_route(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["allow"] = _list_methods(app, request) or headers.get("Allow", "")
            headers.pop("Allow", None)
        told = RefusedError(error.status_code, str(error.detail), headers=headers)
        return respond(request, told, error.status_code)

    @app.exception_handler(Exception)
    async def break_down(request: Request, _: Exception) -> Response:
        told = RefusedError(500, "The server failed", fix="Its error stream says more")
        return respond(request, told, 500)
