"""One's own numbers beside those of others."""

from dataclasses import replace

import pytest

from mmm_orchestration.decisions.field import (
    list_kinds,
    list_published,
    measure_elasticity,
    name_kinds,
    place,
)
from mmm_orchestration.errors import PlanError
from mmm_orchestration.insight.results import Interval, RoiResults
from mmm_orchestration.insight.summary import summarise
from tests.insight.known import make_posterior

pytestmark = pytest.mark.unit


def make_results(kpi: str = "") -> RoiResults:
    """What the known posterior says."""
    return summarise(
        make_posterior(kpi=kpi),
        model_version="v",
        delta_versions={},
        code_version="0",
        fitted_at="2026-01-01",
    )


def test_every_figure_has_a_source_and_a_doubt() -> None:
    """Nothing is published by nobody, and each low is no more than its high."""
    assert len(list_published()) > 15
    for each in list_published():
        about = each.source
        assert all((about.title, about.publisher, about.place, about.basis, about.weak))
        assert 1980 < about.year <= 2026
        assert 0 < each.low <= each.high
        assert each.kind in {"", *list_kinds()}


def test_a_word_of_the_name_tells_the_kind() -> None:
    """Two words of two kinds tell none, and what is given counts more."""
    found = name_kinds(("linear_tv", "meta", "tv_social", "flyers"), given={"flyers": "print"})
    assert found == {"linear_tv": "tv", "meta": "paid_social", "flyers": "print"}
    with pytest.raises(PlanError, match="no kind 'balloon'"):
        name_kinds(("tv",), given={"tv": "balloon"})
    with pytest.raises(PlanError, match="no channel 'radio'"):
        name_kinds(("tv",), given={"radio": "audio"})


def test_like_is_compared_with_like() -> None:
    """Revenue with revenue; with a margin also profit, in a band of two horizons."""
    results = make_results()
    kinds = {"tv": "tv", "radio": "audio"}
    assert {row.published.measure for row in place(results, kinds=kinds)} == {
        "revenue_roi",
        "media_share",
        "elasticity",
        "carry_over_days",
    }
    rows = place(results, kinds=kinds, margin=0.5)
    profit = [r for r in rows if r.channel == "tv" and r.published.measure == "profit_roi"]
    tv = next(c for c in results.channels if c.channel == "tv")
    assert tv.roi is not None
    assert {row.own.median for row in profit} == {0.5 * tv.roi.median}
    assert {(row.published.low, row.published.high) for row in profit} == {
        (1.79, 5.61),
        (1.73, 4.2),
    }


def test_roi_of_orders_is_compared_with_nothing() -> None:
    """A KPI that is no money has no revenue per unit of money."""
    rows = place(make_results(", unit: orders"), kinds={"tv": "tv"}, margin=0.5)
    assert {row.published.measure for row in rows} <= {"media_share", "carry_over_days"}


@pytest.mark.parametrize(
    ("own", "verdict"),
    [((0.02, 0.01, 0.05), "below"), ((0.1, 0.05, 0.3), "within"), ((0.4, 0.2, 0.6), "above")],
)
def test_the_whole_interval_decides(own: tuple[float, float, float], verdict: str) -> None:
    """A share of media against 7.6 to 18.5 per cent."""
    median, low, high = own
    share = Interval(1 - median, 1 - high, 1 - low)
    rows = place(replace(make_results(), baseline_share=share), kinds={})
    assert [row.verdict for row in rows if row.published.measure == "media_share"] == [verdict]


def test_elasticity_adds_up_what_more_of_each_brings() -> None:
    """Marginal ROI times spend over the KPI, summed over channels."""
    results = make_results()
    found = measure_elasticity(results)
    paid = [(c.marginal_roi, c.spend) for c in results.channels if c.marginal_roi and c.spend]
    assert found is not None
    expected = sum(roi.median * spend for roi, spend in paid) / results.series.kpi.sum()
    assert found.median == pytest.approx(expected)
