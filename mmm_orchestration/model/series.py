"""Gold tables as one long frame of series, each named in the words a person reads.

Belongs here: which series the model needs, and what is refused. Must not: calendars, arrays.
"""

from collections.abc import Iterable

import polars as pl

from mmm_orchestration.errors import ModelError
from mmm_orchestration.project import UNMAPPED, Channel, Project

KPI = "The KPI"
_ROW = ("series", "date", "period_days", "geo", "value")


def collect_rows(
    media: pl.DataFrame, *, kpi: pl.DataFrame, controls: pl.DataFrame, project: Project
) -> tuple[pl.DataFrame, frozenset[str], tuple[str, ...]]:
    """All series below each other, the channels that have spend, and notes."""
    outcome = kpi.rename({"kpi": "value"})
    _check_values(outcome, series=KPI, measure="value")
    parts = [_rows(outcome, series=KPI)]
    priced, notes = set(), []
    for channel in project.channels:
        own = media.filter(pl.col("channel") == channel.name)
        exposure = _fill_unreported(own, measure=channel.exposure)
        _check_values(exposure, series=name_exposure(channel.name), measure=channel.exposure)
        parts.append(_rows(exposure, series=name_exposure(channel.name)))
        if channel.exposure == "reach":
            parts.append(
                _rows(_count_contacts(own, channel=channel), series=name_contacts(channel.name))
            )
            notes.append(_explain_reach(channel))
        spend = _fill_unreported(own, measure="spend")
        if spend["value"].null_count() == 0:
            priced.add(channel.name)
            parts.append(_rows(spend, series=name_spend(channel.name)))
        else:
            notes.append(_explain_no_spend(channel, spend=spend))
    for control in project.controls:
        own = controls.filter(pl.col("control") == control.name)
        _check_values(own, series=name_control(control.name), measure="value")
        parts.append(_rows(own, series=name_control(control.name)))
    return pl.concat(parts), frozenset(priced), tuple(notes)


def _fill_unreported(own: pl.DataFrame, *, measure: str) -> pl.DataFrame:
    """The measure as `value`; where the delivery covers the day without a row it is zero."""
    absent = pl.col(measure).is_null() & ~pl.col("is_reported")
    return own.with_columns(value=pl.when(absent).then(0.0).otherwise(pl.col(measure)))


def _count_contacts(own: pl.DataFrame, *, channel: Channel) -> pl.DataFrame:
    """How often people were reached, reach times frequency, as `value`."""
    nobody = (pl.col("reach") == 0) | (pl.col("reach").is_null() & ~pl.col("is_reported"))
    times = pl.when(nobody).then(0.0).otherwise(pl.col("reach") * pl.col("frequency"))
    contacts = own.with_columns(value=times)
    _check_values(contacts, series=name_exposure(channel.name), measure="frequency")
    return contacts


def _explain_reach(channel: Channel) -> str:
    return (
        f"The reach of channel '{channel.name}' is gross: who is reached on several days, by "
        "several campaigns or in several geos counts each time."
    )


def _rows(frame: pl.DataFrame, *, series: str) -> pl.DataFrame:
    return frame.select(
        pl.lit(series).alias("series"),
        pl.col("date").cast(pl.Date),
        pl.col("period_days").cast(pl.Int64),
        pl.col("geo").cast(pl.String),
        pl.col("value").cast(pl.Float64),
    ).select(_ROW)


def check_present(
    media: pl.DataFrame, *, kpi: pl.DataFrame, controls: pl.DataFrame, project: Project
) -> None:
    """Nothing when every declared series has rows, else ModelError."""
    if kpi.is_empty():
        raise ModelError("There are no accepted days of the KPI", fix="Materialise gold first")
    got = media["channel"].unique().to_list()
    for name in project.channel_names:
        if name not in got:
            raise ModelError(
                f"Channel '{name}' has no media rows",
                available=sorted(set(got) - {UNMAPPED}),
                fix="Check its rules in mmm.yaml, or remove it",
            )
    series = controls["control"].unique().to_list()
    for control in project.controls:
        if control.name not in series:
            raise ModelError(f"Control '{control.name}' has no rows", available=sorted(series))


def _check_values(frame: pl.DataFrame, *, series: str, measure: str) -> None:
    """Nothing when every row has a `value`, else ModelError with the first day without one."""
    bad = frame.filter(pl.col("value").is_null())
    if bad.height:
        days = bad["date"].unique().sort().to_list()
        raise ModelError(
            f"{series} has no {measure} on {len(days)} dates, first {days[0]}",
            fix="Deliver the values; missing is not zero",
        )


def name_left_out(
    project: Project, *, channels: Iterable[str], controls: Iterable[str]
) -> tuple[str, ...]:
    """One sentence for each declared channel and control that is not modelled."""
    off = [c.name for c in project.channels if c.name not in set(channels)]
    still = [c.name for c in project.controls if c.name not in set(controls)]
    return (
        *(f"Channel '{c}' is left out: it was never on in the modelled range." for c in off),
        *(f"Control '{c}' is left out: it never changes." for c in still),
    )


def _explain_no_spend(channel: Channel, *, spend: pl.DataFrame) -> str:
    n_missing = spend["value"].null_count()
    if n_missing == spend.height:
        return f"Channel '{channel.name}' has no spend, so it has no ROI."
    return f"Channel '{channel.name}' lacks spend on {n_missing} rows, so it has no ROI."


def tell_unmapped(media: pl.DataFrame) -> tuple[str, ...]:
    """A sentence on the spend of campaigns that match no channel, where there are any."""
    unmapped = media.filter(pl.col("channel") == UNMAPPED)
    if unmapped.is_empty():
        return ()
    spend = unmapped["spend"].sum()
    return (f"Campaigns without a channel are not modelled: spend {spend:,.2f} in all.",)


def name_exposure(channel: str) -> str:
    """The exposure of a channel in words."""
    return f"Channel '{channel}'"


def name_contacts(channel: str) -> str:
    """How often a channel reached people, in words."""
    return f"The contacts of channel '{channel}'"


def name_spend(channel: str) -> str:
    """The spend of a channel in words."""
    return f"The spend of channel '{channel}'"


def name_control(name: str) -> str:
    """The control in words."""
    return f"Control '{name}'"


def name_averaged(project: Project) -> frozenset[str]:
    """The series that are averaged over days and geos instead of summed."""
    return frozenset(name_control(c.name) for c in project.controls)
