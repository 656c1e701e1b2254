"""Routes of the plan of record: approving, listing, withdrawing.

Belongs here: HTTP around `decisions.record`. Must not: what became of a plan.
"""

import json
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from mmm_orchestration.api.bodies import ApprovalRequest, WithdrawalRequest, read_request
from mmm_orchestration.api.champion import Champion
from mmm_orchestration.api.deciding import find_optimum
from mmm_orchestration.api.keys import ApiKey
from mmm_orchestration.api.plan_documents import ApprovedPlansAnswer, WholePlanAnswer
from mmm_orchestration.api.problems import RefusedError
from mmm_orchestration.api.routing import (
    Chosen,
    allow,
    document,
    document_body,
    respond,
    think,
    wrap,
)
from mmm_orchestration.approving import to_approval
from mmm_orchestration.decisions.record import (
    Approval,
    find_plan_of_record,
    keep_approval,
    list_approvals,
    withdraw,
)
from mmm_orchestration.reporting.plan import plan_json

router = APIRouter(prefix="/v1", tags=["plan of record"])

Approver = Annotated[ApiKey, allow("approve")]


@router.get(
    "/plans",
    summary="Approved plans, newest first",
    responses=document(ApprovedPlansAnswer),
    dependencies=[allow("read")],
)
async def list_plans(request: Request, champion: Chosen) -> Response:
    """Who approved which plan, when and why, and which one is the plan of record today."""
    plans = await think(request, lambda: list_approvals(champion.home.plans))
    of_record = _find_of_record(champion)
    told = {"plans": [_describe(each, of_record=of_record) for each in plans]}
    return respond(champion, wrap(champion, ApprovedPlansAnswer, told))


@router.get(
    "/plans/{name}",
    summary="One approved plan, whole",
    responses=document(WholePlanAnswer),
    dependencies=[allow("read")],
)
async def read_plan(request: Request, champion: Chosen, name: str) -> Response:
    """With the money of every period, geo and channel, and what it promised."""
    return respond(champion, await think(request, lambda: _write(champion, name)))


@router.post(
    "/plans",
    status_code=201,
    summary="Approve the plan that answers a question",
    responses=document(WholePlanAnswer, status=201, also=(409, 415)),
    openapi_extra=document_body(
        ApprovalRequest,
        {
            "request": {"periods": 4, "budget": {"percent": 90}},
            "reason": "as the board decided",
            "model_version": "2026-03-01-1a2b3c4d-5e6f7a8b",
        },
    ),
)
async def approve_plan(request: Request, champion: Chosen, key: Approver) -> Response:
    """The plan is found again here, so that what it promises is the model's word and no client's.

    It is approved in the name of the key.
    """
    asked = await read_request(request, ApprovalRequest)
    if asked.model_version != champion.record.version:
        raise RefusedError(
            409,
            "Another version is champion than the plan was shown for",
            got=asked.model_version[:100],
            available=[champion.record.version],
            fix="Ask for the plan again and look at it",
        )
    content = await think(request, lambda: _approve(champion, asked, by=key.name))
    return respond(champion, content, status=201)


def _approve(champion: Champion, asked: ApprovalRequest, *, by: str) -> bytes:
    optimum = find_optimum(champion, asked.request)
    row = json.loads(json.dumps(plan_json(optimum, version=champion.record.version)))
    approval = to_approval(row, record=champion.record, by=by, reason=asked.reason)
    keep_approval(approval, folder=champion.home.plans)
    return _write(champion, approval.name)


@router.post(
    "/plans/{name}/withdraw",
    summary="Withdraw an approved plan",
    responses=document(WholePlanAnswer, also=(409, 415)),
    openapi_extra=document_body(WithdrawalRequest, {"reason": "the launch was put off"}),
)
async def withdraw_plan(request: Request, champion: Chosen, key: Approver, name: str) -> Response:
    """It stays on record, with who withdrew it and why, and does not count any more."""
    asked = await read_request(request, WithdrawalRequest)
    folder = champion.home.plans

    def act() -> bytes:
        if _find(champion, name).withdrawn_by:
            raise RefusedError(409, "This plan is withdrawn already", got=name)
        withdraw(name, by=key.name, reason=asked.reason, folder=folder)
        return _write(champion, name)

    return respond(champion, await think(request, act))


def _find(champion: Champion, name: str) -> Approval:
    plans = {each.name: each for each in list_approvals(champion.home.plans)}
    if name not in plans:
        raise RefusedError(404, "There is no such plan", got=name[:100], available=sorted(plans))
    return plans[name]


def _write(champion: Champion, name: str) -> bytes:
    found = _find(champion, name)
    told = {
        **_describe(found, of_record=_find_of_record(champion)),
        "cells": [{**vars(cell), "period": str(cell.period)} for cell in found.cells],
        "channels": {channel: vars(promise) for channel, promise in found.channels.items()},
    }
    return wrap(champion, WholePlanAnswer, told)


def _find_of_record(champion: Champion) -> Approval | None:
    today = datetime.now(ZoneInfo(champion.home.project.time_zone)).date()
    return find_plan_of_record(champion.home.plans, day=today)


def _describe(approval: Approval, *, of_record: Approval | None) -> dict[str, object]:
    return {
        "name": approval.name,
        "by": approval.by,
        "reason": approval.reason,
        "at": approval.at,
        "model_version": approval.model_version,
        "first": str(approval.first),
        "last": str(approval.last),
        "n_periods": approval.n_periods,
        "total": approval.total,
        "currency": approval.currency,
        "promised": vars(approval.promised),
        "withdrawn_by": approval.withdrawn_by,
        "withdrawn_because": approval.withdrawn_because,
        "is_of_record": of_record is not None and approval.name == of_record.name,
    }
