"""Routes that answer questions: plans, campaigns, scenarios.

Belongs here: from a checked body to the answer of `decisions`. Must not: approvals, arithmetic.
"""

from typing import Final

import polars as pl
from fastapi import APIRouter, Request, Response

from mmm_orchestration.api.bodies import CampaignRequest, ScenariosRequest, read_request
from mmm_orchestration.api.champion import Champion
from mmm_orchestration.api.plan_documents import (
    KeptScenarioAnswer,
    KeptScenariosAnswer,
    PlanAnswer,
    ScenariosAnswer,
    SimulationAnswer,
)
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
from mmm_orchestration.campaigns import check_rows, lay_out_campaign
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.optimise import FINE_DRAWS, optimise
from mmm_orchestration.decisions.request import PlanRequest
from mmm_orchestration.decisions.results import Optimum
from mmm_orchestration.decisions.scenario import play
from mmm_orchestration.decisions.simulate import simulate
from mmm_orchestration.decisions.what_if import ScenarioRequest
from mmm_orchestration.errors import PlanError
from mmm_orchestration.playing import Kept, keep_scenario, list_kept
from mmm_orchestration.reporting.plan import plan_json
from mmm_orchestration.reporting.scenarios import scenarios_json
from mmm_orchestration.reporting.simulation import simulation_json

# cells of a plan times draws: what one answer holds in memory, and what one question may take
MAX_HELD: Final = 10**8
MAX_WORK: Final = 10**9
MAX_KEPT: Final = 500
_KINDS_OF_CAMPAIGN: Final = 6

router = APIRouter(prefix="/v1", tags=["decisions"], dependencies=[allow("plan")])
kept_router = APIRouter(prefix="/v1", tags=["decisions"], dependencies=[allow("read")])


@router.post(
    "/optimize",
    summary="The best plan for a question",
    responses=document(PlanAnswer, also=(415,)),
    openapi_extra=document_body(PlanRequest, {"periods": 4, "budget": {"percent": 90}}),
)
async def ask_for_plan(request: Request, champion: Chosen) -> Response:
    """A plan by period, geo and channel with its certificate; `{}` asks for today's money."""
    asked = await read_request(request, PlanRequest)
    content = await think(
        request,
        lambda: wrap(
            champion,
            PlanAnswer,
            plan_json(find_optimum(champion, asked), version=champion.record.version),
        ),
    )
    return respond(champion, content)


def find_optimum(champion: Champion, asked: PlanRequest) -> Optimum:
    """The answer of `optimise`; raises PlanError also where the question is too large."""
    check_work(champion.model, n_periods=asked.periods, n_draws=FINE_DRAWS, n_times=asked.starts)
    return optimise(champion.model, asked, project=champion.project)


@router.post(
    "/simulate",
    summary="What a campaign is expected to bring",
    responses=document(SimulationAnswer, also=(415,)),
    openapi_extra=document_body(
        CampaignRequest, {"rows": [{"date": "2026-03-02", "channel": "tv", "spend": 5000}]}
    ),
)
async def simulate_campaign(request: Request, champion: Chosen) -> Response:
    """The KPI by period with its interval, what each channel brings, and when to spend."""
    asked = await read_request(request, CampaignRequest)
    return respond(champion, await think(request, lambda: _simulate(champion, asked)))


def _simulate(champion: Champion, asked: CampaignRequest) -> bytes:
    rows = pl.DataFrame([row.model_dump(mode="json", exclude_none=True) for row in asked.rows])
    checked = check_rows(rows, name="the campaign", first_line=1)
    plan = lay_out_campaign(checked, model=champion.model)
    check_work(champion.model, n_periods=len(plan.periods), n_times=_KINDS_OF_CAMPAIGN)
    done = simulate(plan, model=champion.model, posterior=champion.posterior)
    words = {"unit": champion.unit, "currency": champion.project.currency}
    told = simulation_json(done, version=champion.record.version, **words)
    return wrap(champion, SimulationAnswer, told)


