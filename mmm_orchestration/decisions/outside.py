"""What changes of a control bring: prices, promotions and whatever else the baseline holds.

Belongs here: the effect of a control by its coefficient. Must not: media.
"""

from dataclasses import dataclass

import numpy as np

from mmm_orchestration.errors import PlanError
from mmm_orchestration.model.data import Array
from mmm_orchestration.model.posterior import Posterior


@dataclass(frozen=True, eq=False)
class Drift:
    """KPI units gained or lost, shape (draw,), and what is doubtful about them."""

    gain: Array
    doubts: tuple[str, ...]


def change_control(posterior: Posterior, *, control: str, change: float, where: Array) -> Drift:
    """What a control changed by `change` of its units brings where `where` (period, geo) is one.

    Its coefficient is of a column that is linear in the control, so the change of the KPI is the
    coefficient times the change of the column. Raises PlanError for a control there is not.
    """
    data = posterior.data
    if control not in data.control_names:
        raise PlanError(
            f"There is no control '{control}' in the model",
            available=sorted(data.control_names),
            fix="Declare it under 'controls' and train again",
        )
    values = data.controls[:, :, data.control_names.index(control)]
    columns = [str(name) for name in posterior.draws["column"].to_numpy()]
    column = posterior.design[:, :, columns.index(control)]
    per_unit = np.ptp(column) / np.ptp(values)
    coefficient = posterior.stack("baseline")[:, :, columns.index(control)]
    gain: Array = change * per_unit * coefficient @ where.sum(axis=0)
    ahead = float(np.nanmean(values[-1])) + change
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    doubts = (
        (
            f"'{control}' would be {ahead:,.4g}, outside the {low:,.4g} to {high:,.4g} that were "
            "observed: its effect is extrapolated along a line.",
        )
        if not low <= ahead <= high
        else ()
    )
    return Drift(gain, doubts)
