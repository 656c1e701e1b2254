"""Runs this engine on a job.

The call: frames to arrays (`prepare_model_data`), graph, compilation, sampling, exact recovery
of baseline and effects by geo, convergence measures. All defaults of the project file, but that
every draw is kept, and the geo level where there are several geos; imports are left out, as for the
others. Parameters are all variables of the saved draws, the recovered ones too. The artefact is the
folder of `save_posterior`.
"""

import sys
from collections.abc import Iterator

import numpy as np
import polars as pl

from benchmarks.peers.job import (
    DATE,
    GEO,
    KPI,
    Answer,
    Array,
    Job,
    measure_call,
    read_job,
    write_answer,
)
from benchmarks.truth import worlds
from mmm_orchestration.insight.contributions import iterate_channels
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.posterior import Posterior, save_posterior
from mmm_orchestration.model.prepare import prepare_model_data
from mmm_orchestration.project import Project

WEEK = 7


def main() -> None:
    """Writes the answer to the job named on the command line."""
    job = read_job(sys.argv)
    table = pl.read_csv(job.data, try_parse_dates=True)
    project = declare_project(job)

    def call() -> Posterior:
        media, controls = frame_media(table, job=job), frame_controls(table, job=job)
        kpi = table.select(*place_exprs(), pl.col(KPI).cast(pl.Float64).alias("kpi"))
        data = prepare_model_data(media=media, kpi=kpi, controls=controls, project=project)
        return fit(data, project=project)

    posterior, seconds = measure_call(job, call)
    answer = Answer(
        parameters={
            str(name): values.to_numpy() for name, values in posterior.draws.data_vars.items()
        },
        contribution=average_contributions(posterior, job=job),
        n_divergences=posterior.diagnostics.n_divergences,
    )
    saved = save_posterior(posterior, job.target / "artefact")
    packages = ("pymc", "pytensor", "numpyro", "jax", "nutpie", "numba", "numpy")
    write_answer(job, answer, seconds=seconds, artefact=saved, packages=packages)


def declare_project(job: Job) -> Project:
    """The project of one table source with the channels and controls of the job."""
    level = "geo" if len(job.geos) > 1 else "national"
    sampler = (
        f"chains: {job.chains}, tune: {job.tune}, draws: {job.draws}, "
        f"keep: {job.chains * job.draws}, seed: {job.seed}, target_accept: {job.target_accept}"
    )
    return worlds.declare_project(
        name_slugs(job), controls=job.controls, settings=f"level: {level}, sampler: {{{sampler}}}"
    )


def name_slugs(job: Job) -> list[str]:
    """The channels' names as the project file takes them."""
    return [name.lower().replace("-", "_") for name in job.channels]


def place_exprs() -> Iterator[pl.Expr]:
    """Date, length of the period and geo as in the gold tables."""
    yield pl.col(DATE).cast(pl.Date).alias("date")
    yield pl.lit(WEEK, pl.Int64).alias("period_days")
    yield pl.col(GEO).cast(pl.String).alias("geo")


def frame_media(table: pl.DataFrame, *, job: Job) -> pl.DataFrame:
    """Gold media, one row per `(date, geo, channel)`."""
    return pl.concat(
        table.select(
            *place_exprs(),
            pl.lit(slug).alias("channel"),
            pl.col(column).cast(pl.Float64).alias("spend"),
            pl.lit(None, pl.Float64).alias("impressions"),
            pl.lit(None, pl.Float64).alias("clicks"),
            pl.lit(value=True).alias("is_reported"),
        )
        for slug, column in zip(name_slugs(job), job.channels, strict=True)
    )


def frame_controls(table: pl.DataFrame, *, job: Job) -> pl.DataFrame:
    """Gold controls, one row per `(date, geo, control)`."""
    frames = [
        table.select(
            *place_exprs(),
            pl.lit(name).alias("control"),
            pl.col(name).cast(pl.Float64).alias("value"),
        )
        for name in job.controls
    ]
    empty = table.clear().select(
        *place_exprs(), pl.lit("").alias("control"), pl.lit(0.0).alias("value")
    )
    return pl.concat([empty, *frames])


def average_contributions(posterior: Posterior, *, job: Job) -> Array:
    """Mean contribution, shape (date, geo, channel), in the order of the job."""
    data = posterior.data
    own = {
        draws.channel: draws.contribute().mean(axis=0).T for draws in iterate_channels(posterior)
    }
    found = list(data.geos) if len(job.geos) > 1 else list(job.geos)
    geos = [found.index(geo) for geo in job.geos]
    stacked: Array = np.stack([own[slug][:, geos] for slug in name_slugs(job)], axis=-1)
    return stacked


if __name__ == "__main__":
    main()
