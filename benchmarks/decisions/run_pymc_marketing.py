"""Asks pymc-marketing's optimiser, in its own environment, over draws that were made elsewhere.

Its model has geometric carry-over with normalised weights and Hill curves, which are ours; its
parameters are ours in its scales. A short fit makes the object complete; its draws are replaced.
"""

import logging
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.decisions.peer_job import Answer, Array, Question, read_question, write_answer

WEEK = "7D"


@dataclass(frozen=True)
class Asked:
    """Money by channel in one period, the seconds of the call, and what its own curves say."""

    spend: Array
    seconds: float
    gain: float


def main() -> None:
    """Writes the answer to the question in the folder named on the command line."""
    folder = Path(sys.argv[1])
    question, draws = read_question(folder)
    warnings.simplefilter("ignore")
    logging.disable(logging.INFO)
    model = build_model(question, draws)
    contributions = put_draws(model, question, draws)
    n_past = len(draws["spend"])
    ask(model, question, n_past=n_past)  # compiles
    found = ask(model, question, n_past=n_past)
    spend = tuple(found.spend.tolist())
    write_answer(
        Answer(
            spend=spend,
            seconds=found.seconds,
            contributions=tuple(contributions.tolist()),
            measured=spend,
            gain=found.gain,
        ),
        folder=folder,
    )


def build_model(question: Question, draws: dict[str, Array]) -> Any:
    """The model over the data, with draws of its own that are thrown away."""
    import pandas as pd
    from pymc_marketing.mmm import MMM, GeometricAdstock, HillSaturation

    dates = pd.date_range(question.first, periods=len(draws["spend"]), freq=WEEK)
    table = pd.DataFrame(draws["spend"], columns=list(question.channels)).assign(date=dates)
    target = pd.Series(draws["kpi"], name="y")
    model = MMM(
        date_column="date",
        channel_columns=list(question.channels),
        target_column="y",
        adstock=GeometricAdstock(l_max=question.n_lags + 1),
        saturation=HillSaturation(),
    )
    model.build_model(X=table, y=target)
    model.fit(X=table, y=target, chains=1, draws=5, tune=5, progressbar=False, random_seed=1)
    return model


def put_draws(model: Any, question: Question, draws: dict[str, Array]) -> Array:
    """The mean contribution of each channel over the data, once the draws are the model's."""
    import pymc as pm
    import xarray as xr

    channel_scale = np.asarray(model.model["channel_scale"].get_value(), float)
    target_scale = float(np.asarray(model.model["target_scale"].get_value()))
    n_draws = len(draws["alpha"])
    by_channel = {
        "adstock_alpha": draws["alpha"],
        "saturation_slope": draws["slope"],
        "saturation_kappa": draws["half_saturation"] / channel_scale,
        "saturation_beta": draws["effect"] / target_scale,
    }
    kept = xr.Dataset(
        {name: (("chain", "draw", "channel"), values[None]) for name, values in by_channel.items()}
        | {
            name: (("chain", "draw"), np.full((1, n_draws), value))
            for name, value in (("intercept_contribution", 0.5), ("y_sigma", 0.1))
        },
        coords={"chain": [0], "draw": np.arange(n_draws), "channel": list(question.channels)},
    )
    with model.model:
        whole = pm.compute_deterministics(kept, progressbar=False)
    whole = xr.merge([kept, whole])
    model.idata["posterior"] = xr.DataTree(whole)
    contributions = whole["channel_contribution"].mean(("chain", "draw")).sum("date") * target_scale
    return np.asarray(contributions.sel(channel=list(question.channels)), float)


def ask(model: Any, question: Question, *, n_past: int) -> Asked:
    """One call of its optimiser."""
    import pandas as pd
    import xarray as xr

    start = pd.Timestamp(question.first) + n_past * pd.Timedelta(WEEK)
    end = start + (question.n_periods - 1) * pd.Timedelta(WEEK)
    bounds = xr.DataArray(
        np.column_stack([question.low, question.high]),
        dims=["channel", "bound"],
        coords={"channel": list(question.channels), "bound": ["lower", "upper"]},
    )
    began = time.perf_counter()
    optimizer = model.budget_optimizer(start, end)
    # its budgets are of one period, spent in every period of the window
    found = optimizer.allocate_budget(
        total_budget=question.total / question.n_periods, budget_bounds=bounds
    )
    seconds = time.perf_counter() - began
    spend = found.budgets.sel(channel=list(question.channels)).to_numpy()
    gain = optimizer.evaluate_plan(found.budgets).utility
    return Asked(np.asarray(spend, float), seconds, float(gain))


if __name__ == "__main__":
    main()
