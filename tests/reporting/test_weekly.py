"""The weekly report in words, as HTML and as PDF."""

import re
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.insight.results import RoiResults, SeedNoise
from mmm_orchestration.reporting.weekly import (
    WeeklyPage,
    WeeklyReport,
    build_empty_page,
    build_page,
    find_week,
    measure_week,
    name_week,
    remember,
)
from mmm_orchestration.reporting.weekly_page import render_weekly
from mmm_orchestration.reporting.weekly_pdf import render_pdf
from mmm_orchestration.reporting.weekly_words import DataHealth, KpiWeek, Moved

from .sample import make_findings, make_results
from .test_report import HOSTILE, Page

pytestmark = pytest.mark.unit

MONDAY = date(2026, 1, 5)
WEEK = find_week(MONDAY)
KPI = KpiWeek(WEEK, 312_400.0, 300_000.0, 240_000.0, 7, WEEK.last)
HEALTH = DataHealth(tuple(make_findings()), 412, 3, ())
MOVED = (
    Moved("tv", 1.3, 1.4, {"new_days": 0.1}, 0.02),
    Moved("paid_search", 3.0, 3.2, {"new_days": 0.17, "restated": 0.05, "seed": -0.02}, 0.03),
)


@pytest.fixture(scope="module")
def results() -> RoiResults:
    """Eight channels over 156 weeks."""
    return make_results()


def make_report(*pages: WeeklyPage) -> WeeklyReport:
    """The report of the week with these pages."""
    return WeeklyReport("acme_shop", WEEK, MONDAY, pages)


def make_page(
    results: RoiResults, *, kpi: KpiWeek = KPI, health: DataHealth = HEALTH
) -> WeeklyPage:
    """The page without an earlier report."""
    return build_page(results, kpi=kpi, health=health, before=None, moved=())


def count_pages(pdf: bytes) -> int:
    """The pages of a PDF."""
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def test_the_week_is_the_last_whole_one() -> None:
    """From Monday to Sunday the report is of the ISO week before, also over the turn of a year."""
    for back in range(7):
        assert find_week(MONDAY + timedelta(days=back)) == WEEK
    assert DayWindow(date(2025, 12, 29), date(2026, 1, 4)) == WEEK
    assert name_week(WEEK) == "2026-W01"


def test_a_week_is_measured_by_whole_days() -> None:
    """The sum over all geos is known where all seven days are, and unknown else."""
    days = [WEEK.first - timedelta(days=7) + timedelta(days=i) for i in range(13)]
    rows = {"date": days * 2, "geo": ["a"] * 13 + ["b"] * 13, "period_days": [1] * 26}
    frame = pl.DataFrame(rows | {"kpi": [10.0] * 26})
    kpi = measure_week(frame, week=WEEK)
    assert (kpi.value, kpi.before, kpi.a_year_ago) == (None, 140.0, None)
    assert (kpi.n_accepted, kpi.last_accepted) == (6, WEEK.last - timedelta(days=1))


def test_weekly_rows_count_as_seven_days() -> None:
    """One row of a weekly source is a whole week."""
    rows = {"date": [WEEK.first], "geo": ["a"], "period_days": [7], "kpi": [70.0]}
    kpi = measure_week(pl.DataFrame(rows), week=WEEK)
    assert (kpi.value, kpi.last_accepted) == (70.0, WEEK.last)


def test_the_headline_compares(results: RoiResults) -> None:
    """The KPI stands against the week before and the week a year ago."""
    page = make_page(results)
    assert page.headline == (
        "Revenue was £312k in the week to 4 Jan 2026, 4.1\u00a0% more than in the week before."
    )
    assert page.cards[0].note == "30\u00a0% more than in the week a year ago"


def test_an_unknown_week_is_no_zero(results: RoiResults) -> None:
    """Where days are missing the page says so and shows no number."""
    page = make_page(results, kpi=replace(KPI, value=None, n_accepted=4))
    assert "is not known yet" in page.headline
    assert (page.cards[0].value, page.cards[0].note) == ("not known", "4 of 7 days accepted")


def test_the_plan_ranks_by_marginal_roi(results: RoiResults) -> None:
    """The channels whose marginal ROI is above one are named, and so are those below it."""
    plan = make_page(results).plan
    assert plan[0].startswith("A little more money returns most, for each £1 more, in: paid_search")
    for channel in results.channels:
        marginal = channel.marginal_roi
        if marginal is not None and marginal.low > 1:
            assert channel.channel in next(line for line in plan if "would still pay" in line)
        if marginal is not None and marginal.high < 1:
            assert channel.channel in next(line for line in plan if "would not pay" in line)
    assert plan[-1] == "This ranks small steps; it is no budget plan."


def test_the_same_model_says_that_nothing_changed(results: RoiResults) -> None:
    """A week without a new model has one sentence on changes."""
    before = replace(remember(results, week=WEEK), week="2025-W52")
    (line,) = build_page(results, kpi=KPI, health=HEALTH, before=before, moved=()).changes
    assert "no return has changed" in line


def test_changes_have_their_causes(results: RoiResults) -> None:
    """With a refresh report the largest movements stand with their causes and with chance."""
    before = replace(remember(results, week=WEEK), week="2025-W52", version="old")
    lines = build_page(results, kpi=KPI, health=HEALTH, before=before, moved=MOVED).changes
    assert "those up to" in lines[0]
    assert lines[1] == (
        "ROI of paid_search: 3.00 became 3.20: +0.17 by new days, +0.05 by restated days and "
        "−0.02 by chance; chance alone moves it by ±0.03."
    )


