"""What mmm.yaml leaves open or contradicts."""

import polars as pl
import pytest

from mmm_orchestration.project import UNMAPPED, Project
from mmm_orchestration.quality.checks.declarations import (
    find_mixed_currency,
    find_undeclared,
    find_unmapped,
)
from mmm_orchestration.quality.checks.thresholds import Thresholds
from tests.quality.frames import make_deliveries, make_project, make_silver_media

pytestmark = pytest.mark.unit

PROJECT = make_project()


def change_source(name: str, **update: object) -> Project:
    """The project with one source declared differently."""
    sources = tuple(s.model_copy(update=update) if s.name == name else s for s in PROJECT.sources)
    return PROJECT.model_copy(update={"sources": sources})


def deliver(source: str, column: str, value: str | None) -> pl.DataFrame:
    """The clean register with another value in the row of one source."""
    changed = pl.when(pl.col("source") == source).then(pl.lit(value)).otherwise(pl.col(column))
    return make_deliveries().with_columns(changed.alias(column))


def test_one_currency_is_silent() -> None:
    """Sources in the project's currency give no finding."""
    assert find_mixed_currency(make_deliveries(), project=PROJECT) == []


def test_two_currencies_in_one_source_are_critical() -> None:
    """Amounts of one source in two currencies are named."""
    both = pl.concat([make_deliveries(), deliver("meta", "currency", "USD")])
    [finding] = find_mixed_currency(both, project=PROJECT)
    assert (finding.severity, finding.cause) == ("critical", "mixed_currency")
    assert "'meta' delivered amounts in 2 currencies: EUR, USD" in finding.message


def test_a_foreign_currency_needs_a_rate() -> None:
    """Dollars without an exchange rate are an error, with one they are silent."""
    register = deliver("meta", "currency", "USD")
    [finding] = find_mixed_currency(register, project=PROJECT)
    assert finding.cause == "no_exchange_rate"
    assert find_mixed_currency(register, project=change_source("meta", exchange_rate=0.9)) == []


def test_a_declared_currency_must_hold() -> None:
    """A delivery in another currency than declared is an error."""
    [finding] = find_mixed_currency(deliver("shop", "currency", "CHF"), project=PROJECT)
    assert finding.message == "'shop' delivers CHF but mmm.yaml declares EUR."


def test_a_declared_project_is_silent() -> None:
    """Tax, currency and time zone are all known."""
    assert find_undeclared(make_deliveries(), project=PROJECT) == []


def test_unknown_tax_is_named() -> None:
    """A media source without a word on tax is told with the line to add."""
    [finding] = find_undeclared(make_deliveries(), project=change_source("meta", tax="unknown"))
    assert finding.cause == "tax_undeclared"
    assert "tax: excluded" in finding.fix


def test_unknown_currency_is_named() -> None:
    """A source whose currency nobody says is told."""
    [finding] = find_undeclared(deliver("meta", "currency", None), project=PROJECT)
    assert finding.cause == "currency_undeclared"


@pytest.mark.parametrize(
    ("zone", "cause", "severity"),
    [
        (None, "time_zone_undeclared", "warning"),
        ("America/New_York", "time_zone_differs", "info"),
    ],
)
def test_other_time_zones_are_named(zone: str | None, cause: str, severity: str) -> None:
    """Days cut elsewhere or nobody knows where are told."""
    project = change_source("google", time_zone=None)
    [finding] = find_undeclared(deliver("google", "time_zone", zone), project=project)
    assert (finding.cause, finding.severity) == (cause, severity)


def unmap(campaign: str, *, spend: float) -> pl.DataFrame:
    """One day of a google campaign without a channel."""
    row = make_silver_media().filter(pl.col("source") == "google").head(1)
    return row.with_columns(
        channel=pl.lit(UNMAPPED), campaign=pl.lit(campaign), spend=pl.lit(spend, dtype=pl.Float64)
    )


def test_mapped_campaigns_are_silent() -> None:
    """Every campaign has a channel."""
    assert find_unmapped(make_silver_media(), project=PROJECT) == []


def test_an_unmapped_campaign_is_named_with_its_rule() -> None:
    """The finding tells spend, share and the rule to add to the nearest channel."""
    media = make_silver_media().with_columns(spend=pl.lit(100.0))
    rows = pl.concat([media, unmap("searc generic", spend=100.0)])
    [finding] = find_unmapped(rows, project=PROJECT)
    assert "It spent 100 EUR, 0.8% of all spend" in finding.message
    assert '{source: google, campaign: "searc generic"}' in finding.fix
    assert finding.fix.endswith("the nearest is 'search'.")
    assert finding.severity == "warning"


def test_much_unmapped_spend_is_an_error() -> None:
    """From a twentieth of all spend on the model would miss too much."""
    rows = pl.concat([make_silver_media(), unmap("new", spend=1e6)])
    assert [f.severity for f in find_unmapped(rows, project=PROJECT)] == ["error"]


def test_many_unmapped_campaigns_are_summed_up() -> None:
    """Only the largest get a finding of their own."""
    rows = pl.concat([make_silver_media(), *(unmap(f"c{i}", spend=i) for i in range(5))])
    findings = find_unmapped(rows, project=PROJECT, thresholds=Thresholds(n_unmapped=2))
    assert len(findings) == 3
    assert "'c4'" in findings[0].message
    assert findings[2].message.startswith("3 more campaigns match no channel: 'c2', 'c1', 'c0'")
    assert findings[2].n_rows == 3
