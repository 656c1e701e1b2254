"""Seed noise, the report's own arithmetic and its file."""

from dataclasses import replace
from datetime import date
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from mmm_orchestration.insight.results import SeedNoise
from mmm_orchestration.refresh.numbers import join_noise, measure_noise, measure_numbers
from mmm_orchestration.refresh.results import (
    find_refresh,
    join_days,
    keep_refresh,
    seed_noise,
)
from tests.insight.known import make_posterior

from .sample import make_report, move

pytestmark = pytest.mark.unit


def test_noise_is_the_spread_of_chains_over_the_root_of_their_number() -> None:
    """Two chains of one draw: the difference of their numbers over two, whatever the fits."""
    posterior = make_posterior()
    ones = [
        measure_numbers(replace(posterior, draws=posterior.draws.isel(chain=[c])))["tv"].roi
        for c in (0, 1)
    ]
    roi = np.array([one for one in ones if one is not None])
    noise = {each.channel: each for each in measure_noise([posterior])}
    assert noise["tv"].roi == pytest.approx(abs(roi[1] - roi[0]) / 2)
    twice = {each.channel: each for each in measure_noise([posterior, posterior])}
    assert twice["tv"].roi == pytest.approx(np.repeat(roi, 2).std(ddof=1) / sqrt(2))


def test_noise_of_both_ends_is_joined() -> None:
    """The mean of the variances; what one end does not know is that of the other."""
    old = SeedNoise("tv", contribution=3.0, roi=0.1, marginal_roi=None, split=0.0)
    new = SeedNoise("tv", contribution=4.0, roi=0.1, marginal_roi=0.2, split=0.02)
    both, radio = join_noise([old], [new, replace(new, channel="radio")])
    assert both.contribution == pytest.approx(sqrt((9 + 16) / 2))
    assert (both.roi, both.marginal_roi) == (pytest.approx(0.1), pytest.approx(0.2))
    assert both.split == pytest.approx(0.02 / sqrt(2))
    assert radio.roi == pytest.approx(0.1)


def test_numbers_are_per_day_and_splits_add_up() -> None:
    """A contribution is its total over the days, and recommended parts make the whole budget."""
    numbers = measure_numbers(make_posterior())
    assert numbers["tv"].contribution == pytest.approx(
        numbers["tv"].roi * 40 / 28  # type: ignore[operator]
    )
    assert sum(n.split for n in numbers.values() if n.split) == pytest.approx(1)


def test_a_channel_without_spend_has_no_return() -> None:
    """Without spend there is a contribution and neither ROI nor a part of the budget."""
    radio = measure_numbers(make_posterior(radio_spend=np.full(4, np.nan)))["radio"]
    assert radio.contribution > 0
    assert (radio.roi, radio.marginal_roi, radio.split) == (None, None, None)


def test_parts_are_told_apart_into_data_and_rest() -> None:
    """Restated and new days are data; code, settings and seed are the rest."""
    moved = move("tv", {"new_days": 0.3, "restated": -0.1, "seed": 0.05, "code": 0.02})
    report = make_report(moved, move("radio", {"new_days": -0.33}))
    assert (moved.by_data, moved.rest) == (pytest.approx(0.2), pytest.approx(0.07))
    assert moved.moved == pytest.approx(0.27)
    assert report.doubt_of_rest(moved) == pytest.approx(0.02)
    assert report.attribute("roi")["new_days"] == pytest.approx(0.63 / 0.8)
    assert set(report.attribute("split").values()) == {0.0}


def test_a_report_is_read_as_it_was_kept(tmp_path: Path) -> None:
    """The file holds the whole report, and no draft is left beside it."""
    report = make_report(move("tv", {"new_days": 0.3}, noise=None))
    file = keep_refresh(report, folder=tmp_path)
    assert find_refresh(tmp_path, version=report.version) == report
    assert seed_noise(tmp_path, version=report.version) == report.noise
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert find_refresh(tmp_path, version="other") is None
    assert seed_noise(tmp_path, version="other") == ()


def test_days_are_joined_into_ranges() -> None:
    """Neighbouring days are one range, single days stand alone."""
    days = [date(2026, 3, d) for d in (9, 2, 3, 4)]
    assert join_days(days) == "2026-03-02 to 2026-03-04, 2026-03-09"
    assert join_days([]) == ""