def test_changes_without_causes_are_held_against_the_range(results: RoiResults) -> None:
    """Without a refresh report a movement inside the range of before is called hardly news."""
    before = replace(remember(results, week=WEEK), week="2025-W52", version="old")
    roi = dict(before.roi) | {"tv": (9.0, 8.5, 9.5), "meta": (2.2, 1.5, 3.3)}
    lines = build_page(
        results, kpi=KPI, health=HEALTH, before=replace(before, roi=roi), moved=()
    ).changes
    assert "ROI of tv: 9.0 became 1.4, outside the range" in lines[1]
    assert "look into it" in lines[1]
    assert "ROI of meta" in lines[2]
    assert "hardly news" in lines[2]


def test_silent_sources_are_on_the_first_screen(results: RoiResults) -> None:
    """A silent source takes the card of the data and a line of its health."""
    page = make_page(results, health=replace(HEALTH, stale=("meta_ads",)))
    assert page.cards[-1].value == "1 silent"
    assert any(line.startswith("Silent: meta_ads.") for line in page.health)
    assert any("412 delivered rows are quarantined, 3 of them" in line for line in page.health)


def test_without_a_model_the_page_says_why() -> None:
    """The KPI and the data stand there alone, with the reason."""
    page = build_empty_page(
        title="shop",
        kpi_name="revenue",
        unit="GBP",
        currency="GBP",
        why="It did not converge.",
        kpi=KPI,
        health=HEALTH,
    )
    html = render_weekly(make_report(page))
    assert "There is no model to say what media brought. It did not converge." in html
    assert Page(html).open == []
    assert count_pages(render_pdf(make_report(page))) == 1


def test_the_page_needs_nothing_from_outside(results: RoiResults) -> None:
    """The page has no address, script or style attribute, and every element is closed."""
    html = render_weekly(make_report(make_page(results)))
    page = Page(html)
    assert not re.search(r"https?:|//[a-z]|@import|javascript:", html)
    assert not page.tags & {"script", "iframe", "object", "embed", "base", "form", "img"}
    assert not {a for a in page.attributes if a.startswith("on") or a in {"src", "style"}}
    assert page.open == []
    for channel in results.channels:
        assert channel.channel in page.text


def test_hostile_names_are_text(results: RoiResults) -> None:
    """Names that look like markup are text on the page, and the PDF is made."""
    results = make_results(names=HOSTILE)
    report = make_report(make_page(results))
    page = Page(render_weekly(report))
    assert page.open == []
    assert not page.tags & {"script", "i"}
    assert count_pages(render_pdf(report)) == 1


def test_both_are_the_same_for_the_same_report(results: RoiResults) -> None:
    """HTML and PDF are equal byte for byte when made again."""
    one, two = (make_report(make_page(make_results())) for _ in range(2))
    assert render_weekly(one) == render_weekly(two)
    assert render_pdf(one) == render_pdf(two)


@pytest.mark.parametrize("n_channels", [1, 8, 30])
def test_each_model_has_one_page(n_channels: int) -> None:
    """However many channels there are, a model has one page of the PDF."""
    names = tuple(f"group_{i}_very_long_name_of_a_channel" for i in range(n_channels))
    results = make_results(names=names)
    channels = tuple(replace(c, doubt="Cannot be told apart. " * 20) for c in results.channels)
    page = make_page(replace(results, channels=channels))
    assert count_pages(render_pdf(make_report(page, page))) == 2
    assert page.more_channels == ("and 20 more in the ROI report" if n_channels == 30 else "")


def test_seed_noise_stands_beside_each_return(results: RoiResults) -> None:
    """A noise that is known follows the range, in HTML with a note; of others nothing is said."""
    noise = (SeedNoise("tv", contribution=1.0, roi=0.0123, marginal_roi=0.02, split=0.1),)
    page = make_page(replace(results, noise=noise))
    shown = {row.name: str(row.roi) for row in page.channels}
    assert [name for name, text in shown.items() if "seed ± 0.01" in text] == ["tv"]
    html = render_weekly(make_report(page))
    assert html.count("seed ± 0.01") == 2
    assert page.plan[0].count("seed ± 0.02)") == 1
    assert "with another seed alone" in html
    assert "another seed" not in render_weekly(make_report(make_page(results)))


def test_what_media_brought_has_its_range(results: RoiResults) -> None:
    """The card and the first sentence have the range that the baseline leaves."""
    page, baseline = make_page(results), results.baseline_share
    span = f"{100 * (1 - baseline.high):.0f} – {100 * (1 - baseline.low):.0f}"
    assert page.cards[1].note.startswith(span)
    assert f"({span}" in page.lede


def test_the_return_of_all_media_has_its_range(results: RoiResults) -> None:
    """Where every channel is paid the card has a range, and where one is not it has none."""
    paid = replace(
        results, channels=tuple(replace(c, spend=c.spend or 1000.0) for c in results.channels)
    )
    (card,) = (card for card in make_page(paid).cards if card.label.startswith("Back"))
    low, high = (float(text.strip("£ ")) for text in card.note.partition(";")[0].split("–"))
    assert low < float(card.value.strip("£")) < high
    (card,) = (card for card in make_page(results).cards if card.label.startswith("Back"))
    assert card.note.endswith("was spent")
    assert "–" not in card.note
