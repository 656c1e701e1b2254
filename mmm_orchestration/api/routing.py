"""What routes share: who may ask, which model is meant, the answer, and how it is documented.

Belongs here: helpers of routes. Must not: routes.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from mmm_orchestration.api.answers import write_answer
from mmm_orchestration.api.champion import Champion
from mmm_orchestration.api.documents import ProblemAnswer
from mmm_orchestration.api.keys import ApiKey, Scope
from mmm_orchestration.api.problems import RefusedError
from mmm_orchestration.api.shelf import Shelf

MAX_WAITING: Final = 32
JSON: Final = "application/json"
_BEARER = HTTPBearer(auto_error=False, description="A key that `mmm keys new` made.")
_REFUSALS: Final[Mapping[int, str]] = {
    400: "The body is no JSON, or a number in it is not finite.",
    401: "There is no key, or it is none of ours.",
    403: "The key may not do this.",
    404: "There is no such model or thing.",
    408: "The body did not come in time.",
    409: "Another version is champion by now, or the plan is withdrawn already.",
    413: "The body is too large.",
    415: "The body is no JSON by its kind.",
    422: "The question cannot be answered as asked.",
    429: "The key asks too often; `Retry-After` says when it may again.",
    503: "No champion can be served, or too many questions are waiting.",
}
_ALWAYS: Final = (400, 401, 403, 404, 408, 413, 422, 429, 503)
STAMPS: Final[dict[str, Any]] = {
    "X-Model-Version": {"description": "The version that answered.", "schema": {"type": "string"}},
    "X-Data-Version": {
        "description": "SHA-256 of the data it was fitted on.",
        "schema": {"type": "string"},
    },
    "X-Trained-Through": {"description": "Their last day.", "schema": {"type": "string"}},
}


def get_shelf(request: Request) -> Shelf:
    """The shelf of the application."""
    shelf: Shelf = request.app.state.shelf
    return shelf


def allow(scope: Scope) -> Any:
    """A dependency that is the key of the request; raises RefusedError, 403, without `scope`."""

    async def check(
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None,
    ) -> ApiKey:
        key: ApiKey = request.state.key
        if scope not in key.scopes:
            raise RefusedError(
                403,
                f"Key '{key.name}' lacks the scope '{scope}'",
                available=key.scopes,
                fix=f"Make one with it: mmm keys new NAME --scope {scope}",
            )
        return key

    return Depends(check)


async def choose_champion(
    request: Request,
    model: Annotated[
        str | None,
        Query(description="Which model, where the project has several.", max_length=63),
    ] = None,
) -> Champion:
    """The champion of the model that is asked for, which the audit log names."""
    champion = get_shelf(request).get(model)
    request.state.version = champion.record.version
    request.state.stamps = make_stamps(champion)
    return champion


Chosen = Annotated[Champion, Depends(choose_champion)]


def make_stamps(champion: Champion) -> dict[str, str]:
    """The headers that say which model and which data answered."""
    record = champion.record
    values = (record.version, record.snapshot, record.trained_through)
    return dict(zip(STAMPS, values, strict=True))


def respond(champion: Champion, content: bytes, *, status: int = 200) -> Response:
    """The answer with the headers that say which model and which data it comes from."""
    return Response(content, status, headers=make_stamps(champion), media_type=JSON)


def wrap(champion: Champion, form: type[BaseModel], result: object) -> bytes:
    """The result in its envelope."""
    record = champion.record
    return write_answer(
        form,
        result,
        name=champion.home.one.model_name,
        version=record.version,
        snapshot=record.snapshot,
        trained_through=record.trained_through,
    )


async def think[T](request: Request, ask: Callable[[], T]) -> T:
    """What `ask` answers in a thread, as many at once as there are cores.

    Raises RefusedError, 503, where many wait already.
    """
    limiter: CapacityLimiter = request.app.state.limiter
    if limiter.statistics().tasks_waiting >= MAX_WAITING:
        raise RefusedError(
            503,
            "Too many questions are waiting",
            fix="Ask again in a moment",
            headers={"retry-after": "1"},
        )
    return await to_thread.run_sync(ask, limiter=limiter)


def document(
    form: type[BaseModel], *, status: int = 200, also: tuple[int, ...] = ()
) -> dict[int | str, dict[str, Any]]:
    """The responses of a route in the OpenAPI document."""
    refusals: dict[int | str, dict[str, Any]] = {
        code: {"model": ProblemAnswer, "description": _REFUSALS[code]} for code in (*_ALWAYS, *also)
    }
    return {status: {"model": form, "description": "The answer.", "headers": STAMPS}, **refusals}


def document_body(form: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a route in the OpenAPI document, with an example."""
    schema = {"$ref": f"#/components/schemas/{form.__name__}"}
    content = {JSON: {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
