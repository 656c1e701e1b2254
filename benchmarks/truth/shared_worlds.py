"""Five published worlds whose truth is exact, as scenarios of the stress matrix.

Belongs here: reading their files beside the checkout. Must not: worlds of our own.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.truth.scenarios import Scenario
from benchmarks.truth.shapes import N_LAGS
from benchmarks.truth.worlds import World, declare_project
from mmm_orchestration.model.data import ModelData

NAMES = ("TV", "Search", "Social", "Display")
SHAPES = "geometric exponential"


def list_shared(folder: Path) -> tuple[Scenario, ...]:
    """The scenarios of `folder`; none where it is absent."""
    if not folder.is_dir():
        return ()
    causes = {
        "clean": (),
        "geo_clean": (),
        "trend_break": ("change_point",),
        "spend_outliers": ("outlier_leverage", "exposure_mismatch"),
        "multicollinearity": ("collinear_channels", "high_vif"),
    }
    return tuple(
        Scenario(
            f"shared {name}",
            partial(read_shared, name=name, folder=folder),
            own,
            is_clean=name in {"clean", "geo_clean"},
        )
        for name, own in causes.items()
    )


def read_shared(_seed: int, *, name: str, folder: Path) -> World:
    """One of the worlds; its file has one row per week, or per week and geo."""
    table = pl.read_csv(folder / f"{name}.csv", try_parse_dates=True)
    is_panel = "Geography" in table.columns
    keys = ["Period", "Geography"] if is_panel else ["Period"]
    table = table.sort(keys)
    periods = table["Period"].unique().sort().to_numpy().astype("datetime64[D]")
    geos = tuple(table["Geography"].unique().sort()) if is_panel else ("national",)

    def take(column: str) -> np.ndarray:
        return table[column].to_numpy().astype(float).reshape(len(periods), len(geos))

    exposure = np.stack([take(column) for column in NAMES], axis=-1)
    channels = tuple(column.lower() for column in NAMES)
    truth = json.loads((folder / f"{name}_TRUTH.json").read_text("utf-8"))["true_contribution"]
    return World(
        name=f"shared {name}",
        data=ModelData(
            periods=periods,
            period_days=7,
            geos=geos,
            kpi=take("Sales"),
            exposure=exposure,
            history=np.zeros((N_LAGS, *exposure.shape[1:])),
            spend=exposure,
            channels=channels,
            controls=take("Price")[:, :, None],
            control_names=("price",),
        ),
        project=declare_project(
            channels, controls=("price",), settings="level: geo" if is_panel else ""
        ),
        truth={c.lower(): float(truth[c]) for c in NAMES},
        families=dict.fromkeys(channels, SHAPES),
    )
