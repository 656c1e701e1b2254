"""Bronze to silver: typed rows in project currency, mapped to channels.

Every function takes and returns narwhals lazy frames and knows no engine.
"""

import re
from collections.abc import Mapping

import narwhals as nw

from mmm_orchestration.project import (
    NATIONAL,
    UNMAPPED,
    LongMedia,
    MediaSeries,
    Project,
    Series,
    Source,
)
from mmm_orchestration.tables import Frame
from mmm_orchestration.tables.measures import MEASURES, sum_measures

_PLACE = ("date", "period_days", "geo")
_MONEY_OUTCOMES = frozenset({"net_sales", "gross_sales", "refunds", "revenue"})
_VOIDED = "voided"

Frames = Mapping[str, Frame]


def build_silver_media(bronze: Frames, *, project: Project) -> Frame:
    """Media rows, one per `(date, geo, source, channel, campaign)`; `bronze` is by source name.

    Rows of one campaign on one day (ad groups, devices) are summed; a measure that no row
    reports stays null, and frequency is weighted by reach. A campaign that no rule matches gets
    channel 'unmapped'.
    """
    parts = [
        _select_media(bronze[source.name], source=source).with_columns(
            channel=_channel_expr(source, project=project)
        )
        for source in project.sources
        if source.has_media
    ]
    key = ("date", "period_days", "geo", "source", "channel", "campaign")
    summed = sum_measures(nw.concat(parts), key=key)
    return summed.select(*key[:3], "source", "channel", "campaign", *MEASURES)


def build_silver_outcomes(bronze: Frames, *, project: Project, covered: Frame) -> Frame:
    """Outcomes, one row per `(date, geo, source, outcome)`; an absent value gives no row.

    `covered` has the `(source, date)` that deliveries speak for. A shop whose delivery covers a
    day without an order sold nothing on it, which is zero and not missing.
    """
    parts = [
        part.with_columns(source=nw.lit(source.name))
        for source in project.sources
        if source.outcomes
        for part in _select_outcomes(
            bronze[source.name],
            source=source,
            project=project,
            covered=covered.filter(nw.col("source") == source.name).select("date"),
        )
    ]
    return nw.concat(parts).select(*_PLACE, "source", "outcome", "value")


def build_silver_controls(bronze: Frames, *, project: Project) -> Frame:
    """Controls, one row per `(date, geo, control)`; an absent value gives no row."""
    parts = [
        _select_series(bronze[source.name], series, source=source, label="control").with_columns(
            source=nw.lit(source.name)
        )
        for source in project.sources
        if source.table is not None
        for series in source.table.controls
    ]
    return nw.concat(parts).select(*_PLACE, "source", "control", "value")


def _select_media(frame: Frame, *, source: Source) -> Frame:
    """The media rows of one bronze table with `campaign` and money in project currency."""
    layout = source.table
    if layout is None:
        rows = frame.select(*_PLACE, "campaign", *MEASURES)
    elif layout.long_media is not None:
        others = [s.where for s in (*layout.outcomes, *layout.controls) if s.where]
        series = layout.long_media
        rows = frame.filter(~nw.col(series.name).is_in(others)).select(
            *_PLACE, nw.col(series.name).alias("campaign"), *_measure_exprs(series)
        )
    else:
        rows = nw.concat(
            [
                frame.select(*_PLACE, nw.lit(m.name).alias("campaign"), *_measure_exprs(m))
                for m in layout.media
            ]
        )
    return rows.with_columns(
        spend=nw.col("spend") * _money_factor(source), source=nw.lit(source.name)
    )


def _measure_exprs(series: MediaSeries | LongMedia) -> list[nw.Expr]:
    columns = {measure: getattr(series, measure) for measure in MEASURES}
    return [
        (nw.col(column) if column else nw.lit(None, dtype=nw.Float64)).alias(measure)
        for measure, column in columns.items()
    ]


def _money_factor(source: Source) -> float:
    """What turns the source's money into project currency without tax."""
    rate = source.exchange_rate or 1.0
    return rate / (1 + source.tax_rate) if source.tax_rate else rate


