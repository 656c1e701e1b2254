"""Asks Meridian's optimiser, in its own environment, over draws that were made elsewhere.

Its model has geometric carry-over with normalised weights and Hill after it, which are ours; its
parameters are ours in its scales. It plans a stretch of its own data by scaling what was spent
there, so the horizon is appended to the data with today's money, and after it as many weeks without
spend as carry-over lasts. A short run of its sampler makes the object complete; its draws are
replaced.
"""

import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.decisions.peer_job import Answer, Array, Question, read_question, write_answer

WEEK = "7D"


def main() -> None:
    """Writes the answer to the question in the folder named on the command line."""
    folder = Path(sys.argv[1])
    question, draws = read_question(folder)
    warnings.simplefilter("ignore")
    model, dates = build_model(question, draws)
    put_draws(model, draws)
    contributions, gain = measure_outcome(model, n_past=len(draws["spend"]))
    spend, seconds = ask(model, question, dates=dates)
    write_answer(
        Answer(
            spend=tuple(spend.tolist()),
            seconds=seconds,
            contributions=tuple(contributions.tolist()),
            measured=tuple(high / 2 for high in question.high),
            gain=gain,
        ),
        folder=folder,
    )


def build_model(question: Question, draws: dict[str, Array]) -> tuple[Any, list[str]]:
    """The model over the data and the horizon with today's money, and its dates."""
    import pandas as pd
    from meridian import backend, constants
    from meridian.data.data_frame_input_data_builder import DataFrameInputDataBuilder
    from meridian.model.model import Meridian
    from meridian.model.prior_distribution import PriorDistribution
    from meridian.model.spec import ModelSpec

    n_after = question.n_lags + 1
    today = np.array(question.high) / 2
    planned = np.repeat(today[None], question.n_periods, axis=0)
    spend = np.concatenate([draws["spend"], planned, np.zeros((n_after, len(today)))])
    kpi = np.concatenate([draws["kpi"], np.full(question.n_periods + n_after, draws["kpi"].mean())])
    dates = pd.date_range(question.first, periods=len(spend), freq=WEEK).strftime("%Y-%m-%d")
    names = list(question.channels)
    table = pd.DataFrame(spend, columns=names).assign(time=dates, kpi=kpi, geo="national")
    builder = DataFrameInputDataBuilder(kpi_type="revenue").with_kpi(table, kpi_col="kpi")
    builder = builder.with_media(
        table, media_cols=names, media_spend_cols=names, media_channels=names
    )
    fading = backend.tfd.Beta(
        np.full(len(names), 1.0), np.full(len(names), 3.0), name=constants.ALPHA_M
    )
    spec = ModelSpec(
        prior=PriorDistribution(alpha_m=fading),
        media_effects_dist="normal",
        hill_before_adstock=False,
        max_lag=question.n_lags,
        media_prior_type="coefficient",
        knots=1,
    )
    model = Meridian(input_data=builder.build(), model_spec=spec)
    model.sample_posterior(
        n_chains=1, n_adapt=5, n_burnin=5, n_keep=len(draws["alpha"]), seed=(1, 1)
    )
    return model, dates.tolist()


def put_draws(model: Any, draws: dict[str, Array]) -> None:
    """Nothing; the draws are the model's, in its scales."""
    posterior = model.inference_data.posterior
    scale = np.asarray(model.media_tensors.media_transformer.scale_factors_gm)[0]
    size = float(np.asarray(model.kpi_transformer.population_scaled_stdev))
    by_channel = {
        "alpha_m": draws["alpha"],
        "ec_m": draws["half_saturation"] / scale,
        "slope_m": draws["slope"],
        "beta_m": draws["effect"] / size,
        "beta_gm": draws["effect"][:, None] / size,
    }
    for name, values in by_channel.items():
        if name in posterior:
            whole = values[None].reshape(posterior[name].shape)
            posterior[name] = (posterior[name].dims, whole.astype(posterior[name].dtype))


def measure_outcome(model: Any, *, n_past: int) -> tuple[Array, float]:
    """Mean contributions by channel over the past, and what today's money brings afterwards."""
    from meridian.analysis.analyzer import Analyzer

    series = Analyzer(model).incremental_outcome(
        aggregate_geos=True, aggregate_times=False, include_non_paid_channels=False
    )
    mean = np.asarray(series, float).mean(axis=(0, 1))
    return mean[:n_past].sum(axis=0), float(mean[n_past:].sum())


def ask(model: Any, question: Question, *, dates: list[str]) -> tuple[Array, float]:
    """Money by channel in one period, and the seconds that it took."""
    from meridian.analysis.optimizer import BudgetOptimizer

    n_after = question.n_lags + 1
    start = dates[-question.n_periods - n_after]
    began = time.perf_counter()
    found = BudgetOptimizer(model).optimize(
        use_posterior=True,
        start_date=start,
        end_date=dates[-1],
        fixed_budget=True,
        budget=question.total,
        spend_constraint_lower=1.0,
        spend_constraint_upper=1.0,
    )
    seconds = time.perf_counter() - began
    spend = found.optimized_data["spend"].sel(channel=list(question.channels)).to_numpy()
    return np.asarray(spend, float) / question.n_periods, seconds


if __name__ == "__main__":
    main()
