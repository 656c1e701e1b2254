"""Runs Google Meridian on a job, on its JAX backend.

The model is that of the benchmark which pymc-marketing's authors published (pymc-labs/
mmm-param-recovery, release of December 2025): coefficient priors with Meridian's own defaults
(the ROI prior's default would be wrong for these data), a Beta(1, 3) prior of the decay, lags up
to 8 weeks, Hill after adstock, log-normal effects over geos, noise by geo, knots chosen by
Meridian itself (`enable_aks`), the controls. Population is the mean KPI of the geo, in
proportion, because Meridian divides by it to make geos comparable and these data have none; with
one geo Meridian needs none.

The call: input data, model with the choice of knots, and `sample_posterior`, with half of the
tuning as adaptation and half as burn-in; all chains run as one program, in Meridian's default
double precision. JAX keeps compiled programs on disk. Parameters are those of Meridian's own
R-hat table that the model samples. The artefact is the file of `save_meridian`. Contributions
are Meridian's incremental outcome, the mean over all draws, or over an even selection of them
where more than `MAX_VALUES` numbers would not fit in memory.
"""

import sys
import warnings
from typing import Any

import numpy as np

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

MAX_LAG = 8
MAX_VALUES = 2e8
POPULATION = "population"
PARAMETERS = (
    *("alpha_m", "beta_gm", "beta_m", "ec_m", "eta_m", "slope_m"),
    *("gamma_c", "gamma_gc", "knot_values", "sigma", "tau_g_excl_baseline", "xi_c"),
)


def main() -> None:
    """Writes the answer to the job named on the command line."""
    job = read_job(sys.argv)
    warnings.filterwarnings("ignore")
    import pandas as pd
    from immutabledict import immutabledict
    from meridian.model import model as _  # noqa: F401 - imports are not part of the call

    table = pd.read_csv(job.data)

    def call() -> Any:
        model = build_model(table, job=job)
        model.sample_posterior(
            n_chains=job.chains,
            n_adapt=job.tune // 2,
            n_burnin=job.tune - job.tune // 2,
            n_keep=job.draws,
            seed=(job.seed, job.seed),
            # on JAX this is a static argument, which must be hashable
            dual_averaging_kwargs=immutabledict(target_accept_prob=job.target_accept),
        )
        return model

    model, seconds = measure_call(job, call)
    from meridian.schema.serde.meridian_serde import save_meridian

    path = job.target / "artefact.binpb"
    save_meridian(model, str(path))
    packages = ("google-meridian", "jax", "tfp-nightly")
    write_answer(job, read_model(model, job=job), seconds=seconds, artefact=path, packages=packages)


def build_model(table: Any, *, job: Job) -> Any:
    """The model of the table, its knots chosen."""
    from meridian.data.data_frame_input_data_builder import DataFrameInputDataBuilder
    from meridian.model.model import Meridian

    given = table.assign(time=table[DATE])
    builder = DataFrameInputDataBuilder(kpi_type="revenue").with_kpi(given, kpi_col=KPI)
    size = given.groupby(GEO)[KPI].transform("mean")
    builder = builder.with_population(given.assign(**{POPULATION: size / size.mean()}))
    if job.controls:
        builder = builder.with_controls(given, control_cols=list(job.controls))
    names = list(job.channels)
    builder = builder.with_media(
        given, media_cols=names, media_spend_cols=names, media_channels=names
    )
    return Meridian(input_data=builder.build(), model_spec=build_spec(job))


def build_spec(job: Job) -> Any:
    """The published specification; what speaks of several geos only where there are several."""
    from meridian import backend, constants
    from meridian.model.prior_distribution import PriorDistribution
    from meridian.model.spec import ModelSpec

    fading = backend.tfd.Beta(
        np.full(len(job.channels), 1.0), np.full(len(job.channels), 3.0), name=constants.ALPHA_M
    )
    return ModelSpec(
        prior=PriorDistribution(alpha_m=fading),
        media_effects_dist="log_normal" if len(job.geos) > 1 else "normal",
        hill_before_adstock=False,
        max_lag=MAX_LAG,
        unique_sigma_for_each_geo=len(job.geos) > 1,
        media_prior_type="coefficient",
        enable_aks=True,
    )


def read_model(model: Any, *, job: Job) -> Answer:
    """The draws of the parameters and the mean incremental outcome by date, geo and channel."""
    posterior = model.inference_data.posterior
    found = {name: posterior[name].to_numpy() for name in PARAMETERS if name in posterior}
    parameters = {name: values for name, values in found.items() if values.size}
    stats = model.inference_data.sample_stats
    return Answer(
        parameters=parameters,
        contribution=average_contributions(model, job=job),
        n_divergences=int(stats["diverging"].sum()) if "diverging" in stats else None,
    )


def average_contributions(model: Any, *, job: Job) -> Array:
    """Mean incremental outcome, shape (date, geo, channel), in the order of the job."""
    from meridian.analysis.analyzer import Analyzer

    cells = model.input_data.kpi.size * len(job.channels) * job.chains
    model.posterior_thinning(n_draws=max(1, min(job.draws, int(MAX_VALUES / cells))), seed=job.seed)
    series = Analyzer(model).incremental_outcome(
        aggregate_geos=False, aggregate_times=False, include_non_paid_channels=False
    )
    mean = np.asarray(series).mean(axis=(0, 1))
    if len(job.geos) == 1:
        mean = mean.reshape(1, *mean.shape[-2:])
    found = [str(geo) for geo in model.input_data.geo.to_numpy()]
    order = [found.index(geo) for geo in job.geos] if len(job.geos) > 1 else [0]
    contribution: Array = mean[order].transpose(1, 0, 2)
    return contribution


if __name__ == "__main__":
    main()