@router.post(
    "/scenarios",
    summary="Play scenarios and compare them",
    responses=document(ScenariosAnswer, also=(415,)),
    openapi_extra=document_body(
        ScenariosRequest,
        {
            "scenarios": [
                {"name": "a_fifth_less", "changes": [{"kind": "scale", "percent": -20}]},
                {"name": "a_fifth_more", "changes": [{"kind": "scale", "percent": 20}]},
            ]
        },
    ),
)
async def play_scenarios(request: Request, champion: Chosen) -> Response:
    """What each brings beyond today's plan, and the probability that one beats another."""
    asked = await read_request(request, ScenariosRequest)
    return respond(champion, await think(request, lambda: _play(champion, asked)))


def _play(champion: Champion, asked: ScenariosRequest) -> bytes:
    folder = champion.home.scenarios
    kept = {each.request.name: each for each in list_kept(folder)} if asked.kept else {}
    requests = [*asked.scenarios, *(_get_kept(kept, name).request for name in asked.kept)]
    for each in requests:
        n_times = len(requests) * (2 + len(each.changes))
        check_work(champion.model, n_periods=each.periods, n_times=n_times)
    played = [
        play(each, model=champion.model, posterior=champion.posterior, project=champion.project)
        for each in requests
    ]
    if asked.keep:
        _check_room(champion, asked.scenarios)
        for scenario in played[: len(asked.scenarios)]:
            keep_scenario(scenario, record=champion.record, folder=folder)
    words = {"unit": champion.unit, "currency": champion.project.currency}
    told = scenarios_json(played, version=champion.record.version, **words)
    return wrap(champion, ScenariosAnswer, told)


@kept_router.get(
    "/scenarios", summary="The scenarios that are kept", responses=document(KeptScenariosAnswer)
)
async def list_scenarios(request: Request, champion: Chosen) -> Response:
    """By name, as they were answered then; `is_current` says whether by the version served."""
    kept = await think(request, lambda: list_kept(champion.home.scenarios))
    told = {"scenarios": [_describe(each, champion) for each in kept]}
    return respond(champion, wrap(champion, KeptScenariosAnswer, told))


@kept_router.get(
    "/scenarios/{name}",
    summary="One scenario that is kept",
    responses=document(KeptScenarioAnswer),
)
async def read_scenario(request: Request, champion: Chosen, name: str) -> Response:
    """As it was answered then; POST its name in `kept` to play it again."""
    kept = await think(request, lambda: list_kept(champion.home.scenarios))
    found = _get_kept({each.request.name: each for each in kept}, name)
    return respond(champion, wrap(champion, KeptScenarioAnswer, _describe(found, champion)))


def check_work(
    model: FrozenModel, *, n_periods: int, n_times: int, n_draws: int | None = None
) -> None:
    """Nothing, where a question is small enough to be answered beside others; else PlanError.

    It is answered `n_times` over, from `n_draws` draws or all.
    """
    cells = (n_periods + model.n_lags) * len(model.geos) * len(model.channels)
    held = cells * (n_draws or model.n_draws)
    if held > MAX_HELD or held * n_times > MAX_WORK:
        raise PlanError(
            f"The question is too large to be answered at once: {n_periods} periods",
            got=held * n_times,
            fix="Ask for fewer periods, starts or changes, or use the command line",
        )


def _get_kept(kept: dict[str, Kept], name: str) -> Kept:
    if name not in kept:
        raise RefusedError(404, "There is no such scenario", got=name[:63], available=sorted(kept))
    return kept[name]


def _check_room(champion: Champion, new: tuple[ScenarioRequest, ...]) -> None:
    names = {each.request.name for each in list_kept(champion.home.scenarios)}
    if len(names | {each.name for each in new}) > MAX_KEPT:
        raise PlanError(f"More than {MAX_KEPT} scenarios are not kept", fix="Remove old ones")


def _describe(kept: Kept, champion: Champion) -> dict[str, object]:
    return {
        "name": kept.request.name,
        "model_version": kept.version,
        "is_current": kept.version == champion.record.version,
        "gain": vars(kept.gain),
        "money": kept.money,
        "probability": kept.probability,
        "request": kept.request.model_dump(mode="json"),
    }
