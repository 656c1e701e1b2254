"""Bodies of requests, hostile until checked.

Belongs here: the questions a client may ask, and reading them strictly. Must not: answering.

JSON alone is taken, by the letter: NaN, infinity, numbers beyond a float, keys that come twice and
text where a number belongs are refused, so that two readers never see two questions.
"""

import json
import math
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Self

from fastapi import Request
from pydantic import BaseModel, Field, ValidationError, model_validator

from mmm_orchestration.api.problems import RefusedError
from mmm_orchestration.decisions.request import Amount, PlanRequest
from mmm_orchestration.decisions.what_if import ScenarioRequest
from mmm_orchestration.project.mistakes import mistake
from mmm_orchestration.project.values import Slug, Strict, Text

MAX_ROWS: Final = 20_000
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class CampaignRow(Strict):
    """Money of one day or period and channel; without `geo` it is shared out as today."""

    date: date
    channel: Slug
    spend: Amount
    geo: Text | None = None


class CampaignRequest(Strict):
    """A campaign in days or periods after those the model was trained on.

    What it does not name is not spent; periods before its first day spend as today.
    """

    rows: Annotated[tuple[CampaignRow, ...], Field(min_length=1, max_length=MAX_ROWS)]

    @model_validator(mode="after")
    def _names_a_geo_always_or_never(self) -> Self:
        if len({row.geo is None for row in self.rows}) > 1:
            raise mistake("every row names a 'geo', or none does", key="rows")
        return self


class ScenariosRequest(Strict):
    """Scenarios to play over the same draws: those given, and those `kept` by name.

    With `keep` those given are kept under their names, in place of earlier ones.
    """

    scenarios: Annotated[tuple[ScenarioRequest, ...], Field(max_length=20)] = ()
    kept: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    keep: bool = False

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        names = [*(each.name for each in self.scenarios), *self.kept]
        if not names:
            raise mistake("give 'scenarios', or names in 'kept'", key="scenarios")
        if len(set(names)) < len(names):
            raise mistake("a name comes twice", key="scenarios")
        return self


class ApprovalRequest(Strict):
    """The plan that answers `request`, to be the plan of record, and why.

    `model_version` is the version that the plan was shown for; where another is champion by now,
    nothing is approved.
    """

    request: PlanRequest
    reason: Reason
    model_version: Text


class WithdrawalRequest(Strict):
    """Why an approved plan does not count any more."""

    reason: Reason


BODIES: Final = (
    PlanRequest,
    CampaignRequest,
    ScenariosRequest,
    ApprovalRequest,
    WithdrawalRequest,
)


async def read_request[T: BaseModel](request: Request, form: type[T]) -> T:
    """The body as the question `form`.

    Raises RefusedError: 415 for another kind than JSON, 400 for what is no JSON, 422 for the first
    thing in it that is no part of such a question.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(
            415, "A question is JSON", got=kind[:100], fix="Send 'Content-Type: application/json'"
        )
    body = await request.body()
    refuse_odd_json(body)
    try:
        return form.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _explain(error) from None


def refuse_odd_json(body: bytes) -> None:
    """Nothing, where the body is JSON as the standard has it; else raises RefusedError, 400."""
    try:
        json.loads(
            body.decode("utf-8"),
            parse_constant=_refuse_number,
            parse_float=_parse_float,
            parse_int=_parse_int,
            object_pairs_hook=_refuse_twice,
        )
    except RecursionError:
        raise RefusedError(400, "The body is nested too deeply") from None
    except UnicodeDecodeError:
        raise RefusedError(400, "The body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise RefusedError(
            400, f"The body is no JSON: {error.msg} at character {error.pos}"
        ) from None


def _refuse_number(text: str) -> float:
    raise RefusedError(400, "A number is not finite", got=text[:100])


def _parse_float(text: str) -> float:
    return value if math.isfinite(value := float(text)) else _refuse_number(text)


def _parse_int(text: str) -> float:
    return _parse_float(text)


def _refuse_twice(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict[str, object]()
    for name, value in pairs:
        if name in found:
            raise RefusedError(400, "A key comes twice in one object", got=name[:100])
        found[name] = value
    return found


def _explain(error: ValidationError) -> RefusedError:
    first = error.errors(include_url=False)[0]
    place = ".".join(["body", *map(str, first["loc"])])[:200]
    context = first.get("ctx", {})
    more = error.error_count() - 1
    got = first.get("input")
    return RefusedError(
        422,
        f"{place}: {first['msg']}",
        got=got if isinstance(got, str | bool | int | float) else None,
        available=context.get("allowed", ()),
        fix=f"{more} more mistakes in this body" if more else "",
    )
