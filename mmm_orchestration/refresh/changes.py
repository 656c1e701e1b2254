"""What differs between two fits: values of known days, settings, code, libraries.

Belongs here: comparing and cutting. Must not: fitting.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import numpy as np

from mmm_orchestration.errors import ModelError
from mmm_orchestration.evaluation.folds import cut_fold
from mmm_orchestration.insight.results import Array, Days
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.project import Project
from mmm_orchestration.refresh.results import RestatedSeries

# what of a project a fit depends on, beside its data
_FITTED = ("kpi", "channels", "controls", "events", "breaks", "holidays", "model")
Tree = Mapping[str, object]


def describe_settings(project: Project) -> Tree:
    """What the project says of the model of a fit, without its seed."""
    said: dict[str, object] = project.model_dump(mode="json", include=set(_FITTED))
    model = dict(said["model"])  # type: ignore[call-overload]
    sampler = {k: v for k, v in model["sampler"].items() if k != "seed"}
    return said | {"model": model | {"sampler": sampler}}


def print_settings(project: Project) -> str:
    """The settings as one text, the same for the same settings."""
    return json.dumps(describe_settings(project), sort_keys=True)


def set_seed(project: Project, seed: int) -> Project:
    """The project with another seed."""
    sampler = project.model.sampler.model_copy(update={"seed": seed})
    return project.model_copy(
        update={"model": project.model.model_copy(update={"sampler": sampler})}
    )


def list_settings(before: Project, after: Project) -> tuple[str, ...]:
    """The keys of mmm.yaml that say other things of the model, such as 'model.trend'."""
    return tuple(_compare(describe_settings(before), describe_settings(after), key=""))


def _compare(before: object, after: object, *, key: str) -> Iterator[str]:
    if isinstance(before, list) and isinstance(after, list):
        before, after = _name_items(before), _name_items(after)
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield key
        return
    for name in sorted(before.keys() | after.keys()):
        yield from _compare(
            before.get(name), after.get(name), key=f"{key}.{name}" if key else str(name)
        )


def _name_items(items: list[object]) -> dict[str, object]:
    """The items by their name, or by their place where they have none."""
    return {
        str(item["name"]) if isinstance(item, dict) and "name" in item else str(i): item
        for i, item in enumerate(items)
    }


def list_libraries(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The libraries of another version: 'jax 0.7.0 → 0.7.1'."""
    return tuple(
        f"{name} {before.get(name, 'none')} → {after.get(name, 'none')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def find_last_day(data: ModelData) -> date:
    """The last day of the last period."""
    last: date = data.periods[-1].astype("datetime64[D]").item()
    return last + timedelta(days=data.period_days - 1)


def count_known(data: ModelData, *, through: date) -> int:
    """How many periods end on `through` or before it."""
    ends = data.periods.astype("datetime64[D]") + np.timedelta64(data.period_days - 1, "D")
    return int((ends <= np.datetime64(through)).sum())


def cut_to(data: ModelData, *, through: date) -> ModelData:
    """The data as they would be had they ended on the day `through`.

    Geos, channels and controls that then say nothing are left out. Raises ModelError where no
    period ends by that day.
    """
    n_known = count_known(data, through=through)
    if n_known == data.n_periods:
        return data
    if n_known == 0:
        raise ModelError(f"No period of the data ends by {through}")
    return cut_fold(data, origin=n_known, horizon=0).data


def list_restated(before: ModelData, after: ModelData) -> tuple[RestatedSeries, ...]:
    """The series with other values in the periods that both data have, and periods that differ.

    Geos, channels and controls are compared where both have them.
    """
    shared, left, right = np.intersect1d(before.periods, after.periods, return_indices=True)
    found = []
    for name, whole_old, whole_new in _pair_series(before, after):
        old, new = whole_old[left], whole_new[right]
        differs = ~((old == new) | (np.isnan(old) & np.isnan(new))).all(axis=1)
        if differs.any():
            found.append(
                _tell(
                    name,
                    shared[differs],
                    period_days=after.period_days,
                    before=float(np.nansum(old[differs])),
                    after=float(np.nansum(new[differs])),
                )
            )
    for one, other, said in ((before, after, "periods gone"), (after, before, "periods added")):
        only = np.setdiff1d(one.periods, other.periods)
        if len(only):
            sums = float(np.nansum(one.kpi_total[np.isin(one.periods, only)]))
            amounts = (sums, 0.0) if one is before else (0.0, sums)
            found.append(
                _tell(
                    said,
                    only,
                    period_days=one.period_days,
                    before=amounts[0],
                    after=amounts[1],
                )
            )
    return tuple(found)


def _tell(
    series: str, periods: Days, *, period_days: int, before: float, after: float
) -> RestatedSeries:
    first, last = periods[0], periods[-1]
    return RestatedSeries(
        series=series,
        n_periods=len(periods),
        first=first.astype("datetime64[D]").item(),
        last=last.astype("datetime64[D]").item() + timedelta(days=period_days - 1),
        before=before,
        after=after,
    )


def _pair_series(before: ModelData, after: ModelData) -> Iterator[tuple[str, Array, Array]]:
    """The series that both data have, each (date, geo) over the geos that both have."""
    both = [
        (before.geos.index(geo), after.geos.index(geo)) for geo in before.geos if geo in after.geos
    ]
    old, new = ([pair[side] for pair in both] for side in (0, 1))
    yield "KPI", before.kpi[:, old], after.kpi[:, new]
    for c, name in enumerate(before.channels):
        if name not in after.channels:
            continue
        d = after.channels.index(name)
        is_spend = all(
            np.array_equal(data.spend[:, :, i], data.exposure[:, :, i])
            for data, i in ((before, c), (after, d))
        )
        for series in ("spend",) if is_spend else ("spend", "exposure", "frequency"):
            yield (
                f"{series} of {name}",
                getattr(before, series)[:, old, c],
                getattr(after, series)[:, new, d],
            )
    for k, name in enumerate(before.control_names):
        if name in after.control_names:
            other = after.controls[:, new, after.control_names.index(name)]
            yield name, before.controls[:, old, k], other
