"""Truths drawn from the model's own prior and the KPI that follows from them.

Belongs here: the small models of the calibration and the KPI written out term by term. Must not:
fits, ranks. Scales of the priors come from a reference data set and stay as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
import pymc as pm

from benchmarks.truth.shapes import N_LAGS, Array, draw_drifting, draw_season, draw_spend
from benchmarks.truth.worlds import LEVEL, assemble_world, compute_contributions, make_truths
from mmm_orchestration.model.graph import build_graph
from mmm_orchestration.model.parts import Parts, prepare_parts
from mmm_orchestration.model.recover import compute_responses

Case = Literal["national", "geo"]
CASES: tuple[Case, ...] = ("national", "geo")
SETTINGS = "trend: linear, yearly_order: 1"
BLOCK = 50


@dataclass(frozen=True, eq=False)
class Simulated:
    """One KPI and what it was made of.

    `unknowns` are what is sampled, each of its own shape; `baseline` (geo, column) and `effect`
    (geo, channel) are in mean KPIs of a geo, `contribution` (channel,) in KPI units; `parts`
    observe the simulated KPI.
    """

    parts: Parts
    unknowns: Mapping[str, Array]
    baseline: Array
    effect: Array
    contribution: Array


@cache
def prepare_case(case: Case) -> Parts:
    """The reference of a case: 80 weeks nationally, or 60 of three geos, one of them ragged."""
    rng = np.random.default_rng(77)
    n_weeks, size = (80, np.array([LEVEL])) if case == "national" else (60, _GEO_SIZES)
    n_geos = len(size)
    season = draw_season(rng, n_weeks=N_LAGS + n_weeks, n_waves=1)
    exposure = (
        np.stack(
            [
                [draw_spend(rng, pattern=p, season=season) for _ in range(n_geos)]
                for p in ("always_on", "flighted")
            ]
        ).transpose(2, 1, 0)
        * (size / size.mean())[:, None]
    )
    truths = make_truths((0.1, 0.06))
    media = compute_contributions(truths, exposure=exposure, size=size)
    price = np.column_stack([draw_drifting(rng, n_weeks=n_weeks) for _ in size])
    noise = rng.normal(0, 0.05, (n_weeks, n_geos))
    kpi = media.sum(axis=2) + size * (0.84 + 0.04 * season[N_LAGS:, None] - 0.03 * price + noise)
    if n_geos > 1:
        kpi[:25, -1] = np.nan
    world = assemble_world(
        case,
        truths=truths,
        kpi=kpi,
        contributions=media,
        exposure=exposure,
        controls={"price": price},
        settings=SETTINGS if n_geos == 1 else f"{SETTINGS}, level: geo",
    )
    project = world.project
    if n_geos > 1:
        signed = tuple(c.model_copy(update={"sign": "negative"}) for c in project.controls)
        project = project.model_copy(update={"controls": signed})
    return prepare_parts(world.data, project=project)


_GEO_SIZES = np.array([1500.0, 800.0, 400.0])


@cache
def _draw_block(case: Case, block: int) -> Mapping[str, Array]:
    """Fifty draws from the prior of the graph itself, each unknown of shape (draw, …)."""
    free = build_graph(prepare_case(case)).free_RVs
    drawn = pm.draw(free, draws=BLOCK, random_seed=1 + block, mode="FAST_COMPILE")
    return {rv.name: np.asarray(own) for rv, own in zip(free, drawn, strict=True)}


def simulate(case: Case, *, seed: int) -> Simulated:
    """A truth drawn from the prior and a KPI drawn from it."""
    parts, rng = prepare_case(case), np.random.default_rng([seed, 31])
    block = _draw_block(case, seed // BLOCK)
    unknowns = {name: own[seed % BLOCK] for name, own in block.items()}
    response = compute_responses({n: v[None] for n, v in unknowns.items()}, parts=parts)[0]
    baseline = _draw_baseline(unknowns, parts=parts, rng=rng)
    effect = _draw_effect(unknowns, response=response, parts=parts, rng=rng)
    kpi = np.zeros_like(parts.kpi)
    for g in range(parts.n_geos):
        expected = parts.design.matrix[:, g] @ baseline[g] + response[g] @ effect[g]
        noise = unknowns["sigma"][g] * rng.standard_normal(len(expected))
        kpi[g] = np.where(parts.is_observed[g], expected + noise, 0.0)
    return Simulated(
        parts=replace(parts, kpi=kpi),
        unknowns=unknowns,
        baseline=baseline,
        effect=effect,
        contribution=np.einsum("gtc,gc,g->c", response, effect, parts.data.kpi_mean),
    )


def _draw_baseline(
    unknowns: Mapping[str, Array], *, parts: Parts, rng: np.random.Generator
) -> Array:
    """Coefficients of all columns by geo, shape (geo, column), in mean KPIs of a geo."""
    design = parts.design
    common = design.prior_mean + design.prior_sd * rng.standard_normal(len(design.columns))
    if parts.signed:
        common[~parts.is_free] = parts.turns * unknowns["signed_coefficient"]
    baseline = np.tile(common, (parts.n_geos, 1))
    if parts.n_geos > 1:
        of_intercept, of_others = unknowns["baseline_spread"]
        wide = np.where(parts.is_intercept == 1, of_intercept, of_others) * parts.deviation_sd
        own = rng.standard_normal((parts.n_geos, len(wide)))
        baseline[:, parts.deviating] += wide * own
    return baseline


def _draw_effect(
    unknowns: Mapping[str, Array], *, response: Array, parts: Parts, rng: np.random.Generator
) -> Array:
    """Effects by geo, shape (geo, channel), whose mean contribution is the share of the KPI."""
    common = unknowns["share"] / np.einsum("gtc,gt->c", response, parts.weight)
    effect = np.tile(common, (parts.n_geos, 1))
    if parts.n_geos > 1:
        effect *= 1 + unknowns["effect_spread"] * rng.standard_normal(effect.shape)
    return effect