def _channel_expr(source: Source, *, project: Project) -> nw.Expr:
    """The channel of the first rule that matches the campaign, compared without case."""
    rules = [
        (channel.name, rule.campaign)
        for channel in project.channels
        for rule in channel.rules
        if rule.source == source.name
    ]
    expr = nw.lit(UNMAPPED)
    for channel, pattern in reversed(rules):
        matches = nw.col("campaign").str.to_lowercase().str.contains(_to_regex(pattern))
        expr = nw.when(matches).then(nw.lit(channel)).otherwise(expr)
    return expr


def _to_regex(pattern: str) -> str:
    """A pattern with `*` and `?` as a regex that every engine understands the same way."""
    escaped = re.escape(pattern.lower())
    return f"(?s)^{escaped.replace(r'\*', '.*').replace(r'\?', '.')}$"


def _select_outcomes(
    frame: Frame, *, source: Source, project: Project, covered: Frame
) -> list[Frame]:
    """The outcomes of one bronze table, each with `outcome` and `value`."""
    if source.format == "shopify":
        parts = _sum_orders(frame, covered=covered)
    elif source.table is None:
        parts = [_sum_outcome(frame, name) for name in source.outcomes]
    else:
        parts = [
            _select_series(frame, series, source=source, label="outcome")
            for series in source.table.outcomes
        ]
    is_money = _MONEY_OUTCOMES
    if source.table is not None:
        own = [kpi for kpi in project.kpis if kpi.source == source.name]
        is_money = frozenset(kpi.outcome for kpi in own if kpi.kind == "revenue")
    factor = _money_factor(source)
    money = nw.col("outcome").is_in(sorted(is_money))
    value = nw.when(money).then(nw.col("value") * factor).otherwise(nw.col("value"))
    return [part.with_columns(value=value) for part in parts]


def _sum_orders(lines: Frame, *, covered: Frame) -> list[Frame]:
    """Order lines to daily outcomes; order totals stand on the first line of an order only.

    A covered day without orders has zero of each. Voided orders count nowhere; a cancelled
    order is not counted in `orders`, and its money leaves through `refunded`.
    """
    orders = lines.filter(
        ~nw.col("total").is_null() & (nw.col("financial_status").fill_null("") != _VOIDED)
    )
    daily = orders.group_by(*_PLACE).agg(
        nw.col("total").sum().alias("gross_sales"),
        nw.col("refunded").sum().alias("refunds"),
        (~nw.col("is_cancelled")).cast(nw.Float64).sum().alias("orders"),
    )
    idle = covered.join(daily, on="date", how="anti").select(
        "date",
        nw.lit(1, dtype=nw.Int64).alias("period_days"),
        nw.lit(NATIONAL).alias("geo"),
        *(nw.lit(0.0).alias(name) for name in ("gross_sales", "refunds", "orders")),
    )
    daily = nw.concat([daily, idle]).with_columns(
        net_sales=nw.col("gross_sales") - nw.col("refunds")
    )
    return [
        daily.select(*_PLACE, nw.lit(name).alias("outcome"), nw.col(name).alias("value"))
        for name in ("net_sales", "gross_sales", "refunds", "orders")
    ]


def _sum_outcome(frame: Frame, name: str) -> Frame:
    known = frame.filter(~nw.col(name).is_null())
    total = known.group_by(*_PLACE).agg(nw.col(name).sum().alias("value"))
    return total.select(*_PLACE, nw.lit(name).alias("outcome"), "value")


def _select_series(frame: Frame, series: Series, *, source: Source, label: str) -> Frame:
    """One series of a table source; rows of a long file that repeat it agree, so any is right."""
    layout = source.table
    if series.where is not None and layout is not None and layout.long_media is not None:
        frame = frame.filter(nw.col(layout.long_media.name) == series.where)
    value = nw.col(series.column)
    if series.equals is not None:
        value = (value == series.equals).cast(nw.Float64)
    rows = frame.select(*_PLACE, value.alias("value")).filter(~nw.col("value").is_null())
    merged = rows.group_by(*_PLACE).agg(nw.col("value").max())
    return merged.select(*_PLACE, nw.lit(series.name).alias(label), "value")
