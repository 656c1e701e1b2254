"""A posterior with two draws and hand-picked unknowns."""

import numpy as np
import xarray as xr

from mmm_orchestration.model.convergence import Diagnostics
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project, parse_project

PROJECT = """
project: known
time_zone: Europe/Berlin
currency: EUR
start: 2024-01-01
kpi: {source: sheet, outcome: sales%s}
sources:
  - name: sheet
    format: table
    path: sheet.csv
    currency: EUR
    tax: excluded
    table:
      date: date
      period: week
      outcomes: [{name: sales, column: sales}]
      media:
        - {name: tv, spend: tv}
        - {name: radio, spend: radio, impressions: radio_i}
model: {max_lag_days: 7}
channels:
  - {name: tv, rules: [{source: sheet, campaign: tv}]}
  - {name: radio, exposure: impressions, rules: [{source: sheet, campaign: radio}]}
"""
TV = np.array([10.0, 0.0, 30.0, 0.0])
RADIO = np.array([1000.0, 2000.0, 0.0, 1000.0])
RADIO_SPEND = np.array([20.0, 40.0, 0.0, 20.0])
BASELINE = np.array([100.0, 90.0])


def make_project(kpi: str = "") -> Project:
    """The project of the known posterior; `kpi` adds keys to its KPI."""
    return parse_project(PROJECT % kpi)


def make_posterior(*, kpi: str = "", radio_spend: np.ndarray = RADIO_SPEND) -> Posterior:
    """Two chains of one draw each: tv without carry-over, radio with alpha one half, lag one.

    tv: effect 50 and 60, half saturation 10, slope 1. radio: effect 40 and 44, half 1000, slope 2.
    The baseline is 100 and 90 per week.
    """
    kpi_values = np.array([150.0, 130.0, 160.0, 120.0])
    data = ModelData(
        periods=np.arange("2024-01-01", "2024-01-29", 7, dtype="datetime64[D]"),
        period_days=7,
        geos=("national",),
        kpi=kpi_values[:, None],
        exposure=np.column_stack([TV, RADIO])[:, None, :],
        history=np.zeros((1, 1, 2)),
        spend=np.column_stack([TV, radio_spend])[:, None, :],
        channels=("tv", "radio"),
        controls=np.empty((4, 1, 0)),
        control_names=(),
        notes=("A note of the data.",),
    )
    by_channel = {
        "mean_lag_days": [[0.0, 7.0], [0.0, 7.0]],
        "half_saturation": [[10.0, 1000.0], [10.0, 1000.0]],
        "slope": [[1.0, 2.0], [1.0, 2.0]],
        "share": [[0.1, 0.1], [0.1, 0.1]],
    }
    effect = np.array([[50.0, 40.0], [60.0, 44.0]], "float32")
    draws = xr.Dataset(
        {
            **{
                k: (("chain", "draw", "channel"), np.array(v, "float32")[:, None])
                for k, v in by_channel.items()
            },
            "effect": (("chain", "draw", "geo", "channel"), effect[:, None, None]),
            "sigma": (("chain", "draw", "geo"), np.full((2, 1, 1), 1e-3, "float32")),
            "baseline": (
                ("chain", "draw", "geo", "column"),
                BASELINE.astype("float32")[:, None, None, None],
            ),
        },
        coords={"geo": ["national"], "channel": ["tv", "radio"], "column": ["intercept"]},
    )
    return Posterior(
        draws=draws,
        data=data,
        design=np.ones((4, 1, 1)),
        scale=np.ones((1, 2)),
        project=make_project(kpi),
        diagnostics=Diagnostics(1.0, "a", 500.0, "b", 500.0, "c", 0, 2),
        versions={"pymc": "6"},
    )
