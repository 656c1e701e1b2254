"""Model data and draws as data sets for netCDF, and back.

Belongs here: storing each number once and no wider than it is. Must not: files, PyMC.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.experiment import Experiment

BASELINE, COMMON = "baseline", "baseline_of_all"


def name_data(data: ModelData) -> dict[str, object]:
    """The names, notes, experiments and length of period of the data, for JSON."""
    return {
        "geos": list(data.geos),
        "channels": list(data.channels),
        "controls": list(data.control_names),
        "notes": list(data.notes),
        "experiments": [experiment.to_row() for experiment in data.experiments],
        "period_days": data.period_days,
    }


def pack_data(data: ModelData) -> xr.Dataset:
    """The arrays of the data; spend that is the exposure is left out."""
    media = ("date", "geo", "channel")
    packed = xr.Dataset(
        {
            "day": ("date", data.periods.astype("datetime64[D]").astype("int32")),
            "kpi": (("date", "geo"), _narrow(data.kpi)),
            "exposure": (media, _narrow(data.exposure)),
        }
    )
    if not np.array_equal(data.spend, data.exposure):
        packed["spend"] = (media, _narrow(data.spend))
    # netCDF 3 has no dimension of length zero
    if data.control_names:
        packed["control"] = (("date", "geo", "series"), _narrow(data.controls))
    if len(data.history):
        packed["history"] = (("lag", "geo", "channel"), _narrow(data.history))
    if data.has_frequency.any():
        packed["frequency"] = (media, _narrow(data.frequency))
        if len(data.history):
            history = _narrow(data.frequency_history)
            packed["frequency_history"] = (("lag", "geo", "channel"), history)
    return packed


def unpack_data(packed: xr.Dataset, *, words: Mapping[str, object]) -> ModelData:
    """The data from what `pack_data` and `name_data` made of them."""
    arrays = {
        str(name): array.to_numpy().astype(float)
        for name, array in packed.data_vars.items()
        if name != "day"
    }
    exposure = arrays["exposure"]
    n_periods, n_geos, n_channels = exposure.shape
    names = {key: tuple(map(str, value)) for key, value in words.items() if isinstance(value, list)}
    rows = words["experiments"]
    unknown = np.full_like(exposure[:0], np.nan)
    return ModelData(
        periods=packed["day"].to_numpy().astype("int64").astype("datetime64[D]"),
        period_days=int(str(words["period_days"])),
        geos=names["geos"],
        kpi=arrays["kpi"],
        exposure=exposure,
        history=arrays.get("history", np.empty((0, n_geos, n_channels))),
        spend=arrays.get("spend", exposure),
        channels=names["channels"],
        controls=arrays.get("control", np.empty((n_periods, n_geos, 0))),
        control_names=names["controls"],
        notes=names["notes"],
        experiments=tuple(map(Experiment.from_row, rows if isinstance(rows, list) else [])),
        frequency=arrays.get("frequency", unknown),
        frequency_history=arrays.get("frequency_history", unknown),
    )


def thin_draws(draws: xr.Dataset, *, keep: int) -> xr.Dataset:
    """At most `keep` draws of all chains together, evenly spaced, as many of each chain."""
    n_draws = draws.sizes["draw"]
    n_kept = min(n_draws, max(1, keep // draws.sizes["chain"]))
    places = (np.arange(1, n_kept + 1) * n_draws) // n_kept - 1
    return draws.isel(draw=places)


def pack_draws(draws: xr.Dataset) -> xr.Dataset:
    """The draws, with baseline coefficients that are the same in every geo stored once."""
    baseline = draws[BASELINE]
    is_common = (baseline == baseline.isel(geo=0)).all(dim=("chain", "draw", "geo")).to_numpy()
    if draws.sizes["geo"] == 1 or not is_common.any():
        return draws
    # columns of their own dims, since netCDF 3 has no dimension of length zero
    packed = draws.drop_vars(BASELINE)
    packed[COMMON] = (
        ("chain", "draw", "column_of_all"),
        baseline.to_numpy()[:, :, 0, is_common],
    )
    packed["is_of_all"] = (("column",), is_common.astype("int8"))
    if not is_common.all():
        own = baseline.to_numpy()[..., ~is_common]
        packed[BASELINE] = (("chain", "draw", "geo", "column_of_geo"), own)
    return packed


def unpack_draws(packed: xr.Dataset) -> xr.Dataset:
    """The draws from what `pack_draws` made of them."""
    if COMMON not in packed:
        return packed
    is_common = packed["is_of_all"].to_numpy().astype(bool)
    common = packed[COMMON].to_numpy()
    shape = (*common.shape[:2], packed.sizes["geo"], len(is_common))
    baseline = np.empty(shape, dtype=common.dtype)
    baseline[..., is_common] = common[:, :, None, :]
    if BASELINE in packed:
        baseline[..., ~is_common] = packed[BASELINE].to_numpy()
    draws = packed.drop_vars([COMMON, "is_of_all", BASELINE], errors="ignore")
    draws[BASELINE] = (("chain", "draw", "geo", "column"), baseline)
    return draws


def _narrow(values: Array) -> np.ndarray:
    """The values in half the width where that loses nothing."""
    with np.errstate(over="ignore"):
        narrow = values.astype("float32")
    return narrow if np.array_equal(narrow.astype(float), values, equal_nan=True) else values
