"""Routes that read: models, ROI, contributions, curves.

Belongs here: answers that were made when the champion was loaded. Must not: questions.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from mmm_orchestration.api.documents import (
    ContributionsAnswer,
    CurvesAnswer,
    Health,
    Models,
    ProblemAnswer,
    RoiAnswer,
    ServedModel,
    SummaryAnswer,
)
from mmm_orchestration.api.gate import HEALTH
from mmm_orchestration.api.problems import RefusedError
from mmm_orchestration.api.routing import JSON, Chosen, allow, document, get_shelf, respond
from mmm_orchestration.api.shelf import Place, Shelf, count_served
from mmm_orchestration.decisions.frozen import FrozenModel

health = APIRouter(tags=["health"])
router = APIRouter(prefix="/v1", tags=["results"], dependencies=[allow("read")])


@health.get(
    HEALTH,
    summary="Whether questions are answered",
    responses={
        200: {"model": Health, "description": "Every model has a champion."},
        503: {"model": ProblemAnswer, "description": "A model waits for its first champion."},
        413: {"model": ProblemAnswer, "description": "A body came with it, which is too large."},
    },
)
async def check_health(shelf: Annotated[Shelf, Depends(get_shelf)]) -> Response:
    """The one route without a key; it tells nothing of the project."""
    if count_served(shelf.places) < len(shelf.places):
        raise RefusedError(503, "A model waits for its first champion")
    return Response(Health(status="serving").model_dump_json(), media_type=JSON)


@router.get(
    "/models", summary="Every model, and which version of it is served", responses=document(Models)
)
async def list_models(request: Request, shelf: Annotated[Shelf, Depends(get_shelf)]) -> Response:
    """With a note where a newer champion was refused and the one before it serves on."""
    models = Models(models=tuple(map(_describe, shelf.places)))
    versions = [place.champion.record for place in shelf.places if place.champion]
    request.state.version = ",".join(record.version for record in versions)
    headers = {
        "X-Model-Version": request.state.version,
        "X-Data-Version": ",".join(record.snapshot for record in versions),
        "X-Trained-Through": ",".join(record.trained_through for record in versions),
    }
    return Response(models.model_dump_json(), headers=headers, media_type=JSON)


@router.get("/roi", summary="ROI of every channel", responses=document(RoiAnswer))
async def read_roi(champion: Chosen) -> Response:
    """ROI, marginal ROI, share and doubts, with fit, convergence and findings."""
    return respond(champion, champion.answers["roi"])


@router.get("/summary", summary="The newest 90 days on one page", responses=document(SummaryAnswer))
async def read_summary(champion: Chosen) -> Response:
    """The KPI, what each channel brought, the rank of ROI, health, and what changed."""
    return respond(champion, champion.answers["summary"])


@router.get(
    "/contributions", summary="The KPI taken apart", responses=document(ContributionsAnswer)
)
async def read_contributions(champion: Chosen) -> Response:
    """Baseline and what each channel brought, period by period."""
    return respond(champion, champion.answers["contributions"])


@router.get("/curves", summary="Response curves", responses=document(CurvesAnswer))
async def read_curves(champion: Chosen) -> Response:
    """What a steady level of spend brings per period, for every channel."""
    return respond(champion, champion.answers["curves"])


def _describe(place: Place) -> ServedModel:
    one, champion = place.home.one, place.champion
    project = champion.project if champion else one
    return ServedModel(
        name=place.name,
        version=champion.record.version if champion else None,
        snapshot=champion.record.snapshot if champion else None,
        trained_through=champion.record.trained_through if champion else None,
        fitted_at=champion.record.fitted_at if champion else None,
        loaded_at=champion.loaded_at if champion else None,
        kpi=project.kpi.name,
        unit=project.kpi.unit or project.currency,
        currency=project.currency,
        period_days=champion.model.period_days if champion else None,
        geos=champion.model.geos if champion else (),
        channels=champion.model.channels if champion else (),
        today=_total_today(champion.model) if champion else {},
        note=place.note,
    )


def _total_today(model: FrozenModel) -> dict[str, float]:
    return dict(zip(model.channels, model.today.sum(axis=0).tolist(), strict=True))
