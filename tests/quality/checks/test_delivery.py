"""Money without media and the reverse."""

import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.checks.delivery import (
    find_delivery_without_spend,
    find_spend_without_delivery,
)
from tests.quality.frames import DAYS, make_project, make_silver_media, plant

pytestmark = pytest.mark.unit

PROJECT = make_project()


def test_clean_media_are_silent() -> None:
    """Television, which reports no impressions, has none missing."""
    assert find_spend_without_delivery(make_silver_media(), project=PROJECT) == []
    assert find_delivery_without_spend(make_silver_media(), project=PROJECT) == []


def test_spend_without_impressions_is_named() -> None:
    """The finding tells channel, campaign, amount and day."""
    frame = plant(
        make_silver_media(), DAYS[3], by="source", equals="meta", impressions=0.0, spend=345.0
    )
    [finding] = find_spend_without_delivery(frame, project=PROJECT)
    assert "345 EUR were spent without a single impression on 1 day" in finding.message
    assert "'Prospecting'" in finding.message
    assert (finding.channel, finding.days) == ("social", DayWindow(DAYS[3], DAYS[3]))


def test_impressions_without_spend_are_named() -> None:
    """The finding tells how many impressions were free of charge."""
    frame = plant(
        make_silver_media(), DAYS[3], by="source", equals="google", impressions=2500.0, spend=0.0
    )
    [finding] = find_delivery_without_spend(frame, project=PROJECT)
    assert "2,500 impressions were shown without any spend" in finding.message
    assert finding.cause == "delivery_without_spend"


def test_a_few_impressions_are_silent() -> None:
    """Late impressions of a paused campaign are not worth a word."""
    frame = plant(
        make_silver_media(), DAYS[3], by="source", equals="google", impressions=7.0, spend=0.0
    )
    assert find_delivery_without_spend(frame, project=PROJECT) == []
