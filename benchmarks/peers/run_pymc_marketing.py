"""Runs pymc-marketing on a job, with one of its samplers.

The model is that of the benchmark its authors published (pymc-labs/mmm-param-recovery, release
of December 2025): `MMM` with the dimension geo, geometric adstock over 8 weeks with a Beta(1, 3)
prior by channel, `HillSaturationSigmoid` whose ceiling has a LogNormal prior, pooled over geos
where there are several and not centred, two yearly Fourier modes, the controls. Scaling is the
library's own default, the largest value by geo, which lets geos of different size share priors.
A Hill curve instead of the sigmoid can be asked for (`SATURATION`, default priors by channel).

The call: building and fitting, so compilation and sampling; the posterior predictive that the
published timing includes is left out, in the library's favour, and so is the rescaling of
contributions. nutpie compiles with numba; numpyro and blackjax run one chain per device, with as
many devices as chains and double precision. JAX keeps compiled programs on disk. Parameters are
the free variables of the model. The artefact is the file of `save`.
"""

import logging
import os
import sys
from importlib import import_module
from typing import Any

from benchmarks.peers.job import DATE, GEO, KPI, Answer, Job, measure_call, read_job, write_answer

MAX_LAG = 8
YEARLY_MODES = 2
SATURATION = os.environ.get("PYMC_MARKETING_SATURATION", "sigmoid")


def main() -> None:
    """Writes the answer to the job named on the command line."""
    job = read_job(sys.argv)
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={job.chains}"
    logging.disable(logging.INFO)
    import pandas as pd

    table = pd.read_csv(job.data, parse_dates=[DATE])
    from pymc_marketing import mmm as _  # noqa: F401 - imports are not part of the call

    import_module(job.sampler)
    if job.sampler != "nutpie":
        import pymc.sampling.jax  # noqa: F401 - likewise

    def call() -> Any:
        model = build_model(job)
        given, target = table.drop(columns=[KPI]), table[KPI]
        model.build_model(X=given, y=target)
        model.fit(
            X=given,
            y=target,
            chains=job.chains,
            draws=job.draws,
            tune=job.tune,
            cores=min(job.chains, job.cores),
            target_accept=job.target_accept,
            random_seed=job.seed,
            nuts_sampler=job.sampler,
            progressbar=False,
        )
        return model

    model, seconds = measure_call(job, call)
    path = job.target / "artefact.nc"
    model.save(str(path))
    packages = ("pymc-marketing", "pymc", "pytensor", job.sampler)
    write_answer(job, read_model(model, job=job), seconds=seconds, artefact=path, packages=packages)


def build_model(job: Job) -> Any:
    """The library's model, not yet given any data."""
    from pymc_extras.prior import Prior
    from pymc_marketing.mmm import GeometricAdstock
    from pymc_marketing.mmm.mmm import MMM

    fading = Prior("Beta", alpha=1, beta=3, dims=("channel",))
    return MMM(
        date_column=DATE,
        target_column=KPI,
        channel_columns=list(job.channels),
        control_columns=list(job.controls) or None,
        dims=(GEO,),
        saturation=build_saturation(job),
        adstock=GeometricAdstock(l_max=MAX_LAG, priors={"alpha": fading}),
        yearly_seasonality=YEARLY_MODES,
    )


def build_saturation(job: Job) -> Any:
    """The saturation, with the published priors or, for the Hill curve, default ones by channel."""
    from pymc_extras.prior import Prior
    from pymc_marketing.mmm import HillSaturation, HillSaturationSigmoid
    from pymc_marketing.special_priors import LogNormalPrior

    def by_channel() -> Any:
        return Prior("HalfNormal", sigma=1.5, dims=("channel",))

    if len(job.geos) == 1:
        ceiling = LogNormalPrior(mean=0.25, std=0.25, dims=("channel",))
    else:
        ceiling = LogNormalPrior(
            mean=Prior("Gamma", mu=0.25, sigma=0.10, dims=("channel",)),
            std=Prior("Exponential", scale=0.10, dims=("channel",)),
            dims=("channel", GEO),
            centered=False,
        )
    if SATURATION == "hill":
        return HillSaturation(
            priors={"slope": by_channel(), "kappa": by_channel(), "beta": ceiling}
        )
    return HillSaturationSigmoid(
        priors={"sigma": ceiling, "beta": by_channel(), "lam": by_channel()}
    )


def read_model(model: Any, *, job: Job) -> Answer:
    """The draws of the free variables and the mean contributions in KPI units."""
    posterior = model.idata["posterior"]
    scale = model.get_scales_as_xarray()["target_scale"]
    mean = posterior["channel_contribution"].mean(["chain", "draw"]) * scale
    wanted = mean.sel(geo=list(job.geos), channel=list(job.channels)).sortby(DATE)
    names = [variable.name for variable in model.model.free_RVs]
    return Answer(
        parameters={
            name: posterior[name].transpose("chain", "draw", ...).to_numpy() for name in names
        },
        contribution=wanted.transpose(DATE, GEO, "channel").to_numpy(),
        n_divergences=int(model.idata["sample_stats"]["diverging"].sum()),
    )


if __name__ == "__main__":
    main()
