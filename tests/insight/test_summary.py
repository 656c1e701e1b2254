"""Every reported quantity against values computed by hand from known unknowns."""

import numpy as np
import pytest

from mmm_orchestration.insight.contributions import compute_contributions
from mmm_orchestration.insight.curves import compute_curves
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import ChannelResult, RoiResults
from mmm_orchestration.insight.summary import summarise
from mmm_orchestration.model.posterior import Posterior

from .known import make_posterior

pytestmark = pytest.mark.unit

# tv, alpha 0: 10/(10+10) = 1/2 and 30/40 = 3/4 of effects 50 and 60
TV_TOTAL = np.array([50, 60]) * 1.25
# radio, kernel (2/3, 1/3): 667, 1667, 667, 667; squared over squared plus 1000²
RADIO_ADSTOCK = np.array([2000, 5000, 2000, 2000]) / 3
RADIO_DRAWS = np.array([40, 44]) * (RADIO_ADSTOCK**2 / (RADIO_ADSTOCK**2 + 1e6)).sum()
RADIO_TOTAL = float(RADIO_DRAWS.mean())
KPI_TOTAL = 560.0


def report(posterior: Posterior) -> RoiResults:
    """The results of a posterior with empty provenance."""
    return summarise(
        posterior,
        model_version="3",
        delta_versions={"gold_kpi_daily": 7},
        code_version="0.1",
        fitted_at="2024-02-01T06:00:00Z",
    )


def get_channel(posterior: Posterior, name: str) -> ChannelResult:
    """The result of one channel."""
    return next(c for c in report(posterior).channels if c.channel == name)


def test_contribution_is_effect_times_saturated_adstock() -> None:
    """Contributions of both draws are those computed by hand."""
    parts = compute_contributions(make_posterior(), interval=0.94)
    assert parts.total[:, 0] == pytest.approx(TV_TOTAL)
    assert parts.total[:, 1] == pytest.approx(RADIO_DRAWS)


def test_roi_is_contribution_over_spend() -> None:
    """The ROI of tv divides by 40 and lies between its two draws."""
    roi = get_channel(make_posterior(), "tv").roi
    assert roi is not None
    assert roi.median == pytest.approx(TV_TOTAL.mean() / 40)
    assert TV_TOTAL[0] / 40 < roi.low < roi.high < TV_TOTAL[1] / 40


def test_roi_of_impressions_divides_by_spend_and_counts_carry_over() -> None:
    """Radio is modelled by impressions and paid in money; its lagged effect counts."""
    roi = get_channel(make_posterior(), "radio").roi
    assert roi is not None
    assert roi.median == pytest.approx(RADIO_TOTAL / 80)


def test_marginal_roi_is_what_one_per_cent_more_brings() -> None:
    """Tv with 1.01 of its spend in every week, by hand."""
    more = 10.1 / 20.1 + 30.3 / 40.3 - 1.25
    marginal = get_channel(make_posterior(), "tv").marginal_roi
    assert marginal is not None
    assert marginal.median == pytest.approx(55 * more / 0.4)


def test_share_is_of_the_total_kpi() -> None:
    """The share of radio is its contribution over 560."""
    assert get_channel(make_posterior(), "radio").share.median == pytest.approx(
        RADIO_TOTAL / KPI_TOTAL
    )


def test_carry_over_counts_days_until_nine_tenths_have_come() -> None:
    """Tv acts at once; radio brings a third one week later."""
    found = [c.carry_over_days.median for c in report(make_posterior()).channels]
    assert found == [0, 7]


def test_no_spend_is_no_roi() -> None:
    """A channel without spend has contribution and share but neither spend nor ROI."""
    radio = get_channel(make_posterior(radio_spend=np.full(4, np.nan)), "radio")
    assert (radio.spend, radio.roi, radio.marginal_roi) == (None, None, None)
    assert radio.contribution.median == pytest.approx(RADIO_TOTAL)


def test_units_are_valued_in_money() -> None:
    """A KPI in units with a value multiplies into ROI but not into contribution."""
    valued = ", kind: units, unit: orders, value_per_unit: 20"
    tv = get_channel(make_posterior(kpi=valued), "tv")
    assert tv.roi is not None
    assert tv.roi.median == pytest.approx(20 * TV_TOTAL.mean() / 40)
    assert tv.contribution.median == pytest.approx(TV_TOTAL.mean())


def test_units_without_value_give_units_per_money() -> None:
    """Without a value ROI is units per unit of money."""
    tv = get_channel(make_posterior(kpi=", kind: units, unit: orders"), "tv")
    assert tv.roi is not None
    assert tv.roi.median == pytest.approx(TV_TOTAL.mean() / 40)


def test_response_curve_is_the_steady_answer() -> None:
    """At a steady spend of 10 tv brings half its effect; the axis ends beyond the largest."""
    curve = compute_curves(make_posterior())[0]
    at_ten = np.interp(10.0, curve.level, curve.median)
    assert at_ten == pytest.approx(55 / 2, rel=1e-3)
    assert (curve.unit, curve.observed, curve.observed_max) == ("EUR", 20, 30)
    assert curve.level[-1] == pytest.approx(37.5)
    assert curve.median[0] == 0


def test_response_curve_of_impressions_is_drawn_over_spend() -> None:
    """20 EUR buy 1000 impressions, the half saturation of radio."""
    curve = compute_curves(make_posterior())[1]
    assert np.interp(20.0, curve.level, curve.median) == pytest.approx(21, rel=1e-2)


def test_response_curve_without_spend_is_drawn_over_exposure() -> None:
    """Without spend the axis is impressions."""
    curve = compute_curves(make_posterior(radio_spend=np.full(4, np.nan)))[1]
    assert (curve.unit, curve.observed_max) == ("impressions", 2000)


def test_series_adds_up() -> None:
    """Baseline and media add up to the fit in every week."""
    series = report(make_posterior()).series
    assert np.allclose(series.baseline + series.media.sum(axis=1), series.fit)
    assert series.baseline == pytest.approx(np.full(4, 95.0))


def test_fit_metrics_by_hand() -> None:
    """R², MAPE and wMAPE of the mean fit."""
    results = report(make_posterior())
    kpi = np.array([150.0, 130.0, 160.0, 120.0])
    error = np.abs(kpi - results.series.fit)
    assert results.fit.wmape == pytest.approx(error.sum() / 560)
    assert results.fit.mape == pytest.approx((error / kpi).mean())
    assert results.fit.r2 == pytest.approx(1 - (error**2).sum() / 1000)
    assert 0 <= results.fit.coverage <= 1


def test_provenance_names_data_model_and_seed() -> None:
    """Every figure can be traced."""
    posterior = make_posterior()
    found = report(posterior).provenance
    assert (found.snapshot, found.seed) == (posterior.data.snapshot, posterior.seed)
    assert (found.first_day, found.trained_through) == ("2024-01-01", "2024-01-28")
    assert (found.n_draws, found.kpi_unit) == (2, "EUR")


def test_notes_of_the_data_reach_the_report() -> None:
    """What was left out of the model is said in the report."""
    assert report(make_posterior()).notes == ("A note of the data.",)


def test_interval_holds_ninety_four_per_cent() -> None:
    """The interval of 0 … 100 runs from 3 to 97."""
    interval = compute_interval(np.arange(101.0))
    assert (interval.low, interval.median, interval.high) == pytest.approx((3, 50, 97))
