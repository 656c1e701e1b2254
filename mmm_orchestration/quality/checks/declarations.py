"""What mmm.yaml leaves open or contradicts: currency, tax, time zone and channels."""

from datetime import date
from difflib import SequenceMatcher

import polars as pl

from mmm_orchestration.project import UNMAPPED, Channel, Project, Source
from mmm_orchestration.quality.checks.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding, Severity
from mmm_orchestration.quality.text import (
    count,
    find_runs,
    format_names,
    format_number,
    span,
)


def find_mixed_currency(deliveries: pl.DataFrame, *, project: Project) -> list[Finding]:
    """Sources whose deliveries are not all in one currency that the project can use."""
    return [
        finding
        for source in project.sources
        for finding in [_check_one_currency(source, project=project, deliveries=deliveries)]
        if finding
    ]


def _check_one_currency(
    source: Source, *, project: Project, deliveries: pl.DataFrame
) -> Finding | None:
    name, found = source.name, _read_values(deliveries, source=source, column="currency")
    severity: Severity = "error"
    if len(found) > 1:
        severity, cause = "critical", "mixed_currency"
        message = (
            f"'{name}' delivered amounts in {len(found)} currencies: {', '.join(found)}. "
            "They cannot be added up."
        )
        fix = f"Export every account of '{name}' in one currency, or declare a source for each."
    elif found and source.currency and found[0] != source.currency:
        cause = "currency_contradicts"
        message = f"'{name}' delivers {found[0]} but mmm.yaml declares {source.currency}."
        fix = f"Correct 'currency' of '{name}' in mmm.yaml."
    elif found and found[0] != project.currency and source.exchange_rate is None:
        cause = "no_exchange_rate"
        message = (
            f"'{name}' delivers {found[0]} and the project counts in {project.currency}, but "
            "there is no exchange rate."
        )
        fix = f"Add 'exchange_rate' ({project.currency} per {found[0]}) to '{name}' in mmm.yaml."
    else:
        return None
    return Finding(severity=severity, cause=cause, table="deliveries", message=message, fix=fix)


def find_undeclared(deliveries: pl.DataFrame, *, project: Project) -> list[Finding]:
    """Sources whose currency, tax or time zone is neither declared nor in the delivery.

    A time zone that differs from the project's is told as well, for daily sources only. A
    source that nothing has been read from yet is not looked at.
    """
    read = set(deliveries.filter(pl.col("status") == "read")["source"])
    return [
        finding
        for source in project.sources
        if source.name in read
        for finding in (
            _check_tax(source, project=project),
            _check_currency(source, project=project, deliveries=deliveries),
            _check_zone(source, project=project, deliveries=deliveries),
        )
        if finding
    ]


def find_unmapped(
    silver_media: pl.DataFrame, *, project: Project, thresholds: Thresholds | None = None
) -> list[Finding]:
    """Campaigns that match no channel, largest spend first, and one finding for the rest."""
    limits = thresholds or Thresholds()
    unmapped = silver_media.filter(pl.col("channel") == UNMAPPED)
    if unmapped.is_empty():
        return []
    total = float(silver_media["spend"].sum())
    share = float(unmapped["spend"].sum()) / total if total else 0.0
    severity: Severity = "error" if share >= limits.unmapped_error else "warning"
    campaigns = (
        unmapped.group_by("source", "campaign")
        .agg(pl.col("spend").sum(), pl.col("date"))
        .sort("spend", "source", "campaign", descending=[True, False, False])
    )
    findings = [
        _report_unmapped(row, severity=severity, total=total, project=project)
        for row in campaigns.head(limits.n_unmapped).iter_rows()
    ]
    rest = campaigns.slice(limits.n_unmapped)
    return findings + ([_report_rest(rest, total=total, project=project)] if len(rest) else [])


def _report_unmapped(
    row: tuple[str, str, float, list[date]], *, severity: Severity, total: float, project: Project
) -> Finding:
    source, campaign, spend, dates = row
    channel = _find_nearest(campaign, source=source, project=project)
    rule = f'{{source: {source}, campaign: "{campaign}"}}'
    return Finding(
        severity=severity,
        cause="unmapped_campaign",
        table="silver_media",
        message=f"Campaign '{campaign}' of '{source}' matches no channel. It spent "
        f"{_format_spend(spend, total=total, currency=project.currency)}.",
        fix=f"Add the rule {rule} to a channel in mmm.yaml; the nearest is '{channel}'.",
        days=span(find_runs(dates)),
        channel=UNMAPPED,
        n_rows=len(dates),
    )


