"""Trouble that is seen in a posterior after its fit."""

import numpy as np
import pytest

from mmm_orchestration.diagnosis.after import _EXAMINATIONS, examine_posterior
from mmm_orchestration.diagnosis.fitted import take_apart
from mmm_orchestration.diagnosis.residuals import measure_pull
from mmm_orchestration.diagnosis.sensitivity import compute_robustness, count_times
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.quality.finding import Finding

from .made import N_DRAWS, N, make_data, make_exposure, make_posterior, project_with, respond

pytestmark = pytest.mark.unit

TIME = np.arange(N)


def examine(data: ModelData, *, extra: str = "", **changed: Array) -> dict[str, Finding]:
    """The last finding of each cause on the posterior of the data."""
    project = project_with(*data.control_names, extra=extra)
    found = examine_posterior(make_posterior(data, project=project, **changed))
    return {finding.cause: finding for finding in found}


def contribute(data: ModelData) -> Array:
    """True contribution of tv, which is 120 on average, shape (date,)."""
    response = respond(data, project=project_with())[:, 0]
    return 120 * response / response.mean()


def test_clean_posteriors_are_quiet() -> None:
    """Over thirty worlds without trouble fewer than one in fifty examinations warns."""
    told = []
    for seed in range(30):
        data = make_data(seed=seed)
        told += examine_posterior(make_posterior(data, project=project_with()))
    assert len([f for f in told if f.severity != "info"]) < 0.02 * 30 * len(_EXAMINATIONS)


def test_a_break_is_told_with_its_date() -> None:
    """A level that falls by five deviations at period eighty is found there."""
    found = examine(make_data(extra=-100.0 * (TIME >= 80)), extra="model: {trend: linear}")
    assert found["change_point"].days is not None
    assert abs((found["change_point"].days.first - make_data().periods[80].item()).days) <= 7


def test_slow_residuals_are_told() -> None:
    """Noise that remembers 0.7 of the week before is no white noise, and no break."""
    rng = np.random.default_rng(0)
    slow = np.zeros(N)
    for t in range(1, N):
        slow[t] = 0.7 * slow[t - 1] + rng.normal(0, 30)
    found = examine(make_data(extra=slow))
    assert found["residual_autocorrelation"].numbers["rho"] == pytest.approx(0.7, abs=0.2)


def test_a_season_that_is_left_is_told_with_its_length() -> None:
    """A cycle of a quarter of a year is not in a design without seasons."""
    wave = 40 * np.sin(2 * np.pi * TIME * 7 / 91.3)
    found = examine(make_data(extra=wave), extra="model: {yearly_order: 1}")
    assert found["season_left"].numbers["days"] == pytest.approx(91.3, abs=3)


def test_an_effect_that_fades_is_told() -> None:
    """Television that works twice as well at the start as on average drifts."""
    data = make_data()
    fading = contribute(data) * np.linspace(0.9, -0.9, N)
    assert examine(make_data(extra=fading))["effect_drift"].channel == "tv"


def test_a_wrong_curve_is_told() -> None:
    """Effects that start only above a threshold do not follow a concave curve."""
    data = make_data()
    level = contribute(data)
    stepped = 160.0 * (level > np.quantile(level, 0.7)) - level
    assert examine(make_data(extra=stepped, noise=10))["curve_misfit"].channel == "tv"


def test_a_spike_that_pulls_is_told() -> None:
    """An exposure fifteen times the highest other stands apart, with its date."""
    x = make_exposure(0)
    x[60, 1] = 15 * x[:, 1].max()
    found = examine(make_data(exposure=x))["outlier_leverage"]
    assert str(make_data().periods[60]) in found.message


def test_leaving_out_a_period_moves_what_the_pull_says() -> None:
    """The pull on a contribution is the change that a fit without the row brings."""
    rng = np.random.default_rng(1)
    view = take_apart(make_posterior(make_data(), project=project_with())).whole
    columns = np.hstack([view.contribution, view.baseline])
    series = view.residual
    whole = np.linalg.lstsq(columns, series, rcond=1e-9)[0]
    row = int(rng.integers(N))
    without = np.linalg.lstsq(np.delete(columns, row, 0), np.delete(series, row), rcond=1e-9)[0]
    assert measure_pull(view)[1][row] == pytest.approx((without - whole)[:3], abs=1e-6)


def test_a_wide_posterior_is_the_prior() -> None:
    """Draws as wide as the prior have learned nothing of any reported number."""
    rng = np.random.default_rng(2)
    effect = np.exp(rng.normal(4, 1.1, (N_DRAWS, 3)))
    found = examine(make_data(), effect=effect)["prior_dominates"]
    assert found.severity == "warning"
    assert found.numbers["contribution"] < 0.5


def test_channels_that_trade_off_are_read_as_their_sum() -> None:
    """What one of two effects gains the other loses; their sum is told."""
    rng = np.random.default_rng(3)
    first = rng.uniform(50, 150, N_DRAWS)
    effect = np.column_stack([first, 200 - first, rng.normal(100, 1, N_DRAWS)])
    found = examine(make_data(), effect=effect)["collinear_channels"]
    assert "'tv' and 'radio'" in found.message
    assert found.severity == "warning"


def test_two_modes_are_two_answers() -> None:
    """A half saturation of one half in one chain and of two in the other is told with both."""
    rng = np.random.default_rng(4)
    half = np.exp(rng.normal(0, 0.1, (N_DRAWS, 3)))
    half[: N_DRAWS // 2, 0] *= 0.5
    half[N_DRAWS // 2 :, 0] *= 2.0
    found = examine(make_data(), half_saturation=half)["bimodal_posterior"]
    assert found.numbers["low"] == pytest.approx(0.5, rel=0.15)
    assert found.numbers["high"] == pytest.approx(2.0, rel=0.15)


def test_a_baseline_below_zero_is_critical() -> None:
    """Media that bring more than the KPI leave less than nothing."""
    data = make_data()
    posterior = make_posterior(data, project=project_with())
    posterior.draws["baseline"].to_numpy()[..., 0] = -200.0
    found = {f.cause: f.severity for f in examine_posterior(posterior)}
    assert found["negative_baseline"] == "critical"


def test_a_return_beyond_belief_is_told() -> None:
    """A channel that brings a hundred times its spend is doubtful."""
    x = make_exposure(0)
    found = examine(make_data(exposure=x, spend=x * np.array([0.01, 1, 1])))
    assert found["implausible_roi"].channel == "tv"


def test_a_weak_effect_is_easily_confounded() -> None:
    """An effect no larger than its error is halved by a weak confounder."""
    rng = np.random.default_rng(5)
    effect = np.abs(rng.normal(20, 25, (N_DRAWS, 3))) + 1
    assert examine(make_data(), effect=effect)["unobserved_confounding"].severity == "warning"


def test_robustness_is_that_of_the_paper() -> None:
    """The published case: t 4.18 with 783 degrees of freedom is robust up to 13.9 %."""
    assert compute_robustness(4.184, freedom=783, part=1.0) == pytest.approx(0.139, abs=5e-4)


def test_a_driver_counts_until_the_effect_is_halved() -> None:
    """At the count returned the bias is half the effect."""
    times = count_times(0.2, 0.1, t=5.0, freedom=100)
    a, b = 0.25 * times, times * 0.1 / 0.9
    assert np.sqrt(a / (1 - a) * b * 100) / 5.0 == pytest.approx(0.5)


def test_infinite_draws_are_critical() -> None:
    """One infinite draw is all that is said."""
    effect = np.full((N_DRAWS, 3), np.inf)
    assert examine(make_data(), effect=effect)["not_finite"].severity == "critical"
