"""A refresh report with hand-picked movements."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from mmm_orchestration.insight.results import SeedNoise
from mmm_orchestration.refresh.results import (
    CAUSES,
    Cause,
    Movement,
    Quantity,
    RefreshReport,
    RestatedDays,
    RestatedSeries,
    Step,
)


def move(
    channel: str,
    parts: Mapping[Cause, float],
    *,
    quantity: Quantity = "roi",
    before: float = 2.0,
    noise: float | None = 0.01,
    spread: float | None = 0.2,
) -> Movement:
    """A movement from `before` by `parts`."""
    whole = {cause: parts.get(cause, 0.0) for cause in CAUSES}
    return Movement(
        channel=channel,
        quantity=quantity,
        before=before,
        after=before + sum(whole.values()),
        parts=whole,
        noise=noise,
        spread=spread,
    )


def make_report(*movements: Movement, **changes: object) -> RefreshReport:
    """The report of `movements`; a cause has changed where one of them has a part of it."""
    changed = {cause for m in movements for cause, part in m.parts.items() if part}
    report = RefreshReport(
        version="2026-06-30-new",
        champion="2026-05-31-old",
        project="shop",
        kpi_unit="GBP",
        currency="GBP",
        trained_through=date(2026, 6, 30),
        champion_through=date(2026, 5, 31),
        steps=tuple(Step(c, is_changed=c in changed, what=f"about {c}") for c in CAUSES),
        movements=movements,
        noise=(SeedNoise("tv", 10.0, 0.01, 0.02, 0.005),),
        restated=(RestatedSeries("spend of tv", 2, date(2026, 5, 1), date(2026, 5, 14), 90, 99),),
        restated_days=(
            RestatedDays("silver_media", "spend", (date(2026, 5, 2), date(2026, 5, 3)), 9.0, 9.9),
        ),
        new_channels=(),
        gone_channels=(),
        seeds=(2, 3),
        n_refits=3,
        notes=(),
    )
    return replace(report, **changes)  # type: ignore[arg-type]