def _report_rest(rest: pl.DataFrame, *, total: float, project: Project) -> Finding:
    spent = _format_spend(float(rest["spend"].sum()), total=total, currency=project.currency)
    return Finding(
        severity="warning",
        cause="unmapped_campaign",
        table="silver_media",
        message=f"{count(rest.height, 'more campaign')} match no channel: "
        f"{format_names(rest['campaign'].to_list())}. Together they spent {spent}.",
        fix='Add rules with a pattern such as "brand*" under channels in mmm.yaml.',
        days=span(find_runs(rest["date"].explode())),
        channel=UNMAPPED,
        n_rows=int(rest["date"].list.len().sum()),
    )


def _format_spend(spend: float, *, total: float, currency: str) -> str:
    share = spend / total if total else 0.0
    return f"{format_number(spend)} {currency}, {share:.1%} of all spend"


def _find_nearest(campaign: str, *, source: str, project: Project) -> str:
    """The channel most like the campaign, first among those that have a rule for its source."""
    own = [c for c in project.channels if any(rule.source == source for rule in c.rules)]
    best = max(own or project.channels, key=lambda channel: _rate_likeness(campaign, channel))
    return best.name


def _rate_likeness(campaign: str, channel: Channel) -> float:
    """How alike the campaign and the channel's name or patterns are, from 0 to 1."""
    words = [channel.name, *(rule.campaign.strip("*") for rule in channel.rules)]
    return max(SequenceMatcher(None, campaign.lower(), word.lower()).ratio() for word in words)


def _read_values(deliveries: pl.DataFrame, *, source: Source, column: str) -> list[str]:
    is_read = (pl.col("source") == source.name) & (pl.col("status") == "read")
    return sorted(deliveries.filter(is_read)[column].drop_nulls().unique())


def _is_money_kpi(source: Source, *, project: Project) -> bool:
    """Whether the source delivers a KPI that is money."""
    return any(kpi.source == source.name and kpi.kind == "revenue" for kpi in project.kpis)


def _check_tax(source: Source, *, project: Project) -> Finding | None:
    is_kpi = _is_money_kpi(source, project=project)
    if source.tax != "unknown" or not (source.has_media or is_kpi):
        return None
    return Finding(
        severity="warning",
        cause="tax_undeclared",
        table=f"bronze_{source.name}",
        message=f"Whether the amounts of '{source.name}' contain tax is not known; they are used "
        "as they are, so a return on them can be off by the tax rate.",
        fix=f"Declare 'tax: excluded', or 'tax: included' with 'tax_rate', for '{source.name}'.",
    )


def _check_currency(
    source: Source, *, project: Project, deliveries: pl.DataFrame
) -> Finding | None:
    is_known = source.currency or _read_values(deliveries, source=source, column="currency")
    is_kpi = _is_money_kpi(source, project=project)
    if is_known or not (source.has_media or is_kpi):
        return None
    return Finding(
        severity="warning",
        cause="currency_undeclared",
        table=f"bronze_{source.name}",
        message=f"The currency of '{source.name}' is neither in its files nor in mmm.yaml; its "
        f"amounts count as {project.currency}.",
        fix=f"Declare 'currency' for '{source.name}' in mmm.yaml.",
    )


def _check_zone(source: Source, *, project: Project, deliveries: pl.DataFrame) -> Finding | None:
    if source.period != "day":
        return None
    read = _read_values(deliveries, source=source, column="time_zone")
    zone = source.time_zone or (read[0] if read else None)
    if zone == project.time_zone:
        return None
    message = (
        f"'{source.name}' cuts its days at midnight in {zone}, the project in {project.time_zone}; "
        "late hours count to the neighbouring day."
        if zone
        else f"In which time zone '{source.name}' cuts its days is not known; they count as days "
        f"in {project.time_zone}."
    )
    return Finding(
        severity="info" if zone else "warning",
        cause="time_zone_differs" if zone else "time_zone_undeclared",
        table=f"bronze_{source.name}",
        message=message,
        fix=f"Export '{source.name}' in {project.time_zone}."
        if zone
        else f"Declare 'time_zone' for '{source.name}' in mmm.yaml.",
    )
