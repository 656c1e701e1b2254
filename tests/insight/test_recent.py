"""What the newest days brought."""

import numpy as np
import pytest

from mmm_orchestration.insight.contributions import compute_contributions
from mmm_orchestration.insight.recent import compute_recent, summarise_recent
from tests.decisions.drawn import make_posterior as draw_posterior

from .known import make_posterior

pytestmark = pytest.mark.unit


def test_tv_by_hand() -> None:
    """Of tv's 10, 0, 30, 0 the last two weeks answer with 30 / 40 of an effect of 50 and 60."""
    total = compute_recent(make_posterior(), n_periods=2)
    assert total[:, 0] == pytest.approx([37.5, 45.0])


def test_all_periods_are_the_whole() -> None:
    """The sums of the report, draw by draw, over two geos."""
    posterior = draw_posterior(n_geos=2, n_periods=20)
    whole = compute_contributions(posterior, interval=0.94)
    assert compute_recent(posterior, n_periods=20) == pytest.approx(whole.total)
    recent = summarise_recent(posterior, days=20 * 7)
    assert recent.kpi == pytest.approx(posterior.data.kpi_total.sum())
    assert recent.baseline.median == pytest.approx(np.median(whole.baseline_total))


def test_the_window_is_whole_periods() -> None:
    """Ninety days are twelve weeks; the KPI before is that of the twelve weeks before."""
    posterior = draw_posterior(n_periods=30)
    recent, kpi = summarise_recent(posterior), posterior.data.kpi_total
    assert (recent.n_periods, recent.first) == (12, str(posterior.data.periods[-12]))
    assert recent.last == str(posterior.data.periods[-1] + np.timedelta64(6, "D"))
    assert (recent.kpi, recent.kpi_before) == (kpi[-12:].sum(), kpi[-24:-12].sum())


def test_the_largest_roi_is_first_with_its_probability() -> None:
    """Probabilities add up to one, and a window that reaches beyond the data has none before."""
    recent = summarise_recent(draw_posterior(n_periods=15))
    medians = [channel.roi.median for channel in recent.channels if channel.roi]
    assert medians == sorted(medians, reverse=True)
    assert sum(channel.is_first or 0 for channel in recent.channels) == pytest.approx(1)
    assert recent.kpi_before is None


def test_a_channel_that_was_off_has_no_roi() -> None:
    """Tv spends nothing in the last week; what it brought counts all the same."""
    recent = summarise_recent(make_posterior(), days=7)
    tv = next(channel for channel in recent.channels if channel.channel == "tv")
    assert (tv.spend, tv.roi, tv.is_first) == (0.0, None, None)
    assert recent.channels[-1] is tv
