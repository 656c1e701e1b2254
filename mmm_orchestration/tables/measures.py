"""The measures of media, and how they are added up.

Belongs here: sums that every table of media shares. Must not: which rows are summed.
"""

from collections.abc import Sequence

import narwhals as nw

from mmm_orchestration.tables import Frame

MEASURES = ("spend", "impressions", "clicks", "reach", "frequency")
_SUMMED = ("spend", "impressions", "clicks", "reach")


def sum_measures(frame: Frame, *, key: Sequence[str]) -> Frame:
    """The measures by `key`, null where no row of the group reports the measure.

    Frequency is that of all people reached, sum(reach * frequency) / sum(reach) over the rows
    that report both, and null where nobody is reached.
    """
    has_both = ~nw.col("reach").is_null() & ~nw.col("frequency").is_null()
    rows = frame.with_columns(
        people=nw.when(has_both).then(nw.col("reach")),
        contacts=nw.when(has_both).then(nw.col("reach") * nw.col("frequency")),
    )
    totals = rows.group_by(*key).agg(
        *(nw.col(m).sum() for m in (*_SUMMED, "people", "contacts")),
        *(nw.col(m).count().alias(f"n_{m}") for m in _SUMMED),
    )
    return totals.select(
        *key,
        *(nw.when(nw.col(f"n_{m}") > 0).then(nw.col(m)).alias(m) for m in _SUMMED),
        frequency=nw.when(nw.col("people") > 0).then(nw.col("contacts") / nw.col("people")),
    )
